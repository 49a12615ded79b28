"""The one label order of this project, and everything that hangs on a label.

FER-2013 numbers its classes 0-6 in the order of `LABELS`. Class folders sorted by name give another
order, and a model trained on one and read with the other swaps three classes: names are therefore
always mapped by meaning, never by position.
"""

from collections.abc import Sequence

from fer.words import listed

LABELS: tuple[str, ...] = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")

# Okabe and Ito's palette (2008), which stays distinct under the common colour-vision deficiencies.
COLOURS: dict[str, str] = {
    "angry": "#D55E00",
    "disgust": "#009E73",
    "fear": "#CC79A7",
    "happy": "#E69F00",
    "sad": "#0072B2",
    "surprise": "#56B4E9",
    "neutral": "#8C8C8C",
}

ICONS: dict[str, str] = {
    "angry": "😠",
    "disgust": "🤢",
    "fear": "😨",
    "happy": "😊",
    "sad": "😢",
    "surprise": "😮",
    "neutral": "😐",
}

# Names under which the same seven classes are found in other data sets (CK+, RAF-DB, AffectNet,
# JAFFE, KDEF and their copies).
_SYNONYMS: dict[str, tuple[str, ...]] = {
    "angry": ("anger", "an", "mad"),
    "disgust": ("disgusted", "di"),
    "fear": ("fearful", "afraid", "scared", "af", "fe"),
    "happy": ("happiness", "joy", "smile", "ha"),
    "sad": ("sadness", "unhappy", "sa"),
    "surprise": ("surprised", "suprise", "su"),
    "neutral": ("natural", "neutrality", "ne", "normal"),
}
_BY_NAME: dict[str, str] = {label: label for label in LABELS} | {
    synonym: label for label, synonyms in _SYNONYMS.items() for synonym in synonyms
}


def canonical(name: str) -> str | None:
    """The label that `name` means ("Happiness", "surprised", "0_angry"...), or None if unknown."""
    word = name.strip().lower().strip("0123456789_-. ")
    return _BY_NAME.get(word)


def of_labels(labels: Sequence[str]) -> str:
    """Where these are not all seven labels, which: " of happy, sad and neutral"; else nothing."""
    return "" if set(labels) == set(LABELS) else f" of {listed(labels)}"
