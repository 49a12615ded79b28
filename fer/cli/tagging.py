"""`data tag`: list, add, remove."""

import csv
import re
from collections.abc import Iterator
from pathlib import Path

import click

from fer.cli.output import as_json, print_json, print_table
from fer.errors import InputError

_PART = re.compile(r"(\d{1,9})(?:-(\d{1,9}))?")
_COLUMN = "row"
_MAX_DIGITS = 9

_rows_option = click.option("--rows", help="Row numbers, such as 0-47,60.")
_csv_option = click.option(
    "--csv",
    "csv_path",
    type=click.Path(path_type=Path),
    help=f'A table with a column "{_COLUMN}", such as a page of the studio gives.',
)


@click.group()
def tag() -> None:
    """Tags of faces: a tag holds for every copy of a face, and for views of its data set."""


@tag.command("list")
@click.argument("name")
@as_json
def list_(name: str, as_json: bool) -> None:
    """List the tags of the data set NAME."""
    from fer.data import tags

    found = tags.list_tags(name)
    if as_json:
        print_json({"name": name, "tags": found})
    elif not found:
        click.echo(f'No tags yet: give one with "data tag add {name} TAG --rows 0-9".')
    else:
        rows = [[word, f"{n:,}"] for word, n in found.items()]
        print_table(f"Tags of {name}", ["tag", "distinct faces"], rows)


@tag.command("add")
@click.argument("name")
@click.argument("word", metavar="TAG")
@_rows_option
@_csv_option
@as_json
def add(name: str, word: str, rows: str | None, csv_path: Path | None, as_json: bool) -> None:
    """Give TAG to faces of the data set NAME."""
    from fer.data import tags

    if rows is None and csv_path is None:
        raise click.UsageError("Which faces? Give --rows or --csv.")
    _tell(name, word, tags.add_tag(name, word, _keys(name, rows, csv_path)), as_json)


@tag.command("remove")
@click.argument("name")
@click.argument("word", metavar="TAG")
@_rows_option
@_csv_option
@as_json
def remove(name: str, word: str, rows: str | None, csv_path: Path | None, as_json: bool) -> None:
    """Take TAG from faces of the data set NAME; without --rows and --csv from all."""
    from fer.data import tags

    if word not in tags.list_tags(name):
        raise InputError(f'No face of {name} has the tag {word!r}; see "data tag list {name}".')
    keys = None if rows is None and csv_path is None else _keys(name, rows, csv_path)
    _tell(name, word, tags.remove_tag(name, word, keys), as_json)


def _tell(name: str, word: str, n: int, as_json: bool) -> None:
    if as_json:
        print_json({"name": name, "tag": word, "n": n})
    else:
        click.echo(f"{n:,} distinct face{'s' * (n != 1)} of {name} tagged {word} now.")


def _keys(name: str, rows: str | None, csv_path: Path | None) -> list[int]:
    """Content keys of the faces that were named."""
    from fer.data import open_dataset

    dataset = open_dataset(name)
    wanted = list(_ranges(rows, len(dataset), name)) if rows is not None else []
    if csv_path is not None:
        wanted += _column(csv_path)
    _check_row(max(wanted, default=0), len(dataset), name)
    keys: list[int] = dataset.keys[wanted].tolist()
    return keys


def _check_row(row: int, n: int, name: str) -> None:
    if row >= n:
        raise InputError(f"{name} has rows 0 to {n - 1:,}; there is no {row:,}.")


def _ranges(text: str, n: int, name: str) -> Iterator[int]:
    for part in text.split(","):
        found = _PART.fullmatch(part.strip())
        if found is None or int(found[2] or found[1]) < int(found[1]):
            raise click.UsageError(f"--rows takes numbers like 0-47,60, not {text[:40]!r}.")
        last = int(found[2] or found[1])
        _check_row(last, n, name)
        yield from range(int(found[1]), last + 1)


def _column(path: Path) -> list[int]:
    try:
        with open(path, newline="", encoding="utf-8-sig") as file:
            lines = csv.DictReader(file)
            if _COLUMN not in (lines.fieldnames or []):
                raise InputError(f'{path} has no column "{_COLUMN}"; export a table of faces.')
            return [_number(line[_COLUMN], path, lines.line_num) for line in lines]
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror}).") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path} is no csv file; export a table of faces.") from error


def _number(text: str | None, path: Path, line: int) -> int:
    digits = (text or "").strip()
    if not digits.isdecimal() or len(digits) > _MAX_DIGITS:
        raise InputError(f"{path}, line {line}: {digits[:40]!r} is no row number.")
    return int(text or "")
