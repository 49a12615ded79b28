"""What takes seconds to find out about the pixels of a data set, measured once and kept."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from fer import cache
from fer.audit.near import NearPairs, near_pairs
from fer.audit.pixels import PixelStatistics, pixel_statistics
from fer.data import FaceDataset
from fer.errors import InputError

Progress = Callable[[float, str], None]


@dataclass(frozen=True, eq=False)
class Measurements:
    """What the audit is drawn from.

    Attributes:
        statistics: of each row.
        near: near twins among distinct images, each named by the first row that has it; None where
            there were too many.
        too_many: why `near` is None.
    """

    statistics: PixelStatistics
    near: NearPairs | None
    too_many: str = ""


def measure(dataset: FaceDataset, progress: Progress | None = None) -> Measurements:
    """Measure every image; some seconds for FER-2013."""
    statistics = pixel_statistics(dataset.images)
    rows = np.sort(np.unique(dataset.keys, return_index=True)[1])
    try:
        near = near_pairs(dataset.images[rows], progress=progress)
    except InputError as error:
        return Measurements(statistics, None, str(error))
    return Measurements(statistics, NearPairs(rows[near.pairs], near.correlation))


def saved_measurements(dataset: FaceDataset, progress: Progress | None = None) -> Measurements:
    """`measure`, or what it found before for the same images in the same order."""

    def make() -> cache.Arrays:
        measured = measure(dataset, progress)
        near = {} if measured.near is None else vars(measured.near)
        return {**vars(measured.statistics), **near, "too_many": np.array(measured.too_many)}

    arrays = cache.kept("measurements", cache.digest(dataset.keys), make)
    names = ("brightness", "contrast", "sharpness", "blank")
    statistics = PixelStatistics(*(arrays[name] for name in names))
    if "pairs" not in arrays:
        return Measurements(statistics, None, str(arrays["too_many"]))
    return Measurements(statistics, NearPairs(arrays["pairs"], arrays["correlation"]))
