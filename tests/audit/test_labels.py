import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from fer import home
from fer.audit import cross_validated, find_label_errors, label_errors, out_of_sample
from fer.bundles import ROWS, Bundle, TrainingRows, load
from fer.data import FaceDataset, drawn_faces
from fer.data.ferplus import NOT_A_FACE, vote_shares
from fer.errors import InputError
from fer.labels import LABELS
from tests.audit.planted import COLUMN_OF

N = 420
WRONG = np.arange(0, N, 20)  # 21 rows, of every label


def mislabelled() -> tuple[FaceDataset, np.ndarray]:
    """Drawn faces, the labels of `WRONG` changed; and the true labels."""
    drawn = drawn_faces(N, seed=2)
    labels = drawn.labels.copy()
    labels[WRONG] = (labels[WRONG] + 1 + WRONG % 6) % 7
    assert (labels[WRONG] != drawn.labels[WRONG]).all()
    return replace(drawn, labels=labels), drawn.labels


def votes_for(labels: np.ndarray, of_ten: int = 10) -> np.ndarray:
    """(n, 10) votes, `of_ten` for the label and the rest "unknown"."""
    votes = np.zeros((len(labels), 10), np.uint8)
    votes[np.arange(len(labels)), np.array(COLUMN_OF)[labels]] = of_ten
    votes[:, 8] = 10 - of_ten
    return votes


def taught(folder: Path, dataset: FaceDataset, rows: np.ndarray) -> Bundle:
    """The shipped model, its card saying that it was trained on `rows` of `dataset` alone."""
    shipped = load(home.shipped_models_dir() / "spec")
    shutil.copytree(shipped.path, folder)
    assert dataset.usage is not None
    copies = np.zeros(len(rows), np.uint8)
    TrainingRows(dataset.keys[rows], dataset.usage[rows], copies).save(folder / ROWS)
    return Bundle(folder, shipped.card)


def test_votes_find_exactly_the_wrong_labels_and_say_the_right_ones() -> None:
    dataset, truth = mislabelled()
    found = label_errors(replace(dataset, votes=votes_for(truth)))
    assert set(found.rows) == set(WRONG)
    np.testing.assert_array_equal(found.suggested, truth[found.rows])
    np.testing.assert_array_equal(found.given, dataset.labels[found.rows])
    assert found.score == pytest.approx(1.0)
    assert found.by_votes.all()
    assert not found.by_model.any()
    assert found.judged == {"votes": N}


def test_the_clearer_the_votes_the_higher_the_rank() -> None:
    dataset, truth = mislabelled()
    votes = votes_for(truth)
    votes[WRONG[3]] = votes_for(truth[WRONG[3:4]], of_ten=6)
    found = label_errors(replace(dataset, votes=votes))
    assert found.rows[-1] == WRONG[3]
    assert found.score[-1] == pytest.approx(0.6)


def test_votes_for_no_face_and_unlabelled_rows_are_no_label_errors() -> None:
    dataset, truth = mislabelled()
    votes, labels = votes_for(truth), dataset.labels.copy()
    votes[WRONG[0]] = 0
    votes[WRONG[0], NOT_A_FACE] = 10
    labels[WRONG[1]] = -1
    found = label_errors(replace(dataset, votes=votes, labels=labels))
    assert set(found.rows) == set(WRONG[2:])
    assert found.judged == {"votes": N - 2}
    assert "Not judged by votes: 1 row," in found.note


def test_blank_images_and_not_faces_are_not_judged_by_a_model_either() -> None:
    dataset, truth = mislabelled()
    images, votes = dataset.images.copy(), votes_for(dataset.labels)
    images[WRONG[0]] = 7
    votes[WRONG[1]] = 0
    votes[WRONG[1], NOT_A_FACE] = 10
    probabilities = np.eye(7, dtype=np.float32)[truth] * 0.9 + 0.1 / 7
    faces = FaceDataset("faces", images, dataset.labels, votes=votes)
    found = label_errors(faces, probabilities, votes=False)
    assert set(found.rows) == set(WRONG[2:])
    assert found.judged == {"model": N - 2}


