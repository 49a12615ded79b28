"""Hugging Face parquet files: encoded pictures, pixels as text or lists, and class labels.

Columns are found by name: the picture in `img_bytes`, `image`, `img` or `pixels`, the label in
`labels`, `label` or `emotion`; a column `Usage` where there is one, else the file's name says it.
"""

import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from fer.data.classes import ClassNames
from fer.data.csv_reader import Progress
from fer.data.dataset import NO_USAGE, SIDE_PX, FaceDataset
from fer.data.pictures import FaceOf, check_number, faces_of, whole_picture
from fer.data.usages import SaidUsage, usage_codes
from fer.errors import InputError, TooLargeError
from fer.labels import LABELS

_PICTURES = ("img_bytes", "image", "img", "image_bytes", "picture", "face", "pixels")
_LABELS = ("labels", "label", "emotion", "class", "expression")
_USAGES = ("usage", "split")
_BATCH_ROWS = 1024
# A row group is read in pieces, but its pages are unpacked whole: no honest one comes near this.
_MAX_GROUP_BYTES = 2 << 30


@dataclass(frozen=True)
class ParquetPart:
    """One file, and the Usage that its name gives it (None: not said)."""

    path: Path
    usage: str | None = None


@dataclass(frozen=True)
class _Columns:
    picture: str
    label: str | None
    usage: str | None
    class_names: Sequence[str] | None  # of the label's numbers, where the file tells them


@dataclass(frozen=True)
class _Rows:
    faces: np.ndarray
    labels: np.ndarray
    usages: list[SaidUsage]


def read_parquet(
    parts: Sequence[ParquetPart],
    name: str,
    progress: Progress | None = None,
    face_of: FaceOf = whole_picture,
    classes: Collection[str] | None = None,
) -> FaceDataset:
    """Read `parts` one after the other as the data set `name`; pictures become faces by `face_of`.

    Numbers without class names count in the order of `fer.labels.LABELS`; names are matched by
    meaning. With `classes` only those labels are read.

    Raises:
        InputError: naming the file, the row and what is wrong with it.
    """
    names = ClassNames(name, classes)
    rows: list[_Rows] = []
    done, total = 0, 0
    files = [(part, _opened(part.path)) for part in parts]
    total = sum(file.metadata.num_rows for _, file in files)
    check_number(total, name)
    for part, file in files:
        columns = _columns(part.path, file)
        for start, table in _tables(part.path, file, columns):
            rows.append(_read(part, start, table, columns, names, face_of))
            done += table.num_rows
            if progress:
                progress(done / max(1, total), f"Reading {part.path.name}")
    names.refuse_unknown()
    if not sum(len(part_rows.labels) for part_rows in rows):
        raise InputError(f"{name} has no rows to read; choose a file with faces in it.")
    usage = usage_codes([said for part_rows in rows for said in part_rows.usages])
    return FaceDataset(
        name,
        np.concatenate([part_rows.faces for part_rows in rows]),
        np.concatenate([part_rows.labels for part_rows in rows]),
        usage if np.any(usage != NO_USAGE) else None,
        source=name,
    )


def _opened(path: Path) -> pq.ParquetFile:
    try:
        file = pq.ParquetFile(path)
        groups = [file.metadata.row_group(i) for i in range(file.metadata.num_row_groups)]
    except Exception as error:  # Arrow raises many kinds, and the file is what is wrong
        raise _damaged(path) from error
    if any(not 0 <= group.total_byte_size <= _MAX_GROUP_BYTES for group in groups):
        raise TooLargeError(
            f"{path.name} has a row group of more than {_MAX_GROUP_BYTES >> 30} GB; write it again "
            "with smaller row groups."
        )
    return file


def _damaged(path: Path) -> InputError:
    return InputError(
        f"{path.name} is damaged, or not a parquet file at all; download or write it again."
    )


def _columns(path: Path, file: pq.ParquetFile) -> _Columns:
    schema = file.schema_arrow
    by_lower = {name.strip().lower(): name for name in schema.names}
    picture = next((by_lower[name] for name in _PICTURES if name in by_lower), None)
    label = next((by_lower[name] for name in _LABELS if name in by_lower), None)
    usage = next((by_lower[name] for name in _USAGES if name in by_lower), None)
    if picture is None:
        raise InputError(
            f"{path.name} has no column with pictures (it has: "
            f"{', '.join(schema.names)[:80] or 'none'}); expected one of {', '.join(_PICTURES)}."
        )
    return _Columns(picture, label, usage, _class_names(schema.metadata, label))


