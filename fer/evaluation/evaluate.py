"""Evaluating a bundle on a data set, from the served model."""

from collections.abc import Callable

import numpy as np

from fer.bundles import Bundle
from fer.data import USAGES, FaceDataset, make_split
from fer.errors import InputError
from fer.evaluation.report import Report, report
from fer.inference import Predictor
from fer.labels import LABELS

Progress = Callable[[float, str], None]

EVALUATION_SPLITS: dict[str, str] = {
    "test": "what the model's own card held out",
    "training": "Usage Training",
    "public": "Usage PublicTest",
    "private": "Usage PrivateTest",
    "all": "every labelled face",
}
_USAGE_OF = {"training": "Training", "public": "PublicTest", "private": "PrivateTest"}
_CHUNK = 1024


def evaluate(
    bundle: Bundle,
    dataset: FaceDataset,
    split: str = "test",
    tta: bool = False,
    include_seen: bool = False,
    progress: Progress | None = None,
    no_face: int | None = None,
) -> Report:
    """Score `bundle` on the rows that `split` (one of `EVALUATION_SPLITS`) names.

    Rows that this very model was trained on are counted and left out, unless `include_seen`. With
    `tta` the probabilities of a face and of its mirror image are averaged. `no_face` is passed on
    to the report (see `open_for_evaluation`).

    Raises:
        InputError: where the data has no such rows, or only rows the model was trained on.
    """
    rows = _rows(bundle, dataset, split)
    return evaluate_rows(bundle, dataset, rows, tta, include_seen, progress, no_face)


def evaluate_rows(
    bundle: Bundle,
    dataset: FaceDataset,
    rows: np.ndarray,
    tta: bool = False,
    include_seen: bool = False,
    progress: Progress | None = None,
    no_face: int | None = None,
) -> Report:
    """`evaluate` on given row numbers of `dataset`."""
    dataset = dataset.only(bundle.labels)
    trained = bundle.training_rows()
    known = [LABELS.index(label) for label in bundle.labels]
    rows = rows[dataset.labels[rows] >= 0]
    seen = trained.seen(dataset)[rows]
    twins = trained.twins(dataset)[rows] & ~seen
    if not include_seen:
        rows, twins = rows[~seen], twins[~seen]
    if not len(rows):
        raise InputError(
            f"{bundle.name} was trained on every one of these {len(seen)} faces of {dataset.name}; "
            "choose another split, or include them on purpose (--include-seen)."
            if len(seen)
            else f"{dataset.name} has no labelled faces here that {bundle.name} could be scored on."
        )
    probabilities = _probabilities(Predictor(bundle), dataset, rows, tta, progress)
    truth = np.array([known.index(label) for label in dataset.labels[rows]])
    return report(bundle.labels, probabilities, truth, int(seen.sum()), twins, no_face)


def _rows(bundle: Bundle, dataset: FaceDataset, split: str) -> np.ndarray:
    if split == "all":
        return np.flatnonzero(dataset.labels >= 0)
    if split == "test":
        data = bundle.card["data"]
        return make_split(dataset.only(bundle.labels), data["split"], data["split_seed"]).test
    if split not in _USAGE_OF:
        raise InputError(
            f"There is no split {split!r} to evaluate; choose one of "
            f"{', '.join(EVALUATION_SPLITS)}."
        )
    usage = _USAGE_OF[split]
    if usage not in dataset.usage_names():
        raise InputError(f"{dataset.name} has no {usage} rows; use --split all.")
    assert dataset.usage is not None
    return np.flatnonzero((dataset.usage == USAGES.index(usage)) & (dataset.labels >= 0))


def _probabilities(
    predictor: Predictor,
    dataset: FaceDataset,
    rows: np.ndarray,
    tta: bool,
    progress: Progress | None,
) -> np.ndarray:
    parts = []
    for start in range(0, len(rows), _CHUNK):
        faces = np.ascontiguousarray(dataset.images[rows[start : start + _CHUNK]])
        read = predictor.probabilities(faces)
        if tta:
            mirrored = np.ascontiguousarray(faces[:, :, ::-1])
            read = (read + predictor.probabilities(mirrored)) / 2
        parts.append(read)
        if progress:
            progress(min(1.0, (start + _CHUNK) / len(rows)), "Reading faces")
    return np.concatenate(parts)
