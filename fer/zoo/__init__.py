"""The networks that can be trained.

Names, sources, layer tables and recipes are readable without Keras. A file of this package that
defines `ARCHITECTURE` is an entry of the registry; nothing else needs to be told of it.
"""

from fer.zoo.architecture import Architecture, LayerRow
from fer.zoo.recipe import Recipe
from fer.zoo.registry import build, get, names

__all__ = ["Architecture", "LayerRow", "Recipe", "build", "get", "names"]
