"""`se-resnet-s` and `se-resnet-m`: our own residual networks with squeeze and excitation.

He et al. 2016 (residual blocks) and Hu et al. 2018 (squeeze and excitation), sized for a face of
40x40 pixels on a laptop's processor.
"""

from typing import Any

from fer.zoo.blocks import classifier, shortcut_half
from fer.zoo.recipe import Recipe

# The outer 4 pixels of a 48x48 face carry hair and background: a third of the work, little to see.
_CROPPED_PX = 4
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


def build(classes: int, widths: tuple[int, ...], blocks: tuple[int, ...], name: str) -> Any:
    """The network as a `keras.Model`: (n, 48, 48, 1) to (n, classes) probabilities.

    `widths` are the channels of each stage, `blocks` its residual blocks; every stage but the
    first halves the resolution.
    """
    from keras import Input, layers

    x = inputs = Input((48, 48, 1), name="face")
    x = layers.Cropping2D(_CROPPED_PX)(x)
    x = _conv_bn(x, widths[0])
    x = layers.ReLU()(x)
    for stage, (width, count) in enumerate(zip(widths, blocks, strict=True)):
        for index in range(count):
            x = _block(x, width, strides=2 if stage and not index else 1)
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
