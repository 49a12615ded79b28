import math
from dataclasses import fields
from typing import Any

import pytest

from fer import zoo
from fer.zoo import Recipe
from fer.zoo.settings import SETTINGS


def test_every_setting_of_a_recipe_is_described_once() -> None:
    told_elsewhere = {"summary", "split"}
    assert set(SETTINGS) == {field.name for field in fields(Recipe)} - told_elsewhere
    titles = [setting.title for setting in SETTINGS.values()]
    assert len(set(titles)) == len(titles)
    assert all(setting.help.endswith((".", "…")) for setting in SETTINGS.values())


@pytest.mark.parametrize("name", SETTINGS)
def test_its_kind_and_choices_are_those_of_the_recipe(name: str) -> None:
    setting = SETTINGS[name]
    for network in zoo.names():
        for recipe in zoo.get(network).recipes.values():
            value: Any = getattr(recipe, name)
            kind = (int, float) if setting.kind is float else setting.kind
            assert isinstance(value, kind)
            assert not setting.choices or value in setting.choices
    for choice in setting.choices:
        assert getattr(Recipe().with_changes(**{name: choice}), name) == choice
    assert (setting.step > 0) == (setting.kind in (int, float))
    assert setting.kind is not int or math.floor(setting.step) == setting.step
