"""Faces of a data set as pictures: one, or many on one sheet, which a gallery asks for."""

import functools
import hashlib
import re
import threading

import numpy as np

from fer import data, home, images
from fer.data.dataset import SIDE_PX
from fer.data.store import checked_name
from fer.errors import InputError, NotFoundError

SHEET_COLUMNS = 8
SHEET_LIMIT = 128

_PART = re.compile(r"(\d{1,9})(?:-(\d{1,9}))?")
_drawing = threading.Lock()


def face_png(name: str, index: int) -> tuple[str, bytes]:
    """Tag of its content, and picture, of one face of a registered data set or the drawn faces."""
    dataset = _dataset(name)
    _check(dataset, name, index)
    return f"{int(dataset.keys[index]):016x}", images.to_png(dataset.images[index])


def sheet_png(name: str, rows: str) -> tuple[str, bytes]:
    """Tag and picture of the faces at `rows` ("0-47,60"), `SHEET_COLUMNS` beside each other.

    Raises:
        InputError: rows that cannot be read.
        NotFoundError: a data set or a row that is not there, or more than `SHEET_LIMIT`.
    """
    dataset = _dataset(name)
    wanted = _rows(rows)
    _check(dataset, name, max(wanted))
    faces = dataset.images[np.array(wanted)]
    gap = -len(faces) % SHEET_COLUMNS if len(faces) > SHEET_COLUMNS else 0
    faces = np.concatenate([faces, np.zeros((gap, SIDE_PX, SIDE_PX), np.uint8)])
    lines = faces.reshape(-1, min(len(faces), SHEET_COLUMNS), SIDE_PX, SIDE_PX)
    sheet = lines.swapaxes(1, 2).reshape(len(lines) * SIDE_PX, -1)
    keys = np.ascontiguousarray(dataset.keys[np.array(wanted)])
    tag = hashlib.blake2b(keys.tobytes(), digest_size=8).hexdigest()
    return tag, images.to_png(sheet)


def _rows(text: str) -> list[int]:
    rows: list[int] = []
    for part in text.split(","):
        found = _PART.fullmatch(part)
        if found is None:
            raise InputError(f"rows must be like 0-47,60, not {text[:40]!r}.")
        first = int(found[1])
        last = int(found[2]) if found[2] else first
        if last < first or len(rows) + last - first + 1 > SHEET_LIMIT:
            raise NotFoundError(f"A sheet has 1 to {SHEET_LIMIT} faces, each range rising.")
        rows += range(first, last + 1)
    return rows


def _check(dataset: data.FaceDataset, name: str, index: int) -> None:
    if index >= len(dataset):
        raise NotFoundError(f"{name} has images 0 to {len(dataset) - 1}; there is no {index}.")


def _dataset(name: str) -> data.FaceDataset:
    if name == "drawn":
        with _drawing:
            return _drawn_faces()
    if (home.datasets_dir() / checked_name(name)).is_dir():
        return data.open_dataset(name)
    raise NotFoundError(f"There is no data set {name!r} here; import it first.")


@functools.cache
def _drawn_faces() -> data.FaceDataset:
    """The drawn faces, 5 MB, kept: drawing them takes a second, and a gallery asks for dozens."""
    return data.drawn_faces()
