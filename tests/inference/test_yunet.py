"""YuNet as we run it, beside OpenCV's own detector with the same file."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np
import pytest

from fer.errors import FerError
from fer.images import decode
from fer.inference.detectors import yunet_file
from fer.inference.yunet import YuNet


@pytest.fixture(scope="module")
def network() -> YuNet:
    return YuNet(yunet_file())


def by_opencv(image: np.ndarray, min_score: float) -> np.ndarray:
    """Rows of 15: corner, size, five landmarks, score; the best first."""
    height, width = image.shape[:2]
    detector = cv2.FaceDetectorYN.create(str(yunet_file()), "", (width, height), min_score)
    rows = detector.detect(cv2.cvtColor(image, cv2.COLOR_RGB2BGR))[1]
    return np.empty((0, 15), np.float32) if rows is None else rows


@pytest.mark.parametrize("size", [(512, 512), (640, 480), (480, 641), (130, 99), (65, 64)])
@pytest.mark.parametrize("min_score", [0.7, 0.2])
def test_it_finds_what_opencv_finds(
    network: YuNet, astronaut: Path, size: tuple[int, int], min_score: float
) -> None:
    image = cv2.resize(decode(astronaut), size, interpolation=cv2.INTER_AREA)
    expected = by_opencv(image, min_score)
    points, scores = network.detect(image, min_score)
    assert len(expected) >= 1
    found = np.column_stack([points.reshape(-1, 14), scores])
    np.testing.assert_allclose(found, expected, atol=0.02)


def test_many_faces_are_told_apart_as_opencv_does(network: YuNet, astronaut: Path) -> None:
    head = cv2.resize(decode(astronaut)[40:200, 150:300], (90, 90), interpolation=cv2.INTER_AREA)
    image = np.full((400, 700, 3), 90, np.uint8)
    for place in range(6):
        left, top = 20 + place * 95, 40 + place % 3 * 100
        image[top : top + 90, left : left + 90] = head
    points, scores = network.detect(image, 0.5)
    assert len(scores) == 6
    found = np.column_stack([points.reshape(-1, 14), scores])
    np.testing.assert_allclose(found, by_opencv(image, 0.5), atol=0.02)


def test_sizes_that_overflow_are_left_out(
    network: YuNet, astronaut: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Session:
        """The network's answer, one more place of which is a face without end."""

        def run(self, names: None, inputs: dict[str, np.ndarray]) -> list[np.ndarray]:
            outputs = session.run(names, inputs)
            outputs[2][0, 0] = outputs[5][0, 0] = 1  # seen and centred at the coarsest grid's first
            outputs[8][0, 0] = 1000
            return outputs

    image = decode(astronaut)
    expected = network.detect(image, 0.7)
    session = network._session
    monkeypatch.setattr(network, "_session", Session())
    np.testing.assert_array_equal(network.detect(image, 0.7)[0], expected[0])


def test_sizes_and_threads_do_not_disturb_each_other(network: YuNet, astronaut: Path) -> None:
    image = decode(astronaut)
    pictures = [image, image[:200, 100:350], image[40:199, 150:299], np.zeros_like(image)] * 6
    expected = [network.detect(picture, 0.7)[0].tolist() for picture in pictures]
    with ThreadPoolExecutor(6) as pool:
        found = pool.map(lambda picture: network.detect(picture, 0.7)[0].tolist(), pictures)
    assert list(found) == expected


def test_another_file_is_refused(tmp_path: Path) -> None:
    other = tmp_path / "yunet.onnx"
    other.write_bytes(yunet_file().read_bytes()[:1000])
    with pytest.raises(FerError, match=r"yunet\.onnx is another YuNet"):
        YuNet(other)
