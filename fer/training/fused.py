"""Batch normalisation by TensorFlow's fused kernel, equal to Keras's own up to rounding."""

from typing import Any

import keras
import tensorflow as tf


class FusedBatchNormalization(keras.layers.BatchNormalization):
    """`keras.layers.BatchNormalization` over the channels of (n, h, w, c), or of (n, c).

    The kernel reports the unbiased variance of a batch (n / (n - 1) times Keras's), which is put
    right before it enters the moving variance. Only training differs from Keras; the inference of
    the base class is used as it is.
    """

    def call(self, inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
        if not (training and self.trainable) or mask is not None:
            return super().call(inputs, training=training, mask=mask)
        x = inputs if len(inputs.shape) == 4 else inputs[:, None, None, :]
        x = tf.cast(x, self.compute_dtype)
        normalised, mean, variance, *_ = tf.raw_ops.FusedBatchNormV3(
            x=x,
            scale=tf.convert_to_tensor(self.gamma),
            offset=tf.convert_to_tensor(self.beta),
            mean=tf.zeros([0]),
            variance=tf.zeros([0]),
            epsilon=self.epsilon,
            is_training=True,
        )
        count = tf.cast(tf.size(x) // tf.shape(x)[-1], variance.dtype)
        variance *= (count - 1.0) / count
        for moving, batch in ((self.moving_mean, mean), (self.moving_variance, variance)):
            moving.assign(moving * self.momentum + batch * (1.0 - self.momentum))
        return normalised if len(inputs.shape) == 4 else normalised[:, 0, 0, :]
