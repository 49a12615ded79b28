from dataclasses import replace

import numpy as np
import pytest

from fer.bundles import Bundle, TrainingRows, load
from fer.data import NO_USAGE, FaceDataset, drawn_faces
from fer.data.dataset import copy_numbers
from fer.explore import FLAGS, browse_table, similar_training_faces
from fer.inference import Predictor
from fer.labels import LABELS
from tests.audit.planted import planted


def test_the_flags_are_the_findings_of_the_audit() -> None:
    known = planted()
    table = browse_table(known.dataset)
    assert set(table.flags) == set(FLAGS)
    assert np.flatnonzero(table.flags["twins"]).tolist() == [120, 121, 122]
    assert np.flatnonzero(table.flags["near-twins"]).tolist() == [120, 121, 122, 130, 131]
    assert np.flatnonzero(table.flags["blank"]).tolist() == known.blank.tolist()
    assert np.flatnonzero(table.flags["not-a-face"]).tolist() == known.not_faces.tolist()
    assert "not-a-face" not in browse_table(replace(known.dataset, votes=None)).flags


def test_votes_become_a_majority_and_a_share(faces: FaceDataset) -> None:
    table = browse_table(faces)
    voted = np.arange(70) != 3
    assert table.agreement[voted] == pytest.approx(0.9)
    assert np.isnan(table.agreement[3])
    np.testing.assert_array_equal(table.majority[voted], faces.labels[voted])
    assert table.majority[3] == -1


def test_readings_are_the_models(spec: Bundle, faces: FaceDataset) -> None:
    labels = faces.labels.copy()
    labels[5] = -1
    table = browse_table(replace(faces, labels=labels), spec)
    read = Predictor(spec).probabilities(np.asarray(faces.images))
    np.testing.assert_array_equal(table.predicted, read.argmax(axis=1))
    np.testing.assert_allclose(table.confidence, read.max(axis=1), atol=1e-5)
    labelled = np.flatnonzero(labels >= 0)
    np.testing.assert_allclose(
        np.exp(-table.loss[labelled]), read[labelled, labels[labelled]], atol=1e-5
    )
    assert np.isnan(table.loss[5])
    assert np.flatnonzero(table.seen).tolist() == list(range(10))


def test_without_model_and_usage_the_columns_say_so(faces: FaceDataset) -> None:
    table = browse_table(replace(faces, usage=None, votes=None))
    assert (table.usage == NO_USAGE).all()
    assert (table.predicted == -1).all()
    assert np.isnan(table.loss).all()
    assert np.isnan(table.agreement).all()
    assert table.probabilities is None
    assert not table.seen.any()
    assert len(table) == 70


def test_a_model_of_few_labels_knows_its_own_among_copies_of_other_labels(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Copies are numbered by label, of which such a model was trained on some alone."""
    image = drawn_faces(1).images
    labels = np.array([LABELS.index("sad"), LABELS.index("surprise")], np.int8)
    copies = FaceDataset("copies", np.repeat(image, 2, axis=0), labels)
    three = load("three-class")
    known = copies.only(three.labels)
    rows = TrainingRows(known.keys[:1], known.usage_codes[:1], copy_numbers(known)[:1])
    monkeypatch.setattr(Bundle, "training_rows", lambda self: rows)
    assert browse_table(copies, three).seen.tolist() == [True, False]
    assert similar_training_faces(three, copies, image[0]).rows.tolist() == [0]
