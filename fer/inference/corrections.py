"""Answers that a person found wrong, as a table that can be imported as a data set."""

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from fer.errors import InputError
from fer.images import FACE_SIZE_PX
from fer.labels import LABELS

# As fer2013.csv has them; readers of it leave the others out.
_FIRST = ("emotion", "pixels", "label", "prediction", "model")


@dataclass(frozen=True, eq=False)
class Correction:
    """A face with the label that a person gave it, and what a model had said.

    Attributes:
        face: (48, 48) uint8 grey. label: one of `LABELS`.
        probabilities: the model's, 0..1, of each of its labels.
    """

    face: np.ndarray
    label: str
    model: str
    probabilities: Mapping[str, float]

    def __post_init__(self) -> None:
        if self.label not in LABELS:
            raise InputError(f"A label is one of {', '.join(LABELS)}, not {self.label!r}.")
        if self.face.shape != (FACE_SIZE_PX, FACE_SIZE_PX) or self.face.dtype != np.uint8:
            raise InputError(
                f"A face is (48, 48) of uint8, not {self.face.shape} of {self.face.dtype}."
            )

    @property
    def prediction(self) -> str:
        """What the model had said."""
        return max(self.probabilities, key=self.probabilities.__getitem__)


def corrections_csv(corrections: Iterable[Correction]) -> str:
    """A row a face: emotion and pixels as in fer2013.csv, then label, prediction, model and the
    probability of each label, empty where the model does not have it."""
    text = io.StringIO()
    writer = csv.DictWriter(text, [*_FIRST, *LABELS])
    writer.writeheader()
    for one in corrections:
        writer.writerow(
            {
                "emotion": LABELS.index(one.label),
                "pixels": " ".join(map(str, one.face.ravel().tolist())),
                "label": one.label,
                "prediction": one.prediction,
                "model": one.model,
                **one.probabilities,
            }
        )
    return text.getvalue()
