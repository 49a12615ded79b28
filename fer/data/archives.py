"""Archives from anywhere: unpacked within limits to a folder of their own, which is removed again.

zip, tar, tar.gz and a single file in gzip are read. Nothing is written outside the folder: only
plain files are unpacked, and an entry whose path leads out is refused.
"""

import gzip
import tarfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Protocol

from fer import files, home
from fer.errors import FerError, InputError, TooLargeError

MAX_ENTRIES = 200_000
MAX_BYTES = 8 << 30
# Pixels as text pack about 4 : 1 and blank faces far better; beyond this only bombs are left.
MAX_RATIO = 100
_RATIO_FROM_BYTES = 64 << 20
_BLOCK = 1 << 20


def archive_kind(path: Path) -> str | None:
    """ "zip", "tar" or "gzip" by what the file begins with; None for anything else."""
    with open(path, "rb") as file:
        head = file.read(512)
    if head[:4] in (b"PK\x03\x04", b"PK\x05\x06"):
        return "zip"
    if head[:2] == b"\x1f\x8b":
        return "gzip"
    return "tar" if head[257:262] == b"ustar" else None


@contextmanager
def unpacked(path: Path) -> Iterator[Path]:
    """A folder with what is in the archive at `path`, there as long as the context lasts.

    Raises:
        InputError: for a damaged or encrypted archive, or one with a path that leads out of it.
        TooLargeError: for one with too many entries or bytes, or packed implausibly well.
    """
    kind = archive_kind(path)
    if kind is None:
        raise InputError(f"{path.name} is not a zip, tar or gzip file.")
    with files.staging(home.home(), ".unpacking-") as temporary:
        target = temporary / _stem(path)
        target.mkdir()
        try:
            unpack = {"zip": _unpack_zip, "tar": _unpack_tar, "gzip": _unpack_gzip}[kind]
            unpack(path, _Unpacking(path, target))
        except FerError:
            raise
        except OSError as error:
            if error.errno is None:  # raised by a decoder, not by the disk
                raise _damaged(path) from error
            raise files.not_written(f"{path.name} could not be unpacked", error) from error
        except Exception as error:  # decoders raise many kinds on broken files
            raise _damaged(path) from error
        yield target


class SupportsRead(Protocol):
    """An entry opened for reading."""

    def read(self, size: int, /) -> bytes: ...


class _Unpacking:
    """Writes entries below one folder, and counts them against the limits."""

    def __init__(self, archive: Path, target: Path) -> None:
        self._archive = archive
        self._target = target
        self._packed = max(1, archive.stat().st_size)
        self._entries = 0
        self._bytes = 0

    def count(self) -> None:
        """Count an entry, whether or not it is written."""
        self._entries += 1
        if self._entries > MAX_ENTRIES:
            raise TooLargeError(
                f"{self._archive.name} has more than {MAX_ENTRIES:,} entries; split it."
            )

    def write(self, name: str, source: SupportsRead) -> None:
        """Copy `source` to the entry's place; hidden files are left out."""
        parts = self._parts(name)
        if not parts or any(map(files.is_hidden, parts)):
            return
        path = self._target.joinpath(*parts)
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(path, "wb") as file:
            while block := source.read(_BLOCK):
                self.count_bytes(len(block))
                file.write(block)

    def write_again(self, name: str, written: str) -> None:
        """Copy what was `written` before to the place of `name`, as a hard link says."""
        try:
            source = open(self._target.joinpath(*self._parts(written)), "rb")  # noqa: SIM115
        except (InputError, FileNotFoundError):
            return  # it leads out, or to what was left out
        with source:
            self.write(name, source)

    def _parts(self, name: str) -> tuple[str, ...]:
        path = PurePosixPath(name.replace("\\", "/"))
        if path.is_absolute() or ".." in path.parts or "\0" in name or ":" in name[:2]:
            raise InputError(
                f"{self._archive.name} has an entry that leads out of it ({name[:60]!r}); do not "
                "trust it, and get the data from its source."
            )
        return path.parts

    def count_bytes(self, number: int) -> None:
        """Count what was unpacked."""
        self._bytes += number
        ratio = self._bytes / self._packed
        if self._bytes > MAX_BYTES or (self._bytes > _RATIO_FROM_BYTES and ratio > MAX_RATIO):
            raise TooLargeError(
                f"{self._archive.name} unpacks to more than "
                f"{min(MAX_BYTES, self._bytes) / 1e6:,.0f} MB; unpack it yourself and give the "
                "folder."
            )


def _unpack_zip(path: Path, unpacking: _Unpacking) -> None:
    with zipfile.ZipFile(path) as archive:
        for entry in archive.infolist():
            unpacking.count()
            if entry.is_dir():
                continue
            if entry.flag_bits & 1:
                raise InputError(f"{path.name} is encrypted; unpack it and give the folder.")
            # The upper half holds the Unix mode: links and devices are not files.
            if (entry.external_attr >> 28) in (0, 8):
                with archive.open(entry) as source:
                    unpacking.write(entry.filename, source)


def _unpack_tar(path: Path, unpacking: _Unpacking) -> None:
    with open(path, "rb") as stream:
        _unpack_entries(stream, unpacking)


def _unpack_gzip(path: Path, unpacking: _Unpacking) -> None:
    with gzip.open(path) as stream:
        is_tar = stream.read(512)[257:262] == b"ustar"
    with gzip.open(path) as stream:
        if not is_tar:
            unpacking.count()
            unpacking.write(path.stem, stream)
            return
        _unpack_entries(stream, unpacking)
        # A tar ends before its gzip does, and the checksum comes last.
        while block := stream.read(_BLOCK):
            unpacking.count_bytes(len(block))


def _unpack_entries(stream: BinaryIO | gzip.GzipFile, unpacking: _Unpacking) -> None:
    with tarfile.open(fileobj=stream, mode="r|") as archive:
        for entry in archive:
            unpacking.count()
            if entry.islnk():
                unpacking.write_again(entry.name, entry.linkname)
            elif (source := archive.extractfile(entry) if entry.isreg() else None) is not None:
                unpacking.write(entry.name, source)


def _stem(path: Path) -> str:
    name = path.name
    for suffix in (".gz", ".tgz", ".tar", ".zip", ".csv", ".parquet"):
        if name.lower().endswith(suffix) and len(name) > len(suffix):
            name = name[: -len(suffix)]
    return name.lstrip(".") or "archive"


def _damaged(path: Path) -> InputError:
    return InputError(f"{path.name} is damaged or cut short; download or pack it again.")
