"""What differs between the settings of several runs."""

from collections.abc import Sequence
from typing import Any

from fer.data.splits import BY_USAGE
from fer.training.config import RunConfig
from fer.zoo import Recipe

_MEANT_FOR = ("summary", "split")  # what a recipe says of itself; the run's own split counts


def differences(configs: Sequence[RunConfig]) -> dict[str, tuple[Any, ...]]:
    """The settings in which `configs` are not all equal: name to the value in each."""
    flat = [_flat(config) for config in configs]
    names = flat[0] if flat else {}
    rows = {name: tuple(each[name] for each in flat) for name in names}
    return {name: row for name, row in rows.items() if any(value != row[0] for value in row)}


def changes(config: RunConfig, recipe: Recipe) -> dict[str, Any]:
    """The settings in which a run departs from `recipe`."""
    mine, given = config.recipe.to_dict(), recipe.to_dict()
    return {
        name: value
        for name, value in mine.items()
        if value != given[name] and name not in _MEANT_FOR
    }


def same_test(configs: Sequence[RunConfig]) -> bool:
    """Whether the test accuracies of such runs are of the same faces."""
    splits = ["by usage" if c.split in BY_USAGE else (c.split, c.split_seed) for c in configs]
    tests = {(c.data, split, c.recipe.labels) for c, split in zip(configs, splits, strict=True)}
    return len(tests) <= 1


def _flat(config: RunConfig) -> dict[str, Any]:
    values = config.to_dict()
    recipe = {k: v for k, v in values.pop("recipe").items() if k not in _MEANT_FOR}
    return values | recipe
