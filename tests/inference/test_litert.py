"""The served network: the same numbers however it is called, and clear words where it is broken."""

import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fer.bundles import Bundle
from fer.errors import CorruptModelError
from fer.images import InputSpec, model_input
from fer.inference.litert import BATCH, LiteRtModel


@pytest.fixture(scope="module")
def content(spec: Bundle) -> bytes:
    return spec.served_path.read_bytes()


@pytest.fixture(scope="module")
def network(content: bytes) -> LiteRtModel:
    return LiteRtModel(content, 48, 7)


@pytest.fixture(scope="module")
def x(faces: np.ndarray) -> np.ndarray:
    return model_input(faces, InputSpec())


def test_rows_are_probabilities_that_depend_on_the_face(
    network: LiteRtModel, x: np.ndarray
) -> None:
    out = network.probabilities(x)
    assert out.shape == (70, 7)
    assert out.dtype == np.float32
    np.testing.assert_allclose(out.sum(axis=1), 1, atol=1e-5)
    assert out.min() >= 0
    assert len(np.unique(out, axis=0)) > 35


@settings(max_examples=20, deadline=None)
@given(count=st.integers(0, 70), start=st.integers(0, 69))
def test_a_face_gets_the_same_numbers_in_any_company(
    network: LiteRtModel, x: np.ndarray, count: int, start: int
) -> None:
    alone = np.concatenate([network.probabilities(x[i : i + 1]) for i in range(len(x))])
    some = np.roll(x, -start, axis=0)[:count]
    expected = np.roll(alone, -start, axis=0)[:count]
    np.testing.assert_allclose(network.probabilities(some), expected, atol=1e-6, rtol=0)


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_the_number_of_threads_does_not_change_the_numbers(
    content: bytes, network: LiteRtModel, x: np.ndarray, threads: int
) -> None:
    other = LiteRtModel(content, 48, 7, threads)
    np.testing.assert_allclose(other.probabilities(x), network.probabilities(x), atol=1e-6, rtol=0)


def test_threads_may_share_it(network: LiteRtModel, x: np.ndarray) -> None:
    parts = [x[start : start + size] for start in range(6) for size in (1, 3, BATCH, BATCH + 2)]
    expected = [network.probabilities(part) for part in parts]
    gate = threading.Barrier(8)

    def work(_: int) -> list[np.ndarray]:
        gate.wait()
        return [network.probabilities(part) for part in parts]

    with ThreadPoolExecutor(8) as pool:
        for results in pool.map(work, range(8)):
            for result, right in zip(results, expected, strict=True):
                np.testing.assert_array_equal(result, right)


@pytest.mark.parametrize("damage", [lambda b: b"", lambda b: b"no model", lambda b: b[:5000]])
def test_what_is_no_model_is_named(content: bytes, damage) -> None:
    with pytest.raises(CorruptModelError, match=r"face\.tflite cannot be run .*install it again"):
        LiteRtModel(damage(content), 48, 7, name="face.tflite")


@pytest.mark.parametrize(("size_px", "classes"), [(48, 8), (40, 7)])
def test_a_network_that_its_card_does_not_describe_is_refused(
    content: bytes, size_px: int, classes: int
) -> None:
    with pytest.raises(CorruptModelError, match=r"face\.tflite"):
        LiteRtModel(content, size_px, classes, name="face.tflite")


def test_weights_that_are_no_numbers_are_noticed(content: bytes, x: np.ndarray) -> None:
    middle = len(content) // 2
    broken = content[:middle] + b"\xff" * 4000 + content[middle + 4000 :]  # float32 NaNs
    network = LiteRtModel(broken, 48, 7, name="face.tflite")
    with pytest.raises(CorruptModelError, match=r"face\.tflite gave numbers"):
        network.probabilities(x[:1])
