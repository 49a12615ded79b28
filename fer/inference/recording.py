"""Writing a video that browsers play: H.264 in mp4."""

import os
from contextlib import suppress
from fractions import Fraction
from io import BytesIO
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import av
import cv2
import numpy as np

from fer import files
from fer.errors import FerError, InputError

_ENCODER = "libx264"
# Of a 640x480 film, "veryfast" takes 2 ms of processor time a frame and half the space of faster
# presets; slower ones double the time and gain a few per cent.
# Without B-frames: with them, a file whose frames come at uneven times tells too short a length.
_OPTIONS = {"preset": "veryfast", "crf": "23", "bf": "0"}
_MAX_THREADS = 4  # each holds frames of its own, and the encoder is not what takes the time
_TICKS = 90_000  # a second; times are exact to 0.01 ms, whatever the rate
_LEAST_PX = 16


class Recording:
    """A video that is written frame by frame; a context manager.

    A file appears at its path when the block ends, and nothing is left where it ends by an error.
    Into a buffer it is written without touching a disk. There is no sound in it.

        with Recording(Path("out.mp4")) as recording:
            recording.add(image, time_s=0.0)

    rate: frames a second, for players that ask; each frame is shown at its own time.
    """

    def __init__(self, target: str | Path | BytesIO, rate: float = 30.0) -> None:
        self._path = None if isinstance(target, BytesIO) else Path(target).absolute()
        self._written = target if self._path is None else _unfinished(self._path)
        self._rate = Fraction(min(max(rate, 1.0), 240.0)).limit_denominator(1001)
        self._container: Any = None
        self._stream: Any = None
        self._last = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if self._container is None:
                return
            if error is None:
                self._finish()
            else:
                self._abandon()
        finally:
            if isinstance(self._written, Path):
                with suppress(OSError):
                    self._written.unlink(missing_ok=True)

    def add(self, image: np.ndarray, time_s: float) -> None:
        """Append a frame (h, w, 3) uint8 RGB; all have the size of the first, times only grow."""
        image = _even(image)
        height, width = image.shape[:2]
        try:
            if self._container is None:
                self._begin(width, height)
            elif (width, height) != (self._stream.width, self._stream.height):
                raise InputError(
                    f"Every frame of {self._path or 'a video'} has {self._stream.width} x "
                    f"{self._stream.height} pixels like the first, not {width} x {height}."
                )
            frame = av.VideoFrame.from_ndarray(image, format="rgb24")
            frame = frame.reformat(format="yuv420p", threads=1)
            self._last = max(self._last + 1, round(time_s * _TICKS))
            frame.pts, frame.time_base = self._last, Fraction(1, _TICKS)
            self._container.mux(self._stream.encode(frame))
        except (av.FFmpegError, OSError) as error:
            raise self._unwritable(error) from error

    def _begin(self, width: int, height: int) -> None:
        if _ENCODER not in av.codecs_available:
            raise FerError(
                "This FFmpeg cannot write H.264: run pip install --force-reinstall "
                "--only-binary av av."
            )
        if isinstance(self._written, BytesIO):
            self._container = av.open(self._written, "w", format="mp4")
        else:
            # A whole path, because FFmpeg would take a name with a colon as an address. It opens
            # the file again to put its header first, for players that begin before it is all there.
            self._container = av.open(
                str(self._written), "w", format="mp4", container_options={"movflags": "faststart"}
            )
        self._stream = self._container.add_stream(_ENCODER, rate=self._rate, options=_OPTIONS)
        self._stream.width, self._stream.height = width, height
        self._stream.pix_fmt = "yuv420p"  # what every browser plays
        self._stream.codec_context.time_base = Fraction(1, _TICKS)
        self._stream.codec_context.thread_count = min(_MAX_THREADS, os.cpu_count() or 1)

    def _finish(self) -> None:
        try:
            self._container.mux(self._stream.encode(None))
            self._container.close()
            if self._path is not None and isinstance(self._written, Path):
                self._written.replace(self._path)
        except (av.FFmpegError, OSError) as error:
            raise self._unwritable(error) from error

    def _abandon(self) -> None:
        # The file goes anyway, and what ended the block is what is to be told.
        with suppress(av.FFmpegError, OSError):
            self._container.close()

    def _unwritable(self, error: Exception) -> FerError:
        if self._path is None:
            return FerError(f"The video cannot be written ({error}).")
        return files.unwritable(self._path, error)


def _unfinished(path: Path) -> Path:
    # Short, as the longest name that a disk takes has no room for more.
    return path.with_name(f".{path.name[:40]}.{os.getpid()}.unfinished")


def _even(image: np.ndarray) -> np.ndarray:
    """Repeat the last row or column where a side is odd, which yuv420p cannot have."""
    height, width = image.shape[:2]
    below = max(_LEAST_PX - height, height % 2)
    right = max(_LEAST_PX - width, width % 2)
    if not below and not right:
        return image
    return cv2.copyMakeBorder(image, 0, below, 0, right, cv2.BORDER_REPLICATE)