def test_probabilities_find_wrong_labels_and_leave_out_rows_that_nobody_judges() -> None:
    dataset, truth = mislabelled()
    rng = np.random.default_rng(0)
    probabilities = rng.dirichlet(np.full(7, 0.3), N).astype(np.float32) * 0.05
    probabilities[np.arange(N), truth] += 0.95
    probabilities[WRONG[0]] = np.nan
    found = label_errors(dataset, probabilities)
    assert set(WRONG[1:]) <= set(found.rows)
    assert WRONG[0] not in found.rows
    assert len(found.rows) < 25
    assert found.judged == {"model": N - 1}
    assert (np.diff(found.score) <= 0).all()


def test_votes_and_a_model_that_object_together_rank_before_either_alone() -> None:
    dataset, truth = mislabelled()
    both, only_votes = WRONG[0], WRONG[1]
    votes = votes_for(dataset.labels)
    votes[[both, only_votes]] = votes_for(truth[[both, only_votes]])
    probabilities = np.full((N, 7), 0.02, np.float32)
    probabilities[np.arange(N), dataset.labels] = 0.88
    probabilities[both] = 0.02
    probabilities[both, truth[both]] = 0.88
    found = label_errors(replace(dataset, votes=votes), probabilities)
    assert found.rows.tolist() == [both, only_votes]
    assert found.by_model.tolist() == [True, False]
    ranked = found.to_dict(limit=1)
    assert ranked["n"] == 2
    assert ranked["ranked"] == [
        {
            "row": both,
            "given": LABELS[dataset.labels[both]],
            "suggested": LABELS[truth[both]],
            "score": pytest.approx((1 + 0.86) / 2),
            "by": ["votes", "model"],
        }
    ]


def test_a_model_is_not_asked_about_its_training_rows_nor_their_copies(tmp_path: Path) -> None:
    drawn = drawn_faces(60)
    dataset = drawn.subset(np.array([*range(60), 5]))  # row 60 is a copy of row 5
    first = taught(tmp_path / "first", dataset, np.arange(20))
    second = taught(tmp_path / "second", dataset, np.arange(10, 30))
    alone = out_of_sample(dataset, [first])
    assert np.flatnonzero(np.isnan(alone).any(axis=1)).tolist() == [*range(20), 60]
    assert np.nansum(alone, axis=1)[20:60] == pytest.approx(1, abs=1e-5)
    together = out_of_sample(dataset, [first, second])
    assert np.flatnonzero(np.isnan(together).any(axis=1)).tolist() == list(range(10, 20))
    np.testing.assert_allclose(together[40], alone[40], atol=1e-6)


def test_cross_validation_does_not_see_the_face_it_judges() -> None:
    # Labels drawn at random cannot be learned: who sees the answers is right more often than 1 / 7.
    drawn = drawn_faces(N, seed=2)
    labels = np.random.default_rng(0).integers(0, 7, N).astype(np.int8)
    copied = replace(drawn, labels=labels).subset(np.tile(np.arange(N), 2))
    said = cross_validated(copied)
    assert said.sum(axis=1) == pytest.approx(1, abs=1e-4)
    right = np.mean(said.argmax(axis=1) == copied.labels)
    assert right < 0.22
    np.testing.assert_allclose(said[:N], said[N:], atol=1e-6)


def test_cross_validation_ranks_wrong_labels_of_drawn_faces_first() -> None:
    dataset, _ = mislabelled()
    found = find_label_errors(dataset)
    assert np.isin(found.rows[:21], WRONG).sum() >= 10  # by chance it would be one
    assert found.judged == {"model": N}


def test_what_was_said_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    dataset, _ = mislabelled()
    shares: list[float] = []
    first = find_label_errors(dataset, progress=lambda share, _: shares.append(share))
    assert len(shares) == 5
    again = find_label_errors(dataset, progress=lambda share, _: shares.append(share))
    assert len(shares) == 5
    np.testing.assert_array_equal(first.rows, again.rows)


def test_too_few_faces_are_judged_by_nobody() -> None:
    assert np.isnan(cross_validated(drawn_faces(7))).all()
    assert len(find_label_errors(drawn_faces(7)).rows) == 0


def test_without_votes_and_model_there_is_nothing_to_go_by() -> None:
    with pytest.raises(InputError, match=r"no FER\+ votes and no model"):
        label_errors(drawn_faces(7))
    with pytest.raises(InputError, match=r"expected \(7, 7\), received \(3, 7\)"):
        label_errors(drawn_faces(7), np.zeros((3, 7), np.float32))
    with pytest.raises(InputError, match="data ferplus"):
        vote_shares(drawn_faces(7))
