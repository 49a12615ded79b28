"""FER-2013 as a csv file, in any of its published forms.

`emotion,pixels,Usage` (fer2013.csv), `emotion, Usage, pixels` (icml_face_data.csv),
`emotion,pixels` and `pixels` (the challenge's train.csv and test.csv): the columns are found by
name, in any order.
"""

import csv
import itertools
import os
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np

from fer.data.dataset import SIDE_PX, FaceDataset, content_keys
from fer.data.usages import SaidUsage, usage_codes
from fer.errors import InputError
from fer.labels import LABELS

Progress = Callable[[float, str], None]

_PIXELS = SIDE_PX * SIDE_PX
# About 120 rows: the temporary arrays of one block stay inside a core's cache.
_BLOCK_BYTES = 1 << 20
_MAX_LINE_BYTES = 1 << 16
_USAGE_COLUMNS = ("usage", "split", "set")  # the first there is


@dataclass(frozen=True)
class _Block:
    """Whole lines of the file, and the number of the first of them (1 is the header)."""

    first_line: int
    text: bytes


@dataclass(frozen=True)
class _Rows:
    images: np.ndarray
    labels: np.ndarray
    usage: list[SaidUsage]
    keys: np.ndarray


def read_csv(path: Path, progress: Progress | None = None) -> FaceDataset:
    """Read the csv file at `path`; `progress` is called with a share 0-1 and a sentence.

    Raises:
        InputError: naming the file, the line and what is wrong with it.
    """
    size = max(1, path.stat().st_size)
    parts: list[_Rows] = []
    with open(path, "rb") as file, ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        columns = _columns(path, file)
        pending: list[Future[_Rows]] = []
        for block in _blocks(path, file):
            pending.append(pool.submit(_parse_block, path, columns, block))
            # A short queue keeps every core busy and the memory of a 300 MB file small.
            if len(pending) > 4:
                parts.append(pending.pop(0).result())
                if progress:
                    progress(file.tell() / size, f"Reading {path.name}")
        parts += [future.result() for future in pending]
    images = [rows.images for rows in parts if len(rows.images)]
    if not images:
        raise InputError(f"{path.name} has a header but no rows; choose a file with faces in it.")
    usage = usage_codes([said for rows in parts for said in rows.usage])
    return FaceDataset(
        path.stem,
        np.concatenate(images),
        np.concatenate([rows.labels for rows in parts]),
        usage if any(name in columns for name in _USAGE_COLUMNS) else None,
        source=path.name,
        keys=np.concatenate([rows.keys for rows in parts]),
    )


def _columns(path: Path, file: BinaryIO) -> list[str]:
    """The header's column names, lower case and without spaces around them."""
    header = file.readline(_MAX_LINE_BYTES).removeprefix(b"\xef\xbb\xbf")
    try:
        names = [name.strip().lower() for name in next(csv.reader([header.decode()]), [])]
    except (UnicodeDecodeError, csv.Error):
        names = []
    shown = ", ".join(names)[:80] or "nothing readable"
    if "pixels" not in names:
        raise InputError(
            f'{path.name}: the column "pixels" is missing (the header has: {shown}); a FER-2013 '
            "csv starts with a line such as emotion,pixels,Usage, with commas between."
        )
    if len(set(names)) < len(names):
        raise InputError(
            f"{path.name}: two columns have one name, or none (the header has: {shown}); take out "
            "what is not needed."
        )
    if "emotion" not in names and names != ["pixels"]:
        raise InputError(
            f'{path.name}: the column "emotion" is missing (the header has: {", ".join(names)}); '
            "it holds the label, 0 to 6."
        )
    return names


def _blocks(path: Path, file: BinaryIO) -> Iterator[_Block]:
    """The rest of the file in blocks of whole lines."""
    line, rest = 2, b""
    while data := file.read(_BLOCK_BYTES):
        end = data.rfind(b"\n") + 1
        if not end:
            rest += data
            if len(rest) > _BLOCK_BYTES + _MAX_LINE_BYTES:
                raise InputError(
                    f"{path.name}, line {line}: the line is too long for a 48x48 face."
                )
            continue
        text, rest = rest + data[:end], data[end:]
        yield _Block(line, text)
        line += text.count(b"\n")
    if rest:
        yield _Block(line, rest)


