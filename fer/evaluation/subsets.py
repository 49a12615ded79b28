"""The faces of a test that neither flatter a model nor are labelled against what is seen."""

from typing import Any

import numpy as np

from fer.audit import NearPairs, saved_measurements
from fer.bundles import Bundle
from fer.data import FaceDataset, ferplus
from fer.evaluation.report import wilson_interval
from fer.evaluation.scored import Scored


def cleaner(bundle: Bundle, dataset: FaceDataset, scored: Scored) -> dict[str, np.ndarray]:
    """(m,) positions in `scored` by what those faces are free of, as far as that can be told.

    Returns:
        "without_twins": no pixel-equal face was trained on. "without_near_twins": nor one that
        correlates above 0.97 (see `fer.audit.near`); absent where `dataset` lacks some of what was
        trained on, so that nobody knows. "ferplus_agreed": more of FER+'s people see the
        expression that the label says than any other; absent without votes.
    """
    learned = bundle.training_rows()
    trained = learned.twins(dataset)
    new = ~trained[scored.rows]
    positions = {"without_twins": np.flatnonzero(new)}
    near = saved_measurements(dataset).near if np.isin(learned.keys, dataset.keys).all() else None
    if near is not None:
        alone = ~_near(dataset, near, trained)[scored.rows]
        positions["without_near_twins"] = np.flatnonzero(new & alone)
    if dataset.votes is not None:
        positions["ferplus_agreed"] = np.flatnonzero(ferplus.agreement(dataset)[scored.rows])
    return positions


def cleaner_scores(
    bundle: Bundle, dataset: FaceDataset, scored: Scored
) -> dict[str, dict[str, Any]]:
    """Of each of the sets of `cleaner` that is not empty: n, accuracy and its 95 % interval."""
    scores = {}
    for name, positions in cleaner(bundle, dataset, scored).items():
        if n := len(positions):
            right = int(scored.correct[positions].sum())
            scores[name] = {
                "n": n, "accuracy": right / n, "interval": list(wilson_interval(right, n)),
            }  # fmt: skip
    return scores


def _near(dataset: FaceDataset, near: NearPairs, trained: np.ndarray) -> np.ndarray:
    """(n,) bool: rows whose image is a near twin of one that is `trained` (n,) bool."""
    # Pairs name each image by its first row.
    _, index, inverse = np.unique(dataset.keys, return_index=True, return_inverse=True)
    close = np.zeros(len(dataset), bool)
    for one, other in (near.pairs.T, near.pairs.T[::-1]):
        close[one[trained[other]]] = True
    return close[index[inverse]]
