"""What the frames of a video add up to: a share of expressions a face, a csv file, a course."""

import csv
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, TextIO

import numpy as np

from fer.bundles import Bundle
from fer.errors import FerError
from fer.inference.readings import COLUMNS
from fer.inference.video import FrameReading


@dataclass
class TrackSummary:
    """One face of a video: when it was seen, and in how many of its frames it looked how.

    counts: label -> frames in which that label was the most probable, of all labels.
    """

    track: int
    first_s: float
    last_s: float
    counts: dict[str, int]

    @property
    def frames(self) -> int:
        """In how many frames it was seen."""
        return sum(self.counts.values())

    @property
    def shares(self) -> dict[str, float]:
        """label -> share of its frames, 0 to 1; they sum to 1."""
        return {label: count / self.frames for label, count in self.counts.items()}

    def to_dict(self) -> dict[str, Any]:
        shares = self.shares
        return {
            "track": self.track,
            "first_s": self.first_s,
            "last_s": self.last_s,
            "frames": self.frames,
            "emotion": max(shares, key=shares.__getitem__),
            "emotions": shares,
        }


@dataclass
class VideoSummary:
    """The sum of a video's frames, built by `add`; as small as the number of its faces."""

    labels: Sequence[str]
    frames: int = 0
    last_s: float = 0.0
    tracks: dict[int, TrackSummary] = field(default_factory=dict)

    def add(self, reading: FrameReading) -> None:
        """Take one more frame."""
        self.frames += 1
        self.last_s = reading.time_s
        for face in reading.faces:
            if face.track not in self.tracks:
                counts = dict.fromkeys(self.labels, 0)
                self.tracks[face.track] = TrackSummary(
                    face.track, reading.time_s, reading.time_s, counts
                )
            track = self.tracks[face.track]
            track.last_s = reading.time_s
            track.counts[face.reading.emotion] += 1

    def longest(self) -> list[TrackSummary]:
        """The faces, those that were seen in most frames first."""
        return sorted(self.tracks.values(), key=lambda track: -track.frames)

    def to_dict(self) -> dict[str, Any]:
        return {
            "frames": self.frames,
            "tracks": [track.to_dict() for track in self.tracks.values()],
        }


class Timeline:
    """Every number of a video, for charts: about 40 bytes a face and frame."""

    def __init__(self, labels: Sequence[str]) -> None:
        self.summary = VideoSummary(labels)
        self._times: dict[int, array[float]] = {}
        self._probabilities: dict[int, array[float]] = {}

    def add(self, reading: FrameReading) -> None:
        """Take one more frame."""
        self.summary.add(reading)
        for face in reading.faces:
            self._times.setdefault(face.track, array("d")).append(reading.time_s)
            row = self._probabilities.setdefault(face.track, array("f"))
            row.extend(face.reading.probabilities.values())

    def course(self, track: int, points: int | None = None) -> tuple[np.ndarray, np.ndarray]:
        """Of one face: times_s (n,), probabilities (n, k) in the order of the labels.

        points: at most so many, each then the mean of some frames in a row. Where the face was
        away, a row of NaN stands for the gap.
        """
        times = np.array(self._times[track])
        rows = np.array(self._probabilities[track]).reshape(len(times), -1)
        step = -(-len(times) // points) if points else 1
        # A gap is longer than three usual distances of frames.
        distances = np.diff(times)
        usual_s = np.median(distances) if len(distances) else 0.0
        gaps = np.flatnonzero(distances > 3 * usual_s) + 1
        mean_times, means = [], []
        for part in np.split(np.arange(len(times)), gaps):
            for start in range(0, len(part), step):
                chosen = part[start : start + step]
                mean_times.append(times[chosen].mean())
                means.append(rows[chosen].mean(axis=0))
            mean_times.append(times[part[-1]])
            means.append(np.full(rows.shape[1], np.nan))
        return np.array(mean_times[:-1]), np.array(means[:-1])


class FramesTable:
    """A csv table with a row a face and frame; a frame without a face has a row too.

    Columns: source, model, frame, time_s, then those of `Reading.to_rows` ("face" is the number of
    the track), error.
    """

    def __init__(self, file: TextIO, bundle: Bundle) -> None:
        self._model = bundle.name
        columns = [*("source", "model", "frame", "time_s", *COLUMNS, *bundle.labels, "error")]
        self._writer = csv.DictWriter(file, columns)
        self._writer.writeheader()

    def add(self, source: str, outcome: FrameReading | FerError) -> None:
        """Write a frame of the video `source`, or why it could not be read."""
        if isinstance(outcome, FerError):
            row = {"source": source, "model": self._model, "error": str(outcome)}
            self._writer.writerow(row)
        else:
            self._writer.writerows(self._rows(source, outcome))

    def _rows(self, source: str, reading: FrameReading) -> Iterator[dict[str, Any]]:
        common: dict[str, Any] = {"source": source, "model": self._model}
        common |= {"frame": reading.index, "time_s": round(reading.time_s, 4)}
        if not reading.faces:
            yield common
        for face in reading.faces:
            told = face.reading.to_dict()
            box, probabilities = told.pop("box"), told.pop("probabilities")
            yield common | {"face": face.track} | box | told | probabilities
