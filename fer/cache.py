"""Arrays that took long to compute, kept under FER_HOME/cache: measured once, then read.

A file's name holds a digest of all that its content depends on, so it never goes stale; when there
are too many, those not used for longest go.
"""

import hashlib
import io
import re
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path

import numpy as np
from filelock import FileLock

from fer import __version__, files, home
from fer.errors import ZIP_FAULTS

MAX_FILES = 60

Arrays = dict[str, np.ndarray]


def kept(kind: str, key: str, make: Callable[[], Arrays]) -> Arrays:
    """The arrays that `make` returns, from disk where an earlier call with (kind, key) made them.

    Two processes that ask for the same thing at once compute it once. A damaged file is made anew.
    """
    folder = home.home() / "cache"
    if not re.fullmatch(r"[a-z0-9-]+", kind + key):
        raise ValueError(f"a cache name is lower case letters, digits, hyphens: {kind}, {key}")
    path = folder / f"{kind}-{key}.npz"
    with ExitStack() as held:
        # Where nothing can be written two may compute it at once, and it is kept nowhere: it is
        # still what was asked for.
        with suppress(OSError):
            folder.mkdir(exist_ok=True)
            held.enter_context(FileLock(folder / f".{path.stem}.lock"))
        found = _read(path)
        if found is not None:
            return found
        arrays = make()
        content = io.BytesIO()
        np.savez(content, allow_pickle=False, **arrays)
        with suppress(OSError):
            files.write_bytes(path, content.getvalue())
            _prune(folder)
    return arrays


def digest(*parts: np.ndarray | bytes | str | None) -> str:
    """Hex digest of arrays (dtype, shape and content), bytes and texts, in their order.

    It differs from one release to the next, which may compute other things.
    """
    total = hashlib.blake2b(__version__.encode(), digest_size=12)
    for part in parts:
        if isinstance(part, np.ndarray):
            total.update(f"{part.dtype}{part.shape}".encode())
            total.update(np.ascontiguousarray(part).data)
        else:
            total.update(repr(part).encode())
    return total.hexdigest()


def _read(path: Path) -> Arrays | None:
    try:
        # NumPy leaves a file open that it opened itself and found no archive.
        with open(path, "rb") as file, np.load(file, allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
        with suppress(OSError):
            path.touch()
    except (OSError, KeyError, *ZIP_FAULTS):
        return None
    return arrays


def _prune(folder: Path) -> None:
    """Remove the files used longest ago, and locks left behind a day ago."""
    newest_first = sorted(folder.glob("*.npz"), key=lambda path: -path.stat().st_mtime)
    for path in newest_first[MAX_FILES:] + files.stale(folder, ".*.lock"):
        with suppress(OSError):
            path.unlink()
