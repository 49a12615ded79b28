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
