"""`scripts/ship.py`: a model of yours among those that come with the project, in either size."""

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from fer import bundles, home
from fer.bundles import Bundle
from fer.errors import NotFoundError
from fer.evaluation import evaluate, robustness, rows_of
from fer.images import model_input
from fer.inference import Predictor
from fer.inference.graph import Graph
from tests.trained import ROOT, Trained, faces


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project without its models."""
    root = tmp_path_factory.mktemp("checkout")
    for folder in ("fer", "scripts"):
        shutil.copytree(ROOT / folder, root / folder, ignore=shutil.ignore_patterns("__pycache__"))
    (root / "models").mkdir()
    return root


def first_filters(bundle: Bundle) -> np.ndarray:
    return Graph(bundle.served_path.read_bytes()).first_filters()


def ship(checkout: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "scripts/ship.py", *arguments]
    return subprocess.run(command, cwd=checkout, capture_output=True, text=True, check=False)


def test_half_the_size_and_nearly_the_same(trained: Trained, checkout: Path) -> None:
    from fer.training.conversion import keras_model

    whole = trained.bundle
    done = ship(
        checkout, whole.name, "--data", "faces", "--as", "small", "--half", "--served-alone"
    )
    assert done.returncode == 0, done.stderr
    half = bundles.load(checkout / "models" / "small")
    assert set(half.card["files"]) == {"model.tflite", "training_rows.npz"}
    assert half.served_path.stat().st_size < 0.6 * whole.served_path.stat().st_size
    images = faces().images
    differences = np.abs(
        Predictor(half).probabilities(images) - Predictor(whole).probabilities(images)
    )
    assert 0 < differences.max() < half.agreement == bundles.HALF_AGREEMENT
    with pytest.raises(NotFoundError, match="served file alone"):
        keras_model(half)
    # Its weights can be looked at, and it can be measured again, as it is.
    assert np.abs(first_filters(half) - first_filters(whole)).max() < 1e-2
    before = (half.served_path.read_bytes(), half.metrics)
    done = ship(checkout, "models/small", "--data", "faces")
    assert done.returncode == 0, done.stderr
    half = bundles.load(checkout / "models" / "small")
    assert (half.served_path.read_bytes(), half.metrics) == before
    # What its card says is what its own file does, and not what the larger one did.
    data = faces()
    assert half.metrics["test"] == evaluate(half, data, "test").to_dict()
    assert half.card["robustness"] == robustness(half, data, rows_of(half, data, "test"))


def test_what_is_shipped_again_stays_as_it_is(trained: Trained, checkout: Path) -> None:
    from fer.training.conversion import keras_model

    bundle = trained.bundle
    done = ship(checkout, bundle.name, "--data", "faces", "--as", "again", "--half")
    assert done.returncode == 0, done.stderr
    again = bundles.load(checkout / "models" / "again")
    # Its served file alone is half the size.
    assert again.served_path.stat().st_size < 0.6 * bundle.served_path.stat().st_size
    x = model_input(faces().images, bundle.input)
    before, after = (np.asarray(keras_model(b).predict_on_batch(x)) for b in (bundle, again))
    # Its temperature was right already.
    assert np.abs(after - before).max() < 1e-3
    assert again.card["temperature"] == pytest.approx(bundle.card["temperature"], rel=0.01)
    assert again.card["multiply_adds"] == bundle.card["multiply_adds"]
    for key in ("history", "recipe", "seed", "trained", "data"):
        assert again.card[key] == bundle.card[key]


def test_a_model_of_another_run_keeps_its_name(
    trained: Trained, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from fer.training.exporter import _place

    made = trained.bundle.card["run_created"]
    assert made == trained.run.recorded_status.created
    monkeypatch.setenv("FER_HOME", str(tmp_path))
    models = home.models_dir()
    assert _place("mine", 7.0) == models / "mine"
    shutil.copytree(trained.home / "models" / str(trained.printed["bundle"]), models / "mine")
    assert _place("mine", 7.0) == models / "mine-2"
    # The very run, killed before it could say that it was done, replaces what it made.
    assert _place("mine", made) == models / "mine"


def test_other_data_than_it_was_trained_on_are_refused(trained: Trained, checkout: Path) -> None:
    done = ship(checkout, trained.bundle.name, "--data", "drawn", "--as", "wrong")
    assert done.returncode == 1
    assert "was trained on other data than drawn" in done.stderr
    assert not list((checkout / "models").glob("*wrong*"))
