"""The networks: what the registry says of each is what is built."""

import subprocess
import sys

import pytest

from fer import zoo
from fer.errors import NotFoundError
from fer.zoo import Recipe


def classes(name: str) -> int:
    """How many the network is made for."""
    entry = zoo.get(name)
    return len(entry.recipe(entry.default_recipe).labels)


def test_everything_but_building_is_readable_without_keras() -> None:
    code = (
        "import sys; from fer import zoo\n"
        "for name in zoo.names():\n"
        "    a = zoo.get(name); a.layers, a.recipe(a.default_recipe), a.parameters, a.input\n"
        "assert zoo.names()\n"
        "assert not {'keras', 'tensorflow', 'torch', 'jax'} & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_unknown_names_say_what_there_is() -> None:
    with pytest.raises(NotFoundError, match=r"no network 'resnet'; there are: .*spec"):
        zoo.get("resnet")
    with pytest.raises(NotFoundError, match=r"spec has no recipe 'worst'; there are: .*best"):
        zoo.get("spec").recipe("worst")


@pytest.mark.parametrize("name", zoo.names())
def test_an_entry_is_complete(name: str) -> None:
    entry = zoo.get(name)
    assert entry.name == name
    assert entry.title
    assert entry.source
    assert entry.default_recipe in entry.recipes
    assert all(isinstance(r, Recipe) and r.summary for r in entry.recipes.values())
    assert entry.layers[0].output[2] == 1
    assert entry.layers[-1].output == (classes(name),)


# Published layer table: output shape, and parameters computed by hand (3 x 3 x in x out + out for
# a convolution, 4 a channel for batch normalisation).
SPEC = [
    ("InputLayer", (48, 48, 1), 0),
    ("Conv2D", (46, 46, 32), 3 * 3 * 1 * 32 + 32),
    ("BatchNormalization", (46, 46, 32), 4 * 32),
    ("Conv2D", (44, 44, 32), 3 * 3 * 32 * 32 + 32),
    ("BatchNormalization", (44, 44, 32), 4 * 32),
    ("Conv2D", (42, 42, 32), 3 * 3 * 32 * 32 + 32),
    ("BatchNormalization", (42, 42, 32), 4 * 32),
    ("Conv2D", (40, 40, 64), 3 * 3 * 32 * 64 + 64),
    ("BatchNormalization", (40, 40, 64), 4 * 64),
    ("MaxPooling2D", (20, 20, 64), 0),
    ("Conv2D", (18, 18, 64), 3 * 3 * 64 * 64 + 64),
    ("BatchNormalization", (18, 18, 64), 4 * 64),
    ("Conv2D", (16, 16, 64), 3 * 3 * 64 * 64 + 64),
    ("BatchNormalization", (16, 16, 64), 4 * 64),
    ("MaxPooling2D", (8, 8, 64), 0),
    ("Conv2D", (6, 6, 128), 3 * 3 * 64 * 128 + 128),
    ("BatchNormalization", (6, 6, 128), 4 * 128),
    ("MaxPooling2D", (3, 3, 128), 0),
    ("Conv2D", (1, 1, 128), 3 * 3 * 128 * 128 + 128),
    ("Flatten", (128,), 0),
    ("Dense", (7,), 128 * 7 + 7),
    ("Softmax", (7,), 0),
]


def test_spec_is_the_published_table_layer_by_layer() -> None:
    model = zoo.build("spec")
    found = [
        (type(layer).__name__, tuple(layer.output.shape[1:]), layer.count_params())
        for layer in model.layers
    ]
    assert found == SPEC
    assert sum(parameters for *_, parameters in SPEC) == model.count_params() == 335_175
    for layer in model.layers:
        if type(layer).__name__ == "Conv2D":
            assert layer.kernel_size == (3, 3)
            assert layer.activation.__name__ == "relu"
        if type(layer).__name__ == "MaxPooling2D":
            assert layer.pool_size == (2, 2)
        if type(layer).__name__ == "Dense":
            assert layer.activation.__name__ == "linear"


def test_specs_own_layer_table_says_the_same() -> None:
    table = [(row.output, row.parameters) for row in zoo.get("spec").layers]
    assert [output for output, _ in table] == [
        (48, 48, 1), (46, 46, 32), (44, 44, 32), (42, 42, 32), (40, 40, 64), (20, 20, 64),
        (18, 18, 64), (16, 16, 64), (8, 8, 64), (6, 6, 128), (3, 3, 128), (1, 1, 128), (7,),
    ]  # fmt: skip


def test_specs_published_recipe_is_the_published_one() -> None:
    entry = zoo.get("spec")
    recipe = entry.recipe("published")
    assert (recipe.epochs, recipe.batch_size, recipe.optimizer) == (15, 32, "adam")
    assert (recipe.learning_rate, recipe.schedule, recipe.keep) == (1e-3, "constant", "last")
    assert not recipe.augments
    assert recipe.ema == recipe.label_smoothing == recipe.weight_decay == recipe.patience == 0
    assert (entry.input.size_px, entry.input.normalisation) == (48, "unit")


def test_other_numbers_of_classes_are_built() -> None:
    assert zoo.build("spec", classes=3).output_shape == (None, 3)
