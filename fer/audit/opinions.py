"""Second opinions on labels, one distribution over the seven labels a face, from three sources.

What a model says of a face is worth something here only where it was not trained on it. So a
bundle is not asked about rows that it was trained on nor about their pixel-equal copies, and the
classifier made here is cross-validated with all copies of an image in one part.
"""

from collections.abc import Sequence

import cv2
import numpy as np

from fer.audit.measurements import Progress
from fer.bundles import Bundle
from fer.data import FaceDataset
from fer.inference import Predictor
from fer.labels import LABELS

_CHUNK = 1024
_FOLDS = 5
_MIN_ROWS_A_CLASS = 5
# Of the covariance towards its diagonal: there are 900 features.
_SHRINKAGE = 0.05


def out_of_sample(
    dataset: FaceDataset, bundles: Sequence[Bundle], progress: Progress | None = None
) -> np.ndarray:
    """(n, 7) float32: the mean probabilities of those `bundles` that were not trained on the face.

    NaN where each of them was trained on it or on a copy of it, and where none knows its label.
    """
    total = np.zeros((len(dataset), len(LABELS)), np.float32)
    models = np.zeros(len(dataset), np.int64)
    for done, bundle in enumerate(bundles):
        known = np.array([LABELS.index(label) for label in bundle.labels])
        unseen = ~bundle.training_rows().twins(dataset) & np.isin(dataset.labels, known)
        rows, predictor = np.flatnonzero(unseen), Predictor(bundle)
        for start in range(0, len(rows), _CHUNK):
            part = rows[start : start + _CHUNK]
            total[np.ix_(part, known)] += predictor.probabilities(dataset.images[part])
            if progress:
                share = min(1.0, (start + _CHUNK) / len(rows))
                progress((done + share) / len(bundles), f"{bundle.name} reads faces new to it")
        models[rows] += 1
    with np.errstate(invalid="ignore"):
        return total / models[:, None].astype(np.float32)


def cross_validated(
    dataset: FaceDataset, folds: int = _FOLDS, progress: Progress | None = None
) -> np.ndarray:
    """(n, 7) float32: probabilities of a linear classifier fitted without the part the face is in.

    It sees histograms of edge directions (HOG) and knows nothing but this data: right on 46 % of
    FER-2013, but what it objects to most is most often wrong (of its first 500, FER+ disagrees with
    three in four labels, where with any label it disagrees with two in five). NaN where a face is
    unlabelled, and everywhere where there are too few faces.
    """
    opinions = np.full((len(dataset), len(LABELS)), np.nan, np.float32)
    labels, edges = dataset.labels, _edge_directions(dataset.images)
    # Which part an image is in hangs on its content, so that its copies share it.
    part = np.where(labels >= 0, (dataset.keys % np.uint64(folds)).astype(np.intp), -1)
    sums = [_sums(edges[part == fold], labels[part == fold]) for fold in range(folds)]
    for fold in range(folds):
        if progress:
            progress(fold / folds, f"Cross-validation, part {fold + 1} of {folds}")
        others = [sums[other] for other in range(folds) if other != fold]
        counts, means, products = (np.sum(column, axis=0) for column in zip(*others, strict=True))
        classes = np.flatnonzero(counts >= _MIN_ROWS_A_CLASS)
        if len(classes) >= 2:
            asked = np.flatnonzero(part == fold)
            opinions[asked] = 0
            opinions[np.ix_(asked, classes)] = _discriminated(
                edges[asked], counts[classes], means[classes], products
            )
    return opinions


def mean_of_known(opinions: Sequence[np.ndarray]) -> np.ndarray:
    """(n, 7) mean of those of `opinions`, each (n, 7), that are not NaN; 0 where all are."""
    known = np.stack([~np.isnan(opinion) for opinion in opinions])
    total = np.nan_to_num(np.stack(opinions)).sum(axis=0)
    return np.asarray(total / np.maximum(known.sum(axis=0), 1))


def _edge_directions(images: np.ndarray) -> np.ndarray:
    """(n, 900) float32."""
    describe = cv2.HOGDescriptor((48, 48), (16, 16), (8, 8), (8, 8), 9)
    edges = np.empty((len(images), describe.getDescriptorSize()), np.float32)
    for row, image in enumerate(images):
        edges[row] = describe.compute(np.ascontiguousarray(image))
    return edges


def _sums(x: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rows of each label (7,), their sum (7, d) and the products of all features (d, d)."""
    hot = np.eye(len(LABELS), dtype=np.float32)[labels]
    return (
        hot.sum(axis=0, dtype=np.float64),
        (hot.T @ x).astype(np.float64),
        (x.T @ x).astype(float),
    )


def _discriminated(
    x: np.ndarray, counts: np.ndarray, sums: np.ndarray, products: np.ndarray
) -> np.ndarray:
    """(n, classes) probabilities of `x` (n, d) by linear discriminant analysis.

    It is fitted to sums alone, which those of all parts but one add up to: a twentieth of the time
    that fitting to their rows again takes.
    """
    n, means = counts.sum(), sums / counts[:, None]
    within = products / n - (means.T * counts) @ means / n
    variance = np.diag(within).copy()
    within *= 1 - _SHRINKAGE
    within[np.diag_indices_from(within)] += _SHRINKAGE * variance + 1e-9
    weights = np.linalg.solve(within, means.T)
    logits = x @ weights - (means.T * weights).sum(axis=0) / 2 + np.log(counts / n)
    odds = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(odds / odds.sum(axis=1, keepdims=True))
