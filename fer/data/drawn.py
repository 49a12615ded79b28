"""The built-in drawn faces: seven expressions rendered from a few parameters, seeded.

They stand in for photographs wherever there is no network or no permission: a first visit, the
tests, the documentation. They say nothing about how well a network reads people.
"""

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np

from fer.data.dataset import SIDE_PX, FaceDataset
from fer.labels import LABELS

# Faces are drawn this much larger and then averaged down, which gives soft edges.
_OVERSAMPLING = 4


@dataclass(frozen=True)
class _Expression:
    """What an expression does to a face; lengths are shares of the face's width."""

    brow_lift: float  # of the brow as a whole, upwards
    brow_tilt: float  # of its inner end, upwards
    eye_open: float
    mouth_curve: float  # corners above (+) or below (-) the middle
    mouth_open: float
    mouth_width: float
    nose_wrinkle: float = 0.0
    mouth_skew: float = 0.0


_EXPRESSIONS: dict[str, _Expression] = {
    "angry": _Expression(-0.04, -0.10, 0.07, -0.05, 0.03, 0.17),
    "disgust": _Expression(-0.03, -0.04, 0.045, -0.06, 0.05, 0.16, 0.06, 0.05),
    "fear": _Expression(0.05, 0.07, 0.13, -0.02, 0.09, 0.18),
    "happy": _Expression(0.01, 0.0, 0.07, 0.11, 0.05, 0.25),
    "sad": _Expression(0.0, 0.09, 0.06, -0.10, 0.0, 0.17),
    "surprise": _Expression(0.09, 0.01, 0.15, 0.0, 0.17, 0.11),
    "neutral": _Expression(0.0, 0.0, 0.085, 0.0, 0.0, 0.19),
}


