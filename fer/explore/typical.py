"""The typical face of a class, and the ways in which its faces differ most (eigenfaces)."""

from dataclasses import dataclass

import numpy as np

from fer import cache
from fer.data import FaceDataset
from fer.data.dataset import SIDE_PX
from fer.errors import InputError
from fer.labels import LABELS


@dataclass(frozen=True, eq=False)
class TypicalFaces:
    """Of one class, or of all faces.

    Attributes:
        n: faces that it is computed from.
        mean: (48, 48) float32, 0 to 255.
        eigenfaces: (k, 48, 48) float32, each of length 1, the one that explains most first. Its
            sign is such that most of its weight is positive.
        explained: (k,) float32, the share of all variance that each explains.
    """

    n: int
    mean: np.ndarray
    eigenfaces: np.ndarray
    explained: np.ndarray


# A face takes 9 KB while these are computed; more faces change little.
_MOST = 100_000


def typical_faces(dataset: FaceDataset, label: str | None = None, k: int = 8) -> TypicalFaces:
    """Mean face and at most `k` eigenfaces of `label`, or of every face.

    Of more than 100,000 faces, so many are taken, evenly spaced.

    Raises:
        InputError: for a label there is none of.
    """
    if label is not None and label not in LABELS:
        raise InputError(f"There is no label {label!r}; choose one of {', '.join(LABELS)}.")
    rows = np.arange(len(dataset))
    if label is not None:
        rows = np.flatnonzero(dataset.labels == LABELS.index(label))
    if not len(rows):
        raise InputError(f"{dataset.name} has no {label or 'faces'}.")
    if len(rows) > _MOST:
        rows = rows[np.linspace(0, len(rows) - 1, _MOST).astype(np.intp)]
    pixels = dataset.images[rows].reshape(len(rows), -1).astype(np.float32)
    mean = pixels.mean(axis=0)
    pixels -= mean
    total = float(np.einsum("ij,ij->", pixels, pixels, dtype=np.float64))
    k = min(k, len(rows) - 1)
    if k < 1 or total == 0:
        return TypicalFaces(
            len(rows), mean.reshape(SIDE_PX, SIDE_PX), np.empty((0, SIDE_PX, SIDE_PX), np.float32),
            np.empty(0, np.float32),
        )  # fmt: skip
    from sklearn.utils.extmath import randomized_svd

    _, lengths, faces = randomized_svd(pixels, k, random_state=0, flip_sign=False)
    faces *= np.where(faces.sum(axis=1, keepdims=True) < 0, -1, 1)
    return TypicalFaces(
        len(rows),
        mean.reshape(SIDE_PX, SIDE_PX),
        faces.reshape(-1, SIDE_PX, SIDE_PX).astype(np.float32),
        (np.square(lengths) / total).astype(np.float32),
    )


def saved_typical_faces(dataset: FaceDataset, label: str | None = None, k: int = 8) -> TypicalFaces:
    """`typical_faces`, kept on disk."""
    key = cache.digest(dataset.keys, dataset.labels, f"{label} {k}")

    def make() -> cache.Arrays:
        computed = vars(typical_faces(dataset, label, k))
        return {name: np.asarray(value) for name, value in computed.items()}

    found = cache.kept("typical", key, make)
    return TypicalFaces(int(found["n"]), found["mean"], found["eigenfaces"], found["explained"])
