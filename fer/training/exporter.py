"""From trained weights to a bundle: Keras file, served LiteRT file, measured, described.

Only the worker imports it.
"""

import importlib.metadata
import math
import os
import platform
import shutil
import tempfile
import zipfile
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import keras
import numpy as np

from fer import bundles, files, home, zoo
from fer.bundles import Bundle, TrainingRows
from fer.data import FaceDataset, Split, make_split
from fer.data.dataset import NO_USAGE, copy_numbers
from fer.errors import CorruptModelError, FerError, NotFoundError
from fer.evaluation import evaluate_rows, fit_temperature, one_face_ms, robustness, sure_from
from fer.images import InputSpec, model_input
from fer.inference import Predictor
from fer.labels import LABELS
from fer.training import network
from fer.training.ancestors import surviving
from fer.training.config import RunConfig

# The served file must give the same probabilities as the Keras model, to this ...
AGREEMENT = 1e-4
# ... and to this with float16 weights, which have three digits.
HALF_AGREEMENT = 1e-2


def make_bundle(
    name: str,
    config: RunConfig,
    dataset: FaceDataset,
    split: Split,
    weights: list[np.ndarray],
    history: list[dict[str, Any]],
    precision: str,
) -> Bundle:
    """Write FER_HOME/models/`name`, complete or not at all, and return it.

    Raises:
        CorruptModelError: where the served file does not agree with the Keras model.
    """
    target = home.models_dir() / name
    files.remove_stale(target.parent, ".exporting-*")
    staging = Path(tempfile.mkdtemp(dir=target.parent, prefix=".exporting-"))
    try:
        model = network.servable(config.architecture, len(config.recipe.labels), weights)
        # What its ancestors were trained on is known to it too.
        known = [bundle.training_rows() for bundle in surviving(config)]
        _training_rows(dataset, split).united(known).save(staging / bundles.ROWS)
        write(staging, model, _card(name, config, dataset, split, history, precision), dataset)
        staging.chmod(0o755)
        shutil.rmtree(target, ignore_errors=True)
        staging.rename(target)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return bundles.load(target)


def write(
    folder: Path,
    model: keras.Model,
    card: dict[str, Any],
    dataset: FaceDataset,
    half: bool = False,
) -> None:
    """Write the files of `model` to `folder`, and `card` with what they are found to do.

    With `half` the served file has float16 weights, and there is no Keras file.

    The rows that it was trained on are there already. The temperature that suits the validation
    faces of `dataset` goes into the weights of the last layer, so that whatever reads them, here
    or elsewhere, has probabilities that mean what they say.

    Raises:
        CorruptModelError: where the served file does not agree with `model`.
    """
    split = make_split(
        dataset.only(tuple(card["labels"])), card["data"]["split"], card["data"]["split_seed"]
    )
    temperature = _calibrate(model, card, dataset, split.validation)
    if not half:
        model.save(folder / bundles.WEIGHTS)
    write_served(model, folder / bundles.SERVED, half)
    card = {
        **card,
        "served_weights": "float16" if half else "float32",
        "temperature": temperature,
        "multiply_adds": network.multiply_adds(model),
        "metrics": {},
    }
    bundles.write_card(folder, card)
    served = bundles.load(folder)
    allowed = HALF_AGREEMENT if half else AGREEMENT
    _check_agreement(model, served, dataset.images[split.validation[:64]], allowed)
    validation = evaluate_rows(served, dataset, split.validation)
    card["unsure_below"] = sure_from(validation)
    card["one_face_ms"] = one_face_ms(served)
    card["robustness"] = robustness(served, dataset, split.test)
    card["metrics"] = {
        "validation": validation.to_dict(),
        "test": evaluate_rows(served, dataset, split.test).to_dict(),
        "test_with_mirror": evaluate_rows(served, dataset, split.test, tta=True).to_dict(),
    }
    bundles.write_card(folder, card)


def keras_model(bundle: Bundle) -> keras.Model:
    """The bundle's Keras model: our own network, then the file's weights.

    Raises:
        NotFoundError: where it came without its Keras file.
        CorruptModelError: where the weights do not fit.
    """
    if not bundle.weights_path.is_file():
        raise NotFoundError(
            f"{bundle.name} comes as its served file alone, so as to be small, and this needs its "
            f"Keras weights: train {bundle.architecture} with the recipe of its card to have them."
        )
    model = zoo.build(bundle.architecture, len(bundle.labels))
    try:
        model.load_weights(bundle.weights_path)
    except (ValueError, OSError, KeyError, zipfile.BadZipFile) as error:
        raise CorruptModelError(
            f"{bundle.weights_path.name} of {bundle.name} does not hold the weights of "
            f"{bundle.architecture}; train or fetch the model again."
        ) from error
    return model


