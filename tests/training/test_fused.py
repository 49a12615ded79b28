"""Fused batch normalisation against Keras's own, in float32; tolerances are those of rounding."""

from typing import Any

import numpy as np
import pytest


@pytest.fixture(scope="module", params=["images", "rows", "one image", "large mean"])
def pair(request: pytest.FixtureRequest) -> tuple[Any, Any, np.ndarray]:
    """The two layers with the same weights, and an input."""
    import keras

    from fer.training.fused import FusedBatchNormalization

    rng = np.random.default_rng(0)
    shape = {"rows": (32, 6), "one image": (1, 5, 4, 6)}.get(request.param, (8, 5, 4, 6))
    x = rng.normal(2, 3, shape).astype(np.float32)
    if request.param == "large mean":
        x += 50
    layers = [
        kind(momentum=0.9, epsilon=1e-3)
        for kind in (keras.layers.BatchNormalization, FusedBatchNormalization)
    ]
    values = [
        rng.uniform(0.5, 2, 6),
        rng.normal(0, 1, 6),
        rng.normal(0, 1, 6),
        rng.uniform(1, 3, 6),
    ]
    for layer in layers:
        layer.build(shape)
        layer.set_weights([value.astype(np.float32) for value in values])
    return layers[0], layers[1], x


def trained(layer: Any, x: np.ndarray) -> dict[str, np.ndarray]:
    """What a training step sees and leaves behind: outputs, gradients, moving statistics."""
    import tensorflow as tf

    before = layer.get_weights()
    weight = np.random.default_rng(1).normal(0, 1, x.shape).astype(np.float32)
    inputs = tf.constant(x)
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        y = layer(inputs, training=True)
        loss = tf.reduce_sum(y * weight)
    variables = [variable.value for variable in layer.trainable_variables]
    gradients = tape.gradient(loss, [inputs, *variables])
    found = {"outputs": y, "moving mean": layer.moving_mean, "moving var": layer.moving_variance}
    found |= dict(zip(("d input", "d gamma", "d beta"), gradients, strict=True))
    result = {name: np.array(value) for name, value in found.items()}
    layer.set_weights(before)
    return result


def test_training_is_the_same(pair: tuple[Any, Any, np.ndarray]) -> None:
    theirs, ours, x = pair
    expected, found = trained(theirs, x), trained(ours, x)
    for name, value in expected.items():
        scale = max(1.0, float(np.abs(value).max()))
        # Keras takes E[x^2] - E[x]^2, which loses digits where the mean is large.
        atol = (2e-3 if abs(x.mean()) > 20 else 1e-4) * scale
        np.testing.assert_allclose(found[name], value, atol=atol, rtol=0, err_msg=name)


def test_moving_statistics_are_those_of_numpy(pair: tuple[Any, Any, np.ndarray]) -> None:
    _, ours, x = pair
    axes = tuple(range(x.ndim - 1))
    found = trained(ours, x)
    _, _, mean, variance = ours.get_weights()
    exact = x.astype(np.float64)
    np.testing.assert_allclose(found["moving mean"], 0.9 * mean + 0.1 * exact.mean(axes), rtol=1e-4)
    # The biased variance, as Keras keeps it, not the kernel's unbiased one.
    np.testing.assert_allclose(
        found["moving var"], 0.9 * variance + 0.1 * exact.var(axes), rtol=1e-4
    )


def test_inference_is_the_same_and_changes_nothing(pair: tuple[Any, Any, np.ndarray]) -> None:
    theirs, ours, x = pair
    before = ours.get_weights()
    np.testing.assert_allclose(
        np.array(ours(x, training=False)), np.array(theirs(x, training=False)), atol=1e-5
    )
    for one, other in zip(ours.get_weights(), before, strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_frozen_layer_does_not_learn_its_batch(pair: tuple[Any, Any, np.ndarray]) -> None:
    _, ours, x = pair
    ours.trainable = False
    try:
        expected = np.array(ours(x, training=False))
        np.testing.assert_array_equal(np.array(ours(x, training=True)), expected)
    finally:
        ours.trainable = True
