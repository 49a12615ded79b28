"""The faces most like one face: by its pixels, by a model's embedding, and its exact twins."""

from dataclasses import dataclass

import numpy as np

from fer.data import FaceDataset

_CHUNK = 2048


@dataclass(frozen=True, eq=False)
class Neighbours:
    """rows (k,) intp, the nearest first; similarity (k,) float32, at most 1."""

    rows: np.ndarray
    similarity: np.ndarray


def twins_of(dataset: FaceDataset, row: int) -> np.ndarray:
    """(m,) intp, the other rows with the same pixels."""
    same = np.flatnonzero(dataset.keys == dataset.keys[row])
    return same[same != row]


def pixel_neighbours(
    dataset: FaceDataset, row: int, k: int = 12, contrast: np.ndarray | None = None
) -> Neighbours:
    """The `k` other faces whose pixels correlate most with those of `row`, a correlation each.

    Args:
        contrast: (n,) float32 standard deviation of each image's pixels where it is known
            (`fer.audit.PixelStatistics.contrast`), which saves a third of the time.
    """
    # The image looked for has mean 0, so the means of the others drop out of the products.
    pattern = dataset.images[row].astype(np.float32).ravel()
    pattern -= pattern.mean()
    pattern /= max(float(np.linalg.norm(pattern)), 1e-6)
    similarity = np.empty(len(dataset), np.float32)
    for start in range(0, len(dataset), _CHUNK):
        part = slice(start, start + _CHUNK)
        pixels = dataset.images[part].reshape(-1, pattern.size).astype(np.float32)
        deviation = pixels.std(axis=1) if contrast is None else contrast[part]
        length = deviation * np.sqrt(pattern.size)
        # Where one pixel is off by one the length is 1: below are blank images and rounding.
        similarity[part] = np.where(length > 0.5, pixels @ pattern / np.maximum(length, 0.5), 0)
    return _highest(similarity, row, k)


def embedding_neighbours(points: np.ndarray, row: int, k: int = 12) -> Neighbours:
    """The `k` other faces nearest to `row` among (n, d) `points`, by the angle between them.

    The similarity is the cosine, -1 to 1.
    """
    lengths = np.maximum(np.linalg.norm(points, axis=1), 1e-9)
    similarity = points @ points[row] / (lengths * lengths[row])
    return _highest(similarity.astype(np.float32), row, k)


def _highest(similarity: np.ndarray, row: int, k: int) -> Neighbours:
    similarity[row] = -np.inf
    k = min(k, len(similarity) - 1)
    rows = np.argpartition(-similarity, k - 1)[:k] if k else np.empty(0, np.intp)
    rows = rows[np.argsort(-similarity[rows], kind="stable")]
    return Neighbours(rows, similarity[rows])
