"""An architecture is one file: put into a copy of the package, it is everywhere, and it trains."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from fer.data import drawn_faces
from tests.samples import write_csv

ROOT = Path(__file__).resolve().parents[2]
SOURCE = '''
"""`pocket`: two convolutions, for a test."""

from fer.zoo.architecture import Architecture, LayerRow
from fer.zoo.blocks import classifier, conv_bn_relu
from fer.zoo.recipe import Recipe


def build(classes):
    from keras import Input, layers

    x = inputs = Input((48, 48, 1), name="face")
    for filters in (4, 8):
        x = layers.MaxPooling2D(2)(conv_bn_relu(x, filters))
    return classifier(inputs, layers.GlobalAveragePooling2D()(x), classes, "pocket")


ARCHITECTURE = Architecture(
    name="pocket",
    title="Two convolutions",
    source="this test",
    parameters=447,
    layers=(
        LayerRow("Conv 3x3, BN, ReLU, pool", (24, 24, 4), 56),
        LayerRow("Conv 3x3, BN, ReLU, pool", (12, 12, 8), 328),
        LayerRow("Global average, dense, softmax", (7,), 63),
    ),
    recipes={"quick": Recipe(summary="One epoch.", epochs=1, batch_size=16, split="80-10-10")},
    default_recipe="quick",
    builder=build,
)
'''
ON_THE_PAGE = """
from streamlit.testing.v1 import AppTest
page = AppTest.from_file("pages/_main.py", default_timeout=60).run().switch_page("train.py").run()
assert not page.exception, page.exception
shown = [option for box in page.selectbox for option in box.options]
assert any("pocket" in option for option in shown), shown
"""


@pytest.fixture(scope="module")
def studio(tmp_path_factory):
    """A copy of the project with the new file in its zoo."""
    root = tmp_path_factory.mktemp("studio")
    for folder in ("fer", "pages", "models"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / folder, root / folder, ignore=ignored)
    (root / "fer" / "zoo" / "pocket.py").write_text(SOURCE)
    write_csv(root / "faces.csv", drawn_faces(140, seed=1))
    return root


def run(root, *command):
    environment = {**os.environ, "FER_HOME": str(root / "home"), "PYTHONPATH": str(root)}
    return subprocess.run(
        [sys.executable, *command], cwd=root, env=environment, capture_output=True, text=True
    )


def test_it_is_under_forty_lines():
    assert len(SOURCE.strip().splitlines()) < 40


def test_it_trains_into_a_model_of_the_parameters_it_claims(studio):
    done = run(studio, "-m", "fer", "train", "--arch", "pocket", "--data", "faces.csv", "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert (told["state"], told["epochs_done"]) == ("done", 1)
    listed = json.loads(run(studio, "-m", "fer", "models", "--json").stdout)["models"]
    (mine,) = [model for model in listed if model["name"] == told["bundle"]]
    assert (mine["architecture"], mine["parameters"]) == ("pocket", 447)
    code = "from fer import zoo; print(zoo.build('pocket').count_params())"
    assert run(studio, "-c", code).stdout.strip() == "447"


def test_the_command_line_names_it(studio):
    done = run(studio, "-m", "fer", "train", "--arch", "nothing", "--data", "drawn")
    assert done.returncode == 1
    assert "pocket" in done.stderr


def test_the_page_offers_it(studio):
    done = run(studio, "-c", ON_THE_PAGE)
    assert done.returncode == 0, done.stderr[-2000:]
