import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fer.audit import near, near_pairs
from fer.data import drawn_faces
from fer.errors import InputError
from tests.audit.brute import correlations


def as_set(pairs: np.ndarray) -> set[tuple[int, int]]:
    return {(int(a), int(b)) for a, b in pairs}


def brute_force(images: np.ndarray, threshold: float) -> set[tuple[int, int]]:
    return as_set(np.argwhere(np.triu(correlations(images, images) > threshold, 1)))


@pytest.mark.parametrize("threshold", [0.5, 0.8, 0.97])
def test_the_bound_loses_no_pair(threshold: float) -> None:
    # More rows than two blocks have, and thresholds at which pairs are many.
    images = drawn_faces(1100, seed=3).images
    found = near_pairs(images, threshold)
    assert as_set(found.pairs) == brute_force(images, threshold)
    if threshold < 0.97:
        assert len(found.pairs) > 1000


@given(
    seed=st.integers(0, 10_000),
    noise=st.floats(0, 40),
    threshold=st.floats(0.2, 0.99),
    blur=st.booleans(),
)
@settings(max_examples=40, deadline=None)
def test_pairs_of_noise_and_of_disturbed_copies_are_those_found_by_brute_force(
    seed: int, noise: float, threshold: float, blur: bool
) -> None:
    rng = np.random.default_rng(seed)
    images = rng.integers(0, 256, (12, 48, 48))
    if blur:  # low frequencies instead of white noise
        images = np.kron(rng.integers(0, 256, (12, 6, 6)), np.ones((1, 8, 8), int))
    copies = images + rng.normal(0, noise + 1e-9, images.shape)
    copies[::3] = copies[::3, :, ::-1]
    both = np.clip(np.concatenate([images, copies]), 0, 255).astype(np.uint8)
    exact = correlations(both, both)
    found = as_set(near_pairs(both, threshold).pairs)
    # Those within rounding of the threshold may fall on either side.
    assert as_set(np.argwhere(np.triu(exact > threshold + 1e-5, 1))) <= found
    assert found <= as_set(np.argwhere(np.triu(exact > threshold - 1e-5, 1)))


def test_the_correlation_is_that_of_the_pixels_and_mirrored_pairs_are_found() -> None:
    images = drawn_faces(4, seed=1).images.copy()
    images[3] = images[0, :, ::-1]
    found = near_pairs(images)
    assert as_set(found.pairs) == {(0, 3)}
    assert found.correlation == pytest.approx([1.0], abs=1e-5)


def test_blank_images_are_near_nothing() -> None:
    images = np.zeros((3, 48, 48), np.uint8)
    images[1] = 255
    assert len(near_pairs(images).pairs) == 0
    assert len(near_pairs(images[:0]).pairs) == 0


def test_too_many_pairs_are_refused_before_memory_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(near, "MAX_PAIRS", 50)
    frames = np.repeat(drawn_faces(1).images, 30, axis=0)
    with pytest.raises(InputError, match="More than 50 pairs"):
        near_pairs(frames)


def test_progress_grows_to_one() -> None:
    shares: list[float] = []
    near_pairs(drawn_faces(1100).images, progress=lambda share, _: shares.append(share))
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
