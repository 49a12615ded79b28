import numpy as np
import pytest

from fer.data import FaceDataset, drawn_faces
from fer.errors import InputError
from fer.explore import saved_typical_faces, typical_faces
from fer.labels import LABELS


def test_mean_and_eigenfaces_are_those_of_the_whole_decomposition() -> None:
    dataset = drawn_faces(140)
    found = typical_faces(dataset, "happy", k=4)
    faces = dataset.images[dataset.labels == LABELS.index("happy")].reshape(-1, 2304).astype(float)
    assert found.n == len(faces) == 20
    np.testing.assert_allclose(found.mean.ravel(), faces.mean(axis=0), atol=1e-3)
    _, lengths, directions = np.linalg.svd(faces - faces.mean(axis=0), full_matrices=False)
    np.testing.assert_allclose(found.explained, (lengths**2 / (lengths**2).sum())[:4], rtol=1e-3)
    for face, direction in zip(found.eigenfaces, directions, strict=False):
        assert abs(face.ravel() @ direction) == pytest.approx(1, abs=1e-3)
        assert face.sum() >= 0


def test_all_faces_and_few_faces() -> None:
    assert typical_faces(drawn_faces(70)).n == 70
    one = typical_faces(drawn_faces(7), "sad")
    assert one.eigenfaces.shape == (0, 48, 48)
    np.testing.assert_array_equal(one.mean, drawn_faces(7).images[4])
    assert typical_faces(drawn_faces(14), "sad", k=8).eigenfaces.shape == (1, 48, 48)


def test_unknown_and_missing_labels_are_named() -> None:
    with pytest.raises(InputError, match="no label 'bored'"):
        typical_faces(drawn_faces(7), "bored")
    drawn = drawn_faces(7)
    with pytest.raises(InputError, match="three has no neutral"):
        typical_faces(FaceDataset("three", drawn.images[:3], drawn.labels[:3]), "neutral")


def test_it_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    first = saved_typical_faces(drawn_faces(70), "fear")
    monkeypatch.setattr("fer.explore.typical.typical_faces", None)
    again = saved_typical_faces(drawn_faces(70), "fear")
    assert again.n == first.n
    np.testing.assert_array_equal(again.eigenfaces, first.eigenfaces)
