"""From trained weights to a bundle: Keras file, served LiteRT file, measured, described.

Only the worker imports it.
"""

import contextlib
import itertools
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np

from fer import bundles, files, home
from fer.bundles import Bundle, TrainingRows
from fer.data import FaceDataset, Split, make_split
from fer.errors import CorruptModelError, FerError
from fer.evaluation import (
    evaluate_rows,
    fit_temperature,
    machine,
    one_face_ms,
    robustness,
    sure_from,
)
from fer.images import InputSpec, model_input
from fer.inference import Predictor
from fer.labels import LABELS
from fer.training import network
from fer.training.ancestors import Ancestry
from fer.training.card import training_card
from fer.training.config import RunConfig
from fer.training.conversion import write_served

Told = Callable[[str], None]


def make_bundle(
    name: str,
    config: RunConfig,
    dataset: FaceDataset,
    split: Split,
    weights: list[np.ndarray],
    history: list[dict[str, Any]],
    precision: str,
    trained_by: dict[str, Any],
    ancestry: Ancestry,
    created: float,
    told: Told,
) -> Bundle:
    """Write FER_HOME/models/`name`, complete or not at all, and return it.

    Args:
        created: when the run was, in seconds since the epoch. A model of the name that was made by
            another run stays, and this one is numbered.
        told: hears what is done next: to measure a model takes minutes.

    Raises:
        CorruptModelError: where the served file does not agree with the Keras model.
    """
    with files.staging(home.models_dir(), ".exporting-") as staging:
        model = network.servable(config.architecture, len(config.recipe.labels), weights)
        faces = dataset.only(config.recipe.labels)
        # What its ancestors were trained on is known to it too.
        rows = TrainingRows.of(faces, split.train).united(ancestry.rows)
        rows.save(staging / bundles.ROWS)
        card = training_card(name, config, dataset, split, history, precision, trained_by, ancestry)
        write(staging, model, card | {"run_created": created}, dataset, told)
        target = _place(name, created)
        shutil.rmtree(target, ignore_errors=True)
        staging.rename(target)
    return bundles.load(target)


def _place(name: str, created: float) -> Path:
    """The first of `name`, `name`-2 ... that is free, or that this very run made before."""
    for number in itertools.count(1):
        target = home.models_dir() / (name if number == 1 else f"{name}-{number}")
        if not target.exists():
            return target
        with contextlib.suppress(FerError):
            if bundles.load(target).card.get("run_created") == created:
                return target
    raise AssertionError


def write(
    folder: Path,
    model: keras.Model,
    card: dict[str, Any],
    dataset: FaceDataset,
    told: Told,
    half: bool = False,
    served_alone: bool = False,
) -> None:
    """Write the files of `model` to `folder`, and `card` with what they are found to do.

    With `half` the served file has float16 weights; with `served_alone` there is no Keras file.

    The rows that it was trained on are there already. The temperature that suits the validation
    faces of `dataset` goes into the weights of the last layer, so that whatever reads them, here
    or elsewhere, has probabilities that mean what they say.

    Raises:
        CorruptModelError: where the served file does not agree with `model`.
    """
    told("writing its files")
    validation = _split(card, dataset).validation
    temperature = _calibrate(model, card, dataset, validation)
    if not served_alone:
        model.save(folder / bundles.WEIGHTS)
    write_served(model, folder / bundles.SERVED, half)
    card = {
        **card,
        "served_weights": "float16" if half else "float32",
        "temperature": temperature,
        "parameters": model.count_params(),
        "multiply_adds": network.multiply_adds(model),
        "metrics": {},
    }
    bundles.write_card(folder, card)
    _check_agreement(model, bundles.load(folder), dataset.images[validation[:64]])
    measure(folder, card, dataset, told)


def measure(folder: Path, card: dict[str, Any], dataset: FaceDataset, told: Told) -> None:
    """Write `card` to `folder` with what the served file there is found to do."""
    split, served = _split(card, dataset), bundles.load(folder)
    told("reading validation faces")
    validation = evaluate_rows(served, dataset, split.validation)
    measured = {
        "unsure_below": sure_from(validation),
        "one_face_ms": one_face_ms(served),
        "measured_on": machine(),
    }
    told("reading test faces")
    test = evaluate_rows(served, dataset, split.test)
    told("reading test faces and their mirror images")
    mirrored = evaluate_rows(served, dataset, split.test, tta=True)
    measured["metrics"] = {
        "validation": validation.to_dict(),
        "test": test.to_dict(),
        "test_with_mirror": mirrored.to_dict(),
    }
    harder = "reading test faces, blurred, dark, tilted and small"
    told(harder)
    measured["robustness"] = robustness(
        served, dataset, split.test, progress=lambda share, _: told(f"{harder}, {share:.0%}")
    )
    bundles.write_card(folder, {**card, **measured})


def _split(card: dict[str, Any], dataset: FaceDataset) -> Split:
    faces = dataset.only(tuple(card["labels"]))
    return make_split(faces, card["data"]["split"], card["data"]["split_seed"])


def _calibrate(
    model: keras.Model, card: dict[str, Any], dataset: FaceDataset, rows: np.ndarray
) -> float:
    """Divide the logits of `model`, in place, by the temperature that suits `rows`; returns it.

    That of a calibrated model is 1: what was divided by before is in `card`.
    """
    known = [LABELS.index(label) for label in card["labels"]]
    logits = keras.Model(model.input, model.get_layer("logits").output)
    x = model_input(dataset.images[rows], InputSpec(**card["input"]))
    truth = np.array([known.index(label) for label in dataset.labels[rows]])
    temperature = fit_temperature(logits.predict(x, batch_size=128, verbose=0), truth)
    # Behind it nothing but averages may come, as the zoo's contract says.
    last = [layer for layer in model.layers if layer.weights][-1]
    last.set_weights([weights / temperature for weights in last.get_weights()])
    return temperature * float(card.get("temperature", 1))


def _check_agreement(model: keras.Model, served: Bundle, faces: np.ndarray) -> None:
    expected = np.asarray(model.predict_on_batch(model_input(faces, served.input)))
    worst = np.abs(Predictor(served).probabilities(faces) - expected).max()
    if not worst <= served.agreement:
        raise CorruptModelError(
            f"The served model differs from the trained one by {worst:.2g} (at most "
            f"{served.agreement:g} is allowed); please report this with the run's log."
        )
