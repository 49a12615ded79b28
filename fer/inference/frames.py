"""Videos as frames: any common file, from disk or memory, one frame at a time, within limits."""

import io
import itertools
import math
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from types import TracebackType
from typing import Any, Self

import av
import numpy as np

from fer.errors import InputError, NotAVideoError, TooLargeError
from fer.inference import video_files
from fer.inference.video_files import VideoSource

MAX_PIXELS = 4096 * 2304  # a frame; 4K fits
MAX_DURATION_S = 4 * 3600.0

_USUAL_RATE = Fraction(25)  # frames a second where a file tells neither rate nor times
_MAX_RATE = 240.0  # some files tell the ticks of their clock as their rate
_MAX_THREADS = 4  # each holds frames of its own, and decoding is not what takes the time
# Where fewer seconds than this are missing at the end, a file is taken as whole: sound is often a
# little longer than the pictures.
_MISSING_S = 1.0


@dataclass(frozen=True, eq=False)
class Frame:
    """One picture of a video.

    index: its number in the video, from 0. time_s: since the first frame. image: (h, w, 3) uint8
    RGB, upright.
    """

    index: int
    time_s: float
    image: np.ndarray


class Video:
    """A video opened for reading: what its header tells, then its frames. A context manager.

    source: the bytes of a file, its path, or a file opened for reading in binary mode.
    name: what an error calls it.

    Attributes:
        width, height: of its frames, upright: a telephone's rotation is applied.
        duration_s: as the header tells; None where it does not (a row of JPEGs).
        rate: frames a second on average.

    Raises:
        NotFoundError, NotAVideoError, TooLargeError: naming the file.
        InputError: it is a folder, or no file that can be read in any order.
    """

    def __init__(self, source: VideoSource, name: str | None = None) -> None:
        self._file, self.name, self._is_ours = video_files.opened(source, name)
        try:
            self._size_bytes = self._file.seek(0, io.SEEK_END)
            self._container = video_files.container(self._file, self.name)
            self._stream = self._find_stream()
            self.duration_s = self._duration_s()
            self._check_limits()
            self._broken = 0
            self._end_s = 0.0  # of the last picture that the file has
            # Only the frames themselves tell how they are turned, and whether they can be decoded.
            self._decoding = self._decoded()
            self._first = self._first_frame()
            self._turns = round(self._first.rotation / 90) % 4
            self.height, self.width = self._image(self._first).shape[:2]
        except BaseException:
            self.close()
            raise
        rate = self._stream.average_rate or self._stream.guessed_rate or _USUAL_RATE
        self.rate = min(float(rate), _MAX_RATE)
        self._last_s = 0.0
        self._has_ended = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file; one that was given open stays open."""
        if hasattr(self, "_container"):
            self._container.close()
        if self._is_ours:
            self._file.close()

    @property
    def damage(self) -> str | None:
        """After the frames were read: one sentence on what was missing or broken, or None."""
        if not self._has_ended:
            return None
        whole_s, end_s = self.duration_s, max(self._last_s + 1 / self.rate, self._end_s)
        if whole_s and end_s < whole_s - max(_MISSING_S, 0.02 * whole_s):
            ends = f"should last {whole_s:.1f} s, but its pictures end at {end_s:.1f} s"
            if self._stream.duration or not self._container.streams.audio:
                return f"{self.name} is cut off: it {ends}."
            return f"{self.name} {ends}: it is cut off, or only its sound goes on."
        if self._broken:
            return f"{self.name} is damaged: {self._broken:,} of its pieces could not be decoded."
        return None

    @property
    def share_read(self) -> float:
        """How much of it has been read, 0 to 1."""
        if self.duration_s:
            return min(1.0, self._last_s / self.duration_s)
        return min(1.0, self._file.tell() / max(1, self._size_bytes))

    def frames(self, every: int = 1, start_s: float = 0.0) -> Iterator[Frame]:
        """Every `every`-th frame, each when it is asked for; memory does not grow with length.

        To be asked for once. start_s: begin at the last keyframe before this time; then `index`
        counts from there.

        Raises:
            TooLargeError: past a limit that the header did not tell of.
        """
        check_every(every)
        if start_s > 0:
            self._container.seek(round((start_s + self._start_s()) * av.time_base))
            frames = self._decoded()
        else:
            frames = itertools.chain([self._first], self._decoding)
        for index, (time_s, frame) in enumerate(self._timed(frames)):
            self._last_s = time_s
            if time_s > MAX_DURATION_S:
                raise self._too_long(time_s)
            if index % every == 0:
                yield Frame(index, time_s, self._image(frame))
        self._has_ended = True

    def _first_frame(self) -> av.VideoFrame:
        for frame in self._decoding:
            return frame
        raise NotAVideoError(
            f"{self.name} holds no picture that can be decoded: it is damaged or cut off."
        )

    def _timed(self, frames: Iterable[av.VideoFrame]) -> Iterator[tuple[float, av.VideoFrame]]:
        """Frames with their times since the first one, which never go back."""
        base = self._stream.time_base or Fraction(1, 1000)
        time_s = -1 / self.rate
        for frame in frames:
            if frame.pts is None:
                time_s += 1 / self.rate
            else:
                time_s = max(time_s, float(frame.pts * base) - self._start_s())
            yield max(time_s, 0.0), frame

    def _start_s(self) -> float:
        return float((self._stream.start_time or 0) * (self._stream.time_base or 0))

    def _decoded(self) -> Iterator[av.VideoFrame]:
        """All frames that can be decoded; the broken pieces between them are counted."""
        packets = self._container.demux(self._stream)
        while True:
            try:
                packet = next(packets)
            except StopIteration:
                return
            except (av.FFmpegError, OSError):
                self._broken += 1
                return
            if packet.pts is not None and packet.time_base and packet.duration:
                end_s = float((packet.pts + packet.duration) * packet.time_base) - self._start_s()
                self._end_s = max(self._end_s, end_s)
            frames: list[Any] = []
            try:
                frames = packet.decode()
            except av.FFmpegError:
                self._broken += 1
            yield from frames

    def _image(self, frame: av.VideoFrame) -> np.ndarray:
        if frame.width * frame.height > MAX_PIXELS:
            raise self._too_many_pixels(frame.width, frame.height)
        # Where the size changes on the way, all frames get that of the first.
        width, height = self._stream.width, self._stream.height
        aspect = self._stream.sample_aspect_ratio
        if aspect and 0.1 < aspect < 10:  # pixels that are not square, as of a DVD
            width = max(1, round(width * aspect))
        image = frame.to_ndarray(format="rgb24", width=width, height=height, threads=1)
        return np.ascontiguousarray(np.rot90(image, self._turns)) if self._turns else image

    def _find_stream(self) -> av.VideoStream:
        # The cover of a song is a "video" of one picture.
        cover = av.stream.Disposition.attached_pic
        moving = [s for s in self._container.streams.video if not s.disposition & cover]
        if not moving:
            raise NotAVideoError(
                f"{self.name} has no moving picture, only sound or nothing: choose a video."
            )
        stream: av.VideoStream = moving[0]
        # PyAV's types do not tell that there is none where FFmpeg knows no decoder.
        if getattr(stream, "codec_context", None) is None:
            raise NotAVideoError(
                f"{self.name} is coded in a way that cannot be read, or it is damaged: save it as "
                "an mp4 file and try again."
            )
        stream.thread_type = "AUTO"
        stream.thread_count = min(_MAX_THREADS, os.cpu_count() or 1)
        stream.codec_context.options = {"max_pixels": str(MAX_PIXELS)}
        return stream

    def _duration_s(self) -> float | None:
        stream, container = self._stream, self._container
        if stream.duration and stream.time_base:
            return float(stream.duration * stream.time_base)
        return container.duration / av.time_base if container.duration else None

    def _check_limits(self) -> None:
        width, height = self._stream.width, self._stream.height
        if width < 1 or height < 1:
            raise NotAVideoError(f"{self.name} tells no size of its pictures: it is damaged.")
        if width * height > MAX_PIXELS:
            raise self._too_many_pixels(width, height)
        if self.duration_s and not 0 <= self.duration_s <= MAX_DURATION_S:
            raise self._too_long(self.duration_s)

    def _too_many_pixels(self, width: int, height: int) -> TooLargeError:
        return TooLargeError(
            f"{self.name} has {width} x {height} pixels a frame, more than the {MAX_PIXELS:,} that "
            "are read: save it smaller and try again."
        )

    def _too_long(self, duration_s: float) -> TooLargeError:
        hours = f"{duration_s / 3600:.1f}" if math.isfinite(duration_s) else "endless"
        return TooLargeError(
            f"{self.name} lasts {hours} hours, more than the {MAX_DURATION_S / 3600:.0f} that are "
            "read: cut it into pieces."
        )


def check_every(every: int) -> None:
    """Raises InputError where every k-th frame cannot be read."""
    if every < 1:
        raise InputError(f"Every k-th frame is read with k of at least 1, not {every}.")


def frame_at(source: VideoSource, time_s: float, name: str | None = None) -> Frame:
    """The frame that a player shows `time_s` after the start; past the end, the last one."""
    # A file that is cut off, or has no times of its own, may be led past the moment by a seek.
    for start_s in (max(time_s, 0.0), 0.0):
        shown: Frame | None = None
        with Video(source, name) as video:
            for frame in video.frames(start_s=start_s):
                if shown is not None and frame.time_s > time_s + 1e-3:
                    break
                shown = frame
        if shown is not None and shown.time_s <= max(time_s, 0.0) + 1e-3:
            break
    assert shown is not None  # read from its start, it has a first frame
    return shown
