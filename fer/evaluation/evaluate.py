"""Evaluating a bundle on a data set, from the served model."""

from dataclasses import replace

import numpy as np

from fer.bundles import Bundle
from fer.data import FaceDataset, make_split
from fer.errors import InputError
from fer.evaluation.report import Report
from fer.evaluation.scored import Progress, score
from fer.evaluation.subsets import cleaner_scores

EVALUATION_SPLITS: dict[str, str] = {
    "test": "what the model's own card held out",
    "training": "Usage Training",
    "public": "Usage PublicTest",
    "private": "Usage PrivateTest",
    "all": "every labelled face",
}
_USAGE_OF = {"training": "Training", "public": "PublicTest", "private": "PrivateTest"}


def evaluate(
    bundle: Bundle,
    dataset: FaceDataset,
    split: str = "test",
    tta: bool = False,
    include_seen: bool = False,
    progress: Progress | None = None,
    no_face: np.ndarray | None = None,
) -> Report:
    """Score `bundle` on the rows that `split` (one of `EVALUATION_SPLITS`) names.

    Rows that this very model was trained on are counted and left out, unless `include_seen`. With
    `tta` the probabilities of a face and of its mirror image are averaged. The report tells
    how many of the faces are of the rows `no_face` (see `open_for_evaluation`).

    Raises:
        InputError: where the data has no such rows, or only rows the model was trained on.
    """
    rows = rows_of(bundle, dataset, split)
    return evaluate_rows(bundle, dataset, rows, tta, include_seen, progress, no_face)


def evaluate_rows(
    bundle: Bundle,
    dataset: FaceDataset,
    rows: np.ndarray,
    tta: bool = False,
    include_seen: bool = False,
    progress: Progress | None = None,
    no_face: np.ndarray | None = None,
) -> Report:
    """`evaluate` on given row numbers of `dataset`."""
    scored = score(bundle, dataset, rows, tta, include_seen, progress)
    whole = None if no_face is None else int(np.isin(scored.rows, no_face).sum())
    return replace(scored.report(whole), cleaner=cleaner_scores(bundle, dataset, scored))


def rows_of(bundle: Bundle, dataset: FaceDataset, split: str) -> np.ndarray:
    """(m,) row numbers of what `split` (one of `EVALUATION_SPLITS`) means for `bundle`.

    Raises:
        InputError: there is no such split, or the data has no such rows.
    """
    if split == "all":
        return np.flatnonzero(dataset.labels >= 0)
    if split == "test":
        data, faces = bundle.card["data"], dataset.only(bundle.labels)
        try:
            return make_split(faces, data["split"], data["split_seed"]).test
        except InputError as error:
            raise InputError(
                f"{dataset.name} has not the parts of {bundle.name}'s own split, "
                f"{data['split']}; choose all of its faces instead (split all)."
            ) from error
    if split not in _USAGE_OF:
        raise InputError(
            f"There is no split {split!r} to evaluate; choose one of "
            f"{', '.join(EVALUATION_SPLITS)}."
        )
    usage = _USAGE_OF[split]
    if usage not in dataset.usage_names():
        raise InputError(f"{dataset.name} has no {usage} rows; choose split all.")
    rows = dataset.rows_of_usage(usage)
    return rows[dataset.labels[rows] >= 0]


def available_splits(dataset: FaceDataset) -> list[str]:
    """Those of `EVALUATION_SPLITS` that are not by a Usage which `dataset` has not."""
    there = dataset.usage_names()
    return [name for name in EVALUATION_SPLITS if name not in _USAGE_OF or _USAGE_OF[name] in there]
