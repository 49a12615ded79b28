"""What the network should say of each face, and how much the face counts."""

import numpy as np
import pytest

from fer.data import FaceDataset, drawn_faces
from fer.errors import InputError
from fer.training.targets import Targets
from fer.zoo import Recipe

LABELS = np.array([3] * 12 + [0] * 3 + [-1], np.int8)


@pytest.fixture(scope="module")
def faces() -> FaceDataset:
    """Twelve happy, three angry, one unlabelled."""
    return FaceDataset("x", drawn_faces(16).images, LABELS)


def test_plain_targets_are_the_labels(faces: FaceDataset) -> None:
    targets = Targets.of(faces, np.arange(15), Recipe())
    assert targets.distribution.dtype == targets.weights.dtype == np.float32
    np.testing.assert_array_equal(targets.distribution[:15], np.eye(7)[LABELS[:15]])
    assert targets.distribution[15].tolist() == [0] * 7
    assert targets.classes.tolist() == LABELS.tolist()
    assert (targets.weights == 1).all()


def test_smoothing_spreads_a_share_evenly(faces: FaceDataset) -> None:
    smooth = Targets.of(faces, np.arange(15), Recipe(label_smoothing=0.14)).distribution[:15]
    np.testing.assert_allclose(smooth.sum(axis=1), 1, atol=1e-6)
    assert sorted(set(smooth.ravel().tolist())) == pytest.approx([0.02, 0.88])
    assert (smooth.argmax(axis=1) == LABELS[:15]).all()


def test_columns_follow_the_recipes_labels(faces: FaceDataset) -> None:
    targets = Targets.of(faces, np.arange(15), Recipe(labels=("angry", "happy", "sad")))
    assert targets.classes.tolist() == [1] * 12 + [0] * 3 + [-1]
    assert targets.distribution[[0, 12]].tolist() == [[0, 1, 0], [1, 0, 0]]


def test_class_weights_make_labels_count_the_same(faces: FaceDataset) -> None:
    recipe = Recipe(class_weights=True, labels=("angry", "happy"))
    weights = Targets.of(faces, np.arange(15), recipe).weights
    assert weights[:12].sum() == pytest.approx(weights[12:15].sum())
    assert weights[:15].mean() == pytest.approx(1)


def test_class_weights_are_learned_from_training_rows_alone(faces: FaceDataset) -> None:
    recipe = Recipe(class_weights=True, labels=("angry", "happy"))
    weights = Targets.of(faces, np.r_[0:3, 12:15], recipe).weights
    assert (weights[:15] == 1).all()


def test_votes_that_are_not_there_are_asked_for(faces: FaceDataset) -> None:
    with pytest.raises(InputError, match=r"x has no FER\+ votes; join them"):
        Targets.of(faces, np.arange(15), Recipe(votes=0.3))
