import numpy as np
import pytest

from fer import plots
from fer.labels import COLOURS


def test_a_confusion_matrix_shows_the_share_of_each_row() -> None:
    cells = plots.confusion([[3, 1, 0], [0, 2, 0], [0, 0, 0]], ("happy", "sad", "neutral")).data[0]
    assert [list(row) for row in cells.z] == [[0.75, 0.25, 0], [0, 1, 0], [0, 0, 0]]
    assert [list(row) for row in cells.text] == [["75%", "25%", ""], ["", "100%", ""], ["", "", ""]]
    assert cells.y[0].endswith("happy")
    assert list(cells.customdata[0][1]) == [1, 4, "sad"]


def test_a_timeline_is_a_line_a_label_broken_where_the_face_was_away() -> None:
    times_s = np.array([0.0, 0.5, 0.6, 2.0])
    shares = np.array([[0.9, 0.1], [0.4, 0.6], [np.nan, np.nan], [0.0, 1.0]])
    happy, sad = plots.timeline(times_s, shares, ("happy", "sad")).data
    assert happy.name.endswith("happy")
    assert happy.line.color == COLOURS["happy"]
    assert happy.line.dash != sad.line.dash  # told apart without colour
    assert list(happy.x) == [0.0, 0.5, 0.6, 2.0]
    assert list(happy.y[:2]) == [0.9, 0.4]
    assert np.isnan(happy.y[2])
    assert not happy.connectgaps
    assert "markers" in happy.mode  # without them a click finds nothing


@pytest.mark.parametrize(("lowest", "low"), [(0.98, 0.9), (0.71, 0.7), (0.0, 0.0), (1.0, 0.9)])
def test_the_axis_of_coverage_stays_among_shares_and_is_wide_enough(
    lowest: float, low: float
) -> None:
    rows = [{"threshold": t, "coverage": 1 - t, "accuracy": max(t, lowest)} for t in (0.0, 0.5)]
    begin, end = plots.coverage(rows).layout.yaxis.range
    assert low - 0.021 <= begin < low
    assert 1 < end <= 1.02
