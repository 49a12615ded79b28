"""Writing files so that a reader sees the old content or the new one, never a half of either."""

import errno
import hashlib
import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

import numpy as np

from fer.errors import DiskFullError, ExistsError, FerError, InputError, NotFoundError

_UNFINISHED = ".unfinished"
# Nothing that is still being written is as old as this.
_STALE_S = 24 * 3600


def write_bytes(path: Path, data: bytes) -> None:
    """Replace `path` by `data` atomically: written beside it, flushed to disk, then renamed."""
    handle, temporary = tempfile.mkstemp(_UNFINISHED, f".{path.name}.", path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(
            temporary, 0o644
        )  # mkstemp's own 0600 would hide it from a shared folder's readers
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def clear_unfinished(folder: Path) -> None:
    """Remove what writers that were killed left in `folder`; for its only writer to call."""
    for leftover in folder.glob(f".*{_UNFINISHED}"):
        leftover.unlink(missing_ok=True)


def stale(folder: Path, pattern: str) -> list[Path]:
    """What matches `pattern` in `folder` and was last touched over a day ago."""
    found = []
    for path in folder.glob(pattern):
        try:
            if time.time() - path.stat().st_mtime > _STALE_S:
                found.append(path)
        except FileNotFoundError:  # its process removed it just now
            continue
    return found


def remove_stale(folder: Path, pattern: str) -> None:
    """Remove the `stale` folders: what processes that were killed left behind."""
    for left in stale(folder, pattern):
        shutil.rmtree(left, ignore_errors=True)


@contextmanager
def staging(parent: Path, prefix: str) -> Iterator[Path]:
    """A new folder in `parent`, gone after the block unless it was renamed to its place.

    Those that killed processes left there are removed first.
    """
    remove_stale(parent, f"{prefix}*")
    folder = Path(tempfile.mkdtemp(dir=parent, prefix=prefix))
    try:
        folder.chmod(0o755)  # others may read what it becomes
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def write_array(path: Path, array: np.ndarray) -> None:
    """Write a .npy file, not atomically."""
    # Opened to be read too: NumPy then writes through Python, whose errors say that a disk is full.
    with open(path, "w+b") as file:
        np.save(file, array)


def write_json(path: Path, value: Any) -> None:
    """Replace `path` by `value` as indented JSON, atomically."""
    write_bytes(path, (json.dumps(value, indent=2, ensure_ascii=False) + "\n").encode())


def is_disk_full(error: OSError) -> bool:
    """Whether the disk, or what this user may have of it, was full."""
    return error.errno in (errno.ENOSPC, errno.EDQUOT)


def not_written(what: str, error: OSError) -> FerError:
    """`what` could not be done, as a sentence that says why and, of a full disk, the remedy."""
    if is_disk_full(error):
        return DiskFullError(f"{what}: the disk is full; make room and try again.")
    return FerError(f"{what} ({error.strerror or error}).")


def unwritable(path: Path, error: Exception) -> FerError:
    """A file that the user named could not be written: which, why, and the remedy."""
    if isinstance(error, OSError) and is_disk_full(error):
        return not_written(f"{path} cannot be written", error)
    reason = getattr(error, "strerror", None) or error
    return FerError(f"{path} cannot be written ({reason}); choose another place.")


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Where writing to `path` fails in the block, raise `unwritable` in place of an OSError."""
    try:
        yield
    except OSError as error:
        raise unwritable(path, error) from error


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A temporary file beside `path` that takes its place once the block ends well.

    The block may make a folder of it.

    Raises:
        FerError: it cannot be written.
    """
    with writing(path):
        handle, name = tempfile.mkstemp(_UNFINISHED, f".{path.name}.", path.parent)
        os.close(handle)
        temporary = Path(name)
        try:
            temporary.chmod(0o644)
            yield temporary
            temporary.replace(path)
        finally:
            if temporary.is_dir():
                shutil.rmtree(temporary, ignore_errors=True)
            else:
                temporary.unlink(missing_ok=True)


def check_free(path: Path, replace: bool) -> None:
    """Raises ExistsError where something has the name already and is not to be replaced."""
    if os.path.lexists(path) and not replace:
        raise ExistsError(f"{path} exists: replace it, or choose another name.")


def check_not_among(path: Path, read: Iterable[Path]) -> None:
    """Raises InputError where what is to be written to `path` would replace one of those read."""
    if any(path.exists() and one.exists() and path.samefile(one) for one in read):
        raise InputError(f"{path} is what is to be read: choose another name to write to.")


def named(path: str | Path) -> Path:
    """A path that the user gave, which may begin with ~; there may be nothing at it.

    Raises:
        NotFoundError: nothing can have this name.
    """
    try:
        found = Path(path).expanduser()
        if found.name in ("", ".."):  # "." and the like: what is read is called by its name
            found = found.resolve()
        found.exists()
    except (RuntimeError, OSError, ValueError) as error:
        raise NotFoundError(f"There is no {str(path)[:80]}: check the path.") from error
    return found


def is_hidden(name: str) -> bool:
    """Whether a file or folder of this name is there for a system and not for people."""
    return name.startswith((".", "__MACOSX"))


def below(folder: Path, unread: Callable[[InputError], None]) -> list[Path]:
    """What lies in `folder` at any depth, is not hidden and no folder itself; sorted.

    `unread` hears of each folder that cannot be looked into, so that nothing is left out unsaid.
    """

    def told(error: OSError) -> None:
        what = f"The folder {error.filename} cannot be read ({error.strerror})"
        unread(InputError(f"{what}: allow it, or leave it out."))

    found = []
    for parent, folders, names in os.walk(folder, onerror=told):
        folders[:] = [name for name in folders if not is_hidden(name)]
        found += [Path(parent, name) for name in names if not is_hidden(name)]
    return sorted(found)


def refuse(fault: FerError) -> NoReturn:
    """Raise it."""
    raise fault


def sha256(path: Path) -> str:
    """Hex SHA-256 of a file, read in blocks."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
