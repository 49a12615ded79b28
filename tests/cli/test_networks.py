"""`networks`: what can be trained, and how."""

from collections.abc import Callable
from typing import Any

import pytest

from fer import zoo
from fer.data import SPLITS
from fer.zoo import Recipe

Run = Callable[..., Any]


def test_all_that_can_be_trained_is_listed(run: Run) -> None:
    told = run("networks", "--json").json
    assert [entry["name"] for entry in told["networks"]] == zoo.names()
    assert told["splits"] == SPLITS
    words = run("networks").stdout
    assert all(name in words for name in [*zoo.names(), *SPLITS])


@pytest.mark.parametrize("name", zoo.names())
def test_recipes_are_told_whole(run: Run, name: str) -> None:
    (told,) = run("networks", name, "--json").json["networks"]
    entry = zoo.get(name)
    recipes = {key: Recipe.from_dict(values) for key, values in told["recipes"].items()}
    assert recipes == entry.recipes
    assert (told["parameters"], told["default_recipe"]) == (entry.parameters, entry.default_recipe)


def test_the_settings_stand_beside_each_other_the_default_first(run: Run) -> None:
    words = run("networks", "spec").stdout
    heads = words.index("best:"), words.index("published:"), words.index("demo:")
    assert heads == tuple(sorted(heads))
    (row,) = [line for line in words.splitlines() if "learning_rate" in line]
    assert row.split("│")[2:5] == [f" {rate:<17} " for rate in ("0.002", "0.001", "0.001")]


def test_an_unknown_network_is_an_error_with_those_there_are(run: Run) -> None:
    done = run("networks", "resnet")
    assert (done.code, done.stdout) == (1, "")
    assert "se-resnet-14" in done.error
