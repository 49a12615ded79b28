"""`shallow`: two convolutions and a wide dense layer, a common first network for FER-2013."""

from typing import Any

from fer.zoo.architecture import Architecture, LayerRow
from fer.zoo.blocks import classifier, conv_bn_relu, dense_bn_relu
from fer.zoo.recipe import Recipe


def build(classes: int) -> Any:
    """The network as a `keras.Model`: (n, 48, 48, 1) to (n, classes) probabilities."""
    from keras import Input, layers

    x = inputs = Input((48, 48, 1), name="face")
    for filters in (32, 64):
        x = conv_bn_relu(x, filters)
        x = layers.MaxPooling2D(2)(x)
        x = layers.Dropout(0.25)(x)
    x = dense_bn_relu(layers.Flatten()(x), 512)
    return classifier(inputs, layers.Dropout(0.25)(x), classes, "shallow")


ARCHITECTURE = Architecture(
    name="shallow",
    title="Two convolutions, one dense layer",
    source="a published comparison of a shallow and a deep CNN on FER-2013: test accuracy 0.5631",
    published=0.5631,
    parameters=4_743_943,
    layers=(
        LayerRow("Input", (48, 48, 1), 0),
        LayerRow("Conv 3x3, BN, ReLU", (48, 48, 32), 320 + 128),
        LayerRow("MaxPool 2x2, dropout 0.25", (24, 24, 32), 0),
        LayerRow("Conv 3x3, BN, ReLU", (24, 24, 64), 18_496 + 256),
        LayerRow("MaxPool 2x2, dropout 0.25", (12, 12, 64), 0),
        LayerRow("Flatten, dense, BN, ReLU, dropout 0.25", (512,), 4_719_104 + 2_048),
        LayerRow("Dense, softmax", (7,), 3_591),
    ),
    recipes={
        "published": Recipe(
            summary="As published: Adam on plain pixels. The source gives no number of epochs; "
            "the weights of the best validation epoch are kept.",
            split="80-10-10",
            epochs=30,
            batch_size=128,
            learning_rate=1e-3,
            patience=8,
            keep="best",
        )
    },
    default_recipe="published",
    builder=build,
)
