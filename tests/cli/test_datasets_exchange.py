"""`data import --classes/--crop`, `data export`, `data ferplus`, and what `data list` says."""

import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from fer.cli.datasets import verdict
from fer.data import (
    DatasetInfo,
    FaceDataset,
    open_dataset,
    published,
    read,
    save_dataset,
    save_view,
    tags,
    writers,
)
from fer.images import to_png
from fer.labels import LABELS
from tests.cli.conftest import Result
from tests.samples import random_faces, write_csv

Run = Callable[..., Result]


def test_an_archive_is_imported_by_name(run: Run, tmp_path: Path) -> None:
    faces = random_faces(8)
    writers.write(faces, tmp_path / "my faces.zip")
    told = run("data", "import", tmp_path / "my faces.zip", "--json").json
    assert told["name"] == "my-faces"
    assert told["fingerprint"] == faces.fingerprint
    assert told["differences"] is None
    assert told["parent"] is None
    again = run("data", "import", tmp_path / "my faces.zip")
    assert again.code == 1
    assert "or replace it" in again.error


def test_classes_are_chosen_by_name_or_number(run: Run, tmp_path: Path) -> None:
    labels = np.repeat([3, 6, 4, 0], [9, 8, 7, 1]).astype(np.int8)
    faces = FaceDataset("f", random_faces(25).images, labels)
    writers.write(faces, tmp_path / "faces.csv")
    told = run("data", "import", tmp_path / "faces.csv", "--classes", "3", "--json").json
    assert told["n"] == 24
    told = run(
        "data", "import", tmp_path / "faces.csv", "--classes", "anger, joy", "--name", "b", "--json"
    ).json
    assert {label: n for label, n in told["counts"]["all"].items() if n} == {"angry": 1, "happy": 9}
    refused = run("data", "import", tmp_path / "faces.csv", "--name", "c", "--classes", "x")
    assert "no class 'x'" in refused.error


def test_faces_are_cut_out_of_photographs(run: Run, astronaut: Path, tmp_path: Path) -> None:
    folder = tmp_path / "photos" / "happy"
    folder.mkdir(parents=True)
    (folder / "a.png").write_bytes(astronaut.read_bytes())
    (folder / "b.png").write_bytes(to_png(np.full((300, 300, 3), 90, np.uint8)))
    told = run("data", "import", folder.parent, "--crop", "--json").json
    assert (told["n"], told["no_face"]) == (2, 1)
    cropped = open_dataset("photos").images
    run("data", "import", folder.parent, "--name", "whole")
    whole = open_dataset("whole").images
    assert not np.array_equal(cropped[0], whole[0])
    np.testing.assert_array_equal(cropped[1], whole[1])


@pytest.mark.parametrize("name", ["out.csv", "out.zip", "out.parquet", "out"])
def test_a_data_set_is_exported(run: Run, tmp_path: Path, name: str) -> None:
    faces = random_faces(6)
    save_dataset(faces, "faces")
    done = run("data", "export", "faces", tmp_path / name)
    assert done.code == 0
    assert "6 faces" in done.stdout
    assert read(tmp_path / name).fingerprint == faces.fingerprint


def test_an_export_replaces_a_file_only_when_asked(run: Run, tmp_path: Path) -> None:
    save_dataset(random_faces(6), "faces")
    (tmp_path / "mine.csv").write_text("precious")
    refused = run("data", "export", "faces", tmp_path / "mine.csv")
    assert (refused.code, (tmp_path / "mine.csv").read_text()) == (1, "precious")
    assert "mine.csv exists: replace it" in refused.error
    assert run("data", "export", "faces", tmp_path / "mine.csv", "--replace").code == 0
    assert len(read(tmp_path / "mine.csv")) == 6


def test_a_selection_is_exported(run: Run, tmp_path: Path) -> None:
    faces = save_dataset(random_faces(6), "faces")
    save_view("few", "faces", np.array([1, 4]), "two")
    run("data", "export", "few", tmp_path / "few.csv")
    assert read(tmp_path / "few.csv").keys.tolist() == faces.keys[[1, 4]].tolist()
    tags.add_tag("faces", "odd", faces.keys[2:3])
    run("data", "export", "faces", tmp_path / "odd.zip", "--tag", "odd")
    with zipfile.ZipFile(tmp_path / "odd.zip") as archive:
        assert len(archive.namelist()) == 1
    refused = run("data", "export", "faces", tmp_path / "none.zip", "--tag", "none")
    assert (refused.code, (tmp_path / "none.zip").exists()) == (1, False)
    assert run("data", "export", "faces", tmp_path / "a.xlsx").code == 1


