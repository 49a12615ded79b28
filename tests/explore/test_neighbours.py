import numpy as np
import pytest

from fer.data import drawn_faces
from fer.explore import embedding_neighbours, pixel_neighbours, twins_of


def test_twins_are_the_other_rows_with_the_same_pixels() -> None:
    dataset = drawn_faces(9).subset(np.array([0, 1, 2, 1, 4, 1]))
    assert twins_of(dataset, 3).tolist() == [1, 5]
    assert twins_of(dataset, 0).tolist() == []


@pytest.mark.parametrize("known_contrast", [False, True])
def test_pixel_neighbours_are_ranked_by_correlation(known_contrast: bool) -> None:
    dataset = drawn_faces(60)
    flat = dataset.images.reshape(60, -1).astype(float)
    expected = np.corrcoef(flat)[7]
    expected[7] = -2
    contrast = flat.std(axis=1).astype(np.float32) if known_contrast else None
    found = pixel_neighbours(dataset, 7, k=5, contrast=contrast)
    assert found.rows.tolist() == np.argsort(-expected)[:5].tolist()
    assert found.similarity == pytest.approx(np.sort(expected)[::-1][:5], abs=1e-5)


def test_a_blank_image_is_like_nothing_and_has_neighbours_all_the_same() -> None:
    drawn = drawn_faces(10)
    images = drawn.images.copy()
    images[4] = 9
    blank = type(drawn)("blank", images, drawn.labels)
    assert np.isfinite(pixel_neighbours(blank, 4).similarity).all()
    assert 4 not in pixel_neighbours(blank, 0, k=3).rows


def test_embedding_neighbours_are_ranked_by_angle() -> None:
    points = np.array([[1, 0], [2, 0.1], [0, 3], [-1, 0], [0, 0]], np.float32)
    found = embedding_neighbours(points, 0, k=10)
    assert found.rows.tolist() == [1, 2, 4, 3]
    assert found.similarity == pytest.approx([0.99875, 0, 0, -1], abs=1e-4)


def test_the_only_face_has_no_neighbours() -> None:
    assert len(pixel_neighbours(drawn_faces(1), 0).rows) == 0
