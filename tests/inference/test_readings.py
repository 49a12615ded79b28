"""What a reading promises."""

import csv
import io
import json
import math
import sys

import pytest

from fer.errors import FerError, InputError
from fer.images import Box
from fer.inference import FaceReading, Reading
from fer.inference.readings import COLUMNS

FACE = FaceReading(
    Box(1, 2, 30, 40), 0.95, {"sad": 0.2, "happy": 0.7123456789, "fear": 0.0876543211}
)


def test_the_emotion_is_the_most_probable_label_and_nothing_is_rounded() -> None:
    assert FACE.emotion == "happy"
    assert FACE.confidence == 0.7123456789
    assert [label for label, _ in FACE.ranked()] == ["happy", "sad", "fear"]


def test_the_dictionary_is_the_documented_json() -> None:
    value = json.loads(json.dumps(Reading(64, 48, (FACE,)).to_dict()))
    assert value == {
        "width": 64,
        "height": 48,
        "faces": [
            {
                "box": {"x": 1, "y": 2, "width": 30, "height": 40},
                "detection_score": 0.95,
                "emotion": "happy",
                "confidence": 0.7123456789,
                "probabilities": {"sad": 0.2, "happy": 0.7123456789, "fear": 0.0876543211},
            }
        ],
    }


@pytest.mark.parametrize(
    "probabilities",
    [{"sad": 0.5, "happy": 0.4}, {"sad": 1.5, "happy": -0.5}, {"sad": math.nan, "happy": 0.5}, {}],
)
def test_what_is_no_distribution_is_refused(probabilities: dict[str, float]) -> None:
    with pytest.raises(InputError, match=r"0\.\.1 and sum to 1, not"):
        FaceReading(Box(0, 0, 1, 1), None, probabilities)


def test_the_table_has_a_row_a_face_in_every_form() -> None:
    whole = FaceReading(Box(0, 0, 64, 48), None, FACE.probabilities)
    reading = Reading(64, 48, (FACE, whole))
    rows = reading.to_rows()
    assert rows[0] == {
        **{"face": 1, "x": 1, "y": 2, "width": 30, "height": 40},
        **{"detection_score": 0.95, "emotion": "happy", "confidence": 0.7123456789},
        **FACE.probabilities,
    }
    assert (rows[1]["face"], rows[1]["detection_score"]) == (2, None)
    (first, second) = csv.DictReader(io.StringIO(reading.to_csv()))
    assert {label: float(first[label]) for label in FACE.probabilities} == FACE.probabilities
    assert second["detection_score"] == ""
    table = reading.to_pandas()
    assert list(table.columns) == list(rows[0])
    assert table["detection_score"].dtype == float
    assert table.loc[0, "happy"] == 0.7123456789
    assert json.loads(reading.to_json()) == reading.to_dict()


def test_a_picture_without_faces_has_an_empty_table() -> None:
    reading = Reading(64, 48, ())
    assert reading.to_rows() == []
    assert reading.to_csv().strip() == ",".join(COLUMNS)
    assert reading.to_pandas().shape == (0, len(COLUMNS))


def test_pandas_is_not_needed_until_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(FerError, match="pip install pandas"):
        Reading(64, 48, (FACE,)).to_pandas()
