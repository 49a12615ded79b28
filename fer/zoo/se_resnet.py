"""`se-resnet-*`: our own residual networks with squeeze and excitation.

He et al. 2016 (residual blocks) and Hu et al. 2018 (squeeze and excitation), for a face of 40 to 44
pixels: `-s`, `-m`, `-12` and `-14` sized for a laptop's processor, `-18` and `-14-wide` for a GPU.
"""

from dataclasses import replace
from typing import Any

from fer.zoo.blocks import classifier, shortcut_half
from fer.zoo.recipe import Recipe

_REDUCTION = 8

RECIPE = Recipe(
    summary="SGD with a cosine schedule, moderate augmentation, averaged weights.",
    split="official",
    epochs=150,
    batch_size=128,
    optimizer="sgd",
    learning_rate=0.1,
    schedule="cosine",
    warmup_epochs=3,
    # Decoupled from the gradient: ten times what is written for SGD with momentum 0.9 elsewhere.
    weight_decay=5e-3,
    label_smoothing=0.1,
    ema=0.999,
    flip=True,
    shift=0.08,
    rotation_deg=15,
    scale=0.15,
    brightness=0.2,
    contrast=0.3,
    erasing=0.3,
    mixup=0.2,
    mixup_off_epochs=15,
    keep="best",
)

FERPLUS = replace(
    RECIPE,
    summary="The best recipe, with FER+'s votes as 40 % of each target.",
    votes=0.4,
    # The votes spread the target already.
    label_smoothing=0.05,
)

GENERAL = replace(
    FERPLUS,
    summary="FER+'s votes too, and faces of poor quality: for photographs and cameras.",
    degrading=0.4,
)

RECIPES = {"best": RECIPE, "ferplus": FERPLUS, "general": GENERAL}


def build(
    classes: int,
    stem: int,
    widths: tuple[int, ...],
    blocks: tuple[int, ...],
    cropped_px: int,
    name: str,
) -> Any:
    """The network as a `keras.Model`: (n, 48, 48, 1) to (n, classes) probabilities.

    `stem` and `widths` are the channels of the first convolution and of each stage, `blocks` the
    residual blocks of each stage; a stage that is wider than what comes before it halves the
    resolution. `cropped_px` are cut off each side of the face first: they carry hair and
    background.
    """
    from keras import Input, layers

    x = inputs = Input((48, 48, 1), name="face")
    x = layers.Cropping2D(cropped_px)(x)
    x = _conv_bn(x, stem)
    x = layers.ReLU()(x)
    for width, count in zip(widths, blocks, strict=True):
        for _ in range(count):
            x = _block(x, width, strides=2 if x.shape[-1] < width else 1)
    x = layers.GlobalAveragePooling2D()(x)
    return classifier(inputs, layers.Dropout(0.25)(x), classes, name)


def _block(x: Any, width: int, strides: int) -> Any:
    from keras import layers

    shortcut = x
    if strides > 1:
        shortcut = shortcut_half(x, width)
    x = layers.ReLU()(_conv_bn(x, width, strides=strides))
    x = _conv_bn(x, width)
    scale = layers.GlobalAveragePooling2D(keepdims=True)(x)
    scale = layers.Conv2D(width // _REDUCTION, 1, activation="relu")(scale)
    scale = layers.Conv2D(width, 1, activation="sigmoid")(scale)
    return layers.ReLU()(layers.Add()([layers.Multiply()([x, scale]), shortcut]))


def _conv_bn(x: Any, width: int, strides: int = 1) -> Any:
    from keras import layers

    x = layers.Conv2D(
        width,
        3,
        strides,
        padding="same",
        use_bias=False,
        kernel_initializer="he_normal",
    )(x)
    return layers.BatchNormalization()(x)
