"""Teachers that are runs, and teachers on an accelerator: they answer by their Keras networks."""

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fer import bundles, files, home, zoo
from fer.bundles import AGREEMENT, TrainingRows
from fer.data import drawn_faces, make_split, open_dataset
from fer.errors import InputError
from fer.images import model_input
from fer.inference import Predictor
from fer.training import RunConfig, RunStatus, checkpoints, network, runs
from fer.training.ancestors import Ancestry, check_ancestors, keep_ancestry
from fer.training.teachers import Teachers
from fer.zoo import Recipe
from tests.samples import write_csv
from tests.trained import Trained, faces

RECIPE = Recipe(batch_size=8, epochs=2, ema=0.9, precision="float32", bn_momentum=0.7)


class Silent:
    """A reporter that asks to stop before a step."""

    def __init__(self, stop_before: int = 0) -> None:
        self._left = stop_before

    def stop_requested(self) -> bool:
        self._left -= 1
        return self._left == 0

    def step(self, *_: Any, **__: Any) -> None: ...

    def epoch(self, *_: Any, **__: Any) -> None: ...


def trained_run(name: str, data: str, recipe: Recipe = RECIPE, stop_before: int = 0) -> RunConfig:
    """A run that no model was made of, in FER_HOME/runs."""
    from fer.training.fit import Fit

    folder = home.runs_dir() / name
    folder.mkdir(parents=True)
    config = RunConfig("shallow", data, "-", recipe, "80-10-10", seed=3)
    files.write_json(folder / "config.json", config.to_dict())
    files.write_json(folder / "status.json", asdict(RunStatus("failed", 0.0)))
    dataset = open_dataset(data)
    Fit(
        config, dataset, make_split(dataset, "80-10-10"), zoo.get("shallow").input, "float32",
        folder, Silent(stop_before),  # type: ignore[arg-type]
    ).run()  # fmt: skip
    return config


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(write_csv(tmp_path_factory.mktemp("data") / "f.csv", drawn_faces(60, seed=9)))


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FER_HOME", str(tmp_path / "home"))


def said_by(weights: list[np.ndarray], seen: np.ndarray) -> np.ndarray:
    model = network.servable("shallow", 7, weights)
    return np.asarray(model(model_input(seen, zoo.get("shallow").input)))


@pytest.mark.parametrize("keeps", ["average", "best", "last"])
def test_a_run_that_is_trained_teaches_with_the_weights_of_its_model(
    data: str, tmp_path: Path, keeps: str
) -> None:
    recipe = {
        "average": RECIPE,
        "best": replace(RECIPE, keep="best"),
        "last": replace(RECIPE, ema=0.0),
    }[keeps]
    teacher = trained_run("coach", data, recipe)
    run = replace(teacher, teachers=("coach", "spec"))
    dataset = open_dataset(data)
    split = make_split(dataset, "80-10-10")
    check_ancestors(run, dataset, split)
    folder = tmp_path / "student"
    keep_ancestry(run, folder)
    kept = checkpoints.latest(home.runs_dir() / "coach")
    assert kept is not None
    if keeps == "last":
        model = network.trainable("shallow", 7, "float32", recipe)
        network.assign(network.state_variables(model), kept.arrays["network"])
        weights = model.get_weights()
    else:
        weights = kept.arrays[keeps]
    seen = dataset.images[:5]
    expected = (said_by(weights, seen) + Predictor("spec").probabilities(seen)) / 2
    np.testing.assert_allclose(Teachers(run, folder, "float32").answers(seen), expected, atol=1e-5)
    # What it learned from is known to its student, and its name.
    (first, _), (rows,) = Ancestry.of(folder).teachers, Ancestry.of(folder).rows
    assert first["name"] == "coach"
    path = checkpoints.path_of(home.runs_dir() / "coach", kept.step)
    assert first["sha256"] == files.sha256(path)
    assert rows.seen(dataset)[split.train].all()
    assert not rows.seen(dataset)[split.test].any()


def test_a_run_that_is_not_trained_yet_does_not_teach(data: str, tmp_path: Path) -> None:
    config = trained_run("half", data, stop_before=8)
    run = replace(config, teachers=("half",))
    with pytest.raises(InputError, match="half is a run that is not trained yet"):
        runs.start(run)
    assert [run.name for run in runs.list_runs()] == ["half"]


def test_a_run_that_learned_from_the_test_faces_does_not_teach(data: str) -> None:
    config = trained_run("coach", data)
    run = replace(config, split_seed=1, teachers=("coach",))
    with pytest.raises(InputError, match=r"coach learned from \d+ .* split 80-10-10, split seed 0"):
        runs.start(run)


def test_a_damaged_copy_of_a_run_is_told_by_its_name(data: str, tmp_path: Path) -> None:
    run = replace(trained_run("coach", data), teachers=("coach",))
    keep_ancestry(run, tmp_path / "student")
    (copy,) = (tmp_path / "student").rglob("checkpoint-*.npz")
    copy.write_bytes(b"damaged")
    with pytest.raises(InputError, match="its teacher coach is missing or damaged"):
        Teachers(run, tmp_path / "student", "float32").answers(drawn_faces(2).images)


def test_on_an_accelerator_models_teach_by_their_keras_networks(
    trained: Trained, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All that have one in one network; those that come as a served file alone by that."""
    alone = tmp_path / "alone"
    alone.mkdir()
    for name in (bundles.SERVED, bundles.ROWS):
        (alone / name).write_bytes((bundles.load("spec").path / name).read_bytes())
    card = json.loads((bundles.load("spec").path / bundles.CARD).read_text())
    bundles.write_card(alone, {**card, "files": {}})
    names = (str(trained.bundle.path), "flagship", str(alone))
    run = RunConfig("spec", "drawn", "-", RECIPE, "80-10-10", teachers=names)
    keep_ancestry(run, tmp_path / "student")
    monkeypatch.setattr(network, "accelerators", lambda: ["gpu:0"])
    teachers, seen = Teachers(run, tmp_path / "student", "float32"), faces().images[[3, 150, 7]]
    read = [Predictor(name).probabilities(seen) for name in names]
    np.testing.assert_allclose(
        teachers.answers(seen), np.mean(read, axis=0), atol=bundles.HALF_AGREEMENT / 3 + AGREEMENT
    )
    assert sorted(count for count, _ in teachers._loaded) == [1, 2]


def test_rows_of_a_data_set(data: str) -> None:
    dataset = open_dataset(data)
    split = make_split(dataset, "80-10-10")
    seen = TrainingRows.of(dataset, split.train).seen(dataset)
    assert sorted(np.flatnonzero(seen)) == sorted(split.train)
