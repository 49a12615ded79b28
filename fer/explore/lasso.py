"""A line drawn around points of the map: which faces it holds, and a short form for an address."""

import re

import numpy as np

from fer.errors import InputError

# An address with more corners than this gets long, and the eye sees no difference.
MAX_CORNERS = 40
_CORNER = re.compile(r"(-?\d{1,4})_(-?\d{1,4})")


def inside(places: np.ndarray, corners: np.ndarray) -> np.ndarray:
    """(m,) intp, the rows of `places` (n, 2) inside the polygon `corners` (k, 2), by even-odd."""
    found = np.zeros(len(places), bool)
    x, y = places.T
    for (x0, y0), (x1, y1) in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        if y0 == y1:
            continue
        crossing = x0 + (y - y0) * (x1 - x0) / (y1 - y0)
        found ^= ((y0 > y) != (y1 > y)) & (x < crossing)
    return np.flatnonzero(found)


def outline(corners: np.ndarray) -> str:
    """(k, 2) corners, -1 to 1, as short text: thousandths, at most `MAX_CORNERS` of them."""
    picked = np.unique(np.linspace(0, len(corners) - 1, MAX_CORNERS).round().astype(int))
    thousandths = np.clip(np.rint(corners[picked] * 1000), -9999, 9999).astype(int)
    return ".".join(f"{x}_{y}" for x, y in thousandths)


def corners_of(text: str) -> np.ndarray:
    """(k, 2) float64, the corners that `outline` wrote.

    Raises:
        InputError: for what is no outline.
    """
    found = [_CORNER.fullmatch(corner) for corner in text.split(".")]
    if not 3 <= len(found) <= MAX_CORNERS or None in found:
        raise InputError("The outline in the address cannot be read; draw it anew on the map.")
    return np.array([[int(c[1]), int(c[2])] for c in found if c], np.float64) / 1000
