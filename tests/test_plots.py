import numpy as np

from fer import plots
from fer.labels import COLOURS


def test_a_histogram_has_each_count_in_its_labels_colour() -> None:
    counts = {"sad": 30, "happy": 10, "angry": 0}
    bars = plots.class_histogram(counts).data[0]
    assert list(bars.x) == [0, 10, 30]  # in the order of LABELS
    assert list(bars.marker.color) == [COLOURS[label] for label in ("angry", "happy", "sad")]
    assert list(bars.text) == ["0 · 0.0%", "10 · 25.0%", "30 · 75.0%"]
    assert bars.y[1].endswith("happy")


def test_a_histogram_of_nothing_can_be_drawn() -> None:
    assert list(plots.class_histogram({"happy": 0}).data[0].x) == [0]


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
