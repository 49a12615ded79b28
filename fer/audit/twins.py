"""Images that occur more than once, and test faces that were already in Training."""

from dataclasses import dataclass

import numpy as np

from fer.audit.near import NearPairs
from fer.data import FaceDataset

# What the JSON calls each Usage that a model is tested on; the one whose scores are told first.
TESTS: dict[str, str] = {"private": "PrivateTest", "public": "PublicTest", "test": "Test"}


@dataclass(frozen=True, eq=False)
class Copies:
    """Pixel-equal rows.

    Attributes:
        first: (n,) intp, the first row with the same pixels; the row itself where it is that.
        conflicting: (n,) bool, rows whose pixels occur under two labels or more.
    """

    first: np.ndarray
    conflicting: np.ndarray

    @property
    def repeats(self) -> np.ndarray:
        """Rows that repeat an earlier one."""
        return np.flatnonzero(self.first != np.arange(len(self.first)))


def find_copies(dataset: FaceDataset) -> Copies:
    """Group the rows of `dataset` by their pixels."""
    _, index, inverse = np.unique(dataset.keys, return_index=True, return_inverse=True)
    first = index[inverse]
    labelled = dataset.labels >= 0
    # Of each image the lowest and the highest label: they differ where there are two.
    low = np.full(len(dataset), np.iinfo(np.int8).max, np.int8)
    high = np.full(len(dataset), -1, np.int8)
    np.minimum.at(low, first[labelled], dataset.labels[labelled])
    np.maximum.at(high, first[labelled], dataset.labels[labelled])
    return Copies(first, (low < high)[first])


def twins_in_training(dataset: FaceDataset, copies: Copies, usage: str) -> np.ndarray:
    """(m, 2) pairs (row of `usage`, a Training row with equal pixels), one a test row.

    Of several Training rows one with the same label is taken, where there is one.
    """
    rows, training = dataset.rows_of_usage(usage), dataset.rows_of_usage("Training")
    any_label = np.full(len(dataset), -1)
    any_label[copies.first[training[::-1]]] = training[::-1]
    partner = any_label[copies.first[rows]]
    # An image with a label, as one number.
    kinds = copies.first * 16 + dataset.labels
    known, index = np.unique(kinds[training], return_index=True)
    if len(known):
        place = np.minimum(np.searchsorted(known, kinds[rows]), len(known) - 1)
        same = known[place] == kinds[rows]
        partner[same] = training[index[place[same]]]
    return np.column_stack([rows, partner])[partner >= 0]


def near_twins_in_training(
    dataset: FaceDataset, copies: Copies, near: NearPairs, usage: str
) -> tuple[np.ndarray, np.ndarray]:
    """(m, 2) pairs (test row, its nearest Training row) and (m,) their correlations.

    Exact twins are among them, with a correlation of 1.
    """
    rows, training = dataset.rows_of_usage(usage), dataset.rows_of_usage("Training")
    partner = np.full(len(dataset), -1)
    partner[copies.first[training[::-1]]] = training[::-1]
    image, other = np.concatenate([near.pairs, near.pairs[:, ::-1]]).T
    correlation = np.concatenate([near.correlation, near.correlation])
    usable = np.flatnonzero(partner[other] >= 0)
    order = usable[np.argsort(correlation[usable], kind="stable")]
    nearest = np.full(len(dataset), -1)  # by image: its nearest Training row, and how near that is
    nearness = np.zeros(len(dataset), np.float32)
    nearest[image[order]] = partner[other[order]]  # of several, the last and nearest stays
    nearness[image[order]] = correlation[order]
    best, how_near = nearest[copies.first], nearness[copies.first]
    exact = twins_in_training(dataset, copies, usage)
    best[exact[:, 0]], how_near[exact[:, 0]] = exact[:, 1], 1
    rows = rows[best[rows] >= 0]
    return np.column_stack([rows, best[rows]]), how_near[rows]
