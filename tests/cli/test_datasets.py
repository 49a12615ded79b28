"""`data`: import, list, delete."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fer.data import open_dataset
from fer.labels import LABELS
from tests.samples import random_faces, write_csv, write_folders
from tests.trained import Trained, faces

Run = Callable[..., Any]


@pytest.fixture
def csv(tmp_path: Path) -> Path:
    return write_csv(tmp_path / "faces.csv", random_faces(12))


def test_import_and_list_as_json(run: Run, csv: Path) -> None:
    assert run("data", "list", "--json").json == {"datasets": []}
    imported = run("data", "import", csv, "--json")
    assert imported.code == 0
    listed = run("data", "list", "--json").json["datasets"]
    assert [entry["name"] for entry in listed] == ["faces"]
    assert imported.json.items() <= listed[0].items() or listed[0].items() <= imported.json.items()
    assert listed[0]["n"] == 12
    assert listed[0]["source"] == "faces.csv"
    assert listed[0]["published"] is False
    assert listed[0]["counts"] == random_faces(12).counts()
    assert set(listed[0]["counts"]) == {"Training", "PublicTest", "PrivateTest"}


def test_a_real_process_prints_json_and_nothing_else(trained: Trained) -> None:
    assert trained.imported["name"] == "faces"
    assert trained.imported["n"] == 212
    assert trained.imported["counts"] == faces().counts()
    assert tuple(trained.imported["counts"]["Training"]) == LABELS


def test_a_folder_without_usage_has_one_key(run: Run, tmp_path: Path) -> None:
    folder = write_folders(tmp_path / "set", random_faces(9, usage=False))
    assert set(run("data", "import", folder, "--json").json["counts"]) == {"all"}


def test_a_taken_name_needs_replace(run: Run, csv: Path, tmp_path: Path) -> None:
    run("data", "import", csv, "--name", "mine")
    other = write_csv(tmp_path / "other.csv", random_faces(5))
    refused = run("data", "import", other, "--name", "mine", "--json")
    assert (refused.code, refused.stdout) == (1, "")
    assert "or replace it" in refused.error
    assert run("data", "import", other, "--name", "mine", "--replace", "--json").json["n"] == 5


def test_for_people_there_are_sentences(run: Run, csv: Path) -> None:
    assert "data import PATH" in run("data", "list").stdout
    done = run("data", "import", csv)
    assert "Imported 12 faces as faces" in done.stdout
    assert "faces.csv" in run("data", "list").stdout


def test_a_bad_file_is_one_line_that_names_it_and_its_line(run: Run, csv: Path) -> None:
    csv.write_text(csv.read_text().replace("\n", "\n9,", 1))
    refused = run("data", "import", csv, "--json")
    assert (refused.code, refused.stdout) == (1, "")
    assert "faces.csv, line 2" in refused.error
    assert run("data", "list", "--json").json == {"datasets": []}


def test_delete_asks_first(run: Run, csv: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run("data", "import", csv)
    assert run("data", "delete", "faces", "--yes").code == 0
    assert run("data", "list", "--json").json == {"datasets": []}
    assert run("data", "delete", "faces", "--yes").code == 1


def test_importing_changes_no_folder_but_its_own(run: Run, csv: Path) -> None:
    before = sorted(path.name for path in csv.parent.iterdir())
    run("data", "import", csv)
    assert sorted(path.name for path in csv.parent.iterdir()) == before
    assert len(open_dataset("faces")) == 12
