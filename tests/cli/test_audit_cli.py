"""`data audit` and `data view`."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from fer.data import dataset_info, ferplus, open_dataset
from fer.data.store import save_dataset
from tests.audit.planted import planted
from tests.cli.conftest import Result
from tests.samples import random_faces, write_csv

Run = Callable[..., Result]


@pytest.fixture
def registered(fer_home: Path) -> str:
    save_dataset(planted().dataset, "planted")
    return "planted"


def test_json_is_the_audit(run: Run, registered: str) -> None:
    found = run("data", "audit", registered, "--json")
    assert found.code == 0
    assert found.json["n"] == 140
    assert found.json["exact_repeats"] == 5
    assert found.json["twins_in_training"] == {"private": 3, "public": 0}
    assert found.json["near_twins_in_training"] == {"private": 5, "public": 0}
    assert found.json["blank"] == 2
    assert found.json["not_a_face"] == 2
    assert found.json["conflicting_labels"] == 2
    assert found.json["published"] is False
    assert "label_errors" not in found.json
    assert found.stderr == ""


def test_words_say_the_findings_worst_first(run: Run, registered: str) -> None:
    found = run("data", "audit", registered)
    assert found.code == 0
    lines = found.stdout.splitlines()
    assert lines[0].startswith("planted: 140 faces; another set than FER-2013")
    assert lines[1].startswith("- 3 of 20 PrivateTest faces (15.0 %)")
    assert "disgust" in found.stdout


def test_drawn_faces_can_be_audited_and_say_what_was_not_checked(run: Run) -> None:
    found = run("data", "audit", "drawn", "--json").json
    assert found["not_a_face"] is None
    assert "FER+" in found["not_checked"]["not_a_face"]
    assert found["exact_repeats"] == 0
    assert "not checked" in run("data", "audit", "drawn").stdout


def test_label_errors_are_ranked_with_their_labels(run: Run, registered: str) -> None:
    found = run("data", "audit", registered, "--label-errors", "--json").json["label_errors"]
    assert found["judged"]["votes"] == 136  # two are no faces, two blank
    assert found["n"] == len(found["ranked"]) > 0
    first = found["ranked"][0]
    assert set(first) == {"row", "given", "suggested", "score", "by"}
    assert 122 in [row["row"] for row in found["ranked"]]
    words = run("data", "audit", registered, "--label-errors").stdout
    assert "Likely label errors" in words


def test_a_model_is_for_label_errors(run: Run, registered: str) -> None:
    assert run("data", "audit", registered, "--model", "spec").code == 2
    found = run("data", "audit", registered, "--label-errors", "--model", "spec", "--json")
    assert found.code == 0
    assert found.json["label_errors"]["judged"]["model"] > 0


def test_an_unknown_data_set_is_one_line(run: Run) -> None:
    found = run("data", "audit", "nowhere")
    assert found.code == 1
    assert "nowhere" in found.error


def test_a_view_leaves_out_what_the_audit_found_and_the_original_alone(
    run: Run, registered: str
) -> None:
    before = open_dataset(registered).fingerprint
    made = run("data", "view", "clean", "--of", registered, "--without",
               "twins, near-twins,blank,not-a-face,conflicting", "--json")  # fmt: skip
    assert made.code == 0
    # 120, 121, 122, 130, 131 are twins, 50 and 60 blank, 10 and 11 no faces, 5 (and 122) conflict.
    assert made.json == {"name": "clean", "of": registered, "n": 130, "removed": 10}
    assert open_dataset(registered).fingerprint == before
    assert len(open_dataset("clean")) == 130
    again = run("data", "audit", "clean", "--json").json
    assert again["twins_in_training"] == {"private": 0, "public": 0}
    assert again["near_twins_in_training"] == {"private": 0, "public": 0}
    assert (again["blank"], again["not_a_face"], again["conflicting_labels"]) == (0, 0, 0)


def test_a_view_is_of_a_tag_or_of_other_labels(run: Run, registered: str) -> None:
    assert run("data", "view", "same", "--of", registered).code == 2
    run("data", "tag", "add", registered, "mine", "--rows", "0-9,50")
    view = ("data", "view", "few", "--of", registered, "--tag", "mine")
    # 50 is blank; 120, 121 and 122 are copies of tagged faces, and so have the tag.
    assert run(*view, "--without", "blank", "--json").json["n"] == 13
    assert dataset_info("few").description == f"faces of {registered} tagged mine without blank"
    assert run("data", "view", "voted", "--of", registered, "--labels", "ferplus").code == 0
    given = open_dataset(registered)
    assert given.votes is not None
    np.testing.assert_array_equal(open_dataset("voted").labels, ferplus.majority(given.votes))


def test_a_taken_name_and_an_unknown_word_are_refused(run: Run, registered: str) -> None:
    view = ("data", "view", "clean", "--of", registered, "--without")
    assert run(*view, "twins").code == 0
    assert run(*view, "twins").code == 1
    assert run(*view, "blank", "--replace").code == 0
    assert "ghosts" in run(*view, "ghosts", "--replace").error
    assert json.loads(run("data", "audit", "clean", "--json").stdout)["blank"] == 0


def test_a_path_is_not_taken_for_the_data_set_of_its_name(
    run: Run, registered: str, tmp_path: Path
) -> None:
    assert (
        "planted: 140 faces; another set than FER-2013" in run("data", "audit", registered).stdout
    )
    path = write_csv(tmp_path / "planted.csv", random_faces(7))
    assert "planted: 7 faces." in run("data", "audit", path).stdout
