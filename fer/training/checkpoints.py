"""Checkpoints: everything that a run needs to go on, in one file written atomically."""

import hashlib
import io
import json
import logging
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from fer import files

_log = logging.getLogger(__name__)

_KEPT = 2


@dataclass
class Checkpoint:
    """The state of a run between two steps.

    Attributes:
        step: global steps done.
        meta: plain values (epoch, step in it, watch, history, elapsed time).
        arrays: groups of arrays by name: network variables, optimiser variables, averages, best.
    """

    step: int
    meta: dict[str, Any]
    arrays: dict[str, list[np.ndarray]] = field(default_factory=dict)


def save(folder: Path, checkpoint: Checkpoint) -> Path:
    """Write `checkpoint` into `folder`, then remove all but it and the one before.

    Later ones are damaged: it would not have been begun from an earlier one otherwise.

    Raises:
        OSError: where it cannot be written; the earlier checkpoints are then still there.
    """
    named = {
        f"{group}-{index:04d}": array
        for group, arrays in checkpoint.arrays.items()
        for index, array in enumerate(arrays)
    }
    meta = {**checkpoint.meta, "sha256": _digest(named)}
    buffer = io.BytesIO()
    np.savez(
        buffer, allow_pickle=False, meta=np.frombuffer(json.dumps(meta).encode(), np.uint8), **named
    )
    path = folder / f"checkpoint-{checkpoint.step:09d}.npz"
    files.write_bytes(path, buffer.getvalue())
    paths = _paths(folder)
    at = paths.index(path)
    for other in paths[:at] + paths[at + _KEPT :]:
        other.unlink(missing_ok=True)
    return path


def clear(folder: Path) -> None:
    """Remove them all: the run is done."""
    for path in _paths(folder):
        path.unlink(missing_ok=True)


def latest(folder: Path) -> Checkpoint | None:
    """The newest checkpoint that is whole, or None."""
    for path in _paths(folder):
        try:
            return _load(path)
        except Exception as error:
            # Damaged on disk, which a zip reader meets with a dozen kinds of error. The one before
            # it is why two are kept.
            _log.warning("%s is damaged (%s)", path.name, type(error).__name__)
    return None


def _load(path: Path) -> Checkpoint:
    # Opened here, because NumPy leaves a file that is no zip archive open.
    with open(path, "rb") as file, np.load(file, allow_pickle=False) as archive:
        named = {name: archive[name] for name in archive.files}
    meta = json.loads(named.pop("meta").tobytes())
    if meta.pop("sha256") != _digest(named):
        raise ValueError(f"{path.name} is damaged")
    arrays: dict[str, list[np.ndarray]] = {}
    for name in sorted(named):
        arrays.setdefault(name.rsplit("-", 1)[0], []).append(named[name])
    return Checkpoint(int(path.stem.rsplit("-", 1)[1]), meta, arrays)


def _paths(folder: Path) -> list[Path]:
    return sorted(folder.glob("checkpoint-*.npz"), reverse=True)


def _digest(named: dict[str, np.ndarray]) -> str:
    digest = hashlib.sha256()
    for name in sorted(named):
        digest.update(name.encode())
        digest.update(np.ascontiguousarray(named[name]).tobytes())
    return digest.hexdigest()
