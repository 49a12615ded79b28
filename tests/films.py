"""Videos made on the spot: a photograph's face that moves before a blurred ground."""

import io
from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np

TICKS = 90_000  # a second

# The box of the astronaut's head in her photograph, with room around it: x, y, side.
HEAD = (120, 10, 220)


def head(photo: np.ndarray, side_px: int) -> np.ndarray:
    """The astronaut's head, (side_px, side_px, 3) uint8."""
    x, y, side = HEAD
    return cv2.resize(photo[y : y + side, x : x + side], (side_px, side_px))


def scene(
    heads: Iterable[tuple[np.ndarray, float, float]], width: int = 320, height: int = 240
) -> np.ndarray:
    """A frame with pictures (picture, x, y) laid on a ground that shades from dark to light."""
    shade = np.linspace(60, 120, width, dtype=np.uint8)
    frame = np.repeat(np.tile(shade, (height, 1))[..., None], 3, axis=2)
    for picture, x, y in heads:
        left, top = round(x), round(y)
        right, bottom = min(left + picture.shape[1], width), min(top + picture.shape[0], height)
        if right > max(left, 0) and bottom > max(top, 0):
            part = picture[max(-top, 0) : bottom - top, max(-left, 0) : right - left]
            frame[max(top, 0) : bottom, max(left, 0) : right] = part
    return frame


def write_video(
    target: Path | io.BytesIO,
    frames: Iterable[np.ndarray],
    *,
    rate: int = 30,
    times_s: Sequence[float] | None = None,
    kind: str | None = None,
    codec: str = "libx264",
    pixels: str = "yuv420p",
    prepare: Callable[[av.VideoStream], None] = lambda stream: None,
) -> None:
    """Encode frames (h, w, 3) uint8; `prepare` may set up the stream before the first one."""
    place = str(target) if isinstance(target, Path) else target
    with av.open(place, "w", format=kind) as container:
        stream = container.add_stream(codec, rate=rate)
        stream.pix_fmt = pixels
        prepare(stream)
        if times_s is not None:
            stream.codec_context.time_base = Fraction(1, TICKS)
        for index, image in enumerate(frames):
            if not index:
                stream.height, stream.width = image.shape[:2]
            frame = av.VideoFrame.from_ndarray(image, format="rgb24")
            if times_s is not None:
                frame.pts, frame.time_base = round(times_s[index] * TICKS), Fraction(1, TICKS)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
