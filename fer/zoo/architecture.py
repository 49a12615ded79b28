"""What the registry knows of a network."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

from fer.errors import NotFoundError
from fer.images import InputSpec
from fer.zoo.recipe import Recipe


class LayerRow(NamedTuple):
    """One line of a layer table."""

    layer: str
    output: tuple[int, ...]  # without the batch: (height, width, channels) or (units,)
    parameters: int  # trainable or not


@dataclass(frozen=True)
class Architecture:
    """An entry of the zoo. `builder(classes)` imports Keras and returns the network."""

    name: str
    title: str
    source: str  # the paper or published system
    parameters: int  # with seven classes, trainable or not
    layers: tuple[LayerRow, ...]
    recipes: dict[str, Recipe]
    default_recipe: str
    builder: Callable[[int], Any]
    input: InputSpec = InputSpec()
    published: float | None = None  # the test accuracy that the source tells, as a fraction

    def recipe(self, name: str) -> Recipe:
        """One of `recipes`.

        Raises:
            NotFoundError: with the names there are.
        """
        if name not in self.recipes:
            known = ", ".join(self.recipes)
            raise NotFoundError(f"{self.name} has no recipe {name!r}; there are: {known}.")
        return self.recipes[name]
