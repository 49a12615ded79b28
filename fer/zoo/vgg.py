"""`vgg`: four blocks of two 3x3 convolutions, as in VGG, for 48x48 faces."""

from typing import Any

from fer.zoo.architecture import Architecture, LayerRow
from fer.zoo.blocks import classifier
from fer.zoo.recipe import Recipe


def build(classes: int) -> Any:
    """The network as a `keras.Model`: (n, 48, 48, 1) to (n, classes) probabilities."""
    from keras import Input, layers

    x = inputs = Input((48, 48, 1), name="face")
    padding = "valid"  # of the very first convolution alone
    for filters in (64, 128, 256, 512):
        for _ in range(2):
            x = layers.Conv2D(filters, 3, padding=padding, activation="relu")(x)
            x = layers.BatchNormalization()(x)
            padding = "same"
        x = layers.MaxPooling2D(3, strides=2)(x)
        x = layers.Dropout(0.3)(x)
    x = layers.Flatten()(x)
    for units in (512, 256, 64):
        x = layers.Dense(units, activation="relu")(x)
        x = layers.Dropout(0.3)(x)
    return classifier(inputs, x, classes, "vgg")


ARCHITECTURE = Architecture(
    name="vgg",
    title="Four VGG blocks, three dense layers",
    source="a published FER-2013 system: test accuracy about 0.65, validation about 0.68",
    published=0.65,
    parameters=5_102_791,
    layers=(
        LayerRow("Input", (48, 48, 1), 0),
        LayerRow("Conv 3x3 valid, ReLU, BN", (46, 46, 64), 640 + 256),
        LayerRow("Conv 3x3, ReLU, BN", (46, 46, 64), 36_928 + 256),
        LayerRow("MaxPool 3x3 / 2, dropout 0.3", (22, 22, 64), 0),
        LayerRow("Conv 3x3, ReLU, BN", (22, 22, 128), 73_856 + 512),
        LayerRow("Conv 3x3, ReLU, BN", (22, 22, 128), 147_584 + 512),
        LayerRow("MaxPool 3x3 / 2, dropout 0.3", (10, 10, 128), 0),
        LayerRow("Conv 3x3, ReLU, BN", (10, 10, 256), 295_168 + 1_024),
        LayerRow("Conv 3x3, ReLU, BN", (10, 10, 256), 590_080 + 1_024),
        LayerRow("MaxPool 3x3 / 2, dropout 0.3", (4, 4, 256), 0),
        LayerRow("Conv 3x3, ReLU, BN", (4, 4, 512), 1_180_160 + 2_048),
        LayerRow("Conv 3x3, ReLU, BN", (4, 4, 512), 2_359_808 + 2_048),
        LayerRow("MaxPool 3x3 / 2, dropout 0.3", (1, 1, 512), 0),
        LayerRow("Flatten, dense, ReLU, dropout 0.3", (512,), 262_656),
        LayerRow("Dense, ReLU, dropout 0.3", (256,), 131_328),
        LayerRow("Dense, ReLU, dropout 0.3", (64,), 16_448),
        LayerRow("Dense, softmax", (7,), 455),
    ),
    recipes={
        "published": Recipe(
            summary="As published: Adam, faces turned, moved, scaled and mirrored, early stopping. "
            "The source holds out 20 %; half of that chooses, half tests.",
            split="80-10-10",
            epochs=100,
            batch_size=64,
            learning_rate=1e-3,
            schedule="plateau",
            plateau_factor=0.9,
            plateau_patience=5,
            flip=True,
            rotation_deg=10,
            shift=0.1,
            scale=0.1,
            patience=10,
            keep="best",
        )
    },
    default_recipe="published",
    builder=build,
)
