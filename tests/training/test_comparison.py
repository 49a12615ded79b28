from dataclasses import replace

from fer.training import RunConfig
from fer.training.comparison import changes, differences, same_test
from fer.zoo import Recipe

BASE = RunConfig("spec", "faces", "published", Recipe(summary="plain"))


def test_only_what_differs_is_told() -> None:
    other = replace(BASE, seed=3, recipe=BASE.recipe.with_changes(epochs=7, summary="other words"))
    assert differences([BASE, other, BASE]) == {"seed": (0, 3, 0), "epochs": (15, 7, 15)}
    assert differences([BASE, BASE]) == {}
    assert differences([]) == {}


def test_the_split_is_the_runs_own_and_not_what_its_recipe_is_meant_for() -> None:
    same = replace(BASE, recipe=BASE.recipe.with_changes(split="official"))
    assert differences([BASE, same]) == {}
    assert differences([BASE, replace(BASE, split="official")]) == {
        "split": ("published", "official")
    }


def test_changes_of_a_recipe() -> None:
    changed = replace(BASE, recipe=BASE.recipe.with_changes(flip=True, summary="", split="clean"))
    assert changes(changed, BASE.recipe) == {"flip": True}


def test_tests_are_the_same_where_the_same_faces_are_held_out() -> None:
    assert same_test([BASE, replace(BASE, architecture="vgg", seed=4)])
    for other in (
        replace(BASE, data="others"),
        replace(BASE, split="clean"),
        replace(BASE, split_seed=1),
        replace(BASE, recipe=BASE.recipe.with_changes(labels="happy sad")),
    ):
        assert not same_test([BASE, other])
    # The official split is by Usage.
    assert same_test([replace(BASE, split="official", split_seed=seed) for seed in (0, 1)])
    assert same_test([replace(BASE, split=split) for split in ("official", "final")])