def write_served(model: keras.Model, path: Path, half: bool = False) -> None:
    """Convert to LiteRT, with any batch size; with `half` its weights are float16."""
    options = {}
    if half:
        import tensorflow as tf

        options = {
            "optimizations": [tf.lite.Optimize.DEFAULT],
            "target_spec": {"supported_types": [tf.float16]},
        }
    planned(model).export(str(path), format="litert", verbose=False, **options)


def planned(model: keras.Model) -> keras.Model:
    """The same network for export, its batch size left open without asking for it.

    Keras's Flatten asks for the batch size while it runs, which LiteRT can only plan for one batch
    at a time, and which OpenCV gets wrong; with the batch size left open (-1) the whole graph is
    planned, and runs, at once.
    """

    def replaced(layer: keras.layers.Layer) -> keras.layers.Layer:
        kind = _PlannedFlatten if type(layer) is keras.layers.Flatten else type(layer)
        return kind.from_config(layer.get_config())

    clone = keras.models.clone_model(model, clone_function=replaced)
    clone.set_weights(model.get_weights())
    return clone


class _PlannedFlatten(keras.layers.Flatten):
    def call(self, inputs: Any) -> Any:
        return keras.ops.reshape(inputs, (-1, math.prod(inputs.shape[1:])))


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


def _check_agreement(model: keras.Model, served: Bundle, faces: np.ndarray, allowed: float) -> None:
    expected = np.asarray(model.predict_on_batch(model_input(faces, served.input)))
    worst = np.abs(Predictor(served).probabilities(faces) - expected).max()
    if not worst <= allowed:
        raise CorruptModelError(
            f"The served model differs from the trained one by {worst:.2g} (at most {allowed:g} "
            "is allowed); please report this with the run's log."
        )


def _lineage(name: str) -> dict[str, Any]:
    """A model that training began with, and in turn those that it began with."""
    try:
        card = bundles.load(name).card
    except FerError:
        return {"name": name}  # deleted since: its name is what is left to tell
    before = {key: card.get(key) for key in ("init", "teachers")}
    return {"name": name, "sha256": card["files"][bundles.SERVED], **before}


def _training_rows(dataset: FaceDataset, split: Split) -> TrainingRows:
    rows = split.train
    usage = dataset.usage[rows] if dataset.usage is not None else np.full(len(rows), NO_USAGE)
    return TrainingRows(dataset.keys[rows], usage.astype(np.uint8), copy_numbers(dataset)[rows])


def _card(
    name: str,
    config: RunConfig,
    dataset: FaceDataset,
    split: Split,
    history: list[dict[str, Any]],
    precision: str,
) -> dict[str, Any]:
    architecture = zoo.get(config.architecture)
    return {
        "format": bundles.FORMAT,
        "run": name,
        "architecture": config.architecture,
        "parameters": architecture.parameters,
        "labels": list(config.recipe.labels),
        "input": asdict(architecture.input),
        "data": {
            "name": dataset.name,
            "source": dataset.source,
            "n": len(dataset),
            "fingerprint": dataset.fingerprint,
            "published_fer2013": dataset.is_published_fer2013,
            "split": split.name,
            "split_seed": split.seed,
            "n_train": len(split.train),
            "n_validation": len(split.validation),
            "n_test": len(split.test),
        },
        "recipe_name": config.recipe_name,
        "recipe": config.recipe.to_dict(),
        "seed": config.seed,
        "init": _lineage(config.init) if config.init else None,
        "teachers": [_lineage(name) for name in config.teachers],
        "history": history,
        "trained": {
            "finished": datetime.now(UTC).isoformat(timespec="seconds"),
            "seconds": history[-1]["time_s"] if history else 0.0,
            "precision": precision,
            "backend": keras.config.backend(),
            "machine": f"{platform.machine()}, {os.cpu_count()} CPU cores",
            "versions": {
                package: importlib.metadata.version(package)
                for package in ("keras", "tensorflow", "numpy")
            },
        },
        "metrics": {},
    }
