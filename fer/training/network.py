"""The network as it is trained: logits, the run's precision, and fast batch normalisation.

Only the worker imports this module: it loads Keras and its backend.
"""

from pathlib import Path
from typing import Any

import keras
import numpy as np

from fer import zoo
from fer.zoo import Recipe


def resolved_precision(recipe: Recipe) -> str:
    """ "float32" or "bfloat16": what "auto" means on this machine.

    bfloat16 gains where the processor (or accelerator) multiplies it natively and loses elsewhere.
    """
    if recipe.precision != "auto":
        return recipe.precision
    return "bfloat16" if _multiplies_bfloat16() else "float32"


def trainable(architecture: str, classes: int, precision: str, recipe: Recipe) -> keras.Model:
    """A fresh network that ends in logits, weights float32, arithmetic in `precision`."""
    policy = "mixed_bfloat16" if precision == "bfloat16" else "float32"
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        network = zoo.build(architecture, classes)
    finally:
        keras.config.set_dtype_policy(before)
    if keras.config.backend() == "tensorflow":
        network = _with_fused_batch_normalisation(network)
    for layer in network.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.momentum = recipe.bn_momentum
    return keras.Model(network.input, network.get_layer("logits").output)


def servable(architecture: str, classes: int, weights: list[np.ndarray]) -> keras.Model:
    """The plain float32 network, softmax included, with trained weights."""
    network = zoo.build(architecture, classes)
    network.set_weights(weights)
    return network


def compiled(model: keras.Model, recipe: Recipe) -> keras.Model:
    """`model` with the recipe's optimiser and loss, in place."""
    settings: dict[str, Any] = {"learning_rate": recipe.learning_rate}
    if recipe.weight_decay:
        settings["weight_decay"] = recipe.weight_decay
    if recipe.optimizer == "sgd":
        optimizer = keras.optimizers.SGD(momentum=0.9, nesterov=True, **settings)
    else:
        optimizer = keras.optimizers.Adam(**settings)
    if recipe.weight_decay:
        # Decay is for kernels: on biases and batch normalisation it only costs accuracy.
        free = [v for v in model.trainable_variables if v.name != "kernel"]
        optimizer.exclude_from_weight_decay(var_list=free)
    loss = keras.losses.CategoricalCrossentropy(from_logits=True)
    model.compile(optimizer=optimizer, loss=loss, metrics=["accuracy"])
    optimizer.build(model.trainable_variables)
    return model


def _multiplies_bfloat16() -> bool:
    if keras.config.backend() == "tensorflow":
        import tensorflow

        if tensorflow.config.list_physical_devices("GPU"):
            return True
        cpuinfo = Path("/proc/cpuinfo")
        flags = cpuinfo.read_text() if cpuinfo.is_file() else ""
        return "avx512_bf16" in flags or "amx_bf16" in flags
    if keras.config.backend() == "jax":
        import jax

        return bool(jax.default_backend() == "gpu")
    return False


def _with_fused_batch_normalisation(network: keras.Model) -> keras.Model:
    """The same network with TensorFlow's fused kernel in each batch normalisation.

    Keras composes it from a dozen operations, which on a CPU cost over half of a training step.
    """
    from fer.training.fused import FusedBatchNormalization

    def replaced(layer: keras.layers.Layer) -> keras.layers.Layer:
        kind = type(layer)
        if kind is keras.layers.BatchNormalization:
            kind = FusedBatchNormalization
        return kind.from_config(layer.get_config())

    return keras.models.clone_model(network, clone_function=replaced)
