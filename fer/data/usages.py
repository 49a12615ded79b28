"""Which part of a data set a file or folder name means: train, validation, test and their like."""

import re
from collections.abc import Iterable

from fer.data.dataset import NO_USAGE, USAGES

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


def usage_codes(usages: Iterable[str | None]) -> dict[str | None, int]:
    """The code of each Usage that names gave; None is `NO_USAGE`.

    "test" beside a validation part is the held-out test, which FER-2013 calls PrivateTest. Beside a
    training part alone it is "Test": PublicTest and PrivateTest merged.
    """
    found = set(usages)
    codes: dict[str | None, int] = {name: USAGES.index(name) for name in found if name is not None}
    codes[None] = NO_USAGE
    if "PublicTest" in found and "PrivateTest" not in found:
        codes["Test"] = USAGES.index("PrivateTest")
    return codes
