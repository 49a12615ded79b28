"""Numbers of single images: brightness, contrast, sharpness."""

from dataclasses import dataclass

import cv2
import numpy as np

_CHUNK = 1024


@dataclass(frozen=True, eq=False)
class PixelStatistics:
    """Of each image: see the attributes; (n,) float32 where nothing else is said.

    Attributes:
        brightness: mean pixel, 0 black to 255 white.
        contrast: standard deviation of the pixels, 0 to 127.5.
        sharpness: standard deviation of the Laplacian; low where blurred.
        blank: (n,) bool, every pixel the same.
    """

    brightness: np.ndarray
    contrast: np.ndarray
    sharpness: np.ndarray
    blank: np.ndarray


def pixel_statistics(images: np.ndarray) -> PixelStatistics:
    """`images` (n, 48, 48) uint8 -> their statistics."""
    n = len(images)
    brightness, contrast, sharpness = np.empty((3, n), np.float32)
    blank = np.empty(n, bool)
    for start in range(0, n, _CHUNK):
        part = slice(start, start + _CHUNK)
        pixels = images[part].reshape(-1, images.shape[1] * images.shape[2]).astype(np.float32)
        brightness[part] = pixels.mean(axis=1)
        contrast[part] = pixels.std(axis=1)
        blank[part] = pixels.min(axis=1) == pixels.max(axis=1)
        for row, image in enumerate(images[part], start):
            sharpness[row] = cv2.meanStdDev(cv2.Laplacian(image, cv2.CV_16S))[1][0, 0]
    return PixelStatistics(brightness, contrast, sharpness, blank)
