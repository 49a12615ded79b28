"""Opening the file of a video: by its path, its bytes or as an open file, for FFmpeg to read.

FFmpeg (through PyAV) is given open files, never names, because it would take a name such as
http://... as an address; and only demuxers of single files, because a playlist can name other
files.
"""

import io
from pathlib import Path
from typing import Any, BinaryIO

import av

from fer.errors import InputError, NotAVideoError, NotFoundError
from fer.inference.sources import VIDEO_SUFFIXES

_DEMUXERS = "mov,matroska,avi,mjpeg"
_PROBE_BYTES = 4
_JPEG = b"\xff\xd8\xff"  # a file that begins with a JPEG is a row of them, FFmpeg's "mjpeg"

VideoSource = bytes | bytearray | memoryview | str | Path | BinaryIO


def opened(source: Any, name: str | None) -> tuple[BinaryIO, str, bool]:
    """The file, what an error calls it, and whether it is ours to close."""
    if isinstance(source, bytes | bytearray | memoryview):
        return io.BytesIO(source), name or "The video", True
    if isinstance(source, str | Path):
        name = name or str(source)
        try:
            file = open(source, "rb")  # noqa: SIM115
        except FileNotFoundError as error:
            raise NotFoundError(f"{name} does not exist: check the path.") from error
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise InputError(f"{name} cannot be read ({reason}): give a video file.") from error
        if not file.seekable():
            file.close()
            raise InputError(f"{name} is a pipe, which cannot be read in any order: give a file.")
        return file, name, True
    if hasattr(source, "read") and hasattr(source, "seekable"):
        if not source.seekable():
            raise InputError("A video cannot be read from a stream: give its file or its bytes.")
        given = getattr(source, "name", None)
        return source, name or (Path(given).name if isinstance(given, str) else "The video"), False
    raise InputError(
        f"A video is bytes, a path or an open binary file, not {type(source).__name__}."
    )


def container(file: BinaryIO, name: str) -> Any:
    """The file as PyAV's container; NotAVideoError where it is none."""
    file.seek(0)
    head = file.read(_PROBE_BYTES)
    file.seek(0)
    if not isinstance(head, bytes):
        raise InputError(f"{name} does not read as bytes: open it in binary mode ('rb').")
    if not head:
        raise NotAVideoError(f"{name} is empty (0 bytes): choose another file.")
    options = {"format_whitelist": _DEMUXERS, "protocol_whitelist": ""}
    try:
        kind = "mjpeg" if head.startswith(_JPEG) else None
        return av.open(file, "r", format=kind, container_options=options, metadata_errors="ignore")
    except (av.FFmpegError, OSError, ValueError) as error:
        kinds = ", ".join(suffix.removeprefix(".") for suffix in VIDEO_SUFFIXES[:-1])
        raise NotAVideoError(
            f"{name} is not a video, or it is damaged or cut off: give a file that plays, of the "
            f"kinds {kinds}."
        ) from error
