"""Learning rates by step, and what follows from validation."""

import math

import pytest

from fer.training.schedule import Watch, learning_rate
from fer.zoo import Recipe


def test_constant_is_constant() -> None:
    recipe = Recipe(learning_rate=0.01, epochs=3)
    assert {learning_rate(recipe, step, 10, Watch()) for step in range(30)} == {0.01}


def test_cosine_falls_from_all_to_nothing() -> None:
    recipe = Recipe(learning_rate=0.4, schedule="cosine", epochs=5)
    rates = [learning_rate(recipe, step, 20, Watch()) for step in range(101)]
    assert rates[0] == 0.4
    assert rates[25] == pytest.approx(0.4 * (1 + math.sqrt(0.5)) / 2)
    assert rates[50] == pytest.approx(0.2)
    assert rates[100] == pytest.approx(0, abs=1e-12)
    assert rates == sorted(rates, reverse=True)


def test_warmup_rises_in_a_line_and_cosine_starts_where_it_ends() -> None:
    recipe = Recipe(learning_rate=1.0, schedule="cosine", warmup_epochs=2, epochs=6)
    rates = [learning_rate(recipe, step, 5, Watch()) for step in range(30)]
    assert rates[:10] == pytest.approx([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0])
    assert rates[10] == 1.0
    assert rates[20] == pytest.approx(0.5)  # half of the 20 steps that follow the warm-up
    assert 0 < rates[29] < 0.01


def test_a_warmup_of_part_of_an_epoch() -> None:
    recipe = Recipe(learning_rate=1.0, warmup_epochs=0.5)
    rates = [learning_rate(recipe, step, 8, Watch()) for step in range(6)]
    assert rates == pytest.approx([0.25, 0.5, 0.75, 1.0, 1.0, 1.0])
    # Where no step ends just there, none goes beyond.
    assert [learning_rate(recipe, step, 3, Watch()) for step in range(3)] == [2 / 3, 1, 1]


def test_a_warmup_longer_than_the_training_never_divides_by_nothing() -> None:
    recipe = Recipe(schedule="cosine", warmup_epochs=10, epochs=1)
    assert learning_rate(recipe, 3, 4, Watch()) == pytest.approx(1e-3 * 4 / 40)


def test_a_plateau_cuts_the_rate_after_its_patience() -> None:
    recipe = Recipe(learning_rate=1.0, schedule="plateau", plateau_patience=2, plateau_factor=0.1)
    watch = Watch()
    rates = []
    for epoch, accuracy in enumerate([0.3, 0.4, 0.4, 0.39, 0.38, 0.2, 0.5, 0.1, 0.1]):
        watch.after_epoch(epoch, accuracy, recipe)
        rates.append(learning_rate(recipe, (epoch + 1) * 7, 7, watch))
    assert rates == pytest.approx([1, 1, 1, 0.1, 0.1, 0.01, 0.01, 0.01, 0.001])


def test_only_a_plateau_is_cut() -> None:
    watch = Watch()
    for epoch in range(9):
        watch.after_epoch(epoch, 0.5, Recipe(plateau_patience=1))
    assert watch.plateau_scale == 1


def test_the_best_is_the_first_of_equals() -> None:
    watch, recipe = Watch(), Recipe()
    better = [watch.after_epoch(e, a, recipe) for e, a in enumerate([0.0, 0.5, 0.5, 0.6, 0.1])]
    assert better == [True, True, False, True, False]
    assert (watch.best_epoch, watch.best_accuracy) == (3, 0.6)


def test_patience_ends_the_training() -> None:
    recipe, watch = Recipe(patience=3), Watch()
    assert not watch.gives_up(-1, recipe)  # before the first epoch
    given_up = []
    for epoch, accuracy in enumerate([0.5, 0.4, 0.4, 0.4]):
        watch.after_epoch(epoch, accuracy, recipe)
        given_up.append(watch.gives_up(epoch, recipe))
    assert given_up == [False, False, False, True]
    assert not watch.gives_up(1000, Recipe(patience=0))