def _parse_block(path: Path, columns: list[str], block: _Block) -> _Rows:
    place = columns.index("pixels")
    usage_column = next((name for name in _USAGE_COLUMNS if name in columns), "")
    said: dict[bytes, SaidUsage] = {}
    texts, labels, usages, lines = [], [], [], []
    for line, row in zip(itertools.count(block.first_line), block.text.split(b"\n"), strict=False):
        row = row.strip()
        if not row:
            continue
        try:
            fields = _fields(row, place, len(columns))
        except csv.Error as error:
            raise InputError(f"{path.name}, line {line}: {error}; is it of 48x48 faces?") from error
        if len(fields) != len(columns):
            raise InputError(
                f"{path.name}, line {line}: expected {len(columns)} columns, received "
                f"{len(fields)}; the file may have been cut off."
            )
        named = dict(zip(columns, fields, strict=True))
        labels.append(_label(path, line, named.get("emotion", b"")))
        text = named.get(usage_column, b"")
        if text not in said:
            where = f"{path.name}, line {line}"
            said[text] = SaidUsage.of_cell(where, text.decode(errors="replace"))
        usages.append(said[text])
        texts.append(fields[place])
        lines.append(line)
    images = _pixels(path, texts, lines).reshape(-1, SIDE_PX, SIDE_PX)
    return _Rows(images, np.array(labels, np.int8), usages, content_keys(images))


def _fields(row: bytes, place: int, width: int) -> list[bytes]:
    """Split at commas from both ends: the thousands of bytes of pixels are not searched twice."""
    if b'"' in row:  # where commas may be part of a field; the quick way is for the rest
        fields = next(csv.reader([row.decode("latin-1")], skipinitialspace=True))
        return [field.strip().encode("latin-1") for field in fields]
    before = row.split(b",", place)
    after = before[-1].rsplit(b",", width - 1 - place)
    return [field.strip() for field in before[:-1] + after]


def _label(path: Path, line: int, text: bytes) -> int:
    if not text:
        return -1
    # No longer than any label with leading zeros: a text of thousands of digits is not converted.
    if len(text) < 9 and text.isdigit() and int(text) < len(LABELS):
        return int(text)
    raise InputError(
        f"{path.name}, line {line}: the label {text.decode(errors='replace')[:20]!r} is not one of "
        f"0 to {len(LABELS) - 1} (angry, disgust, fear, happy, sad, surprise, neutral)."
    )


def _pixels(path: Path, texts: list[bytes], lines: list[int]) -> np.ndarray:
    """(rows * 2304,) uint8 from texts of 2,304 decimal numbers each.

    All numbers of a block are read at once: at each byte the value of the up to three digits that
    end there is computed, then the values where a number ends are kept.
    """
    # Three spaces in front, so that every byte has three before it; one behind, to end a number.
    # All in uint8: eight times fewer bytes to move than NumPy's default integers.
    text = np.frombuffer(b"   " + b" ".join(texts) + b" ", np.uint8)
    digit = text - np.uint8(ord("0"))
    is_digit = digit < 10
    digit *= is_digit.view(np.uint8)
    ends = is_digit[3:-1] > is_digit[4:]
    hundreds = digit[1:-3] * is_digit.view(np.uint8)[2:-2]
    below = digit[2:-2] * np.uint8(10) + digit[3:-1]
    too_big = (hundreds > 2) | ((hundreds == 2) & (below > 55))
    too_long = is_digit[:-4] & is_digit[1:-3] & is_digit[2:-2]
    ends_at = itertools.accumulate((len(row) + 1 for row in texts), initial=0)
    faulty = (
        ((too_big | too_long) & is_digit[3:-1]).any()
        or not (is_digit | (text == ord(" "))).all()
        or any(
            np.count_nonzero(ends[start:end]) != _PIXELS
            for start, end in itertools.pairwise(ends_at)
        )
    )
    if faulty:
        raise InputError(_first_fault(path, texts, lines))
    return (below + hundreds * np.uint8(100))[ends]


def _first_fault(path: Path, texts: list[bytes], lines: list[int]) -> str:
    for line, text in zip(lines, texts, strict=True):
        where, numbers = f"{path.name}, line {line}", text.split()
        if len(numbers) != _PIXELS:
            return (
                f"{where}: expected 2,304 pixel values (48x48), received {len(numbers):,}; "
                "the row may have been cut off."
            )
        for number in numbers:
            if not number.isdigit() or len(number) > 3 or int(number) > 255:
                shown = number.decode(errors="replace")[:20]
                return f"{where}: the pixel value {shown!r} is not a whole number from 0 to 255."
    return f"{path.name}, lines {lines[0]} to {lines[-1]}: pixels must be separated by spaces."
