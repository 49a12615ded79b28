"""A csv file of picture paths and labels, as many photograph collections come."""

import csv
import io
import os
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from fer.data.classes import ClassNames
from fer.data.csv_reader import Progress
from fer.data.dataset import NO_USAGE, FaceDataset
from fer.data.pictures import FaceOf, check_number, faces_of, whole_picture
from fer.data.usages import SaidUsage, usage_codes
from fer.errors import InputError, TooLargeError
from fer.labels import LABELS

PATH_COLUMNS = ("path", "image", "file", "filename", "file_name", "image_path", "filepath", "img")
LABEL_COLUMNS = ("label", "labels", "emotion", "class", "expression")
_USAGE_COLUMNS = ("usage", "split", "set")
_MAX_BYTES = 500 << 20


@dataclass(frozen=True)
class _Row:
    path: Path
    name: str  # what an error calls the picture
    label: int
    usage: SaidUsage


def read_paths_csv(
    path: Path,
    progress: Progress | None = None,
    face_of: FaceOf = whole_picture,
    classes: Collection[str] | None = None,
) -> FaceDataset:
    """Read the pictures that the csv file at `path` lists; each becomes one face, by `face_of`.

    The columns are found by name: the picture in one of `PATH_COLUMNS`, relative to the csv file
    and inside its folder; the label, a name or 0 to 6, in one of `LABEL_COLUMNS`; Usage or split
    where there is one. With `classes` only those labels are read.

    Raises:
        InputError: naming the file, the line and what is wrong with it.
    """
    names = ClassNames(path.name, classes)
    rows = list(_rows(path, names))
    names.refuse_unknown()
    if not rows:
        raise InputError(f"{path.name} lists no pictures; choose a file with rows in it.")
    check_number(len(rows), path.name)
    faces = faces_of(
        ((row.path, row.name) for row in rows),
        face_of,
        lambda done: progress(done / len(rows), f"Reading {path.name}") if progress else None,
    )
    usage = usage_codes([row.usage for row in rows])
    return FaceDataset(
        path.stem,
        faces,
        np.array([row.label for row in rows], np.int8),
        usage if np.any(usage != NO_USAGE) else None,
        source=path.name,
    )


def _rows(path: Path, names: ClassNames) -> Iterator[_Row]:
    table = csv.reader(io.StringIO(_text(path), newline=""), delimiter=_delimiter(path))
    try:
        header = [name.strip().lower() for name in next(table, [])]
        picture = _column(path, header, PATH_COLUMNS, "picture's path")
        label = _column(path, header, LABEL_COLUMNS, "label")
        usage = next((header.index(name) for name in _USAGE_COLUMNS if name in header), None)
        for fields in table:
            if not any(field.strip() for field in fields):
                continue
            where = f"{path.name}, line {table.line_num}"
            if len(fields) != len(header):
                raise InputError(
                    f"{where}: expected {len(header)} columns, received {len(fields)}; the file "
                    "may have been cut off."
                )
            meant = _label(where, fields[label].strip(), names)
            if meant is not None:
                file = _inside(where, path.parent, fields[picture].strip())
                part = SaidUsage.of_cell(where, None if usage is None else fields[usage])
                yield _Row(file, f"{where}: {fields[picture].strip()[:200]}", meant, part)
    except csv.Error as error:
        raise InputError(
            f"{path.name}, line {table.line_num}: this is not a csv file ({error})."
        ) from error


def _text(path: Path) -> str:
    if path.stat().st_size > _MAX_BYTES:
        raise TooLargeError(
            f"{path.name} has more than {_MAX_BYTES >> 20} MB of paths; split it into parts."
        )
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{path.name} is not text in UTF-8; save it as UTF-8.") from error


def _delimiter(path: Path) -> str:
    """Comma, semicolon or tab: whichever the header has most of."""
    with open(path, "rb") as file:
        header = file.readline(1 << 16)
    return max(",;\t", key=lambda character: header.count(character.encode()))


def _column(path: Path, header: list[str], names: tuple[str, ...], what: str) -> int:
    found = [name for name in names if name in header]
    if not found:
        raise InputError(
            f"{path.name}: no column holds the {what} (the header has: "
            f"{', '.join(header)[:80] or 'nothing'}); expected one of {', '.join(names)}."
        )
    return header.index(found[0])


def _label(where: str, text: str, names: ClassNames) -> int | None:
    if text == "-1":
        return names.kept(-1)
    if not text.isdecimal():
        return names.label(text)
    if len(text) < 9 and int(text) < len(LABELS):
        return names.kept(int(text))
    raise InputError(
        f"{where}: the label {text[:20]!r} is not one of 0 to {len(LABELS) - 1} or a class name."
    )


def _inside(where: str, folder: Path, text: str) -> Path:
    """The picture's path; a csv from elsewhere must not name files outside its own folder."""
    relative = os.path.normpath(text.replace("\\", "/"))
    if not text or "\0" in text or os.path.isabs(relative) or relative.split("/")[0] in ("..", "."):
        raise InputError(
            f"{where}: the path {text[:60]!r} does not lie in the folder of the csv file; write "
            "paths relative to it, and keep the pictures beside or below it."
        )
    return folder / relative
