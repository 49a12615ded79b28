import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fer.errors import InputError
from fer.explore import corners_of, inside, outline
from fer.explore.lasso import MAX_CORNERS


def test_a_polygon_with_a_bay_holds_what_is_in_it() -> None:
    corners = np.array([[0, 0], [4, 0], [4, 4], [2, 1], [0, 4]], float)
    places = np.array([[0.5, 1], [2, 0.5], [2, 2], [3.9, 3.5], [5, 1], [-1, 0]], np.float32)
    assert inside(places, corners).tolist() == [0, 1, 3]


@given(st.integers(0, 10_000))
def test_a_square_holds_what_comparing_says(seed: int) -> None:
    places = np.random.default_rng(seed).uniform(-1, 1, (200, 2)).astype(np.float32)
    corners = np.array([[-0.3, -0.2], [0.6, -0.2], [0.6, 0.7], [-0.3, 0.7]])
    low, high = corners.min(axis=0), corners.max(axis=0)
    expected = np.flatnonzero(((places > low) & (places < high)).all(axis=1))
    np.testing.assert_array_equal(inside(places, corners), expected)


def test_an_outline_survives_the_address() -> None:
    circle = np.linspace(0, 2 * np.pi, 400, endpoint=False)
    corners = np.column_stack([np.cos(circle), np.sin(circle)]) * 0.5
    text = outline(corners)
    assert len(text) < 500
    read = corners_of(text)
    assert len(read) == MAX_CORNERS
    assert np.abs(np.hypot(*read.T) - 0.5).max() < 0.002


@pytest.mark.parametrize("text", ["", "1_2", "1_2.3_4", "1_2.3_4.x", "1_2.3_4.5_6.99999_1"])
def test_what_is_no_outline_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="draw it anew"):
        corners_of(text)
