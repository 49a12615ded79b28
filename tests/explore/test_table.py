from dataclasses import replace

import numpy as np
import pytest

from fer.bundles import Bundle
from fer.data import NO_USAGE, FaceDataset
from fer.explore import FLAGS, browse_table
from fer.inference import Predictor
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
