"""The network as it is trained: logits, the run's precision, and fast batch normalisation.

Only the worker imports this module: it loads Keras and its backend.
"""

import importlib.metadata
import math
import time
from typing import Any

import keras
import numpy as np

from fer import zoo
from fer.evaluation import machine
from fer.zoo import Recipe

# bfloat16 is taken only where it is clearly faster: it costs three digits of every number.
_WORTHWHILE = 1.2


def resolved_precision(recipe: Recipe) -> str:
    """ "float32" or "bfloat16": what "auto" means here, found by timing a convolution in both.

    Where a processor or accelerator multiplies bfloat16 natively it is about twice as fast;
    elsewhere it is emulated and several times slower.
    """
    if recipe.precision != "auto":
        return recipe.precision
    seconds = _convolution_seconds()
    return "bfloat16" if seconds["float32"] > _WORTHWHILE * seconds["bfloat16"] else "float32"


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


def state_variables(model: keras.Model) -> list[keras.Variable]:
    """Weights and the state of dropout's random numbers, which `get_weights` leaves out."""
    found = {id(v): v for layer in model.layers for v in layer.variables}
    return list(found.values())


def assign(variables: list[keras.Variable], values: list[np.ndarray]) -> None:
    """Give `variables` the `values`.

    Raises:
        ValueError: where they are of other shapes.
    """
    if [tuple(v.shape) for v in variables] != [value.shape for value in values]:
        raise ValueError("the checkpoint belongs to another network or optimiser")
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)


def accelerators() -> list[str]:
    """What Keras computes on here instead of the processor: ["gpu:0"], say."""
    if keras.config.backend() == "torch":  # Keras does not list its devices
        gpus = importlib.import_module("torch").cuda.device_count()
        return [f"gpu:{number}" for number in range(gpus)]
    devices = map(str, keras.distribution.list_devices())
    return [device for device in devices if not device.startswith("cpu")]


def trained_by() -> dict[str, Any]:
    """What a network is trained by here, as its card tells it: "backend", "machine", "versions"."""
    backend = keras.config.backend()
    return {
        "backend": backend,
        "machine": ", ".join([machine(), *accelerators()]),
        "versions": {
            package: importlib.metadata.version(package) for package in ("keras", backend, "numpy")
        },
    }


def servable(architecture: str, classes: int, weights: list[np.ndarray]) -> keras.Model:
    """The plain float32 network, softmax included, with trained weights."""
    network = zoo.build(architecture, classes)
    network.set_weights(weights)
    return network


def multiply_adds(model: keras.Model) -> int:
    """Multiplications with an addition that one face costs, in convolutions and dense layers."""
    return sum(
        math.prod(layer.output.shape[1:-1]) * math.prod(kernel.shape)
        for layer in model.layers
        for kernel in layer.weights
        # A separable convolution has two of them.
        if kernel.name.endswith("kernel")
    )


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
        free = [v for v in model.trainable_variables if not v.name.endswith("kernel")]
        optimizer.exclude_from_weight_decay(var_list=free)
    loss = keras.losses.CategoricalCrossentropy(from_logits=True)
    model.compile(optimizer=optimizer, loss=loss, metrics=["accuracy"])
    optimizer.build(model.trainable_variables)
    # Variables that the first step would make have it traced twice: seconds in which nothing moves.
    nothing = np.zeros((1, model.output_shape[-1]), np.float32)
    model.compute_metrics(None, nothing, nothing)
    return model


def _convolution_seconds(repeats: int = 7) -> dict[str, float]:
    """The fastest of `repeats` convolutions of a typical layer in each precision, interleaved."""
    rng = np.random.default_rng(0)
    x, kernel = rng.standard_normal((64, 24, 24, 64)), rng.standard_normal((3, 3, 64, 64))
    inputs = {
        name: (keras.ops.convert_to_tensor(x, name), keras.ops.convert_to_tensor(kernel, name))
        for name in ("float32", "bfloat16")
    }
    seconds = dict.fromkeys(inputs, float("inf"))
    for _ in range(repeats):
        for name, (images, weights) in inputs.items():
            started = time.perf_counter()
            # Reading one number back waits for accelerators, which answer before they are done.
            float(keras.ops.conv(images, weights, padding="same")[0, 0, 0, 0])
            seconds[name] = min(seconds[name], time.perf_counter() - started)
    return seconds


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
