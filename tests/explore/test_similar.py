"""The training faces that a model finds most like a new one."""

import numpy as np
import pytest

from fer.bundles import Bundle
from fer.data import FaceDataset
from fer.errors import InputError
from fer.explore import embed, saved_embedding, similar_training_faces


def test_a_training_face_is_most_like_itself(spec: Bundle, faces: FaceDataset) -> None:
    for row in (0, 7):
        found = similar_training_faces(spec, faces, faces.images[row], k=4)
        assert found.rows[0] == row
        assert found.similarity[0] == pytest.approx(1, abs=1e-4)
        assert (np.diff(found.similarity) <= 0).all()


def test_only_faces_that_it_was_trained_on_are_given(spec: Bundle, faces: FaceDataset) -> None:
    found = similar_training_faces(spec, faces, faces.images[42], k=20)
    assert sorted(found.rows) == list(range(10))  # as the fixture's card has it


def test_likeness_is_an_angle_of_what_the_last_layer_reads(
    spec: Bundle, faces: FaceDataset
) -> None:
    features = embed(spec, faces.images).points.astype(float)
    features -= features.mean(axis=0)
    lengths = np.linalg.norm(features, axis=1)
    expected = features[:10] @ features[42] / (lengths[:10] * lengths[42])
    found = similar_training_faces(spec, faces, faces.images[42], k=10)
    np.testing.assert_allclose(found.similarity, expected[found.rows], atol=0.02)


def test_a_face_is_placed_where_it_would_stand(spec: Bundle, faces: FaceDataset) -> None:
    saved = saved_embedding(faces, spec)
    placed = saved.placed(embed(spec, faces.images[5:8]).points)
    np.testing.assert_allclose(placed, saved.points[5:8], atol=1e-3)


def test_data_that_it_was_not_trained_on_is_refused(spec: Bundle, faces: FaceDataset) -> None:
    others = faces.subset(np.arange(20, 70))
    with pytest.raises(InputError, match=r"trained on none of the faces of .*fer2013"):
        similar_training_faces(spec, others, faces.images[0])
