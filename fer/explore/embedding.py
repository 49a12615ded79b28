"""What a model makes of every face: its probabilities, and the face as a point (its embedding).

Both come from the served LiteRT file, in one pass. A served network gives its probabilities only,
so a copy of it in memory is told to give one tensor more: the one that the last dense layer reads,
the numbers from which the model decides.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from fer import cache
from fer.bundles import Bundle
from fer.data import FaceDataset
from fer.errors import CorruptModelError
from fer.images import model_input
from fer.inference.graph import FAULTS, Graph
from fer.inference.litert import BATCH, available_cores
from fer.labels import LABELS

Progress = Callable[[float, str], None]

# Of a wide layer, the directions in which the faces differ most are kept.
MAX_DIMENSIONS = 64
_BATCHES_A_REPORT = 32


@dataclass(frozen=True, eq=False)
class Embedding:
    """n faces as a model sees them.

    Attributes:
        probabilities: (n, 7) float32 in the order of `LABELS`; 0 for labels the model has not.
        points: (n, d) float32; similar faces are near.
        centre, directions: (f,) and (f, d) float32: how the f numbers that the model makes of a
            face became its point; None where the point is those numbers.
    """

    probabilities: np.ndarray
    points: np.ndarray
    centre: np.ndarray | None = None
    directions: np.ndarray | None = None

    def placed(self, features: np.ndarray) -> np.ndarray:
        """(m, d) float32: other faces, (m, f) as `embed` gives their points, among these points."""
        if self.centre is None or self.directions is None:
            return features
        return (features - self.centre) @ self.directions


def embed(bundle: Bundle, faces: np.ndarray, progress: Progress | None = None) -> Embedding:
    """What `bundle` makes of `faces` (n, 48, 48) uint8.

    The points are what its last dense layer reads, d wide; the logits where it has no such layer.

    Raises:
        CorruptModelError: the served file cannot be run.
    """
    size = bundle.input.size_px
    run = _network(bundle, size)
    batch = np.zeros((BATCH, size, size, 1), np.float32)
    found: tuple[list[np.ndarray], list[np.ndarray]] = ([], [])
    for start in range(0, len(faces), BATCH):
        part = faces[start : start + BATCH]
        batch[: len(part)] = model_input(np.ascontiguousarray(part), bundle.input)
        for values, result in zip(found, run(batch), strict=True):
            values.append(result.reshape(BATCH, -1)[: len(part)])
        if progress and start % (BATCH * _BATCHES_A_REPORT) == 0:
            progress(start / len(faces), f"{bundle.name} reads the faces")
    probabilities = np.zeros((len(faces), len(LABELS)), np.float32)
    probabilities[:, [LABELS.index(label) for label in bundle.labels]] = np.concatenate(found[0])
    return Embedding(probabilities, np.concatenate(found[1]))


def saved_embedding(
    dataset: FaceDataset, bundle: Bundle, progress: Progress | None = None
) -> Embedding:
    """`embed` on every face of `dataset`, kept on disk.

    The points are centred and given along the at most `MAX_DIMENSIONS` directions in which these
    faces differ most.
    """

    def make() -> cache.Arrays:
        embedding = embed(bundle, dataset.images, progress)
        centre, directions = main_directions(embedding.points)
        return {
            "probabilities": embedding.probabilities,
            "points": np.ascontiguousarray((embedding.points - centre) @ directions),
            "centre": centre,
            "directions": directions,
        }

    return Embedding(**cache.kept("placed-embedding", embedding_key(dataset, bundle), make))


def embedding_key(dataset: FaceDataset, bundle: Bundle) -> str:
    """A digest of what the embedding hangs on: the images in their order, the model's files."""
    return cache.digest(dataset.keys, str(sorted(bundle.card["files"].items())))


def reduced(features: np.ndarray, dimensions: int = MAX_DIMENSIONS) -> np.ndarray:
    """(n, k) float32: `features` (n, d) centred, along their k <= `dimensions` main directions."""
    centre, directions = main_directions(features, dimensions)
    return np.ascontiguousarray((features - centre) @ directions)


def main_directions(
    features: np.ndarray, dimensions: int = MAX_DIMENSIONS
) -> tuple[np.ndarray, np.ndarray]:
    """The centre (d,) of `features` (n, d) and the (d, k) directions in which they differ most."""
    centre = features.mean(axis=0)
    centred = features - centre
    _, directions = np.linalg.eigh((centred.T @ centred).astype(np.float64))
    kept = directions[:, ::-1][:, :dimensions]  # the last ones have the largest variance
    return centre, kept.astype(np.float32)


def _network(bundle: Bundle, size: int) -> Callable[[np.ndarray], list[np.ndarray]]:
    """From a batch (BATCH, size, size, 1) float32 to its probabilities and its features."""
    # It loads in 20 ms, and few commands need it.
    from ai_edge_litert.interpreter import Interpreter

    try:
        graph = Graph(bundle.served_path.read_bytes())
        content = graph.with_outputs([graph.output, graph.read_by_last_dense()])
        network = Interpreter(model_content=content, num_threads=available_cores())
        given = network.get_input_details()[0]["index"]
        network.resize_tensor_input(given, (BATCH, size, size, 1))
        network.allocate_tensors()
        results = [detail["index"] for detail in network.get_output_details()]
    except (OSError, *FAULTS) as error:
        raise CorruptModelError(
            f"{bundle.name} cannot be run as a LiteRT model: train or install it again."
        ) from error

    def run(batch: np.ndarray) -> list[np.ndarray]:
        network.set_tensor(given, batch)
        network.invoke()
        return [network.get_tensor(index) for index in results]

    return run
