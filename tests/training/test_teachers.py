"""Teachers on an accelerator answer by their Keras networks."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from fer import bundles
from fer.bundles import AGREEMENT, HALF_AGREEMENT
from fer.errors import InputError
from fer.inference import Predictor
from fer.training import RunConfig, network
from fer.training.ancestors import copy_of_teacher, keep_ancestry
from fer.training.teachers import Teachers
from fer.zoo import Recipe
from tests.trained import Trained, faces

RUN = RunConfig("spec", "drawn", "-", Recipe(), "80-10-10")


@pytest.fixture(autouse=True)
def accelerated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(network, "accelerators", lambda: ["gpu:0"])


@pytest.fixture
def served_alone(tmp_path: Path) -> str:
    """`spec`, of which the served file came alone."""
    spec, alone = bundles.load("spec"), tmp_path / "alone"
    alone.mkdir()
    for name in (bundles.SERVED, bundles.ROWS):
        (alone / name).write_bytes((spec.path / name).read_bytes())
    bundles.write_card(alone, spec.card)
    return str(alone)


def test_they_say_on_an_accelerator_what_their_served_files_say(
    trained: Trained, served_alone: str, tmp_path: Path
) -> None:
    # Of mini-xception's own size of input, of another recipe, and without a network.
    names = (str(trained.bundle.path), "flagship", "mini-xception", served_alone)
    run = replace(RUN, teachers=names)
    keep_ancestry(run, tmp_path / "student")
    teachers, seen = Teachers(run, tmp_path / "student", "float32"), faces().images[[3, 150, 7]]
    read = [Predictor(name).probabilities(seen) for name in names]
    # float16 weights are in the served file of flagship alone.
    allowed = (HALF_AGREEMENT + 3 * AGREEMENT) / len(names)
    np.testing.assert_allclose(teachers.answers(seen), np.mean(read, axis=0), atol=allowed)


def test_the_served_file_is_not_read_where_there_is_a_network(
    trained: Trained, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = replace(RUN, teachers=("spec",))
    keep_ancestry(run, tmp_path)
    monkeypatch.setattr("fer.training.teachers.Predictor", None)
    seen = faces().images[:2]
    said = Teachers(run, tmp_path, "float32").answers(seen)
    np.testing.assert_allclose(said, Predictor("spec").probabilities(seen), atol=AGREEMENT)


def test_a_card_that_tells_no_recipe_teaches_there_too(trained: Trained, tmp_path: Path) -> None:
    run = replace(RUN, teachers=("spec",))
    keep_ancestry(run, tmp_path)
    card = copy_of_teacher(tmp_path, 0) / bundles.CARD
    told = json.loads(card.read_text())
    del told["recipe"]
    card.write_text(json.dumps(told))
    assert Teachers(run, tmp_path, "float32").answers(faces().images[:2]).shape == (2, 7)


@pytest.mark.filterwarnings("ignore:Skipping nested container:UserWarning")
def test_weights_of_another_network_are_told_by_the_teachers_name(
    trained: Trained, tmp_path: Path
) -> None:
    run = replace(RUN, teachers=("spec",))
    keep_ancestry(run, tmp_path)
    card = copy_of_teacher(tmp_path, 0) / bundles.CARD
    card.write_text(json.dumps(json.loads(card.read_text()) | {"architecture": "shallow"}))
    with pytest.raises(InputError, match="its teacher spec is missing or damaged"):
        Teachers(run, tmp_path, "float32").answers(faces().images[:2])
