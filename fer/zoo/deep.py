"""`deep`: four wide convolutions and two dense layers, the deep one of a published pair."""

from typing import Any

from fer.zoo.architecture import Architecture, LayerRow
from fer.zoo.blocks import classifier, conv_bn_relu, dense_bn_relu
from fer.zoo.recipe import Recipe


def build(classes: int) -> Any:
    """The network as a `keras.Model`: (n, 48, 48, 1) to (n, classes) probabilities."""
    from keras import Input, layers

    x = inputs = Input((48, 48, 1), name="face")
    for filters, kernel in ((64, 3), (128, 5), (512, 3), (512, 3)):
        x = conv_bn_relu(x, filters, kernel)
        x = layers.MaxPooling2D(2)(x)
        x = layers.Dropout(0.25)(x)
    x = layers.Flatten()(x)
    for units in (256, 512):
        x = dense_bn_relu(x, units)
        x = layers.Dropout(0.25)(x)
    return classifier(inputs, x, classes, "deep")


ARCHITECTURE = Architecture(
    name="deep",
    title="Four wide convolutions, two dense layers",
    source="a published comparison of a shallow and a deep CNN on FER-2013: test accuracy 0.6555; "
    "its layers are also trained by others on the official split",
    published=0.6555,
    parameters=4_478_727,
    layers=(
        LayerRow("Input", (48, 48, 1), 0),
        LayerRow("Conv 3x3, BN, ReLU", (48, 48, 64), 640 + 256),
        LayerRow("MaxPool 2x2, dropout 0.25", (24, 24, 64), 0),
        LayerRow("Conv 5x5, BN, ReLU", (24, 24, 128), 204_928 + 512),
        LayerRow("MaxPool 2x2, dropout 0.25", (12, 12, 128), 0),
        LayerRow("Conv 3x3, BN, ReLU", (12, 12, 512), 590_336 + 2_048),
        LayerRow("MaxPool 2x2, dropout 0.25", (6, 6, 512), 0),
        LayerRow("Conv 3x3, BN, ReLU", (6, 6, 512), 2_359_808 + 2_048),
        LayerRow("MaxPool 2x2, dropout 0.25", (3, 3, 512), 0),
        LayerRow("Flatten, dense, BN, ReLU, dropout 0.25", (256,), 1_179_904 + 1_024),
        LayerRow("Dense, BN, ReLU, dropout 0.25", (512,), 131_584 + 2_048),
        LayerRow("Dense, softmax", (7,), 3_591),
    ),
    recipes={
        "published": Recipe(
            summary="As published: Adam, batch 128, plain pixels. The source gives no number of "
            "epochs; the weights of the best validation epoch are kept.",
            split="80-10-10",
            epochs=35,
            batch_size=128,
            learning_rate=1e-3,
            patience=10,
            keep="best",
        ),
        "official-split": Recipe(
            summary="As others train the same layers: official split, Adam 5e-4, mirrored faces, "
            "15 epochs.",
            split="official",
            epochs=15,
            batch_size=64,
            learning_rate=5e-4,
            schedule="plateau",
            plateau_factor=0.1,
            plateau_patience=2,
            flip=True,
        ),
    },
    default_recipe="published",
    builder=build,
)
