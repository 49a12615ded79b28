from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from fer.data import (
    USAGES,
    FaceDataset,
    dataset_info,
    ferplus,
    import_dataset,
    open_dataset,
    published,
    save_dataset,
    save_view,
)
from fer.errors import FerError, InputError, NotFoundError
from fer.labels import LABELS
from tests.samples import random_faces

N = 40
HEADER = "Usage,Image name," + ",".join(ferplus.COLUMNS)

votes_arrays = hnp.arrays(
    np.uint8, st.tuples(st.integers(1, 8), st.just(10)), elements=st.integers(0, 10)
)


def vote(**given_votes: int) -> np.ndarray:
    """(1, 10) votes by column name."""
    return np.array([[given_votes.get(column, 0) for column in ferplus.COLUMNS]], np.uint8)


def random_votes(n: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).multinomial(10, [0.1] * 10, n).astype(np.uint8)


def write_votes(path: Path, faces: FaceDataset, votes: np.ndarray) -> Path:
    assert faces.usage is not None
    lines = [
        f"{USAGES[usage]},fer{row:07}.png," + ",".join(map(str, row_votes))
        for row, (usage, row_votes) in enumerate(zip(faces.usage, votes, strict=True))
    ]
    path.write_text("\n".join([HEADER, *lines]) + "\n")
    return path


@pytest.fixture
def faces(monkeypatch: pytest.MonkeyPatch) -> FaceDataset:
    """40 faces in the order that counts as the published one in this test."""
    faces = random_faces(N)
    faces = faces.subset(np.argsort(faces.usage, kind="stable"))
    keys = published.short_keys(faces)
    monkeypatch.setattr(published, "row_keys", lambda: keys)
    monkeypatch.setattr(published, "N_PUBLISHED", N)
    return faces


@pytest.fixture
def table(faces: FaceDataset, tmp_path: Path) -> Path:
    return write_votes(tmp_path / "fer2013new.csv", faces, random_votes(N))


def test_votes_are_joined_and_kept(faces: FaceDataset, table: Path) -> None:
    save_dataset(faces, "fer2013")
    before = open_dataset("fer2013")
    assert before.votes is None
    assert not dataset_info("fer2013").votes
    joined = ferplus.attach("fer2013", table)
    np.testing.assert_array_equal(joined.votes, random_votes(N))
    after = open_dataset("fer2013")
    np.testing.assert_array_equal(after.votes, random_votes(N))
    assert dataset_info("fer2013").votes
    assert after.fingerprint == before.fingerprint
    np.testing.assert_array_equal(after.images, before.images)
    # They are of rows: they stay where these stay, and go where there are others.
    save_dataset(faces, "fer2013", replace=True)
    assert dataset_info("fer2013").votes
    save_dataset(faces.subset(np.arange(N)[::-1]), "fer2013", replace=True)
    assert not dataset_info("fer2013").votes


def test_columns_are_found_by_name(faces: FaceDataset, tmp_path: Path) -> None:
    path = write_votes(tmp_path / "votes.csv", faces, random_votes(N))
    rows = [line.split(",") for line in path.read_text().splitlines()]
    path.write_text("\n".join(",".join(row[::-1]) for row in rows))
    np.testing.assert_array_equal(ferplus.read_votes(path).votes, random_votes(N))


def test_votes_find_their_faces_in_any_order(faces: FaceDataset, table: Path) -> None:
    rows = np.random.default_rng(2).permutation(N)[: N - 3]
    save_dataset(replace(faces, usage=None).subset(rows), "shuffled")
    joined = ferplus.attach("shuffled", table)
    np.testing.assert_array_equal(joined.votes, random_votes(N)[rows])


def test_a_few_faces_may_be_others_and_most_may_not(faces: FaceDataset, table: Path) -> None:
    images = faces.images.copy()
    images[:4] ^= 1
    save_dataset(FaceDataset("few", images, faces.labels, faces.usage), "few")
    joined = ferplus.attach("few", table)
    assert joined.votes is not None
    assert not joined.votes[:4].any()
    np.testing.assert_array_equal(joined.votes[4:], random_votes(N)[4:])
    images[:5] ^= 2
    save_dataset(FaceDataset("many", images, faces.labels, faces.usage), "many")
    with pytest.raises(InputError, match="only 35 of its 40 faces are faces of FER-2013"):
        ferplus.attach("many", table)
    assert open_dataset("many").votes is None


