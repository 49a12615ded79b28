"""A row a face of all that faces are browsed by."""

from dataclasses import dataclass, field, replace

import numpy as np

from fer.audit import WITHOUT, Audit, audit, saved_measurements
from fer.bundles import Bundle
from fer.data import FaceDataset, ferplus
from fer.explore.embedding import Progress, saved_embedding
from fer.labels import LABELS


@dataclass(frozen=True, eq=False)
class BrowseTable:
    """What is known of each of n faces.

    Attributes:
        label: (n,) int8, -1 unlabelled. usage: (n,) uint8, `NO_USAGE` where there is none.
        brightness, contrast, sharpness: (n,) float32, see `fer.audit.PixelStatistics`.
        flags: by name of `fer.audit.WITHOUT`, (n,) bool; what could not be checked is missing.
        majority: (n,) int8 label by FER+ votes, -1 where there is none or no votes are.
        agreement: (n,) float32 share of the votes for the label; NaN without votes or label.
        predicted: (n,) int8, what the model reads, -1 without a model.
        confidence: (n,) float32, its probability; NaN without a model.
        loss: (n,) float32, minus the logarithm of its probability for the label; NaN without a
            model, or where the label is none of the model's.
        seen: (n,) bool, rows that the model was trained on: there its loss says little.
        probabilities: (n, 7) float32 in the order of `LABELS`, or None without a model.
    """

    label: np.ndarray
    usage: np.ndarray
    brightness: np.ndarray
    contrast: np.ndarray
    sharpness: np.ndarray
    flags: dict[str, np.ndarray]
    majority: np.ndarray
    agreement: np.ndarray
    predicted: np.ndarray
    confidence: np.ndarray
    loss: np.ndarray
    seen: np.ndarray
    probabilities: np.ndarray | None = field(default=None, repr=False)

    def __len__(self) -> int:
        return len(self.label)


def plain_table(dataset: FaceDataset) -> BrowseTable:
    """What is known without looking at a pixel: labels, Usage, votes. At once; no flags."""
    n = len(dataset)
    nothing = np.full(n, np.nan, np.float32)
    majority, agreement = np.full(n, -1, np.int8), nothing
    if dataset.votes is not None:
        majority = ferplus.majority(dataset.votes)
        shares = ferplus.vote_shares(dataset)[np.arange(n), np.maximum(dataset.labels, 0)]
        agreement = np.where(dataset.labels >= 0, shares, np.float32(np.nan))
    return BrowseTable(
        label=dataset.labels,
        usage=dataset.usage_codes,
        brightness=nothing,
        contrast=nothing,
        sharpness=nothing,
        flags={},
        majority=majority,
        agreement=agreement,
        predicted=np.full(n, -1, np.int8),
        confidence=nothing,
        loss=nothing,
        seen=np.zeros(n, bool),
    )


def browse_table(
    dataset: FaceDataset, bundle: Bundle | None = None, progress: Progress | None = None
) -> BrowseTable:
    """The table of `dataset`; what takes long (pixels, the model's readings) is kept on disk."""
    measured = saved_measurements(dataset, progress)
    statistics = measured.statistics
    table = replace(
        plain_table(dataset),
        brightness=statistics.brightness,
        contrast=statistics.contrast,
        sharpness=statistics.sharpness,
        flags=_flags(audit(dataset, measured=measured)),
    )
    return table if bundle is None else _read_by(table, dataset, bundle, progress)


def _flags(audited: Audit) -> dict[str, np.ndarray]:
    flags = {}
    for name, keys in WITHOUT.items():
        found = [audited.findings[key] for key in keys if key in audited.findings]
        if found:
            flags[name] = np.zeros(audited.n, bool)
            for finding in found:
                flags[name][finding.rows] = True
    return flags


def _read_by(
    table: BrowseTable, dataset: FaceDataset, bundle: Bundle, progress: Progress | None
) -> BrowseTable:
    """`table` with what `bundle` reads in each face."""
    probabilities = saved_embedding(dataset, bundle, progress).probabilities
    own = probabilities[np.arange(len(dataset)), np.maximum(dataset.labels, 0)]
    known = np.isin(dataset.labels, [LABELS.index(label) for label in bundle.labels])
    loss = np.where(known, -np.log(np.maximum(own, 1e-12)), np.nan).astype(np.float32)
    return replace(
        table,
        predicted=probabilities.argmax(axis=1).astype(np.int8),
        confidence=probabilities.max(axis=1),
        loss=loss,
        seen=bundle.training_rows().seen(dataset.only(bundle.labels)),
        probabilities=probabilities,
    )
