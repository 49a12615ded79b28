"""What a network should say of each face, and how much the face counts."""

from dataclasses import dataclass

import numpy as np

from fer.data import FaceDataset, ferplus
from fer.labels import LABELS
from fer.zoo import Recipe


@dataclass(frozen=True, eq=False)
class Targets:
    """For every row of a data set; columns follow `recipe.labels`.

    Attributes:
        classes: (n,) int, the column of the row's label; -1 where it has none of these labels.
        distribution: (n, columns) float32, each row summing to 1, to be learned.
        weights: (n,) float32, how much the row counts in the loss.
    """

    classes: np.ndarray
    distribution: np.ndarray
    weights: np.ndarray

    @classmethod
    def of(cls, dataset: FaceDataset, train: np.ndarray, recipe: Recipe) -> "Targets":
        """As the recipe says; what must be learned from data is learned from the rows `train`.

        Raises:
            InputError: where the recipe uses FER+ votes and the data set has none.
        """
        columns = [LABELS.index(label) for label in recipe.labels]
        column_of = np.full(len(LABELS) + 1, -1)  # the last one is for label -1
        column_of[columns] = np.arange(len(columns))
        classes = column_of[dataset.labels]
        likely = _likely(dataset, train, recipe)[:, columns]
        likely /= np.maximum(likely.sum(axis=1, keepdims=True), np.finfo(np.float32).tiny)
        distribution = likely * (1 - recipe.label_smoothing) + recipe.label_smoothing / len(columns)
        weights = np.ones(len(dataset), np.float32)
        if recipe.class_weights:
            support = np.bincount(classes[train], minlength=len(columns))
            weights = (len(train) / (len(columns) * np.maximum(support, 1)))[classes]
        return cls(classes, distribution.astype(np.float32), weights.astype(np.float32))


def _likely(dataset: FaceDataset, train: np.ndarray, recipe: Recipe) -> np.ndarray:
    """(n, 7) float64: one-hot labels, or their blend with FER+ votes."""
    if not recipe.votes:
        return np.vstack([np.eye(len(LABELS)), np.zeros(len(LABELS))])[dataset.labels]
    votes = ferplus.votes_of(dataset)
    blend = ferplus.soft_targets(votes, dataset.labels, train, recipe.votes)
    return blend.astype(np.float64)