def test_a_part_of_the_votes_is_refused(faces: FaceDataset, table: Path) -> None:
    save_dataset(faces, "fer2013")
    lines = table.read_text().splitlines()
    table.write_text("\n".join(lines[:-1]))
    with pytest.raises(InputError, match=r"the votes on 39 faces, and FER\+ those on 40"):
        ferplus.attach("fer2013", table)


def test_names_without_a_data_set_are_told(faces: FaceDataset, table: Path) -> None:
    with pytest.raises(NotFoundError, match="import fer2013"):
        ferplus.attach("fer2013", table)
    save_dataset(faces, "fer2013")
    with pytest.raises(NotFoundError, match="no file"):
        ferplus.attach("fer2013", table.parent / "none.csv")
    save_view("view", "fer2013", np.arange(5), "the first five")
    with pytest.raises(InputError, match="join the votes to fer2013"):
        ferplus.attach("view", table)


def test_a_view_has_the_votes_of_its_rows(faces: FaceDataset, table: Path) -> None:
    save_dataset(faces, "fer2013")
    rows = np.array([3, 8, 30])
    save_view("view", "fer2013", rows, "three")
    assert open_dataset("view").votes is None
    ferplus.attach("fer2013", table)
    np.testing.assert_array_equal(open_dataset("view").votes, random_votes(N)[rows])
    assert dataset_info("view").votes


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("emotion,pixels\n0,1\n", "no column 'usage'"),
        ("", "no column 'usage'"),
        (f"{HEADER}\nTraining,a.png,1,2\n", "line 2: expected 12 columns, received 4"),
        (f"{HEADER}\nTrain,a.png,1,1,1,1,1,1,1,1,1,1\n", "line 2: the Usage 'Train'"),
        (f"{HEADER}\nTraining,a.png,1,1,-1,1,1,1,1,1,1,1\n", "line 2: '-1' is not a number"),
        (f"{HEADER}\nTraining,a.png,1,1,999,1,1,1,1,1,1,1\n", "line 2: '999' is not a number"),
    ],
)
def test_a_fault_in_the_table_is_told(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "votes.csv").write_text(text)
    with pytest.raises(InputError, match=words):
        ferplus.read_votes(tmp_path / "votes.csv")


def test_bytes_that_are_no_text_are_told(tmp_path: Path) -> None:
    (tmp_path / "votes.csv").write_bytes(b"\xff\xfe\x00Usage")
    with pytest.raises(FerError, match="UTF-8"):
        ferplus.read_votes(tmp_path / "votes.csv")


@pytest.mark.parametrize(
    ("votes", "label"),
    [
        (vote(happiness=10), "happy"),
        (vote(neutral=4, sadness=3, anger=3), "neutral"),
        (vote(anger=1, contempt=0), "angry"),
        (vote(neutral=5, sadness=5), None),
        (vote(contempt=6, anger=4), None),
        (vote(unknown=4, fear=3, surprise=3), None),
        (vote(NF=6, neutral=4), None),
        (vote(NF=5, neutral=5), None),
        (vote(), None),
    ],
)
def test_the_majority_goes_by_its_rules(votes: np.ndarray, label: str | None) -> None:
    assert ferplus.majority(votes).tolist() == [-1 if label is None else LABELS.index(label)]


def test_each_column_is_its_label() -> None:
    labels = ferplus.majority(np.eye(10, dtype=np.uint8))
    meant = [None if label < 0 else LABELS[label] for label in labels]
    assert dict(zip(ferplus.COLUMNS, meant, strict=True)) == {
        "neutral": "neutral",
        "happiness": "happy",
        "surprise": "surprise",
        "sadness": "sad",
        "anger": "angry",
        "disgust": "disgust",
        "fear": "fear",
        "contempt": None,
        "unknown": None,
        "NF": None,
    }


def test_not_a_face_needs_more_votes_than_anything_else() -> None:
    votes = np.concatenate([vote(NF=6, neutral=4), vote(NF=5, neutral=5), vote(NF=4, unknown=6)])
    faces = random_faces(3)
    dataset = replace(faces, votes=votes)
    assert ferplus.not_a_face(dataset).tolist() == [True, False, False]
    with pytest.raises(InputError, match="no FER\\+ votes"):
        ferplus.not_a_face(faces)


