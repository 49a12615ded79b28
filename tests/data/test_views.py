import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from fer.bundles import TrainingRows
from fer.data import (
    FaceDataset,
    dataset_info,
    delete_dataset,
    drawn_faces,
    list_datasets,
    make_split,
    open_dataset,
    save_dataset,
    save_view,
)
from fer.data.dataset import copy_numbers
from fer.data.views import view_rows
from fer.errors import ExistsError, InputError, NotFoundError
from fer.labels import LABELS
from tests.samples import assert_same_rows, random_faces

ROWS = np.array([2, 3, 5, 7, 11])


@pytest.fixture
def parent() -> FaceDataset:
    return save_dataset(random_faces(20), "parent")


def test_a_view_is_the_rows_of_its_parent(parent: FaceDataset, fer_home: Path) -> None:
    saved = save_view("primes", "parent", ROWS, "prime rows")
    expected = parent.subset(ROWS)
    for view in (saved, open_dataset("primes")):
        assert_same_rows(view, expected)
        assert view.name == "primes"
        assert view.fingerprint == expected.fingerprint
    info = dataset_info("primes")
    assert (info.parent, info.description, info.n) == ("parent", "prime rows", 5)
    assert info.counts == expected.counts()
    assert [entry.name for entry in list_datasets()] == ["parent", "primes"]
    assert dataset_info("parent").parent is None
    pixels = (fer_home / "datasets" / "parent" / "images.npy").stat().st_size
    kept = sum(file.stat().st_size for file in (fer_home / "datasets" / "primes").iterdir())
    assert kept < 3000 < pixels


def test_the_original_stays_as_it_is(parent: FaceDataset, fer_home: Path) -> None:
    folder = fer_home / "datasets" / "parent"
    before = {file.name: file.read_bytes() for file in folder.iterdir()}
    save_view("primes", "parent", ROWS, "prime rows")
    view = open_dataset("primes")
    with pytest.raises(ValueError, match="read-only"):
        view.images[0, 0, 0] = 1
    delete_dataset("primes")
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == before


def test_a_view_of_a_view_is_one_of_the_parent(parent: FaceDataset, fer_home: Path) -> None:
    save_view("primes", "parent", ROWS, "prime rows")
    inner = save_view("odd", "primes", np.array([1, 2, 3, 4]), "odd prime rows")
    assert_same_rows(inner, parent.subset(ROWS[1:]))
    assert dataset_info("odd").parent == "parent"
    assert view_rows(fer_home / "datasets" / "odd").tolist() == ROWS[1:].tolist()
    delete_dataset("primes")
    assert len(open_dataset("odd")) == 4


def test_rows_count_once_and_in_order(parent: FaceDataset) -> None:
    view = save_view("v", "parent", np.array([9, 1, 9, 4]), "three")
    assert_same_rows(view, parent.subset(np.array([1, 4, 9])))


@pytest.mark.parametrize(
    "rows", [[], [20], [-1], [0.5], [[1]]], ids=["none", "beyond", "below", "fraction", "nested"]
)
def test_rows_that_are_none_are_refused(parent: FaceDataset, rows: list[int]) -> None:
    with pytest.raises(InputError):
        save_view("v", "parent", np.array(rows), "bad")
    assert [info.name for info in list_datasets()] == ["parent"]


def test_names_are_checked(parent: FaceDataset) -> None:
    with pytest.raises(NotFoundError, match="no data set 'nobody'"):
        save_view("v", "nobody", ROWS, "x")
    with pytest.raises(InputError, match="a name of its own"):
        save_view("parent", "parent", ROWS, "x", replace=True)
    with pytest.raises(InputError, match="description"):
        save_view("v", "parent", ROWS, " ")
    with pytest.raises(InputError, match="Labels come from"):
        save_view("v", "parent", ROWS, "x", labels="best")
    save_view("v", "parent", ROWS, "x")
    with pytest.raises(ExistsError):
        save_view("v", "parent", ROWS[:2], "x")
    assert len(save_view("v", "parent", ROWS[:2], "x", replace=True)) == 2
    assert len(open_dataset("v")) == 2


def test_a_parent_with_views_does_not_become_a_view(parent: FaceDataset) -> None:
    save_dataset(random_faces(3), "other")
    save_view("v", "other", np.array([0]), "x")
    with pytest.raises(InputError, match="other has views itself"):
        save_view("other", "parent", ROWS, "x", replace=True)
    assert len(open_dataset("v")) == 1


