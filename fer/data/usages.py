"""Which part of a data set a file, folder or cell means: train, validation, test and their like."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from fer.data.dataset import NO_USAGE, USAGES
from fer.errors import InputError

_WORDS: dict[str, str] = {
    "train": "Training",
    "training": "Training",
    "val": "PublicTest",
    "valid": "PublicTest",
    "validation": "PublicTest",
    "dev": "PublicTest",
    "public": "PublicTest",
    "publictest": "PublicTest",
    "private": "PrivateTest",
    "privatetest": "PrivateTest",
    "test": "Test",
    "testing": "Test",
}


def usage_of_word(word: str) -> str | None:
    """The Usage that a word such as "train" or "PublicTest" means, or None."""
    return _WORDS.get(re.sub(r"[^a-z]", "", word.lower()))


def usage_of_file(name: str) -> str | None:
    """The Usage in a file name ("train-00000-of-00001", "fer2013_privateTest"), or None.

    The first word that means one counts, so that "public_test" is PublicTest.
    """
    words = re.split(r"[^a-z]+", name.lower())
    return next((_WORDS[word] for word in words if word in _WORDS), None)


def place(usage: str | None) -> int:
    """Where a part comes among others: Training first, as in the published order; None last."""
    return len(USAGES) if usage is None else USAGES.index(usage)


@dataclass(frozen=True)
class SaidUsage:
    """A Usage as a name or a table says it (None: not at all), and whether to the letter."""

    usage: str | None
    is_literal: bool = False

    @classmethod
    def of_cell(cls, where: str, value: object) -> "SaidUsage":
        """What a table's cell says.

        Raises:
            InputError: naming `where`, for a word that means no Usage.
        """
        text = "" if value is None else str(value).strip()
        meant = usage_of_word(text)
        if text and meant is None:
            raise InputError(f"{where}: the Usage {text[:20]!r} is not one of {', '.join(USAGES)}.")
        return cls(meant, text in ("PublicTest", "PrivateTest"))


def usage_codes(said: Sequence[SaidUsage]) -> np.ndarray:
    """(n,) uint8 codes of what was said of n faces; `NO_USAGE` where nothing was.

    "test" beside a validation part is the held-out test, which FER-2013 calls PrivateTest. Beside a
    training part alone, or beside FER-2013's own names, it is "Test": PublicTest and PrivateTest
    merged.
    """
    words = {one.usage for one in said if not one.is_literal}
    test = "PrivateTest" if "PublicTest" in words and "PrivateTest" not in words else "Test"
    codes = {name: USAGES.index(name) for name in USAGES} | {None: NO_USAGE}
    words_codes = codes | {"Test": USAGES.index(test)}
    return np.array(
        [(codes if one.is_literal else words_codes)[one.usage] for one in said], np.uint8
    )