def _class_names(metadata: dict[bytes, bytes] | None, label: str | None) -> Sequence[str] | None:
    """The names of a ClassLabel feature, in the order of its numbers; None where not told."""
    try:
        features = json.loads((metadata or {})[b"huggingface"])["info"]["features"]
        names = features[label]["names"]
    except (KeyError, TypeError, ValueError):
        return None
    known = isinstance(names, list) and all(isinstance(name, str) for name in names)
    return names if known else None


def _tables(
    path: Path, file: pq.ParquetFile, columns: _Columns
) -> Iterator[tuple[int, pa.RecordBatch]]:
    """Row number of the first row of each piece, and the piece."""
    wanted = [name for name in (columns.picture, columns.label, columns.usage) if name]
    start = 0
    batches = file.iter_batches(_BATCH_ROWS, columns=wanted)
    while True:
        try:
            batch = next(batches)
            batch.validate(full=True)
        except StopIteration:
            return
        except Exception as error:  # as above
            raise _damaged(path) from error
        yield start, batch
        start += batch.num_rows


def _read(
    part: ParquetPart,
    start: int,
    table: pa.RecordBatch,
    columns: _Columns,
    names: ClassNames,
    face_of: FaceOf,
) -> _Rows:
    try:
        values = {column: table.column(column).to_pylist() for column in table.schema.names}
    except Exception as error:  # such as text that is not UTF-8
        raise _damaged(part.path) from error
    where = [f"{part.path.name}, row {start + row + 1:,}" for row in range(table.num_rows)]
    labels = [
        _label(place, value, columns.class_names, names)
        for place, value in zip(
            where, values[columns.label] if columns.label else [None] * len(where), strict=True
        )
    ]
    kept = [row for row, label in enumerate(labels) if label is not None]
    usages = values[columns.usage] if columns.usage else None
    faces = _faces([(values[columns.picture][row], where[row]) for row in kept], face_of)
    return _Rows(
        faces,
        np.array([labels[row] for row in kept], np.int8),
        [
            SaidUsage.of_cell(where[row], usages[row]) if usages else SaidUsage(part.usage)
            for row in kept
        ],
    )


def _label(
    where: str, value: Any, class_names: Sequence[str] | None, names: ClassNames
) -> int | None:
    if value is None or value == -1:
        return names.kept(-1)
    if isinstance(value, str) and not value.strip().isdecimal():
        return names.label(value)
    last = len(LABELS if class_names is None else class_names) - 1
    if isinstance(value, str) and len(value) < 9:
        value = int(value)
    if not isinstance(value, int) or not 0 <= value <= last:
        raise InputError(
            f"{where}: the label {str(value)[:20]!r} is not one of 0 to {last} or a class name."
        )
    return names.kept(value) if class_names is None else names.label(class_names[value])


def _faces(cells: list[tuple[Any, str]], face_of: FaceOf) -> np.ndarray:
    """Faces of cells that hold encoded pictures, or pixels as text or lists."""
    encoded: list[tuple[Any, str]] = [
        (value.get("bytes") if isinstance(value, dict) else value, name) for value, name in cells
    ]
    if all(isinstance(value, bytes) for value, _ in encoded):
        return faces_of(encoded, face_of)
    return np.array([_face(value, name, face_of) for value, name in encoded], np.uint8)


def _face(value: Any, where: str, face_of: FaceOf) -> np.ndarray:
    if isinstance(value, bytes):
        return faces_of([(value, where)], face_of)[0]
    try:
        numbers = value.split() if isinstance(value, str) else value
        given = np.array(numbers).ravel()
        pixels = given.astype(np.int64)
        if given.dtype.kind == "f" and not np.array_equal(pixels, given):
            raise ValueError("pixels that are no whole numbers")
    except (ValueError, TypeError, OverflowError):
        pixels = np.empty(0, np.int64)
    if pixels.size != SIDE_PX**2 or pixels.min() < 0 or pixels.max() > 255:
        raise InputError(
            f"{where}: expected an encoded picture, or {SIDE_PX**2:,} pixel values (48x48) from 0 "
            "to 255."
        )
    return pixels.astype(np.uint8).reshape(SIDE_PX, SIDE_PX)
