"""The models that a run takes something from: the weights to start with, answers to learn."""

import numpy as np

from fer import bundles, cache
from fer.bundles import Bundle
from fer.data import FaceDataset, Split
from fer.errors import FerError, InputError
from fer.inference import Predictor
from fer.training.config import RunConfig

_CHUNK = 1024


def check_ancestors(config: RunConfig, dataset: FaceDataset, split: Split) -> None:
    """Whether the models that `config` names can serve this run.

    Raises:
        FerError: one does not exist, does not fit, or was trained on faces that this run is
            measured on, which would flatter it.
    """
    labels = config.recipe.labels
    if config.init:
        bundle = bundles.load(config.init)
        if (bundle.architecture, bundle.labels) != (config.architecture, labels):
            raise InputError(
                f"{bundle.name} is a {bundle.architecture} for {', '.join(bundle.labels)}; its "
                f"weights do not fit a {config.architecture} for {', '.join(labels)}."
            )
    for name in config.teachers:
        if bundles.load(name).labels != labels:
            raise InputError(
                f"{name} cannot teach {', '.join(labels)}: it tells "
                f"{', '.join(bundles.load(name).labels)}."
            )
    measured = np.concatenate([split.validation, split.test])
    for bundle in map(bundles.load, config.ancestors):
        if known := int(bundle.training_rows().seen(dataset)[measured].sum()):
            raise InputError(
                f"{bundle.name} was trained on {known:,} of the faces that this run is to be "
                f"measured on. Choose the split that it was trained with "
                f"({bundle.card['data'].get('split')}), or another model."
            )


def surviving(config: RunConfig) -> list[Bundle]:
    """Those of the models of `config` that are still there."""
    found = []
    for name in config.ancestors:
        try:
            found.append(bundles.load(name))
        except FerError:
            continue
    return found


def taught(config: RunConfig, dataset: FaceDataset, rows: np.ndarray) -> np.ndarray | None:
    """What the teachers of `config` say of `rows` of `dataset`; None where it has none.

    Returns:
        (n, k) float32 for all n rows of the data set, 0 but for `rows`: the mean of the
        teachers' probabilities for the face and for its mirror image.
    """
    if not config.teachers:
        return None
    said = np.zeros((len(dataset), len(config.recipe.labels)), np.float32)
    for name in config.teachers:
        said[rows] += _read(bundles.load(name), dataset, rows) / len(config.teachers)
    return said


def _read(bundle: Bundle, dataset: FaceDataset, rows: np.ndarray) -> np.ndarray:
    """(m, k) float32; kept, so that a resumed run does not ask again."""

    def make() -> cache.Arrays:
        predictor, parts = Predictor(bundle), []
        for start in range(0, len(rows), _CHUNK):
            faces = np.ascontiguousarray(dataset.images[rows[start : start + _CHUNK]])
            mirrored = np.ascontiguousarray(faces[:, :, ::-1])
            parts.append((predictor.probabilities(faces) + predictor.probabilities(mirrored)) / 2)
        return {"said": np.concatenate(parts)}

    served = bundle.card["files"][bundles.SERVED]
    return cache.kept("taught", cache.digest(served, dataset.keys[rows]), make)["said"]
