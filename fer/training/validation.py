"""What the validation faces say after an epoch."""

from dataclasses import dataclass
from typing import Any

import numpy as np

# Faces whose predictions are kept after each epoch, for people to watch.
WATCHED = 16


@dataclass(frozen=True, eq=False)
class Validation:
    """Scores of one epoch, from logits (n, classes) and labels (n,), column indices.

    Attributes:
        confusion: (classes, classes) int counts, rows true, columns predicted.
        probabilities: (n, classes) float64.
    """

    loss: float
    accuracy: float
    confusion: np.ndarray
    probabilities: np.ndarray

    @classmethod
    def of(cls, logits: np.ndarray, labels: np.ndarray) -> "Validation":
        """Softmax in float64, so that large logits lose nothing."""
        shifted = logits.astype(np.float64) - logits.max(axis=1, keepdims=True)
        log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
        classes = logits.shape[1]
        cells = np.bincount(labels * classes + logits.argmax(axis=1), minlength=classes**2)
        return cls(
            loss=float(-log_p[np.arange(len(labels)), labels].mean()),
            accuracy=float((logits.argmax(axis=1) == labels).mean()),
            confusion=cells.reshape(classes, classes),
            probabilities=np.exp(log_p),
        )

    @property
    def macro_f1(self) -> float:
        """Mean F1 of the labels that occur."""
        hits = np.diag(self.confusion)
        claimed, support = self.confusion.sum(axis=0), self.confusion.sum(axis=1)
        f1 = 2 * hits / np.maximum(claimed + support, 1)
        return float(f1[support > 0].mean())

    def to_row(self) -> dict[str, Any]:
        """As recorded in metrics.jsonl."""
        return {
            "val_loss": self.loss,
            "val_accuracy": self.accuracy,
            "val_macro_f1": self.macro_f1,
        }

    def details(self) -> dict[str, Any]:
        """What is too much to keep of every epoch in a card: the confusion, the watched faces."""
        return {
            "confusion": self.confusion.tolist(),
            "watched": np.round(self.probabilities[:WATCHED], 4).tolist(),
        }
