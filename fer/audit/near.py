"""Pairs of images that are nearly the same: the exact answer, without comparing all pixels of all.

Two images are near twins where the correlation of their pixels at half size (24x24) is above
`NEAR_CORRELATION`, as they are or with one of them mirrored. Half size forgives what saving a
picture again does to it: on FER-2013, looked at, what it finds at this threshold beyond full size
are copies of one photograph with another watermark or from another JPEG file.

Each image, centred and of unit length, is written as its 8x8 lowest cosine frequencies (64 numbers
of an orthonormal transform) and the length of the rest. By Cauchy and Schwarz no correlation is
above the product of the low frequencies plus that of the two lengths, so pairs whose bound is under
the threshold need no look at their pixels, and nearly all are.
"""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from threadpoolctl import threadpool_limits

from fer.errors import InputError

NEAR_CORRELATION = 0.97
# A set where more pairs than this are alike is no collection of single photographs.
MAX_PAIRS = 2_000_000

_HALF_PX = 24
_FREQUENCIES = 8
# Two such blocks and their product stay inside a core's cache.
_BLOCK = 1024
# Rounding in float32 must not make a bound too low.
_SLACK = 1e-4

Progress = Callable[[float, str], None]


@dataclass(frozen=True, eq=False)
class NearPairs:
    """Pairs of near twins: pairs (m, 2) intp with the lower row first, correlation (m,) float32."""

    pairs: np.ndarray
    correlation: np.ndarray


def near_pairs(
    images: np.ndarray,
    threshold: float = NEAR_CORRELATION,
    progress: Progress | None = None,
) -> NearPairs:
    """Every pair among `images` (n, 48, 48) uint8 whose correlation is above `threshold`.

    Blank images correlate with nothing. Pixel-equal images are pairs too: take distinct ones.

    Raises:
        InputError: where more than `MAX_PAIRS` are.
    """
    faces = _unit_faces(images)
    kept, turned = _low_frequencies(faces)

    def block(start: int) -> NearPairs:
        candidates = _candidates(kept, turned, start, threshold - _SLACK)
        correlation = _correlation(faces, candidates)
        near = correlation > threshold
        return NearPairs(candidates[near], correlation[near])

    found = [NearPairs(np.empty((0, 2), np.intp), np.empty(0, np.float32))]
    starts = range(0, len(images), _BLOCK)
    # Products this narrow are ten times slower when BLAS shares each between threads that wait for
    # one another; a thread a block of rows shares all of the work.
    with threadpool_limits(1, "blas"), ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        for start, part in zip(starts, pool.map(block, starts), strict=True):
            found.append(part)
            if sum(len(part.pairs) for part in found) > MAX_PAIRS:
                pool.shutdown(wait=False, cancel_futures=True)
                raise _too_many()
            if progress:
                # Later blocks have fewer images behind them to compare with.
                share = min(1.0, (start + _BLOCK) / len(images))
                progress(1 - (1 - share) ** 2, "Comparing images")
    return NearPairs(
        np.concatenate([part.pairs for part in found]),
        np.concatenate([part.correlation for part in found]),
    )


def _unit_faces(images: np.ndarray) -> np.ndarray:
    """(n, 24, 24) float32: half size, mean 0, length 1; all 0 where the image is blank."""
    faces = np.empty((len(images), _HALF_PX, _HALF_PX), np.float32)
    for start in range(0, len(images), _BLOCK):
        part = images[start : start + _BLOCK].astype(np.float32)
        half = part.reshape(-1, _HALF_PX, 2, _HALF_PX, 2).mean(axis=(2, 4))
        half -= half.mean(axis=(1, 2), keepdims=True)
        length = np.sqrt(np.square(half).sum(axis=(1, 2), keepdims=True))
        # A blank image leaves rounding errors, which must not be blown up to a pattern.
        faces[start : start + _BLOCK] = half / np.where(length < 1e-2, np.inf, length)
    return faces


def _low_frequencies(faces: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What bounds a correlation: (n, 33) that mirroring keeps, (n, 32) whose sign it turns.

    The first has the length of all that is in neither in its last column.
    """
    k, x = np.mgrid[:_FREQUENCIES, :_HALF_PX]
    basis = np.cos(np.pi * (x + 0.5) * k / _HALF_PX) * np.sqrt(np.where(k, 2, 1) / _HALF_PX)
    low = basis.astype(np.float32) @ faces @ basis.T.astype(np.float32)
    rest = np.square(faces).sum(axis=(1, 2)) - np.square(low).sum(axis=(1, 2))
    # Across an image, cosines of even frequency are symmetric and those of odd frequency are not.
    half = _FREQUENCIES * _FREQUENCIES // 2
    even, odd = (low[:, :, first::2].reshape(len(faces), half) for first in (0, 1))
    return np.column_stack([even, np.sqrt(np.maximum(0, rest))]), odd


def _candidates(kept: np.ndarray, turned: np.ndarray, start: int, threshold: float) -> np.ndarray:
    """(m, 2) pairs (a, b > a), a in the block at `start`, whose bound is above `threshold`."""
    found = []
    end = min(start + _BLOCK, len(kept))
    bound = np.empty((end - start, _BLOCK), np.float32)
    mirrored = np.empty_like(bound)
    for other in range(start, len(kept), _BLOCK):
        width = min(_BLOCK, len(kept) - other)
        up, side = bound[:, :width], mirrored[:, :width]
        if width < _BLOCK:  # a product is written to whole rows only
            up, side = np.empty_like(up), np.empty_like(side)
        np.matmul(turned[start:end], turned[other : other + width].T, out=side)
        np.matmul(kept[start:end], kept[other : other + width].T, out=up)
        np.add(up, np.abs(side, out=side), out=up)
        a, b = np.divmod(np.flatnonzero(up > threshold), width)
        pairs = np.column_stack([a + start, b + other])
        found.append(pairs[pairs[:, 0] < pairs[:, 1]])
        if sum(map(len, found)) > MAX_PAIRS:
            raise _too_many()
    return np.concatenate(found)


def _correlation(faces: np.ndarray, pairs: np.ndarray) -> np.ndarray:
    """(m,) float32, of each pair as it is or with one mirrored, whichever is higher."""
    correlation = np.empty(len(pairs), np.float32)
    for at in range(0, len(pairs), _BLOCK):
        one, other = (faces[pairs[at : at + _BLOCK, side]] for side in (0, 1))
        same = np.einsum("nij,nij->n", one, other)
        mirrored = np.einsum("nij,nij->n", one, other[:, :, ::-1])
        correlation[at : at + _BLOCK] = np.maximum(same, mirrored)
    return correlation


def _too_many() -> InputError:
    return InputError(
        f"More than {MAX_PAIRS:,} pairs of images are nearly the same, which frames of a video may "
        "be and photographs are not; take fewer of them."
    )