def test_agreement_is_majority_and_label_alike() -> None:
    votes = np.concatenate([vote(happiness=9), vote(sadness=9), vote(NF=9), vote(fear=9)])
    labels = np.array([3, 3, 3, -1], np.int8)
    dataset = replace(random_faces(4), labels=labels, votes=votes)
    assert ferplus.agreement(dataset).tolist() == [True, False, False, False]


@given(votes=votes_arrays, data=st.data(), mix=st.floats(0, 1))
def test_targets_are_distributions(votes: np.ndarray, data: st.DataObject, mix: float) -> None:
    labels = data.draw(hnp.arrays(np.int8, len(votes), elements=st.integers(-1, 6)))
    training = data.draw(hnp.arrays(np.bool_, len(votes)))
    targets = ferplus.soft_targets(votes, labels, training, mix)
    assert targets.shape == (len(votes), 7)
    assert targets.dtype == np.float32
    assert targets.min() >= 0
    np.testing.assert_allclose(targets.sum(axis=1), 1, atol=1e-6)
    labelled = labels >= 0
    assert np.all(targets[labelled, labels[labelled]] >= 1 - mix - 1e-6)


def test_targets_mix_the_label_with_what_the_votes_say() -> None:
    votes = np.concatenate([vote(happiness=10), vote(happiness=10), vote(sadness=10), vote()])
    labels = np.array([3, 6, 4, 0], np.int8)
    targets = ferplus.soft_targets(votes, labels, np.array([0, 1, 2]), 0.3)
    np.testing.assert_allclose(targets[0], [0, 0, 0, 0.85, 0, 0, 0.15], atol=1e-6)
    np.testing.assert_allclose(targets[1], [0, 0, 0, 0.15, 0, 0, 0.85], atol=1e-6)
    np.testing.assert_allclose(targets[2], np.eye(7)[4], atol=1e-6)
    np.testing.assert_allclose(targets[3], np.eye(7)[0], atol=1e-6)


def test_the_map_is_learned_from_training_alone() -> None:
    votes, labels = random_votes(60), random_faces(60).labels
    training = np.arange(30)
    first = ferplus.soft_targets(votes, labels, training)
    labels_changed = labels.copy()
    labels_changed[40:] = (labels_changed[40:] + 1) % 7
    second = ferplus.soft_targets(votes, labels_changed, training)
    np.testing.assert_array_equal(first[:40], second[:40])
    with pytest.raises(InputError, match="0 to 1"):
        ferplus.soft_targets(votes, labels, training, 1.5)


def test_the_real_votes_join_the_real_csv(real_data: Path) -> None:
    with np.load(real_data / "fer2013.npz") as archive:
        faces = FaceDataset(
            "npz", archive["pixels"], archive["emotion"].astype(np.int8), archive["usage"]
        )
    save_dataset(faces, "fer2013")
    joined = ferplus.attach("fer2013", real_data / "fer2013new.csv")
    assert joined.votes is not None
    lines = (real_data / "fer2013new.csv").read_text().splitlines()
    assert joined.votes[59].tolist() == [int(cell) for cell in lines[60].split(",")[2:]]
    assert ferplus.not_a_face(joined).sum() == 177
    private = np.flatnonzero(faces.usage == 2)
    judged = ferplus.majority(joined.votes)[private] >= 0
    assert ferplus.agreement(joined)[private][judged].mean() == pytest.approx(0.656, abs=0.001)
    shuffled = faces.subset(np.random.default_rng(0).permutation(len(faces)))
    save_dataset(shuffled, "shuffled")
    again = ferplus.attach("shuffled", real_data / "fer2013new.csv")
    assert again.votes is not None
    # All but the few whose exact pixels are not known here.
    assert int(again.votes.any(axis=1).sum()) == 35_710
    order = np.random.default_rng(0).permutation(len(faces))
    found = again.votes.any(axis=1)
    same = (again.votes[found] == joined.votes[order][found]).all(axis=1)
    # Copies of one image may have each other's votes.
    assert same.mean() > 0.97


def test_importing_the_table_itself_says_how_to_join_it(faces: FaceDataset, table: Path) -> None:
    with pytest.raises(InputError, match="data ferplus"):
        import_dataset(table)
