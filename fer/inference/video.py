"""The expressions of a video: faces found, followed from frame to frame, read and smoothed."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np

from fer.images import Box
from fer.inference.detectors import Detection, check_detector, detect, detect_near, without_repeats
from fer.inference.drawing import annotate
from fer.inference.frames import Frame, Video, check_every
from fer.inference.predictor import FACE_PICTURE_PX, Predictor
from fer.inference.readings import FaceReading, Reading
from fer.inference.recording import Recording
from fer.inference.tracking import Smoothing, Tracker

# New faces are looked for this often, and in between the known ones alone are looked at, where
# they were: of 640 x 480 that takes 4 ms a frame instead of 15.
_SEARCH_S = 0.15
_LOST_AFTER_S = 0.5  # a face that looks away for this long comes back as a new one
SMOOTHING_S = 0.3

Progress = Callable[[float, str], None]


@dataclass(frozen=True)
class TrackedFace:
    """A face of one frame; `track` is its number, the same in every frame: 1, 2, 3...

    `reading` has the box in pixels of the frame, and the probabilities smoothed over time.
    """

    track: int
    reading: FaceReading

    def to_dict(self) -> dict[str, Any]:
        return {"track": self.track, **self.reading.to_dict()}


@dataclass(frozen=True)
class FrameReading:
    """The faces of one frame, the biggest first; `time_s` is since the first frame."""

    index: int
    time_s: float
    faces: tuple[TrackedFace, ...]

    def to_dict(self) -> dict[str, Any]:
        return {
            "index": self.index,
            "time_s": self.time_s,
            "faces": [face.to_dict() for face in self.faces],
        }


def read_video(
    video: Video,
    predictor: Predictor,
    *,
    every: int = 1,
    detector: str | None = None,
    smoothing_s: float = SMOOTHING_S,
    annotated: str | Path | BytesIO | None = None,
    progress: Progress | None = None,
) -> Iterator[FrameReading]:
    """Read the frames of a video one by one, in memory that does not grow with its length.

        >>> with Video("clip.mp4") as video:                         # doctest: +SKIP
        ...     for frame in read_video(video, Predictor()):
        ...         print(frame.time_s, [face.track for face in frame.faces])

    every: read every k-th frame only.
    detector: "yunet" (the default), "haar", or "none", which reads each frame whole, as it is done
        by default where frames are no bigger than 64 pixels.
    smoothing_s: time constant of the average over a face's frames; 0 for none.
    annotated: where to write an mp4 of the frames read, with boxes, and without sound: a path or a
        buffer.
    progress: called before each frame with the share done (0..1) and a sentence. What it raises
        ends the work, and so does closing the iterator: no unfinished file is left.

    Raises:
        InputError: an unknown detector.
        FerError: `annotated` cannot be written.
    """
    check_every(every)
    rate = video.rate / every
    if detector is None:
        is_a_face = max(video.width, video.height) <= FACE_PICTURE_PX
        detector = predictor.detector or ("none" if is_a_face else "yunet")
    follower = _Follower(detector, predictor.min_score, rate)
    smoothing = Smoothing(smoothing_s)
    pace = _Pace(video, every)
    unsure_below = predictor.bundle.unsure_below
    with ExitStack() as stack:
        recording = None
        if annotated is not None:
            recording = stack.enter_context(Recording(annotated, rate))
        for frame in video.frames(every):
            if progress:
                progress(video.share_read, pace.sentence())
            found = follower.faces(frame)
            boxes = [face.box for _, face in found]
            reading = predictor.predict(frame.image, boxes=boxes)
            faces = _smoothed(frame.time_s, found, reading, smoothing)
            if recording:
                drawn = replace(reading, faces=tuple(face.reading for face in faces))
                names = [str(face.track) for face in faces]
                recording.add(annotate(frame.image, drawn, names, unsure_below), frame.time_s)
            yield FrameReading(frame.index, frame.time_s, faces)


class _Follower:
    """Finds the faces of each frame and gives each its number."""

    def __init__(self, detector: str, min_score: float | None, rate: float) -> None:
        self._detector = check_detector(detector)
        self._min_score = min_score if detector == "yunet" else None
        self._tracker = Tracker(lost_after=max(2, round(_LOST_AFTER_S * rate)))
        self._searched_s = -_SEARCH_S

    def faces(self, frame: Frame) -> list[tuple[int, Detection]]:
        """The number and the place of each face, the biggest first."""
        found = self._found(frame)
        found.sort(key=lambda face: -face.box.width * face.box.height)
        numbers = self._tracker.update([face.box for face in found])
        return list(zip(numbers, found, strict=True))

    def _found(self, frame: Frame) -> list[Detection]:
        image, score = frame.image, self._min_score
        if self._detector == "none":
            height, width = image.shape[:2]
            return [Detection(Box(0, 0, width, height))]
        # Half a millisecond is rounding: times are in ticks of the file.
        is_due = frame.time_s >= self._searched_s + _SEARCH_S - 5e-4
        if self._detector == "yunet" and not is_due:
            known = self._tracker.expected().values()
            near = [face for box in known if (face := detect_near(image, box, score))]
            if len(near) == len(known):
                return without_repeats(near)
        self._searched_s = frame.time_s
        return detect(image, self._detector, score)


class _Pace:
    """How far a video is read and how fast, in words."""

    def __init__(self, video: Video, every: int) -> None:
        self._started = time.monotonic()
        self._total = round((video.duration_s or 0) * video.rate / every)
        self._count = 0

    def sentence(self) -> str:
        words = f"{self._count:,}" + (f" of about {self._total:,}" if self._total else "")
        elapsed = time.monotonic() - self._started
        speed = f", {self._count / elapsed:.0f} frames/s" if elapsed > 0.5 else ""
        self._count += 1
        return f"{words} frames{speed}"


def _smoothed(
    time_s: float,
    found: Sequence[tuple[int, Detection]],
    reading: Reading,
    smoothing: Smoothing,
) -> tuple[TrackedFace, ...]:
    pairs = list(zip(found, reading.faces, strict=True))
    rows = {number: np.array(list(f.probabilities.values())) for (number, _), f in pairs}
    averaged = smoothing.update(time_s, rows)
    return tuple(
        TrackedFace(
            number,
            FaceReading(
                face.box,
                place.score,
                dict(zip(face.probabilities, averaged[number].tolist(), strict=True)),
            ),
        )
        for (number, place), face in pairs
    )
