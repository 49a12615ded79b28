import pytest

from fer.words import counted, listed


@pytest.mark.parametrize(
    ("n", "words", "told"),
    [
        (0, ("face",), "0 faces"),
        (1, ("face",), "1 face"),
        (35887, ("face",), "35,887 faces"),
        (1, ("image is", "images are"), "1 image is"),
        (2, ("image is", "images are"), "2 images are"),
    ],
)
def test_a_noun_agrees_with_its_number(n: int, words: tuple[str, ...], told: str) -> None:
    assert counted(n, *words) == told


@pytest.mark.parametrize(
    ("names", "told"),
    [
        ((), ""),
        (("happy",), "happy"),
        (("happy", "sad"), "happy and sad"),
        (("happy", "sad", "neutral"), "happy, sad and neutral"),
    ],
)
def test_names_in_a_row(names: tuple[str, ...], told: str) -> None:
    assert listed(names) == told
