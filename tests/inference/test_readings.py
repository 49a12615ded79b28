"""What a reading promises."""

import json
import math

import pytest

from fer.errors import InputError
from fer.images import Box
from fer.inference import FaceReading, Reading

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
