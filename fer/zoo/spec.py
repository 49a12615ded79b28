"""`spec`: the plain seven-convolution CNN of a published FER-2013 system, 335,175 parameters.

The published table writes ReLU beside the last dense layer and 3x3x32 beside every deep
convolution. Its output shapes contradict the latter, and a softmax needs signed logits: this
follows the output shapes and leaves the last layer linear before its softmax.
"""

from typing import Any

from fer.zoo.architecture import Architecture, LayerRow
from fer.zoo.blocks import classifier
from fer.zoo.recipe import Recipe

# Filters of each 3x3 "valid" convolution; True where a 2x2 max pool follows.
_BLOCKS = (
    (32, False),
    (32, False),
    (32, False),
    (64, True),
    (64, False),
    (64, True),
    (128, True),
)


def build(classes: int) -> Any:
    """The network as a `keras.Model`: (n, 48, 48, 1) to (n, classes) probabilities."""
    from keras import Input, layers

    x = inputs = Input((48, 48, 1), name="face")
    for filters, pooled in _BLOCKS:
        x = layers.Conv2D(filters, 3, activation="relu")(x)
        x = layers.BatchNormalization()(x)
        if pooled:
            x = layers.MaxPooling2D(2)(x)
    x = layers.Conv2D(128, 3, activation="relu")(x)
    x = layers.Flatten()(x)
    return classifier(inputs, x, classes, "spec")


ARCHITECTURE = Architecture(
    name="spec",
    title="Plain seven-convolution CNN",
    source="a published FER-2013 system: 15 epochs of Adam, accuracy 0.9313 train, "
    "0.5773 validation, 0.5804 test on an 85/15 split",
    published=0.5804,
    parameters=335_175,
    layers=(
        LayerRow("Input", (48, 48, 1), 0),
        LayerRow("Conv 3x3, ReLU, BN", (46, 46, 32), 320 + 128),
        LayerRow("Conv 3x3, ReLU, BN", (44, 44, 32), 9_248 + 128),
        LayerRow("Conv 3x3, ReLU, BN", (42, 42, 32), 9_248 + 128),
        LayerRow("Conv 3x3, ReLU, BN", (40, 40, 64), 18_496 + 256),
        LayerRow("MaxPool 2x2", (20, 20, 64), 0),
        LayerRow("Conv 3x3, ReLU, BN", (18, 18, 64), 36_928 + 256),
        LayerRow("Conv 3x3, ReLU, BN", (16, 16, 64), 36_928 + 256),
        LayerRow("MaxPool 2x2", (8, 8, 64), 0),
        LayerRow("Conv 3x3, ReLU, BN", (6, 6, 128), 73_856 + 512),
        LayerRow("MaxPool 2x2", (3, 3, 128), 0),
        LayerRow("Conv 3x3, ReLU", (1, 1, 128), 147_584),
        LayerRow("Flatten, Dense, softmax", (7,), 903),
    ),
    recipes={
        "published": Recipe(
            summary="As published: 15 epochs of Adam on plain pixels; overfits.",
            epochs=15,
            batch_size=32,
            optimizer="adam",
            learning_rate=1e-3,
        ),
        "best": Recipe(
            summary="The same layers with augmentation and a cosine schedule: our best for them.",
            epochs=50,
            batch_size=64,
            optimizer="adam",
            learning_rate=2e-3,
            schedule="cosine",
            warmup_epochs=1,
            weight_decay=1e-4,
            label_smoothing=0.05,
            ema=0.999,
            flip=True,
            shift=0.08,
            rotation_deg=10,
            scale=0.1,
            brightness=0.1,
            contrast=0.2,
            patience=15,
            keep="best",
        ),
        "demo": Recipe(
            summary="A few short epochs, for drawn faces: watch a network learn in under a minute.",
            epochs=3,
            batch_size=64,
            optimizer="adam",
            learning_rate=1e-3,
            schedule="cosine",
            bn_momentum=0.8,
        ),
    },
    default_recipe="best",
    builder=build,
)
