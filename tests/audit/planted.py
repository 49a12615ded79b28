"""A small data set whose faults are known, because they were put there."""

from dataclasses import dataclass

import numpy as np

from fer.data import FaceDataset, drawn_faces
from fer.data.ferplus import COLUMNS, NOT_A_FACE
from fer.labels import LABELS, canonical

TRAINING, PUBLIC, PRIVATE = 0, 1, 2
# The column of FER+ votes for each label.
COLUMN_OF = [next(c for c, name in enumerate(COLUMNS) if canonical(name) == x) for x in LABELS]


@dataclass(frozen=True, eq=False)
class Planted:
    """The data set, and the rows of each fault."""

    dataset: FaceDataset
    twins_private: np.ndarray  # (3, 2) test row, Training row
    near_private: np.ndarray  # (2, 2)
    blank: np.ndarray
    faint: np.ndarray
    not_faces: np.ndarray
    conflicting: np.ndarray


def planted(order: np.ndarray | None = None) -> Planted:
    """140 drawn faces, 100 of them Training, 20 each test; `order` rearranges the rows."""
    base = drawn_faces(140, seed=5)
    images, labels = base.images.copy(), base.labels.copy()
    usage = np.repeat(np.array([TRAINING, PUBLIC, PRIVATE], np.uint8), [100, 20, 20])
    votes = np.zeros((140, 10), np.uint8)
    votes[np.arange(140), np.array(COLUMN_OF)[labels]] = 10

    for test, training in ((120, 3), (121, 4), (122, 5)):  # twins of PrivateTest
        images[test], labels[test] = images[training], labels[training]
    labels[122] = (labels[5] + 1) % 7  # one of them with another label
    images[100], labels[100] = images[101], labels[101]  # a repeat within PublicTest: no twin
    images[130] = np.clip(images[7] * 0.9 + 6, 0, 255).astype(np.uint8)  # duller
    images[131] = images[8, :, ::-1]  # mirrored
    images[[50, 60]] = 77  # blank, both the same image
    labels[60] = labels[50]
    images[70] = 100 + images[70] // 16  # faint
    votes[[10, 11]] = 0
    votes[[10, 11], NOT_A_FACE] = 9
    votes[[10, 11], 0] = 1

    rows = np.arange(140) if order is None else order
    place = np.argsort(rows)
    return Planted(
        FaceDataset("planted", images[rows], labels[rows], usage[rows], votes[rows]),
        twins_private=place[np.array([[120, 3], [121, 4], [122, 5]])],
        near_private=place[np.array([[130, 7], [131, 8]])],
        blank=place[[50, 60]],
        faint=place[[70]],
        not_faces=place[[10, 11]],
        conflicting=place[[122, 5]],
    )
