"""Pictures in, expressions out: the one path that pages, Python, REST and command line share."""

import itertools
import operator
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, overload

import numpy as np

from fer import bundles
from fer.bundles import Bundle
from fer.errors import CorruptModelError, FerError, InputError
from fer.images import FACE_SIZE_PX, Box, ImageSource, crop_face, decode, model_input
from fer.inference.detectors import check_detector, check_min_score, detect
from fer.inference.litert import LiteRtModel
from fer.inference.readings import FaceReading, Reading
from fer.inference.sources import Picture

# Pictures no bigger than this are faces cut out already, as those of FER-2013 (48x48) are.
FACE_PICTURE_PX = 64
# Of a picture with more, the biggest are read: a stadium must not keep others waiting for seconds.
MAX_FACES = 256
# Of how many pictures the faces wait to be read together: enough to fill batches, while only
# crops, not pictures, are held.
_PICTURES_TOGETHER = 32


@dataclass(frozen=True)
class _Found:
    """The faces of one picture before they are read: crops (n, 48, 48) uint8 and their places."""

    width: int
    height: int
    boxes: tuple[tuple[Box, float | None], ...]
    crops: np.ndarray


class Predictor:
    """Reads the expressions of faces with one model; safe to share between threads.

    model: a bundle, its name or folder; None is the default model.
    detector: how faces are found where a call names none: "yunet", "haar", or "none", which reads
        a picture whole. None means yunet, except for pictures of at most 64 px a side, which are
        faces already and read whole.
    threads: cores to use; None uses all that this process may.
    min_score: of YuNet's faces, those with at least this score (0.1 to 1); None is 0.7.

    Raises:
        NotFoundError: there is no such model, with the names there are.
        CorruptModelError: its files are incomplete or damaged.
        InputError: an unknown detector, or a number out of its range.

        >>> reading = Predictor().predict("photo.jpg")        # doctest: +SKIP
        >>> reading.faces[0].emotion                          # doctest: +SKIP
        'happy'
    """

    def __init__(
        self,
        model: str | Path | Bundle | None = None,
        detector: str | None = None,
        threads: int | None = None,
        min_score: float | None = None,
    ) -> None:
        if isinstance(model, Bundle):
            self.bundle = model
        else:
            self.bundle = bundles.load(bundles.default_name() if model is None else model)
        self.detector = None if detector is None else check_detector(detector)
        check_min_score(min_score, detector)
        self.min_score = min_score
        if threads is not None and threads < 1:
            raise InputError(f"The number of threads is at least 1, not {threads}.")
        self._labels = self.bundle.labels
        self._input = self.bundle.input
        self._network = LiteRtModel(
            _content(self.bundle.served_path),
            self._input.size_px,
            len(self._labels),
            threads,
            str(self.bundle.served_path),
        )

    def predict(
        self,
        source: ImageSource,
        detector: str | None = None,
        boxes: Sequence[Box] | None = None,
        name: str | None = None,
    ) -> Reading:
        """Read the faces of one picture, the biggest first. No face is an empty list, no error.

        Of more than `MAX_FACES` that a detector finds, the biggest are read.

        source: whatever `fer.images.decode` takes: bytes, a path, an open binary file, a Pillow
            image, or an array (h, w), (h, w, 3) RGB or (h, w, 4) RGBA of uint8 or uint16.
        boxes: faces that are known already (pixels, xywh); no detector runs, their order is kept.
        name: what an error calls the picture.

        Raises:
            FerError: as `fer.images.decode` does.
            InputError: for an unknown detector; for boxes without area or outside the picture.
        """
        found = self._find(source, detector, boxes, name)
        return self._reading(found, self.probabilities(found.crops))

    @overload
    def predict_many(
        self, sources: Iterable[ImageSource | Picture], detector: str | None = None
    ) -> Iterator[Reading]: ...

    @overload
    def predict_many(
        self,
        sources: Iterable[ImageSource | Picture],
        detector: str | None = None,
        errors: Literal["raise", "return"] = "raise",
    ) -> Iterator[Reading | FerError]: ...

    def predict_many(
        self,
        sources: Iterable[ImageSource | Picture],
        detector: str | None = None,
        errors: Literal["raise", "return"] = "raise",
    ) -> Iterator[Reading | FerError]:
        """Read pictures as they come, one result each in their order; faces go in batches.

        Only a few crops and one picture are held at a time, so a hundred thousand pictures need no
        more memory than one; `fer.inference.pictures` names those of folders and zip files. A
        picture that cannot be read raises, or with errors="return" gives its error as its result,
        and the rest goes on.

        Raises:
            FerError: what `predict` raises, of the first picture that cannot be read.
        """
        if errors not in ("raise", "return"):
            raise InputError(f"errors is raise or return, not {errors!r}.")
        if isinstance(sources, str | bytes | Path) or not isinstance(sources, Iterable):
            raise InputError("Give a list of pictures; predict reads a single one.")
        return self._stream(iter(sources), detector, errors == "return")

    def probabilities(self, faces: np.ndarray) -> np.ndarray:
        """Faces (n, h, w) uint8 grey -> (n, k) float32, columns in the order of `bundle.labels`.

        Faces of another size than the network's are scaled to it. Rows sum to 1, and a face gets
        the same numbers alone and in a batch.
        """
        return self._network.probabilities(model_input(faces, self._input))

    def _stream(
        self, sources: Iterator[ImageSource | Picture], detector: str | None, keep_errors: bool
    ) -> Iterator[Reading | FerError]:
        while True:
            found: list[_Found | FerError] = []
            for source in itertools.islice(sources, _PICTURES_TOGETHER):
                try:
                    if isinstance(source, Picture):
                        found.append(self._find(source.open(), detector, name=source.name))
                    else:
                        found.append(self._find(source, detector))
                except FerError as error:
                    if not keep_errors:
                        raise
                    found.append(error)
            if not found:
                return
            crops = [item.crops for item in found if isinstance(item, _Found)]
            rows = iter(self.probabilities(np.concatenate(crops))) if crops else iter(())
            for item in found:
                if isinstance(item, _Found):
                    yield self._reading(item, itertools.islice(rows, len(item.boxes)))
                else:
                    yield item

    def _find(
        self,
        source: ImageSource,
        detector: str | None,
        boxes: Sequence[Box] | None = None,
        name: str | None = None,
    ) -> _Found:
        image = decode(source, name)
        height, width = image.shape[:2]
        faces = self._detected(image, detector) if boxes is None else _given(boxes, width, height)
        # 48 pixels whatever the network takes: the size in which the faces of data sets are kept,
        # so that a face is scaled to the network's size as it was in training.
        crops = np.empty((len(faces), FACE_SIZE_PX, FACE_SIZE_PX), np.uint8)
        for crop, (box, _) in zip(crops, faces, strict=True):
            crop[:] = crop_face(image, box)
        return _Found(width, height, tuple(faces), crops)

    def _detected(self, image: np.ndarray, detector: str | None) -> list[tuple[Box, float | None]]:
        height, width = image.shape[:2]
        chosen = self.detector if detector is None else check_detector(detector)
        if chosen is None:
            chosen = "none" if max(height, width) <= FACE_PICTURE_PX else "yunet"
        if chosen == "none":
            return [(Box(0, 0, width, height), None)]
        return [
            (face.box, face.score)
            for face in detect(image, chosen, None if chosen == "haar" else self.min_score)
        ][:MAX_FACES]

    def _reading(self, found: _Found, rows: Iterable[np.ndarray]) -> Reading:
        faces = tuple(
            FaceReading(box, score, dict(zip(self._labels, row.tolist(), strict=True)))
            for (box, score), row in zip(found.boxes, rows, strict=True)
        )
        return Reading(found.width, found.height, faces)


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise CorruptModelError(
            f"{path} cannot be read ({error.strerror}): train or install the model again."
        ) from error


def _given(boxes: Sequence[Box], width: int, height: int) -> list[tuple[Box, float | None]]:
    faces: list[tuple[Box, float | None]] = []
    for box in boxes:
        if not isinstance(box, Box):
            raise InputError(f"A box is a Box(x, y, width, height), not {type(box).__name__}.")
        try:
            # Plain numbers, whatever NumPy a detector gave: they are told in JSON too.
            box = Box(*map(operator.index, (box.x, box.y, box.width, box.height)))
        except TypeError:
            raise InputError(f"A box is whole pixels, not {box}: round it.") from None
        inside = box.clipped(width, height)
        if inside is None:
            raise InputError(
                f"{box} has no pixel of the {width} x {height} picture: give a box inside it."
            )
        faces.append((inside, None))
    return faces
