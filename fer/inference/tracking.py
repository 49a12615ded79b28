"""Faces from one frame to the next: which is which, and their probabilities smoothed over time.

Both are free of pictures and of videos: they take boxes and numbers, from a file or a camera.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from fer.images import Box

# A box continues a track where this part of both is shared, or else where its centre lies within
# so many sides of where the face was expected and it is not of quite another size.
_OVERLAP = 0.25
_REACH = 0.9
_SIZE_RATIO = 1.8
# How much of an unexpected step counts as speed. Boxes tremble by some pixels: all of it would
# send a resting face away.
_SPEED_GAIN = 0.3
_SPEED_KEPT = 0.8  # of the speed of a face that is not seen, a frame


@dataclass
class _Track:
    number: int
    centre: np.ndarray  # (x, y), of a face not seen: where it should be by now
    size: np.ndarray  # (width, height)
    speed: np.ndarray  # (x, y) pixels a frame
    missed: int = 0

    def box(self) -> Box:
        left, top = (self.centre - self.size / 2).round().astype(int).tolist()
        return Box(left, top, *self.size.astype(int).tolist())


class Tracker:
    """Numbers faces 1, 2, 3... as they appear; a face keeps its number while it can be followed.

    A face that moves steadily is expected further on, so two that pass each other keep their
    numbers. One that is not seen for more than `lost_after` frames in a row is forgotten, and a
    number is never given twice. Not to be shared between threads.
    """

    def __init__(self, lost_after: int = 15) -> None:
        self._lost_after = lost_after
        self._tracks: list[_Track] = []
        self._count = 0

    def expected(self) -> dict[int, Box]:
        """Of each face seen in the last frame: its number and its likely box in the next one."""
        return {track.number: _moved(track).box() for track in self._tracks if not track.missed}

    def update(self, boxes: Sequence[Box]) -> list[int]:
        """Take the faces of the next frame, in any order; return the number of each."""
        self._tracks = [_moved(track) for track in self._tracks]
        places = [_place(box) for box in boxes]
        numbers = [0] * len(boxes)
        for track, index in self._pairs(places):
            centre, size = places[index]
            track.speed = track.speed + _SPEED_GAIN * (centre - track.centre)
            track.centre, track.size, track.missed = centre, size, 0
            numbers[index] = track.number
        for track in self._tracks:
            if track.number not in numbers:
                track.missed += 1
                track.speed = _SPEED_KEPT * track.speed
        self._tracks = [track for track in self._tracks if track.missed <= self._lost_after]
        for index, (centre, size) in enumerate(places):
            if not numbers[index]:
                self._count += 1
                numbers[index] = self._count
                self._tracks.append(_Track(self._count, centre, size, np.zeros(2)))
        return numbers

    def _pairs(self, places: list[tuple[np.ndarray, np.ndarray]]) -> list[tuple[_Track, int]]:
        """Tracks and the boxes that continue them, the surest pairs first."""
        likely = [
            (score, track, index)
            for track in self._tracks
            for index, (centre, size) in enumerate(places)
            if (score := _likeness(track, centre, size)) > 0
        ]
        likely.sort(key=lambda pair: (-pair[0], pair[1].missed, pair[1].number))
        pairs: list[tuple[_Track, int]] = []
        continued: set[int] = set()
        taken: set[int] = set()
        for _, track, index in likely:
            if track.number not in continued and index not in taken:
                continued.add(track.number)
                taken.add(index)
                pairs.append((track, index))
        return pairs


class Smoothing:
    """An exponential average over time of each face's probabilities.

    After a sudden change `time_constant_s` is the time in which 63 % of it show; 0 smooths
    nothing. Frames may come at any distance.
    """

    def __init__(self, time_constant_s: float = 0.3) -> None:
        self._time_constant_s = time_constant_s
        self._last: dict[int, tuple[float, np.ndarray]] = {}

    def update(self, time_s: float, values: Mapping[int, np.ndarray]) -> dict[int, np.ndarray]:
        """The numbers (k,) of each face at `time_s`, averaged with what they were before."""
        smoothed = {}
        for number, value in values.items():
            if number in self._last and self._time_constant_s > 0:
                before_s, before = self._last[number]
                new = -math.expm1(-max(time_s - before_s, 0) / self._time_constant_s)
                value = before + new * (value - before)
            smoothed[number] = value
            self._last[number] = time_s, value
        # What is ten time constants old weighs 1 part in 20,000: forgotten, so that memory stays
        # constant however many faces come and go.
        oldest_s = time_s - 10 * self._time_constant_s
        self._last = {n: kept for n, kept in self._last.items() if kept[0] >= oldest_s}
        return smoothed


def _place(box: Box) -> tuple[np.ndarray, np.ndarray]:
    size = np.array([box.width, box.height], float)
    return np.array([box.x, box.y]) + size / 2, size


def _moved(track: _Track) -> _Track:
    return _Track(track.number, track.centre + track.speed, track.size, track.speed, track.missed)


def _likeness(track: _Track, centre: np.ndarray, size: np.ndarray) -> float:
    """How well a box continues a track: 1 to 2 where they overlap, up to 1 near it, 0 not at all.

    Overlap is intersection over union.
    """
    away = np.abs(centre - track.centre)
    shared = float(
        np.prod(np.clip((size + track.size) / 2 - away, 0, np.minimum(size, track.size)))
    )
    overlap = shared / float(size.prod() + track.size.prod() - shared)
    if overlap >= _OVERLAP:
        return 1 + overlap
    sides = math.sqrt(float(size.prod())), math.sqrt(float(track.size.prod()))
    if max(sides) > _SIZE_RATIO * min(sides):
        return 0.0
    distance = float(np.hypot(*away)) / (sum(sides) / 2)
    return max(0.0, 1 - distance / _REACH)
