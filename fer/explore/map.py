"""A map of the faces: similar ones, by a model's embedding, near each other on a plane.

t-SNE (van der Maaten and Hinton 2008) with interpolation (Linderman and others 2019), by openTSNE.
Neighbourhoods on the map mean something; distances across it and the size of a patch do not.
"""

import numpy as np

from fer import cache
from fer.bundles import Bundle
from fer.data import FaceDataset
from fer.explore.embedding import Progress, embedding_key, reduced, saved_embedding

_NEIGHBOURS = 30
_PERPLEXITY = 10.0
# On FER-2013 the map hardly changes, but for its scale, after so many.
_EARLY_STEPS, _STEPS = 100, 150
_STEPS_A_CALL = 25
# Of so few points, forces between them are quicker than those over a grid.
_FEW = 5000
# What the reading of the faces takes of the whole.
_READING = 0.4


def saved_map(dataset: FaceDataset, bundle: Bundle, progress: Progress | None = None) -> np.ndarray:
    """(n, 2) float32, -1 to 1: where each face of `dataset` is, as `bundle` sees it; kept on disk.

    Some tens of seconds for FER-2013 the first time.
    """

    def reading(share: float, text: str) -> None:
        if progress:
            progress(_READING * share, text)

    def drawing(share: float, text: str) -> None:
        if progress:
            progress(_READING + (1 - _READING) * share, text)

    def make() -> cache.Arrays:
        return {"places": draw_map(saved_embedding(dataset, bundle, reading).points, drawing)}

    return cache.kept("map", embedding_key(dataset, bundle), make)["places"]


def draw_map(points: np.ndarray, progress: Progress | None = None, seed: int = 0) -> np.ndarray:
    """(n, 2) float32, -1 to 1, from (n, d) `points`."""
    if len(points) < 10:  # too few for neighbourhoods
        return _scaled(np.pad(points, ((0, 0), (0, 2)))[:, :2])
    # Together they take two seconds to load, and only a first map needs them.
    from openTSNE import TSNEEmbedding, affinity
    from openTSNE.nearest_neighbors import PrecomputedNeighbors
    from sklearn.neighbors import NearestNeighbors

    if progress:
        progress(0.0, "Finding the neighbours of each face")
    k = min(_NEIGHBOURS, len(points) - 2)
    near = NearestNeighbors(n_neighbors=k + 1, algorithm="brute", n_jobs=-1).fit(points)
    distances, rows = near.kneighbors(points)
    # The nearest of each is itself, or a copy of it at the same place.
    neighbours = PrecomputedNeighbors(rows[:, 1:], distances[:, 1:])
    similar = affinity.PerplexityBasedNN(
        knn_index=neighbours, perplexity=min(_PERPLEXITY, k / 3), n_jobs=-1
    )
    method = "fft" if len(points) > _FEW else "bh"
    places = TSNEEmbedding(
        _start(points, seed), similar, n_jobs=-1, negative_gradient_method=method, random_state=seed
    )
    for done in range(0, _EARLY_STEPS + _STEPS, _STEPS_A_CALL):
        early = done < _EARLY_STEPS
        places.optimize(
            _STEPS_A_CALL,
            exaggeration=12 if early else 1,
            momentum=0.5 if early else 0.8,
            inplace=True,
        )
        if progress:
            progress((done + _STEPS_A_CALL) / (_EARLY_STEPS + _STEPS), "Drawing the map")
    return _scaled(np.asarray(places))


def _start(points: np.ndarray, seed: int) -> np.ndarray:
    """(n, 2) where the points begin: close together, along their two main directions."""
    flat = np.pad(reduced(points, 2), ((0, 0), (0, 1)))[:, :2].astype(np.float64)
    flat *= 1e-4 / max(float(flat.std()), 1e-9)
    # Points at one place would stay there together.
    return np.asarray(flat + np.random.default_rng(seed).normal(0, 1e-6, flat.shape))


def _scaled(places: np.ndarray) -> np.ndarray:
    """Centred, the farthest coordinate at 1."""
    centred = places - (places.max(axis=0) + places.min(axis=0)) / 2
    return (centred / max(float(np.abs(centred).max()), 1e-9)).astype(np.float32)
