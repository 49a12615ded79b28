"""Faces as points: the numbers from which a model's last layer makes its decision.

They come from the served LiteRT file alone. A served network gives its probabilities only, so a
copy of it in memory is told that its output is the tensor that the last dense layer reads; the
change is one number of the file's table of outputs, and the network runs as fast as before.
"""

from collections.abc import Callable

import numpy as np

from fer import cache
from fer.bundles import Bundle
from fer.data import FaceDataset
from fer.errors import CorruptModelError
from fer.images import model_input
from fer.inference.litert import BATCH, available_cores

Progress = Callable[[float, str], None]

# Of a wide layer, the directions in which the faces differ most are kept.
MAX_DIMENSIONS = 64
_CHUNK = 1024


def embed(bundle: Bundle, faces: np.ndarray, progress: Progress | None = None) -> np.ndarray:
    """(n, d) float32, what the last dense layer of `bundle` reads for `faces` (n, 48, 48) uint8.

    A network without a dense layer at its end gives its logits.

    Raises:
        CorruptModelError: the served file cannot be run.
    """
    # It loads in 20 ms, and few commands need it.
    from ai_edge_litert.interpreter import Interpreter

    try:
        content = _showing_features(bundle.served_path.read_bytes())
        network = Interpreter(model_content=content, num_threads=available_cores())
        size = bundle.input.size_px
        given = network.get_input_details()[0]["index"]
        network.resize_tensor_input(given, (BATCH, size, size, 1))
        network.allocate_tensors()
    except (OSError, ValueError, RuntimeError, IndexError, AttributeError) as error:
        raise CorruptModelError(
            f"{bundle.name} cannot be run as a LiteRT model: train or install it again."
        ) from error
    result = network.get_output_details()[0]["index"]
    parts = []
    batch = np.zeros((BATCH, size, size, 1), np.float32)
    for start in range(0, len(faces), BATCH):
        part = faces[start : start + BATCH]
        batch[: len(part)] = model_input(np.ascontiguousarray(part), bundle.input)
        network.set_tensor(given, batch)
        network.invoke()
        parts.append(network.get_tensor(result).reshape(BATCH, -1)[: len(part)])
        if progress and start % _CHUNK == 0:
            progress(start / len(faces), f"{bundle.name} reads the faces")
    return np.concatenate(parts)


def saved_embedding(
    dataset: FaceDataset, bundle: Bundle, progress: Progress | None = None
) -> np.ndarray:
    """(n, d) float32, d at most `MAX_DIMENSIONS`: `dataset` embedded by `bundle`, kept on disk.

    Centred, along the directions in which its faces differ most; similar faces are near.
    """

    def make() -> cache.Arrays:
        return {"points": reduced(embed(bundle, dataset.images, progress))}

    return cache.kept("embedding", embedding_key(dataset, bundle), make)["points"]


def embedding_key(dataset: FaceDataset, bundle: Bundle) -> str:
    """A digest of what the embedding hangs on: the images in their order, the model's files."""
    return cache.digest(dataset.keys, str(sorted(bundle.card["files"].items())))


def reduced(features: np.ndarray, dimensions: int = MAX_DIMENSIONS) -> np.ndarray:
    """(n, k) float32: `features` (n, d) centred, along their k <= `dimensions` main directions."""
    centred = features - features.mean(axis=0)
    covariance = centred.T.astype(np.float64) @ centred
    _, directions = np.linalg.eigh(covariance)  # the last ones have the largest variance
    kept = directions[:, : -dimensions - 1 : -1].astype(np.float32)
    return np.ascontiguousarray(centred @ kept)


def _showing_features(content: bytes) -> bytes:
    """The model file `content` with another of its tensors as the output."""
    from ai_edge_litert import schema_py_generated as schema

    changed = bytearray(content)
    model = schema.Model.GetRootAs(changed, 0)
    graph = model.Subgraphs(0)
    outputs = graph.OutputsAsNumpy()  # looks into `changed`
    makers = {}
    for place in range(graph.OperatorsLength()):
        operator = graph.Operators(place)
        code = model.OperatorCodes(operator.OpcodeIndex()).BuiltinCode()
        makers.update(dict.fromkeys(operator.OutputsAsNumpy().tolist(), (code, operator)))
    tensor = int(outputs[0])
    # From the probabilities back over the softmax, and whatever only reshapes, to a dense layer.
    passed = {schema.BuiltinOperator.SOFTMAX, schema.BuiltinOperator.RESHAPE}
    while tensor in makers:
        code, operator = makers[tensor]
        dense = code == schema.BuiltinOperator.FULLY_CONNECTED
        if dense or code in passed:
            tensor = int(operator.InputsAsNumpy()[0])
        if dense or code not in passed:
            break
    outputs[0] = tensor
    return bytes(changed)
