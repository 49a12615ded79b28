"""`three-class`: seven weight layers for the three most frequent labels of FER-2013.

The published system says how many layers it has and what it reaches, but gives no table: the
filters here are ours.
"""

from typing import Any

from fer.zoo.architecture import Architecture, LayerRow
from fer.zoo.blocks import classifier, conv_bn_relu, dense_bn_relu
from fer.zoo.recipe import Recipe

_BLOCKS = ((32, 64), (128, 128), (256,))


def build(classes: int) -> Any:
    """The network as a `keras.Model`: (n, 48, 48, 1) to (n, classes) probabilities."""
    from keras import Input, layers

    x = inputs = Input((48, 48, 1), name="face")
    for block in _BLOCKS:
        for filters in block:
            x = layers.Dropout(0.25)(conv_bn_relu(x, filters))
        x = layers.MaxPooling2D(2)(x)
    x = dense_bn_relu(layers.Flatten()(x), 256)
    return classifier(inputs, layers.Dropout(0.25)(x), classes, "three-class")


ARCHITECTURE = Architecture(
    name="three-class",
    title="Seven layers for happy, sad and neutral",
    source="a published system on the three most frequent labels: accuracy about 0.73 test, 0.83 "
    "training and validation, its split unstated",
    published=0.73,
    parameters=2_899_203,
    layers=(
        LayerRow("Input", (48, 48, 1), 0),
        LayerRow("Conv 3x3, BN, ReLU, dropout 0.25", (48, 48, 32), 320 + 128),
        LayerRow("Conv 3x3, BN, ReLU, dropout 0.25", (48, 48, 64), 18_496 + 256),
        LayerRow("MaxPool 2x2", (24, 24, 64), 0),
        LayerRow("Conv 3x3, BN, ReLU, dropout 0.25", (24, 24, 128), 73_856 + 512),
        LayerRow("Conv 3x3, BN, ReLU, dropout 0.25", (24, 24, 128), 147_584 + 512),
        LayerRow("MaxPool 2x2", (12, 12, 128), 0),
        LayerRow("Conv 3x3, BN, ReLU, dropout 0.25", (12, 12, 256), 295_168 + 1_024),
        LayerRow("MaxPool 2x2", (6, 6, 256), 0),
        LayerRow("Flatten, dense, BN, ReLU, dropout 0.25", (256,), 2_359_552 + 1_024),
        LayerRow("Dense, softmax", (3,), 771),
    ),
    recipes={
        "published": Recipe(
            summary="As published: Adam and cross-entropy for 100 epochs, on three labels alone.",
            split="80-10-10",
            labels=("happy", "sad", "neutral"),
            epochs=100,
            batch_size=128,
            learning_rate=1e-3,
            keep="best",
        )
    },
    default_recipe="published",
    builder=build,
)
