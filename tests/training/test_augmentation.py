"""Random changes: none where none is asked for, known ones where the draw is known."""

from typing import Any

import numpy as np
import pytest

from fer.data import drawn_faces
from fer.training.augmentation import augment
from fer.zoo import Recipe

ALL = Recipe(
    flip=True, shift=0.1, rotation_deg=15, scale=0.2, brightness=0.2, contrast=0.3, degrading=0.5,
    erasing=0.5,
)  # fmt: skip


class Drawn:
    """A generator that always draws the end of the range that is asked for."""

    def __init__(self, high: bool, chance: float = 0.99) -> None:
        self._high, self._chance = high, chance

    def random(self, n: int) -> np.ndarray:
        return np.full(n, self._chance)

    def uniform(self, low: float, high: float, size: Any = None) -> np.ndarray:
        return np.full(() if size is None else size, high if self._high else low)


@pytest.fixture(scope="module")
def faces() -> np.ndarray:
    return drawn_faces(64).images


def drawn(faces: np.ndarray, recipe: Recipe, high: bool = True, chance: float = 0.99) -> np.ndarray:
    return augment(faces, recipe, Drawn(high, chance))  # type: ignore[arg-type]


def test_nothing_is_changed_where_nothing_is_asked_for(faces: np.ndarray) -> None:
    np.testing.assert_array_equal(augment(faces, Recipe(), np.random.default_rng(0)), faces)


def test_faces_stay_faces_and_the_originals_stay_as_they_were(faces: np.ndarray) -> None:
    before = faces.copy()
    changed = augment(faces, ALL, np.random.default_rng(0))
    assert changed.shape == faces.shape
    assert changed.dtype == np.uint8
    assert not np.shares_memory(changed, faces)
    assert (changed != faces).any(axis=(1, 2)).all()
    np.testing.assert_array_equal(faces, before)


def test_the_same_draw_gives_the_same_faces(faces: np.ndarray) -> None:
    first, again, other = (
        augment(faces, ALL, np.random.default_rng(s)) for s in ([1, 2], [1, 2], 3)
    )
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


def test_a_flip_is_an_exact_mirror_of_about_every_second_face(faces: np.ndarray) -> None:
    changed = augment(faces, Recipe(flip=True), np.random.default_rng(0))
    mirrored = (changed == faces[:, :, ::-1]).all(axis=(1, 2))
    same = (changed == faces).all(axis=(1, 2))
    assert (mirrored ^ same).all()
    assert 16 < mirrored.sum() < 48


def test_a_flip_is_exact_where_a_warp_does_it_too(faces: np.ndarray) -> None:
    # The least possible shift: a fiftieth of a pixel, far below one grey level of rounding.
    tiny = Recipe(flip=True, shift=1e-6)
    np.testing.assert_array_equal(drawn(faces, tiny, chance=0.0), faces[:, :, ::-1])


@pytest.mark.parametrize("high", [True, False])
def test_a_shift_moves_right_and_down_and_repeats_the_edge(faces: np.ndarray, high: bool) -> None:
    moved = drawn(faces, Recipe(shift=0.125), high)  # 6 of 48 pixels
    padded = np.pad(faces, ((0, 0), (6, 6), (6, 6)), mode="edge")
    expected = padded[:, :48, :48] if high else padded[:, 12:, 12:]
    np.testing.assert_array_equal(moved, expected)


@pytest.mark.parametrize(("high", "turns"), [(True, -1), (False, 1)])
def test_a_rotation_turns_about_the_middle(faces: np.ndarray, high: bool, turns: int) -> None:
    turned = drawn(faces, Recipe(rotation_deg=90), high)
    np.testing.assert_array_equal(turned, np.rot90(faces, turns, axes=(1, 2)))


def test_half_a_turn_is_upside_down(faces: np.ndarray) -> None:
    turned = drawn(faces, Recipe(rotation_deg=180))
    np.testing.assert_array_equal(turned, faces[:, ::-1, ::-1])


def test_a_scale_enlarges_about_the_middle() -> None:
    faces = np.zeros((1, 48, 48), np.uint8)
    faces[:, 16:32, 16:32] = 200
    large, small = (drawn(faces, Recipe(scale=0.5), high)[0] for high in (True, False))
    # A square of 16 px becomes one of 24, or of 8; half of its area is at half of its edge's grey.
    assert (large > 100).sum() == pytest.approx(24 * 24, abs=50)
    assert (small > 100).sum() == pytest.approx(8 * 8, abs=20)
    np.testing.assert_array_equal(large, large[::-1, ::-1])


def test_brightness_is_added_and_ends_at_black_and_white() -> None:
    faces = np.stack([np.full((48, 48), grey, np.uint8) for grey in (0, 100, 250)])
    brighter = drawn(faces, Recipe(brightness=0.2))
    darker = drawn(faces, Recipe(brightness=0.2), high=False)
    assert brighter[:, 0, 0].tolist() == [51, 151, 255]
    assert darker[:, 0, 0].tolist() == [0, 49, 199]


def test_contrast_is_about_each_faces_own_mean() -> None:
    face = np.full((1, 48, 48), 100, np.uint8)
    face[:, :, :24] = 140  # mean 120
    assert set(drawn(face, Recipe(contrast=0.5)).ravel().tolist()) == {90, 150}
    assert set(drawn(face, Recipe(contrast=0.5), high=False).ravel().tolist()) == {110, 130}


def test_erasing_fills_a_rectangle_of_the_promised_size() -> None:
    faces = np.zeros((400, 48, 48), np.uint8)
    erased = augment(faces, Recipe(erasing=0.5), np.random.default_rng(0))
    shares = []
    for face in erased[(erased > 0).any(axis=(1, 2))]:
        rows, columns = np.flatnonzero(face.any(axis=1)), np.flatnonzero(face.any(axis=0))
        box = face[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
        assert (box > 0).mean() > 0.9  # noise: one pixel in 256 is black
        shares.append(box.size / 48**2)
    assert 150 < len(shares) < 250
    assert min(shares) > 0.01
    assert max(shares) < 0.21


def test_a_share_of_faces_is_degraded_and_the_others_are_left_alone(faces: np.ndarray) -> None:
    many = np.concatenate([faces] * 8)
    worse = augment(many, Recipe(degrading=0.3), np.random.default_rng(0))
    changed = (worse != many).any(axis=(1, 2))
    assert 0.2 < changed.mean() < 0.4
    # The same face, in less detail: not another one, nor lighter or darker.
    before, after = many[changed].astype(float), worse[changed].astype(float)
    assert np.abs(before.mean(axis=(1, 2)) - after.mean(axis=(1, 2))).max() < 8
    same = [np.corrcoef(a.ravel(), b.ravel())[0, 1] for a, b in zip(before, after, strict=True)]
    assert min(same) > 0.8
    assert np.mean([np.corrcoef(a.ravel(), before[0].ravel())[0, 1] for a in after[1:]]) < 0.8


def test_degrading_blurs_compresses_and_shrinks(faces: np.ndarray) -> None:
    worse = augment(np.stack([faces[0]] * 90), Recipe(degrading=1), np.random.default_rng(0))
    edges = np.abs(np.diff(worse.astype(int), axis=2))
    at_blocks = edges[:, :, 7::8].mean(axis=(1, 2)) / edges.mean(axis=(1, 2))
    # JPEG shows at the borders of its 8 px blocks, and writes no more detail than there was.
    assert len(np.unique(worse, axis=0)) > 60
    assert at_blocks.max() > 1.2 > at_blocks.min()