@lru_cache(maxsize=2)
def drawn_faces(n: int = 2100, seed: int = 0) -> FaceDataset:
    """`n` drawn faces, the seven labels in turn, Usage 80 / 10 / 10 %.

    The same (n, seed) gives the same pixels; face i depends on seed and i alone. Drawing takes a
    second, so the result is kept, and its images are read-only.
    """
    labels = (np.arange(n) % len(LABELS)).astype(np.int8)
    images = np.stack([draw_face(LABELS[label], seed, i) for i, label in enumerate(labels)])
    # Blocks of seven go to one Usage, so that each keeps every label in equal number.
    usage = np.array([0, 0, 0, 0, 1, 0, 0, 0, 0, 2], np.uint8)[(np.arange(n) // len(LABELS)) % 10]
    images.flags.writeable = False
    return FaceDataset("drawn", images, labels, usage, source=f"drawn faces, n={n}, seed={seed}")


def draw_face(label: str, seed: int, index: int, side_px: int = SIDE_PX) -> np.ndarray:
    """One (side_px, side_px) uint8 grey face that shows `label`, varied by (seed, index)."""
    rng = np.random.default_rng([seed, index])
    canvas_px = side_px * _OVERSAMPLING
    background = int(rng.integers(20, 235))
    canvas = np.full((canvas_px, canvas_px), background, np.uint8)
    _draw(canvas, _varied(_EXPRESSIONS[label], rng), rng)
    turned = _turned(canvas, rng, background)
    small = cv2.resize(turned, (side_px, side_px), interpolation=cv2.INTER_AREA)
    noisy = small + rng.normal(0, rng.uniform(1, 7), small.shape)
    return np.clip(noisy, 0, 255).astype(np.uint8)


def _varied(expression: _Expression, rng: np.random.Generator) -> _Expression:
    strength = rng.uniform(0.7, 1.2)
    rest = _EXPRESSIONS["neutral"]
    values = {
        name: getattr(rest, name) + strength * (value - getattr(rest, name)) + rng.normal(0, 0.008)
        for name, value in vars(expression).items()
    }
    values["mouth_skew"] *= rng.choice([-1, 1])
    return _Expression(**values)


def _draw(canvas: np.ndarray, face: _Expression, rng: np.random.Generator) -> None:
    """Head, hair, eyes, brows, nose and mouth onto `canvas`, in place."""
    side = canvas.shape[0]
    centre = np.array([0.5, 0.54]) * side + rng.normal(0, 0.015, 2) * side
    width = side * rng.uniform(0.72, 0.86)
    skin, line = int(rng.integers(110, 240)), int(rng.integers(5, 60))
    stroke = max(1, round(width * rng.uniform(0.022, 0.04)))

    def at(x: float, y: float) -> tuple[int, int]:
        return round(centre[0] + x * width), round(centre[1] + y * width)

    def size(x: float, y: float) -> tuple[int, int]:
        return max(1, round(x * width)), max(1, round(y * width))

    def curve(points: list[tuple[float, float]]) -> None:
        path = np.array([at(*point) for point in points], np.int32)
        cv2.polylines(canvas, [path], False, line, stroke, cv2.LINE_AA)

    hair = int(np.clip(skin + rng.choice([-110, -70, 60]), 0, 255))
    cv2.ellipse(canvas, at(0, -0.06), size(0.53, 0.62), 0, 0, 360, hair, -1, cv2.LINE_AA)
    cv2.ellipse(canvas, at(0, 0.02), size(0.48, 0.58), 0, 0, 360, skin, -1, cv2.LINE_AA)
    for side_sign in (-1, 1):
        eye_x = 0.2 * side_sign
        opening = max(face.eye_open, 0.02)
        cv2.ellipse(canvas, at(eye_x, -0.1), size(0.1, opening * 0.8), 0, 0, 360, 250, -1)
        cv2.ellipse(canvas, at(eye_x, -0.1), size(0.1, opening * 0.8), 0, 0, 360, line, stroke // 2)
        cv2.circle(canvas, at(eye_x, -0.1), size(min(opening * 0.7, 0.05), 0)[0], line, -1)
        brow_y = -0.24 - face.brow_lift
        curve([(eye_x - 0.12 * side_sign, brow_y - face.brow_tilt), (eye_x, brow_y - 0.02),
               (eye_x + 0.12 * side_sign, brow_y)])  # fmt: skip
    curve([(0.0, -0.05), (-0.05, 0.12), (0.03, 0.13)])
    if face.nose_wrinkle > 0.03:
        for height in (-0.06, -0.01, 0.04):
            curve([(-0.05, height), (0.05, height)])
    _draw_mouth(canvas, face, at, curve, line)


def _draw_mouth(canvas, face, at, curve, line) -> None:  # type: ignore[no-untyped-def]
    x = np.linspace(-1, 1, 13)
    middle = 0.32 + face.mouth_skew * x - face.mouth_curve * (x**2 - 0.4)
    opening = max(face.mouth_open, 0.0) * np.sqrt(np.clip(1 - x**2, 0, 1))
    upper = list(zip(x * face.mouth_width, middle - opening * 0.6, strict=True))
    lower = list(zip(x * face.mouth_width, middle + opening, strict=True))
    if face.mouth_open > 0.02:
        outline = np.array([at(*point) for point in upper + lower[::-1]], np.int32)
        cv2.fillPoly(canvas, [outline], line, cv2.LINE_AA)
    curve(upper)
    curve(lower)


def _turned(canvas: np.ndarray, rng: np.random.Generator, background: int) -> np.ndarray:
    """Turned, moved, lit from one side and blurred a little."""
    side = canvas.shape[0]
    matrix = cv2.getRotationMatrix2D((side / 2, side / 2), rng.normal(0, 7), rng.uniform(0.9, 1.1))
    matrix[:, 2] += rng.normal(0, 0.02, 2) * side
    moved = cv2.warpAffine(canvas, matrix, (side, side), borderValue=background).astype(np.float32)
    light = np.linspace(-1, 1, side, dtype=np.float32) * rng.normal(0, 18)
    lit = moved + (light[None, :] if rng.random() < 0.5 else light[:, None])
    return np.clip(cv2.GaussianBlur(lit, (0, 0), rng.uniform(1.0, 3.5)), 0, 255).astype(np.float32)
