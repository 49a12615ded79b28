"""How a model stands faces that are blurred, dark, tilted, compressed or small."""

import cv2
import numpy as np

from fer.bundles import Bundle
from fer.data import FaceDataset
from fer.evaluation.scored import Change, Progress, score


def blurred(sigma_px: float) -> Change:
    """Gaussian blur of that standard deviation."""
    return lambda face: cv2.GaussianBlur(face, (0, 0), sigma_px)


def darkened(share: float) -> Change:
    """Every pixel times `share`, 0 to 1."""
    return lambda face: (face * share).astype(np.uint8)


def rotated(degrees: float) -> Change:
    """Turned about the middle, edges repeated outwards."""

    def change(face: np.ndarray) -> np.ndarray:
        side = face.shape[0]
        matrix = cv2.getRotationMatrix2D(((side - 1) / 2, (side - 1) / 2), degrees, 1)
        return cv2.warpAffine(face, matrix, (side, side), borderMode=cv2.BORDER_REPLICATE)

    return change


def compressed(quality: int) -> Change:
    """Saved as JPEG of that quality, 1 to 100, and read again."""

    def change(face: np.ndarray) -> np.ndarray:
        written = cv2.imencode(".jpg", face, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
        return np.asarray(cv2.imdecode(written, cv2.IMREAD_GRAYSCALE))

    return change


def shrunk(side_px: int) -> Change:
    """Area averages down to that side, linear interpolation up again."""

    def change(face: np.ndarray) -> np.ndarray:
        small = cv2.resize(face, (side_px, side_px), interpolation=cv2.INTER_AREA)
        return cv2.resize(small, face.shape[::-1], interpolation=cv2.INTER_LINEAR)

    return change


# (48, 48) uint8 to (48, 48) uint8, by what is said of them.
CHANGES: dict[str, Change] = {
    "blurred, 1 px": blurred(1),
    "blurred, 2 px": blurred(2),
    "light at 40 %": darkened(0.4),
    "light at 15 %": darkened(0.15),
    "tilted by 15 degrees": rotated(15),
    "tilted by 30 degrees": rotated(30),
    "JPEG quality 20": compressed(20),
    "JPEG quality 10": compressed(10),
    "24 x 24 px": shrunk(24),
    "16 x 16 px": shrunk(16),
}


def robustness(
    bundle: Bundle,
    dataset: FaceDataset,
    rows: np.ndarray,
    tta: bool = False,
    include_seen: bool = False,
    progress: Progress | None = None,
) -> dict[str, float]:
    """The accuracy on `rows` of `dataset` after each of `CHANGES`, as `evaluate` counts it.

    Raises:
        InputError: where no row is left that the model was not trained on.
    """
    accuracies = {}
    for number, (name, change) in enumerate(CHANGES.items()):
        scored = score(bundle, dataset, rows, tta, include_seen, change=change)
        accuracies[name] = float(scored.correct.mean())
        if progress:
            progress((number + 1) / len(CHANGES), name)
    return accuracies