def test_votes_are_joined(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    labels = np.full(9, LABELS.index("happy"), np.int8)
    faces = FaceDataset("f", random_faces(9).images, labels, np.zeros(9, np.uint8))
    monkeypatch.setattr(published, "row_keys", lambda: published.short_keys(faces))
    monkeypatch.setattr(published, "N_PUBLISHED", 9)
    save_dataset(faces, "mine")
    header = "Usage,Image name,neutral,happiness,surprise,sadness,anger,disgust,fear,contempt"
    rows = ["Training,a.png,0,9,0,0,0,0,0,0,1,0"] * 7 + ["Training,,0,0,0,0,0,0,0,0,0,10"] * 2
    path = tmp_path / "fer2013new.csv"
    path.write_text("\n".join([f"{header},unknown,NF", *rows]))
    told = run("data", "ferplus", "mine", path, "--json").json
    counts = {"has_votes": 9, "majority": 7, "agreeing": 7, "not_a_face": 2}
    assert told == {"name": "mine", "n": 9} | counts
    assert "7 have a majority" in run("data", "ferplus", "mine", path).stdout
    listed = run("data", "list", "--json").json["datasets"]
    assert [entry["votes"] for entry in listed] == [True]
    save_dataset(random_faces(9, seed=7), "other")
    assert "cannot be joined to other" in run("data", "ferplus", "other", path).error


def test_the_list_tells_views_and_differences(run: Run, fer_home: Path) -> None:
    save_dataset(random_faces(6), "faces")
    save_view("few", "faces", np.arange(3), "the first three")
    meta = fer_home / "datasets" / "faces" / "meta.json"
    info = json.loads(meta.read_text())
    meta.write_text(json.dumps(info | {"differences": ["Training has 5,567 fear"]}))
    text = " ".join(run("data", "list").stdout.split())
    assert "the first three" in text
    assert "view of" in text
    entries = run("data", "list", "--json").json["datasets"]
    assert [(entry["name"], entry["parent"]) for entry in entries] == [
        ("faces", None),
        ("few", "faces"),
    ]
    assert entries[0]["differences"] == ["Training has 5,567 fear"]


def test_information_of_an_older_version_is_read(run: Run, fer_home: Path) -> None:
    save_dataset(random_faces(6), "faces")
    meta = fer_home / "datasets" / "faces" / "meta.json"
    info = json.loads(meta.read_text())
    for field in ("differences", "votes", "parent", "description"):
        del info[field]
    meta.write_text(json.dumps(info))
    assert run("data", "list", "--json").json["datasets"][0]["differences"] is None
    assert len(open_dataset("faces")) == 6


def test_training_on_fer2013_that_is_not_there_offers_the_download(run: Run) -> None:
    refused = run("train", "--data", "fer2013", "--recipe", "demo")
    assert refused.code == 1
    assert "data download fer2013" in refused.error
    assert "data download" not in run("train", "--data", "nothing", "--recipe", "demo").error


def test_a_parent_with_views_is_not_deleted(run: Run) -> None:
    save_dataset(random_faces(6), "faces")
    save_view("few", "faces", np.arange(3), "the first three")
    assert "few" in run("data", "delete", "faces", "--yes").error
    assert run("data", "delete", "few", "--yes").code == 0
    assert run("data", "delete", "faces", "--yes").code == 0


def test_a_table_shows_names_as_they_are(run: Run, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "faces [v2].csv", random_faces(3))
    run("data", "import", path, "--name", "faces")
    save_view("few", "faces", np.arange(2), "closes [/what] nothing opened")
    text = " ".join(run("data", "list").stdout.split())
    assert "faces [v2].csv" in text
    assert "[/what]" in text


def test_how_a_copy_matches_is_told(run: Run) -> None:
    def told(counts: dict[str, dict[str, int]]) -> str:
        return verdict(DatasetInfo("x", 3, "x.csv", counts, "1", False, 0.0, differences=[]))

    assert told({"Training": {}, "Test": {}}).endswith("its two tests merged into one")
    assert told({"all": {}}).endswith("without its parts (Usage)")
