"""`mini-xception`: the field's small classic, 58,423 parameters on 64x64 faces.

Arriaga, Valdenegro-Toro, Ploeger: "Real-time Convolutional Neural Networks for Emotion and Gender
Classification" (2017).
"""

from typing import Any

from fer.images import InputSpec
from fer.zoo.architecture import Architecture, LayerRow
from fer.zoo.blocks import shortcut_half, softmax_model
from fer.zoo.recipe import Recipe


def build(classes: int) -> Any:
    """The network as a `keras.Model`: (n, 64, 64, 1) to (n, classes) probabilities."""
    from keras import Input, layers

    x = inputs = Input((64, 64, 1), name="face")
    for _ in range(2):
        x = layers.Conv2D(8, 3, use_bias=False)(x)
        x = layers.BatchNormalization()(x)
        x = layers.ReLU()(x)
    for filters in (16, 32, 64, 128):
        x = _module(x, filters)
    x = layers.Conv2D(classes, 3, padding="same")(x)
    logits = layers.GlobalAveragePooling2D(dtype="float32", name="logits")(x)
    return softmax_model(inputs, logits, "mini-xception")


def _module(x: Any, filters: int) -> Any:
    """Two separable convolutions and a pool, beside a strided 1x1 convolution."""
    from keras import layers

    shortcut = shortcut_half(x, filters)
    x = layers.SeparableConv2D(filters, 3, padding="same", use_bias=False)(x)
    x = layers.ReLU()(layers.BatchNormalization()(x))
    x = layers.SeparableConv2D(filters, 3, padding="same", use_bias=False)(x)
    x = layers.BatchNormalization()(x)
    x = layers.MaxPooling2D(3, strides=2, padding="same")(x)
    return layers.Add()([x, shortcut])


ARCHITECTURE = Architecture(
    name="mini-xception",
    title="Mini-Xception: separable and small",
    source="Arriaga et al. 2017: accuracy 0.66 on FER-2013",
    published=0.66,
    parameters=58_423,
    input=InputSpec(size_px=64, normalisation="signed"),
    layers=(
        LayerRow("Input", (64, 64, 1), 0),
        LayerRow("Conv 3x3 valid, BN, ReLU", (62, 62, 8), 72 + 32),
        LayerRow("Conv 3x3 valid, BN, ReLU", (60, 60, 8), 576 + 32),
        LayerRow("2 x separable conv 3x3, pool, shortcut", (30, 30, 16), 920),
        LayerRow("2 x separable conv 3x3, pool, shortcut", (15, 15, 32), 2_864),
        LayerRow("2 x separable conv 3x3, pool, shortcut", (8, 8, 64), 9_824),
        LayerRow("2 x separable conv 3x3, pool, shortcut", (4, 4, 128), 36_032),
        LayerRow("Conv 3x3", (4, 4, 7), 8_071),
        LayerRow("Global average, softmax", (7,), 0),
    ),
    recipes={
        "published": Recipe(
            summary="Close to the published one: Adam, faces turned, moved, scaled and mirrored, "
            "the rate cut when validation stands still.",
            split="official",
            epochs=110,
            batch_size=32,
            learning_rate=1e-3,
            schedule="plateau",
            plateau_factor=0.1,
            plateau_patience=12,
            flip=True,
            rotation_deg=10,
            shift=0.1,
            scale=0.1,
            patience=50,
            keep="best",
            # Processors are quick at bfloat16 in full convolutions; in separable ones, of a few
            # channels, it takes half as long again.
            precision="float32",
        )
    },
    default_recipe="published",
    builder=build,
)
