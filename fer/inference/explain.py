"""Why a face is read as it is: parts of it are covered, and what that changes is measured.

After Zeiler and Fergus, "Visualizing and Understanding Convolutional Networks" (2014). It asks the
served model itself and needs no gradient.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from fer.errors import InputError
from fer.images import FACE_SIZE_PX, resize_face
from fer.inference.predictor import Predictor

# Square patches of a quarter of the face's side (about a mouth, or an eye with its brow), moved by
# a third of theirs: 144 copies, nine full batches.
PATCH_PX, STEP_PX = 12, 4
CELLS = FACE_SIZE_PX // STEP_PX
# Differences below these are not drawn as if they were much, or not told.
_LEAST_SHOWN = 0.05
_LEAST_TOLD = 0.01
_FOR, _AGAINST = (230, 159, 0), (0, 114, 178)  # orange and blue, told apart by every eye
_ROWS, _COLUMNS = ("upper", "middle", "lower"), ("left", "middle", "right")


@dataclass(frozen=True, eq=False)
class Occlusion:
    """What covering each part of a face changes.

    Attributes:
        labels: the model's.
        probabilities: (k,) float32 of the face as it is.
        drops: (12, 12, k) float32: by how much each probability falls, on average, when a patch
            covers this cell of 4 x 4 pixels. Positive speaks for the label, negative against it.
    """

    labels: tuple[str, ...]
    probabilities: np.ndarray
    drops: np.ndarray

    @property
    def emotion(self) -> str:
        """The label with the highest probability."""
        return self.labels[int(self.probabilities.argmax())]

    def heat(self, label: str | None = None) -> np.ndarray:
        """(12, 12) float32, the drops of one label; None is the most probable one."""
        if label is not None and label not in self.labels:
            raise InputError(f"A label of this model is one of {', '.join(self.labels)}.")
        return self.drops[:, :, self.labels.index(label or self.emotion)]

    def place(self, label: str | None = None) -> tuple[str, float]:
        """Where covering lowers the label most, in words ("lower middle"), and by how much."""
        heat = self.heat(label)
        row, column = np.unravel_index(heat.argmax(), heat.shape)
        third = CELLS // 3
        words = (_ROWS[int(row) // third], _COLUMNS[int(column) // third])
        name = "centre" if words == ("middle", "middle") else " ".join(words)
        return name, float(heat.max())

    def sentence(self, label: str | None = None) -> str:
        """What counts most for the label, and how much."""
        label = label or self.emotion
        place, drop = self.place(label)
        if drop <= _LEAST_TOLD:
            return f"No part of the face alone counts for {label}: covering any changes it little."
        share = float(self.probabilities[self.labels.index(label)])
        return (
            f"What counts most for {label} is in the {place} of the face: covering it takes "
            f"{100 * drop:.0f} of the {100 * share:.0f} points."
        )


def occlusion(predictor: Predictor, face: np.ndarray) -> Occlusion:
    """Cover each part of a face (h, w) uint8 grey with its mean grey, and read every copy."""
    face = resize_face(face, FACE_SIZE_PX)
    starts = [(cell - 1) * STEP_PX for cell in range(CELLS)]  # the middle of a patch is its cell
    copies = np.repeat(face[None], CELLS * CELLS + 1, axis=0)
    grey = round(float(face.mean()))
    for copy, (top, left) in zip(copies, ((y, x) for y in starts for x in starts), strict=False):
        copy[max(top, 0) : top + PATCH_PX, max(left, 0) : left + PATCH_PX] = grey
    read = predictor.probabilities(copies)  # the last copy is the face itself
    drops = (read[-1] - read[:-1]).reshape(CELLS, CELLS, -1)
    return Occlusion(predictor.bundle.labels, read[-1], _averaged(drops))


def overlay(face: np.ndarray, heat: np.ndarray, size_px: int = 288) -> np.ndarray:
    """A face (h, w) uint8 under its heat (rows, columns) float: (size_px, size_px, 3) uint8 RGB.

    Orange is what speaks for the label, blue what speaks against it; the strongest is nearly
    opaque, and where there is no colour the part did not matter.
    """
    grown = cv2.resize(face, (size_px, size_px), interpolation=cv2.INTER_CUBIC)
    scaled = heat.astype(np.float32) / np.float32(max(float(np.abs(heat).max()), _LEAST_SHOWN))
    strength = cv2.resize(scaled, (size_px, size_px), interpolation=cv2.INTER_LINEAR)
    colour = np.where(strength[..., None] > 0, np.array(_FOR), np.array(_AGAINST))
    opacity = 0.75 * np.abs(strength)[..., None]
    mixed = grown[..., None] * (1 - opacity) + colour * opacity
    return np.round(mixed).astype(np.uint8)


def _averaged(drops: np.ndarray) -> np.ndarray:
    """The mean over the up to nine patches that cover each cell."""
    padded = np.pad(drops, ((1, 1), (1, 1), (0, 0)))
    counted = np.pad(np.ones((CELLS, CELLS, 1), np.float32), ((1, 1), (1, 1), (0, 0)))
    shifts = [(slice(y, y + CELLS), slice(x, x + CELLS)) for y in range(3) for x in range(3)]
    total = np.sum([padded[shift] for shift in shifts], axis=0)
    return np.asarray(total / np.sum([counted[shift] for shift in shifts], axis=0))
