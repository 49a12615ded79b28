"""`python -m fer.training.gradcam_worker BUNDLE MAPS.npz <FACE.npy`: see `fer.training.gradcam`."""

import io
import sys
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from fer import bundles
from fer.images import model_input
from fer.training.aside import main_aside
from fer.training.conversion import keras_model

# A map of fewer places says little of where.
_LEAST_SIDE = 4


def main(arguments: list[str]) -> None:
    """Write the maps of the face on stdin, made by the Keras network of BUNDLE."""
    bundle = bundles.load(arguments[0])
    face = np.load(io.BytesIO(sys.stdin.buffer.read()), allow_pickle=False)
    layer, maps = class_maps(keras_model(bundle), model_input(face[None], bundle.input))
    np.savez(Path(arguments[1]), layer=np.array(layer), maps=maps)


def class_maps(network: keras.Model, x: np.ndarray) -> tuple[str, np.ndarray]:
    """The layer's name, and (k, h, w) float32 maps of x (1, s, s, 1) for the k labels."""
    layer = _last_with_places(network)
    # The scores before the softmax: after it, labels lower each other's.
    both = keras.Model(network.input, [layer.output, network.get_layer("logits").output])
    with tf.GradientTape() as tape:
        found, logits = both(tf.constant(x), training=False)
    gradients = tape.jacobian(logits, found).numpy()[0, :, 0]  # (k, h, w, channels)
    weights = gradients.mean(axis=(1, 2))  # (k, channels)
    maps = np.maximum(np.einsum("hwc,kc->khw", found.numpy()[0], weights), 0)
    highest = maps.max(axis=(1, 2), keepdims=True)
    return layer.name, (maps / np.where(highest > 0, highest, 1)).astype(np.float32)


def _last_with_places(network: keras.Model) -> keras.layers.Layer:
    shapes = [(layer, tuple(layer.output.shape)) for layer in network.layers]
    return [layer for layer, shape in shapes if len(shape) == 4 and min(shape[1:3]) >= _LEAST_SIDE][
        -1
    ]


if __name__ == "__main__":
    main_aside(main)
