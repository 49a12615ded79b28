"""`data tag`: faces marked by row numbers or by a table, listed, exported, unmarked."""

from collections.abc import Callable
from pathlib import Path

import pytest

from fer.data import open_dataset, save_dataset, tags
from tests.cli.conftest import Result
from tests.samples import random_faces

Run = Callable[..., Result]


@pytest.fixture(autouse=True)
def faces() -> None:
    save_dataset(random_faces(12), "faces")


def test_rows_are_tagged_listed_exported_and_untagged(run: Run, tmp_path: Path) -> None:
    assert "No tags yet" in run("data", "tag", "list", "faces").stdout
    told = run("data", "tag", "add", "faces", "to check", "--rows", "0-2, 7", "--json").json
    assert told == {"name": "faces", "tag": "to check", "n": 4}
    assert tags.tagged(open_dataset("faces"), "to check").nonzero()[0].tolist() == [0, 1, 2, 7]
    assert run("data", "tag", "list", "faces", "--json").json["tags"] == {"to check": 4}
    run("data", "export", "faces", tmp_path / "some.csv", "--tag", "to check")
    assert len(open_dataset(tmp_path / "some.csv")) == 4
    assert (
        "3 distinct faces"
        in run("data", "tag", "remove", "faces", "to check", "--rows", "7").stdout
    )
    assert run("data", "tag", "remove", "faces", "to check", "--json").json["n"] == 0
    assert tags.list_tags("faces") == {}


def test_a_table_says_which(run: Run, tmp_path: Path) -> None:
    table = tmp_path / "table.csv"
    table.write_text("row,label\n3,happy\n5,sad\n")
    assert run("data", "tag", "add", "faces", "odd", "--csv", table, "--json").json["n"] == 2
    assert tags.tagged(open_dataset("faces"), "odd").nonzero()[0].tolist() == [3, 5]


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("add", "faces", "t"), 2, "--rows or --csv"),
        (("add", "faces", "t", "--rows", "4-2"), 2, "0-47,60"),
        (("add", "faces", "t", "--rows", "all"), 2, "0-47,60"),
        (("add", "faces", "t", "--rows", "12"), 1, "rows 0 to 11"),
        (("add", "faces", "?", "--rows", "1"), 1, "cannot be a tag"),
        (("add", "faces", "t", "--csv", "missing.csv"), 1, "missing.csv cannot be read"),
        (("add", "none", "t", "--rows", "1"), 1, "no data set 'none'"),
        (("remove", "faces", "t"), 1, "has the tag 't'"),
    ],
)
def test_what_cannot_be_tagged_is_told(
    run: Run, arguments: tuple[str, ...], code: int, said: str
) -> None:
    result = run("data", "tag", *arguments)
    assert result.code == code
    assert said in result.stderr


@pytest.mark.parametrize("text", ["label\nhappy\n", "row\n1.5\n", "row\n\nx\n", ""])
def test_a_table_without_row_numbers_is_refused(run: Run, tmp_path: Path, text: str) -> None:
    table = tmp_path / "table.csv"
    table.write_text(text)
    result = run("data", "tag", "add", "faces", "t", "--csv", table)
    assert result.code == 1
    assert "table.csv" in result.error
    assert tags.list_tags("faces") == {}


def test_rows_beyond_the_end_are_refused_without_being_counted(run: Run) -> None:
    result = run("data", "tag", "add", "faces", "t", "--rows", "0-999999999")
    assert result.code == 1
    assert "there is no 999,999,999" in result.error
