"""Finding the networks: every module of this package that defines ARCHITECTURE."""

import importlib
import pkgutil
from functools import cache
from pathlib import Path
from typing import Any

from fer.errors import NotFoundError
from fer.labels import LABELS
from fer.zoo.architecture import Architecture


def names() -> list[str]:
    """The names of all networks, sorted."""
    return sorted(_entries())


def get(name: str) -> Architecture:
    """The entry of a network.

    Raises:
        NotFoundError: with the names there are.
    """
    try:
        return _entries()[name]
    except KeyError:
        raise NotFoundError(
            f"There is no network {name!r}; there are: {', '.join(names())}."
        ) from None


def build(name: str, classes: int = len(LABELS)) -> Any:
    """A freshly initialised `keras.Model`.

    It takes float32 (n, side, side, 1) as `fer.images.model_input` makes it and returns float32
    (n, classes) probabilities. Its layer "logits" holds the values before the softmax. Imports
    Keras, and with it the backend.
    """
    return get(name).builder(classes)


@cache
def _entries() -> dict[str, Architecture]:
    found = {}
    for module in pkgutil.iter_modules([str(Path(__file__).parent)]):
        entry = getattr(
            importlib.import_module(f"{__package__}.{module.name}"), "ARCHITECTURE", None
        )
        if entry is not None:
            found[entry.name] = entry
    return found