def test_a_parent_with_views_is_not_deleted(parent: FaceDataset) -> None:
    save_view("b", "parent", ROWS, "x")
    save_view("a", "parent", ROWS, "x")
    with pytest.raises(InputError, match=r"views that need it \(a, b\)"):
        delete_dataset("parent")
    assert len(open_dataset("a")) == 5
    for name in ("a", "b", "parent"):
        delete_dataset(name)
    assert list_datasets() == []


def test_a_parent_with_other_faces_is_told(parent: FaceDataset) -> None:
    save_view("v", "parent", ROWS, "x")
    save_dataset(random_faces(20, seed=1), "parent", replace=True)
    with pytest.raises(InputError, match="v is a view of parent, which was replaced"):
        open_dataset("v")


def test_a_parent_in_another_order_is_told(parent: FaceDataset) -> None:
    """The fingerprint knows no order, but a view's rows do."""
    save_view("v", "parent", ROWS, "x")
    moved = parent.subset(np.arange(20)[::-1])
    assert moved.fingerprint == parent.fingerprint
    save_dataset(moved, "parent", replace=True)
    with pytest.raises(InputError, match="replaced"):
        open_dataset("v")


def test_a_parent_that_was_imported_again_serves_its_views(parent: FaceDataset) -> None:
    view = save_view("v", "parent", ROWS, "x")
    save_dataset(random_faces(20), "parent", replace=True)
    assert_same_rows(open_dataset("v"), view)


def test_a_parent_that_is_gone_is_told(parent: FaceDataset, fer_home: Path) -> None:
    save_view("v", "parent", ROWS, "x")
    shutil.rmtree(fer_home / "datasets" / "parent")
    with pytest.raises(InputError, match="no longer there"):
        open_dataset("v")


@pytest.mark.parametrize("file", ["view.json", "rows.npy"])
def test_damage_is_told(parent: FaceDataset, fer_home: Path, file: str) -> None:
    save_view("v", "parent", ROWS, "x")
    (fer_home / "datasets" / "v" / file).write_bytes(b"{}")
    with pytest.raises(InputError, match="The data set v is damaged"):
        open_dataset("v")


def test_the_drawn_faces_have_views_too() -> None:
    rows = np.flatnonzero(drawn_faces().labels == LABELS.index("happy"))
    view = save_view("smiles", "drawn", rows, "happy ones")
    assert set(view.labels) == {LABELS.index("happy")}
    assert dataset_info("smiles").parent == "drawn"
    assert open_dataset("smiles").fingerprint == view.fingerprint


def test_labels_can_be_the_majority_of_the_votes(fer_home: Path) -> None:
    votes = np.zeros((20, 10), np.uint8)
    votes[:, 1] = 10  # happiness
    votes[4] = [0] * 9 + [10]
    faces = random_faces(20)
    save_dataset(FaceDataset("f", faces.images, faces.labels, faces.usage, votes), "parent")
    view = save_view("plus", "parent", np.arange(20), "FER+ labels", labels="ferplus")
    happy = LABELS.index("happy")
    assert view.labels.tolist() == [happy] * 4 + [-1] + [happy] * 15
    assert open_dataset("parent").labels.tolist() == faces.labels.tolist()
    below = save_view("few", "plus", np.arange(5), "the first five")
    assert below.labels.tolist() == [happy] * 4 + [-1]
    saved = json.loads((fer_home / "datasets" / "few" / "view.json").read_text())
    assert saved["labels"] == "ferplus"
    # A view may take the place of data that has votes.
    save_dataset(FaceDataset("g", faces.images, faces.labels, faces.usage, votes), "voted")
    np.save(fer_home / "datasets" / "voted" / "votes.npy", votes)
    assert len(save_view("voted", "parent", np.arange(4), "four", replace=True)) == 4
    save_dataset(faces, "bare")
    with pytest.raises(InputError, match="bare has no FER\\+ votes"):
        save_view("p", "bare", np.arange(3), "x", labels="ferplus")


def test_splits_and_evaluation_take_a_view(parent: FaceDataset) -> None:
    """A row trained on in the parent is recognised in the view."""
    view = save_view("v", "parent", np.arange(15), "x")
    split = make_split(view, "80-10-10")
    assert len(split.train) + len(split.validation) + len(split.test) == 15
    assert parent.usage is not None
    trained = TrainingRows(parent.keys, parent.usage, copy_numbers(parent))
    assert trained.seen(view).all()
