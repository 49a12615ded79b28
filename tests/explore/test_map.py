import numpy as np
import pytest

from fer.bundles import Bundle
from fer.data import FaceDataset
from fer.explore import draw_map, saved_map


def test_groups_that_are_far_apart_stay_apart() -> None:
    rng = np.random.default_rng(0)
    group = np.repeat(np.arange(4), 60)
    points = (rng.normal(size=(4, 8)) * 30)[group] + rng.normal(size=(240, 8))
    shares: list[float] = []
    places = draw_map(points.astype(np.float32), lambda share, _: shares.append(share))
    assert places.dtype == np.float32
    assert places.shape == (240, 2)
    assert np.abs(places).max() == pytest.approx(1)
    assert shares == sorted(shares)
    assert shares[-1] == 1
    far = np.linalg.norm(places[:, None] - places, axis=2) + np.eye(240) * 9
    assert (group[far.argmin(axis=1)] == group).mean() > 0.98


def test_the_same_points_give_the_same_map() -> None:
    points = np.random.default_rng(1).normal(size=(80, 6)).astype(np.float32)
    np.testing.assert_allclose(draw_map(points), draw_map(points), atol=1e-3)


@pytest.mark.parametrize("n", [1, 2, 9, 10, 12])
def test_few_faces_have_a_map_too(n: int) -> None:
    points = np.random.default_rng(2).normal(size=(n, 6)).astype(np.float32)
    assert draw_map(points).shape == (n, 2)
    assert draw_map(np.zeros((n, 1), np.float32)).shape == (n, 2)


def test_copies_of_one_face_are_drawn_too() -> None:
    points = np.repeat(np.random.default_rng(3).normal(size=(5, 6)), 12, axis=0).astype(np.float32)
    assert np.isfinite(draw_map(points)).all()


def test_a_map_is_kept(spec: Bundle, faces: FaceDataset, monkeypatch: pytest.MonkeyPatch) -> None:
    shares: list[float] = []
    first = saved_map(faces, spec, lambda share, _: shares.append(share))
    assert shares == sorted(shares)
    monkeypatch.setattr("fer.explore.map.draw_map", None)
    np.testing.assert_array_equal(saved_map(faces, spec), first)
