"""Pictures named one by one: files, folders, patterns and zip archives; each read in its turn.

Nothing is unpacked to disk: an entry of a zip is read into memory when it is its turn, within the
limits that hold for any picture.
"""

import functools
import glob
import os
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from fer.errors import ZIP_FAULTS, InputError, TooLargeError
from fer.files import below, is_hidden, refuse
from fer.images import MAX_BYTES, PICTURE_SUFFIXES, ImageSource

VIDEO_SUFFIXES = (".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".mjpeg", ".mjpg")
# A name takes some hundred bytes: this many are a few hundred megabytes.
MAX_PICTURES = 1_000_000


@dataclass(frozen=True)
class Picture:
    """A picture by name, not read yet; `open` gives what `fer.images.decode` takes.

    The name of a picture in a zip archive goes on behind the archive's: "photos.zip/2024/me.jpg".
    """

    name: str
    open: Callable[[], ImageSource]

    @property
    def stem(self) -> str:
        """The last part of its name without folders and suffix."""
        return PurePosixPath(self.name.replace("\\", "/")).stem


def is_video(path: str | Path) -> bool:
    """Whether the ending of the name is a video's."""
    return str(path).lower().endswith(VIDEO_SUFFIXES)


def pictures(paths: Iterable[str | Path]) -> list[Picture]:
    """The pictures that `paths` mean, in their order.

    A folder means the pictures in it at any depth and a zip archive those of its entries, both by
    name and told by their suffix; a pattern ("trip/*.jpg", "**" for folders at any depth) what
    matches it; anything else is a picture's file, which may turn out unreadable when it is opened.
    So does a folder or archive without pictures, or a pattern that matches nothing.

    Raises:
        TooLargeError: for more than a million pictures.
    """
    found: list[Picture] = []
    for path in paths:
        for picture in _meant_or_fault(Path(path)):
            found.append(picture)
            if len(found) > MAX_PICTURES:
                raise TooLargeError(
                    f"{path} brings the pictures to more than {MAX_PICTURES:,}: read them in parts."
                )
    return found


def _meant_or_fault(path: Path) -> Iterator[Picture]:
    name = printable(str(path))
    try:
        yield from _meant(path)
    except InputError as fault:
        yield Picture(name, partial(refuse, fault))
    except OSError as error:
        unread = InputError(f"{name} cannot be read ({error.strerror}): check the path.")
        yield Picture(name, partial(refuse, unread))


def _meant(path: Path) -> Iterator[Picture]:
    if path.is_dir():
        faults: list[InputError] = []
        inside = [
            p
            for p in below(path, faults.append)
            if p.suffix.lower() in PICTURE_SUFFIXES and p.is_file()
        ]
        for fault in faults:
            yield Picture(printable(str(path)), partial(refuse, fault))
        if not inside and not faults:
            raise InputError(
                f"{printable(str(path))} has no pictures in it; give a folder of some, or a file."
            )
        yield from map(_file, inside)
    elif _is_zip(path):
        yield from zip_pictures(path, str(path))
    elif matches := matching(path):
        for match in matches:
            # "**" matches the files of a folder beside the folder itself.
            if not ("**" in path.parts and match.is_dir()):
                yield from _meant(match)
    elif glob.has_magic(str(path)) and not path.exists():
        raise InputError(f"Nothing matches {printable(str(path))}: check the pattern.")
    else:
        yield _file(path)


def matching(path: Path) -> list[Path]:
    """The files that a pattern means, sorted; none where it is no pattern, or a file's path."""
    if not glob.has_magic(str(path)) or path.exists():
        return []
    return sorted(map(Path, glob.glob(str(path), recursive=True)))


def _file(path: Path) -> Picture:
    return Picture(printable(str(path)), lambda: path)


def _is_zip(path: Path) -> bool:
    if not os.path.isfile(path):  # what is read of a pipe is gone
        return False
    try:
        with open(path, "rb") as file:
            return file.read(4) in (b"PK\x03\x04", b"PK\x05\x06")
    except OSError:
        return False


def zip_pictures(
    archive: Path | BinaryIO, name: str, limit: int = MAX_PICTURES
) -> Iterator[Picture]:
    """The pictures in a zip archive, by name; `name` is the archive's own.

    A damaged archive is one picture that cannot be opened.

    Raises:
        InputError: there are no pictures in it. TooLargeError: there are more than `limit`.
    """
    name = printable(name)
    try:
        opened = zipfile.ZipFile(archive)
    except (*ZIP_FAULTS, OSError) as error:
        fault = InputError(f"{name} is damaged or cut short; download or pack it again.")
        fault.__cause__ = error
        yield Picture(name, partial(refuse, fault))
        return
    entries = [entry for entry in opened.infolist() if _is_picture(entry)]
    if not 0 < len(entries) <= limit:
        opened.close()
        if entries:
            raise TooLargeError(
                f"{name} has {len(entries):,} pictures, and {limit:,} at most are read here: pack "
                "it in parts, or read it on the command line."
            )
        raise InputError(f"{name} has no pictures in it; give an archive of pictures.")
    # Of many archives, only those that are being read stay open.
    source: Path | zipfile.ZipFile = opened
    if isinstance(archive, Path):
        opened.close()
        source = archive
    for entry in sorted(entries, key=lambda entry: entry.filename):
        full_name = printable(f"{name}/{entry.filename}")
        yield Picture(full_name, partial(_read, source, entry, full_name))


def _is_picture(entry: zipfile.ZipInfo) -> bool:
    parts = PurePosixPath(entry.filename).parts
    hidden = any(map(is_hidden, parts))
    is_picture = Path(entry.filename).suffix.lower() in PICTURE_SUFFIXES
    return is_picture and not (entry.is_dir() or hidden)


@functools.lru_cache(2)
def _reopened(path: Path, written_ns: int) -> zipfile.ZipFile:
    return zipfile.ZipFile(path)


def _read(archive: Path | zipfile.ZipFile, entry: zipfile.ZipInfo, name: str) -> bytes:
    if entry.flag_bits & 1:
        raise InputError(f"{name} is encrypted; unpack the archive and give the folder.")
    try:
        if isinstance(archive, Path):
            archive = _reopened(archive, archive.stat().st_mtime_ns)
        with archive.open(entry) as file:
            # One byte over the limit is enough to be told that it is too large.
            return file.read(MAX_BYTES + 1)
    except (*ZIP_FAULTS, OSError) as error:
        raise InputError(f"{name} is damaged in its archive; pack it again.") from error


def printable(name: str) -> str:
    """The name with bytes that are no UTF-8, which a csv or JSON cannot hold, written out."""
    return name.encode("utf-8", "backslashreplace").decode()
