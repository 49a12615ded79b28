"""Random changes to training faces: geometry, light, quality, erased patches; on NumPy arrays."""

import cv2
import numpy as np

from fer.evaluation.robustness import blurred, compressed, shrunk
from fer.zoo import Recipe


def augment(faces: np.ndarray, recipe: Recipe, rng: np.random.Generator) -> np.ndarray:
    """A changed copy of (n, s, s) uint8 faces, of the same shape and dtype.

    Everything is drawn from `rng`, so the same generator state gives the same faces.
    """
    moved = _moved(faces, recipe, rng)
    lit = _lit(moved, recipe, rng) if recipe.brightness or recipe.contrast else moved
    worse = _degraded(lit, recipe, rng) if recipe.degrading else lit
    return _erased(worse, recipe, rng) if recipe.erasing else worse


def _moved(faces: np.ndarray, recipe: Recipe, rng: np.random.Generator) -> np.ndarray:
    """Flip, rotation, scale and shift as one bilinear warp a face; edges are repeated outwards."""
    n, side = len(faces), faces.shape[1]
    mirrored = rng.random(n) < (0.5 if recipe.flip else 0.0)
    angles = np.deg2rad(rng.uniform(-recipe.rotation_deg, recipe.rotation_deg, n))
    scales = rng.uniform(1 - recipe.scale, 1 + recipe.scale, n)
    shifts = rng.uniform(-recipe.shift, recipe.shift, (n, 2)) * side
    if not (recipe.rotation_deg or recipe.scale or recipe.shift):
        return np.where(mirrored[:, None, None], faces[:, :, ::-1], faces)
    centre = (side - 1) / 2
    cos, sin = np.cos(angles) * scales, np.sin(angles) * scales
    sign = np.where(mirrored, -1.0, 1.0)
    matrices = np.empty((n, 2, 3))
    matrices[:, 0, 0], matrices[:, 0, 1] = cos * sign, -sin
    matrices[:, 1, 0], matrices[:, 1, 1] = sin * sign, cos
    matrices[:, :, 2] = centre + shifts - matrices[:, :, :2].sum(axis=2) * centre
    moved = np.empty_like(faces)
    for face, matrix, target in zip(faces, matrices, moved, strict=True):
        cv2.warpAffine(face, matrix, (side, side), target, borderMode=cv2.BORDER_REPLICATE)
    return moved


def _lit(faces: np.ndarray, recipe: Recipe, rng: np.random.Generator) -> np.ndarray:
    """Contrast around each face's own mean, then brightness."""
    n = len(faces)
    gain = rng.uniform(1 - recipe.contrast, 1 + recipe.contrast, n).astype(np.float32)
    offset = rng.uniform(-recipe.brightness, recipe.brightness, n).astype(np.float32) * 255
    means = faces.mean(axis=(1, 2), dtype=np.float32)
    shift = means * (1 - gain) + offset
    lit = faces * gain[:, None, None] + shift[:, None, None]
    return np.clip(lit, 0, 255, out=lit).astype(np.uint8)


def _degraded(faces: np.ndarray, recipe: Recipe, rng: np.random.Generator) -> np.ndarray:
    """Blur (0.4 to 1.5 px), JPEG (quality 10 to 60) or 16 to 36 pixels enlarged to 48, evenly."""
    worse = faces.copy()
    for row in np.flatnonzero(rng.random(len(faces)) < recipe.degrading):
        how_much = rng.random()
        changes = (
            blurred(0.4 + 1.1 * how_much),
            compressed(round(10 + 50 * how_much)),
            shrunk(round(16 + 20 * how_much)),
        )
        worse[row] = changes[rng.integers(len(changes))](faces[row])
    return worse


def _erased(faces: np.ndarray, recipe: Recipe, rng: np.random.Generator) -> np.ndarray:
    """Random erasing (Zhong et al. 2017): a rectangle of 2-20 % of the face, filled with noise."""
    side = faces.shape[1]
    erased = faces.copy()
    for row in np.flatnonzero(rng.random(len(faces)) < recipe.erasing):
        area, aspect = rng.uniform(0.02, 0.2) * side * side, np.exp(rng.uniform(-1.1, 1.1))
        height = int(np.clip(np.sqrt(area * aspect), 1, side))
        width = int(np.clip(np.sqrt(area / aspect), 1, side))
        top, left = rng.integers(0, side - height + 1), rng.integers(0, side - width + 1)
        noise = rng.integers(0, 256, (height, width), dtype=np.uint8)
        erased[row, top : top + height, left : left + width] = noise
    return erased
