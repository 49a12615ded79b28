"""What a network should say of each face, and how much the face counts."""

import numpy as np

from fer.data import FaceDataset
from fer.labels import LABELS
from fer.zoo import Recipe


def targets_and_weights(
    dataset: FaceDataset, train: np.ndarray, recipe: Recipe
) -> tuple[np.ndarray, np.ndarray]:
    """(n, classes) float32 targets that sum to 1, and (n,) float32 weights, for all rows.

    Columns follow `recipe.labels`; rows of other labels are zero and in no split. With class
    weights, the rows of each label weigh the same in sum over `train`, and 1 on average.
    """
    classes = len(recipe.labels)
    column = np.array([_index(recipe.labels, label) for label in LABELS])
    rows = np.flatnonzero(np.isin(dataset.labels, np.flatnonzero(column >= 0)))
    hot = np.zeros((len(dataset), classes), np.float32)
    hot[rows, column[dataset.labels[rows]]] = 1
    targets = hot * np.float32(1 - recipe.label_smoothing)
    targets[rows] += np.float32(recipe.label_smoothing / classes)
    weights = np.ones(len(dataset), np.float32)
    if recipe.class_weights:
        support = np.maximum(hot[train].sum(axis=0), 1)
        weights[rows] = (len(train) / (classes * support))[hot[rows].argmax(axis=1)]
    return targets, weights


def _index(labels: tuple[str, ...], label: str) -> int:
    return labels.index(label) if label in labels else -1
