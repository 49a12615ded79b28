"""The training faces that a model finds most like a new face."""

import numpy as np

from fer.bundles import Bundle
from fer.data import FaceDataset
from fer.errors import InputError
from fer.explore.embedding import Progress, embed, saved_embedding
from fer.explore.neighbours import Neighbours


def similar_training_faces(
    bundle: Bundle,
    dataset: FaceDataset,
    face: np.ndarray,
    k: int = 8,
    progress: Progress | None = None,
) -> Neighbours:
    """Of the faces of `dataset` that `bundle` was trained on, the `k` it finds most like `face`.

    Likeness is the cosine, -1 to 1, of the angle that what the last dense layer reads of the two
    makes at the mean of the data. `face` is (h, w) uint8 grey; the rows are those of `dataset`.

    Raises:
        InputError: the model was trained on none of these faces.
    """
    rows = np.flatnonzero(bundle.training_rows().seen(dataset.only(bundle.labels)))
    if not len(rows):
        raise InputError(
            f"{bundle.name} was trained on none of the faces of {dataset.name}: give the data that "
            f"it learned from ({bundle.card['data'].get('name', 'its card does not say')})."
        )
    saved = saved_embedding(dataset, bundle, progress)
    place = saved.placed(embed(bundle, face[None]).points)[0]
    points = saved.points[rows]
    lengths = np.maximum(np.linalg.norm(points, axis=1) * np.linalg.norm(place), 1e-9)
    similarity = points @ place / lengths
    nearest = np.argsort(-similarity, kind="stable")[:k]
    return Neighbours(rows[nearest], similarity[nearest].astype(np.float32))
