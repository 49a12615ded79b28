"""Pieces that several networks are made of. Keras is imported only when one is built."""

from typing import Any


def conv_bn_relu(x: Any, filters: int, kernel: int = 3, padding: str = "same") -> Any:
    """Convolution, batch normalisation, ReLU."""
    from keras import layers

    x = layers.Conv2D(filters, kernel, padding=padding)(x)
    x = layers.BatchNormalization()(x)
    return layers.ReLU()(x)


def dense_bn_relu(x: Any, units: int) -> Any:
    """Dense layer, batch normalisation, ReLU."""
    from keras import layers

    x = layers.Dense(units)(x)
    x = layers.BatchNormalization()(x)
    return layers.ReLU()(x)


def shortcut_half(x: Any, filters: int) -> Any:
    """A strided 1x1 convolution and batch normalisation: every other pixel, projected.

    The stride is a pooling layer of its own, which gives the same numbers: TensorFlow 2.21's
    strided 1x1 convolution writes past its memory while training on some processors (seen with 8
    input channels on AVX-512, oneDNN on).
    """
    from keras import layers

    x = layers.AveragePooling2D(1, strides=2, padding="same")(x)
    x = layers.Conv2D(filters, 1, use_bias=False)(x)
    return layers.BatchNormalization()(x)


def classifier(inputs: Any, x: Any, classes: int, name: str) -> Any:
    """The last dense layer ("logits"), its softmax, and the model around it all."""
    from keras import layers

    logits = layers.Dense(classes, dtype="float32", name="logits")(x)
    return softmax_model(inputs, logits, name)


def softmax_model(inputs: Any, logits: Any, name: str) -> Any:
    """A model that ends in the softmax of `logits`, the output of a layer of that name."""
    from keras import Model, layers

    # float32 whatever the policy: a softmax in 16 bits has steps that one sees.
    outputs = layers.Softmax(dtype="float32", name="probabilities")(logits)
    return Model(inputs, outputs, name=name.replace("-", "_"))
