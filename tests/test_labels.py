"""The label order, and names mapped to it by meaning."""

import re

import pytest

from fer.labels import COLOURS, ICONS, LABELS, canonical

# FER-2013's own numbering, 0 to 6, as its challenge published it.
FER2013 = ["angry", "disgust", "fear", "happy", "sad", "surprise", "neutral"]


def test_the_order_is_that_of_fer2013() -> None:
    assert list(LABELS) == FER2013


def test_the_order_is_not_that_of_sorted_folders() -> None:
    # The trap: sorted names put neutral at 4 and move sad and surprise.
    moved = [label for label, other in zip(LABELS, sorted(LABELS), strict=True) if label != other]
    assert moved == ["sad", "surprise", "neutral"]


@pytest.mark.parametrize("label", LABELS)
def test_every_label_has_its_own_colour_and_icon(label: str) -> None:
    assert canonical(label) == label
    assert re.fullmatch("#[0-9A-F]{6}", COLOURS[label])
    assert len(set(COLOURS.values())) == len(set(ICONS.values())) == len(LABELS)
    assert list(COLOURS) == list(ICONS) == FER2013


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("Anger", "angry"),
        ("ANGRY", "angry"),
        ("disgusted", "disgust"),
        ("fearful", "fear"),
        ("afraid", "fear"),
        ("Happiness", "happy"),
        ("joy", "happy"),
        ("sadness", "sad"),
        ("unhappy", "sad"),
        ("Surprised", "surprise"),
        ("suprise", "surprise"),
        ("natural", "neutral"),
        ("0_angry", "angry"),
        ("3. happy ", "happy"),
        ("06-neutral", "neutral"),
    ],
)
def test_other_names_are_understood_by_meaning(name: str, label: str) -> None:
    assert canonical(name) == label


@pytest.mark.parametrize("name", ["", "contempt", "happysad", "7", "train", "happy sad", "sa d"])
def test_unknown_names_mean_nothing(name: str) -> None:
    assert canonical(name) is None
