"""Recipes: every setting checked, changed by name, kept as plain values."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fer.errors import FerError, InputError
from fer.zoo import Recipe


def test_texts_from_a_command_line_are_converted() -> None:
    recipe = Recipe().with_changes(
        epochs="3", learning_rate="1e-2", flip="yes", schedule="cosine", shift="0.1"
    )
    assert recipe == Recipe(epochs=3, learning_rate=0.01, flip=True, schedule="cosine", shift=0.1)
    assert Recipe(flip=True).with_changes(flip="False") == Recipe()
    assert Recipe().epochs == 15  # the one it was made from is as it was


@pytest.mark.parametrize(
    ("name", "nearest"),
    [("learningrate", "learning_rate"), ("epoch", "epochs"), ("rotation", "rotation_deg")],
)
def test_an_unknown_setting_names_the_nearest(name: str, nearest: str) -> None:
    with pytest.raises(InputError, match=f"no setting '{name}'; did you mean '{nearest}'"):
        Recipe().with_changes(**{name: 1})


def test_a_setting_like_no_other_names_them_all() -> None:
    with pytest.raises(InputError, match=r"no setting 'zzz'; there are summary, .*, epochs"):
        Recipe().with_changes(zzz=1)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("epochs", 0),
        ("epochs", "-1"),
        ("batch_size", 0),
        ("learning_rate", 0),
        ("learning_rate", "nan"),
        ("learning_rate", "inf"),
        ("weight_decay", -0.1),
        ("label_smoothing", 1),
        ("ema", 1),
        ("shift", 0.51),
        ("rotation_deg", 181),
        ("scale", 1),
        ("erasing", 1.1),
        ("plateau_factor", 0),
    ],
)
def test_values_out_of_range_are_refused(name: str, value: object) -> None:
    with pytest.raises(InputError, match=rf"^{name} must be .* to .*, not "):
        Recipe().with_changes(**{name: value})


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("epochs", "many", "epochs must be a whole number"),
        ("epochs", "2.5", "epochs must be a whole number"),
        ("epochs", None, "epochs must be a whole number"),
        ("epochs", float("inf"), "epochs must be a whole number"),
        ("learning_rate", "fast", "learning_rate must be a number"),
        ("flip", "perhaps", "flip must be true or false"),
        ("optimizer", "rmsprop", "optimizer must be one of adam, sgd"),
        ("schedule", "", "schedule must be one of constant, cosine, plateau"),
    ],
)
def test_values_of_another_kind_are_refused(name: str, value: object, says: str) -> None:
    with pytest.raises(InputError, match=says):
        Recipe().with_changes(**{name: value})


def test_half_an_epoch_is_not_rounded_away() -> None:
    with pytest.raises(InputError, match="epochs"):
        Recipe().with_changes(epochs=2.5)
    assert Recipe().with_changes(epochs=2.0).epochs == 2


@given(
    st.fixed_dictionaries(
        {
            "epochs": st.integers(1, 10_000),
            "learning_rate": st.floats(1e-7, 10),
            "ema": st.floats(0, 0.99999),
            "flip": st.booleans(),
            "optimizer": st.sampled_from(["adam", "sgd"]),
            "shift": st.floats(0, 0.5),
        }
    )
)
def test_a_recipe_survives_its_json(changes: dict) -> None:
    recipe = Recipe(**changes)
    assert Recipe.from_dict(json.loads(json.dumps(recipe.to_dict()))) == recipe


def test_an_older_config_without_newer_settings_still_reads() -> None:
    assert Recipe.from_dict({"epochs": 3}) == Recipe(epochs=3)
    with pytest.raises(FerError):
        Recipe.from_dict({"epochs": 3, "from_the_future": 1})


def test_labels_are_in_our_order_whatever_order_was_asked_for() -> None:
    assert Recipe().with_changes(labels="sad,happy neutral").labels == ("happy", "sad", "neutral")
    for bad in ("happy", "happy,happy", "happy,joy", ""):
        with pytest.raises(InputError, match="labels must be two or more of angry"):
            Recipe().with_changes(labels=bad)


@pytest.mark.parametrize(
    "change",
    ["flip", "shift", "rotation_deg", "scale", "brightness", "contrast", "erasing"],
)
def test_each_augmentation_counts_as_one(change: str) -> None:
    assert not Recipe().augments
    assert Recipe().with_changes(**{change: 1 if change == "flip" else 0.1}).augments
