"""Between a bundle's files and Keras: the network with its weights, and the served file.

Only processes that load Keras import it.
"""

import math
import zipfile
from pathlib import Path
from typing import Any

import keras

from fer import zoo
from fer.bundles import Bundle
from fer.errors import CorruptModelError, NotFoundError


def keras_model(bundle: Bundle) -> keras.Model:
    """The bundle's Keras model: our own network, then the file's weights.

    Raises:
        NotFoundError: where it came without its Keras file.
        CorruptModelError: where the weights do not fit.
    """
    if not bundle.has_weights:
        raise NotFoundError(
            f"{bundle.name} comes as its served file alone, so as to be small, and this needs its "
            f"Keras weights: train {bundle.architecture} with the recipe of its card to have them."
        )
    model = zoo.build(bundle.architecture, len(bundle.labels))
    try:
        model.load_weights(bundle.weights_path)
    except (ValueError, OSError, KeyError, zipfile.BadZipFile) as error:
        raise CorruptModelError(
            f"{bundle.weights_path.name} of {bundle.name} does not hold the weights of "
            f"{bundle.architecture}; train or fetch the model again."
        ) from error
    return model


def write_served(model: keras.Model, path: Path, half: bool = False) -> None:
    """Convert to LiteRT, with any batch size; with `half` its weights are float16."""
    options = {}
    if half:
        import tensorflow as tf

        options = {
            "optimizations": [tf.lite.Optimize.DEFAULT],
            "target_spec": {"supported_types": [tf.float16]},
        }
    planned(model).export(str(path), format="litert", verbose=False, **options)


def planned(model: keras.Model) -> keras.Model:
    """The same network for export, its batch size left open without asking for it.

    Keras's Flatten asks for the batch size while it runs, which LiteRT can only plan for one batch
    at a time, and which OpenCV gets wrong; with the batch size left open (-1) the whole graph is
    planned, and runs, at once.
    """

    def replaced(layer: keras.layers.Layer) -> keras.layers.Layer:
        kind = _PlannedFlatten if type(layer) is keras.layers.Flatten else type(layer)
        return kind.from_config(layer.get_config())

    clone = keras.models.clone_model(model, clone_function=replaced)
    clone.set_weights(model.get_weights())
    return clone


class _PlannedFlatten(keras.layers.Flatten):
    def call(self, inputs: Any) -> Any:
        return keras.ops.reshape(inputs, (-1, math.prod(inputs.shape[1:])))
