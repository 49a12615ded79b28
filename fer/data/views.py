"""Views: a selection of another data set's rows under a name of its own, without its pixels.

A view keeps row numbers and what they were chosen by. It opens as a data set like any other, so
that training and evaluation take it, and the original stays as it is.
"""

import hashlib
import json
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np

from fer import files
from fer.data import ferplus
from fer.data.dataset import FaceDataset
from fer.data.drawn import drawn_faces
from fer.data.registry import (
    META,
    VOTES,
    DatasetInfo,
    damaged,
    folder_of,
    list_infos,
    read_columns,
    read_info,
    staged,
    write_info,
)
from fer.errors import InputError, NotFoundError

LABEL_SOURCES = ("fer", "ferplus")
_VIEW = "view.json"
_ROWS = "rows.npy"


@dataclass(frozen=True)
class View:
    """What view.json says.

    Attributes:
        parent: the data set whose rows it selects, never itself a view.
        parent_fingerprint: that of the parent when the view was saved.
        rows_digest: of the selected faces and labels in order: tells a parent whose rows moved.
        labels: "fer", or "ferplus" for the majority of the FER+ votes.
        description: the rule that chose the rows.
    """

    parent: str
    parent_fingerprint: str
    rows_digest: str
    labels: str
    description: str


def save_view(
    name: str,
    parent: str,
    rows: np.ndarray,
    description: str,
    replace: bool = False,
    labels: str = "fer",
) -> FaceDataset:
    """Keep the faces of `parent` at `rows` (integer indices, each once) as the data set `name`.

    A view of a view becomes a view of the data set below. With `labels` "ferplus" the labels are
    the majority of the FER+ votes (`fer.data.ferplus.majority`).

    Raises:
        ExistsError: the name is taken and `replace` is false.
        NotFoundError: there is no data set `parent`.
        InputError: rows that the parent has not, none at all, or a name that cannot be used.
    """
    root, rows, labels = _below(parent, np.asarray(rows), labels)
    if name == root.name:
        raise InputError(f"A view of {root.name} needs a name of its own; choose another.")
    if views_of(name):
        raise InputError(f"{name} has views itself and cannot become one; choose another name.")
    if labels not in LABEL_SOURCES:
        raise InputError(f"Labels come from one of {', '.join(LABEL_SOURCES)}, not {labels!r}.")
    dataset = _select(root, rows, labels, name)
    view = View(root.name, root.fingerprint, _digest(root, rows), labels, description)
    if not description.strip():
        raise InputError("A view needs a description: say by what rule its faces were chosen.")
    with staged(name, replace) as staging:
        files.write_array(staging / _ROWS, rows)
        files.write_json(staging / _VIEW, asdict(view))
        write_info(staging, dataset, name, parent=root.name, description=description)
    return open_view(folder_of(name))


def open_view(folder: Path) -> FaceDataset:
    """The view in `folder`, its faces in memory; the last ones opened are kept.

    Raises:
        InputError: where the parent is gone or changed since the view was saved.
    """
    view = _read(folder)
    parent = None if view.parent == "drawn" else folder.parent / view.parent
    if parent is not None and not (parent / META).is_file():
        raise InputError(
            f"{folder.name} is a view of {view.parent}, which is no longer there; import "
            f"{view.parent} again, or delete the view."
        )
    own = [folder / file for file in (META, _VIEW, _ROWS)]
    stamps = [_stamp(file) for file in (*own, *_files_of(parent))]
    return _opened(folder, parent, tuple(stamps))


def view_rows(folder: Path) -> np.ndarray:
    """(n,) int32: the parent's row numbers that the view in `folder` selects."""
    try:
        rows = np.load(folder / _ROWS)
    except (OSError, ValueError, EOFError) as error:
        raise damaged(folder) from error
    if rows.ndim != 1 or rows.dtype != np.int32:
        raise damaged(folder)
    return rows


def views_of(parent: str) -> list[DatasetInfo]:
    """The views of the data set `parent`."""
    return [info for info in list_infos() if info.parent == parent]


@lru_cache(maxsize=2)
def _opened(folder: Path, parent: Path | None, stamps: tuple[int, ...]) -> FaceDataset:
    """Kept, because a gallery asks for one thumbnail at a time; `stamps` tell that files changed.

    Two views of the size of FER-2013 take 165 MB.
    """
    view, rows, info = _read(folder), view_rows(folder), read_info(folder)
    root = drawn_faces() if parent is None else read_columns(parent)
    in_range = len(rows) == 0 or (rows.min() >= 0 and rows.max() < len(root))
    if (
        root.fingerprint != view.parent_fingerprint
        or not in_range
        or _digest(root, rows) != view.rows_digest
    ):
        raise InputError(
            f"{folder.name} is a view of {view.parent}, which was replaced by other data since; "
            f"delete the view and make it again."
        )
    dataset = _select(root, rows, view.labels, info.name)
    if view.labels == "fer":
        dataset.__dict__["fingerprint"] = info.fingerprint
    dataset.images.flags.writeable = False
    return dataset


def _below(parent: str, rows: np.ndarray, labels: str) -> tuple[FaceDataset, np.ndarray, str]:
    """The data set below `parent`, the rows of it that `rows` of `parent` are, and the labels."""
    if rows.ndim != 1 or rows.dtype.kind not in "iu" or len(rows) == 0:
        raise InputError("A view needs at least one row number; nothing was selected.")
    rows = np.unique(rows)
    if parent == "drawn":
        return drawn_faces(), _checked(rows, len(drawn_faces()), parent), labels
    folder = folder_of(parent)
    if not (folder / META).is_file():
        raise NotFoundError(f"There is no data set {parent!r} to make a view of; import it.")
    info = read_info(folder)
    rows = _checked(rows, info.n, parent)
    if info.parent is None:
        return read_columns(folder), rows, labels
    open_view(folder)  # says so where what lies below has changed
    outer = _read(folder)
    labels = outer.labels if labels == "fer" else labels
    return _below(outer.parent, view_rows(folder)[rows], labels)


def _checked(rows: np.ndarray, n: int, parent: str) -> np.ndarray:
    if rows.min() < 0 or rows.max() >= n:
        wrong = rows.min() if rows.min() < 0 else rows.max()
        raise InputError(f"{parent} has rows 0 to {n - 1:,}; {wrong:,} is not one of them.")
    return rows.astype(np.int32)


def _select(root: FaceDataset, rows: np.ndarray, labels: str, name: str) -> FaceDataset:
    dataset = replace(root.subset(rows), name=name)
    if labels == "fer":
        return dataset
    return replace(dataset, labels=ferplus.majority(ferplus.votes_of(root)[rows]))


def _digest(root: FaceDataset, rows: np.ndarray) -> str:
    digest = hashlib.blake2b(digest_size=16)
    digest.update(root.keys[rows].astype("<u8").tobytes())
    digest.update(root.labels[rows].astype("<i1").tobytes())
    return digest.hexdigest()


def _read(folder: Path) -> View:
    try:
        return View(**json.loads((folder / _VIEW).read_text(encoding="utf-8")))
    except (ValueError, TypeError, OSError) as error:
        raise damaged(folder) from error


def _files_of(parent: Path | None) -> list[Path]:
    return [] if parent is None else [parent / META, parent / VOTES]


def _stamp(file: Path) -> int:
    return file.stat().st_mtime_ns if file.is_file() else 0
