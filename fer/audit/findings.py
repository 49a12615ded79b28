"""`audit`: what is wrong with a data set."""

from collections.abc import Iterator

import numpy as np

from fer.audit.measurements import Measurements, Progress, measure, saved_measurements
from fer.audit.near import NEAR_CORRELATION
from fer.audit.report import Audit, Finding
from fer.audit.twins import (
    TESTS,
    Copies,
    find_copies,
    near_twins_in_training,
    twins_in_training,
)
from fer.data import FaceDataset, ferplus
from fer.labels import LABELS
from fer.words import counted

# Standard deviation of the pixels; faces of FER-2013 have 54 in the middle, one in a thousand has
# less than this, and on those a face is hard to see.
LOW_CONTRAST = 16.0

_NO_USAGE = "the rows are not marked Training, PublicTest and PrivateTest (Usage)."
_NO_VOTES = (
    "there are no FER+ votes; join them with python -m fer data ferplus NAME fer2013new.csv."
)


def audit(
    dataset: FaceDataset, progress: Progress | None = None, measured: Measurements | None = None
) -> Audit:
    """Look for repeats, twins across splits, blank and faint images, not-faces, odd labels.

    Args:
        progress: called with a share 0-1 and a sentence.
        measured: what `measure` or `saved_measurements` found on the same rows, if known.
    """
    measured = measured or measure(dataset, progress)
    copies = find_copies(dataset)
    not_checked: dict[str, str] = {}
    found = [
        *_twins(dataset, copies, measured, not_checked),
        *_conflicts(copies),
        *_not_faces(dataset, not_checked),
        *_pixels(measured),
        *_repeats(dataset, copies, measured, not_checked),
    ]
    counts = {label: int(np.sum(dataset.labels == code)) for code, label in enumerate(LABELS)}
    return Audit(
        dataset.name,
        len(dataset),
        dataset.is_published_fer2013,
        {finding.key: finding for finding in sorted(found, key=lambda f: f.count == 0)},
        not_checked,
        counts,
    )


def saved_audit(dataset: FaceDataset, progress: Progress | None = None) -> Audit:
    """`audit` from measurements that are kept on disk: quick from the second time on."""
    return audit(dataset, measured=saved_measurements(dataset, progress))


def _twins(
    dataset: FaceDataset, copies: Copies, measured: Measurements, not_checked: dict[str, str]
) -> Iterator[Finding]:
    known = dataset.usage_names()
    tests = [test for test, usage in TESTS.items() if usage in known]
    if "Training" not in known or not tests:
        not_checked |= {"twins": _NO_USAGE, "near_twins": _NO_USAGE}
        return
    not_checked |= {
        f"{kind}_{test}": f"there are no {TESTS[test]} rows."
        for kind in ("twins", "near_twins")
        for test in ("public", "private")
        if test not in tests
    }
    if measured.near is None:
        not_checked["near_twins"] = measured.too_many
    counts = {usage: int(sum(by.values())) for usage, by in dataset.counts().items()}
    for test in tests:
        usage, of = TESTS[test], counts[TESTS[test]]
        pairs = twins_in_training(dataset, copies, usage)
        same = _same_label(dataset, pairs)
        n = len(pairs)
        yield Finding(
            f"twins_{test}", of, f"{n:,} of {of:,} {usage} faces ({_percent(n / of)}) "
            f"{_by(n, 'is', 'are')} also in Training, pixel for pixel: a score on them rewards "
            f"memory.{_told(same)}",
            pairs[:, 0], pairs=pairs, same_label=same,
        )  # fmt: skip
    if measured.near is None:
        return
    for test in tests:
        usage, of = TESTS[test], counts[TESTS[test]]
        pairs, correlation = near_twins_in_training(dataset, copies, measured.near, usage)
        same = _same_label(dataset, pairs)
        n = len(pairs)
        yield Finding(
            f"near_twins_{test}", of, f"{n:,} of {of:,} {usage} faces ({_percent(n / of)}) "
            f"{_by(n, 'has', 'have')} a near twin in Training (exact twins included): a "
            f"correlation above {NEAR_CORRELATION} at half size, mirrored or not.{_told(same)}",
            pairs[:, 0], pairs=pairs, correlation=correlation, same_label=same,
        )  # fmt: skip


def _conflicts(copies: Copies) -> Iterator[Finding]:
    rows = np.flatnonzero(copies.conflicting)
    images = len(np.unique(copies.first[rows]))
    of = counted(images, "image that has", "images that have")
    yield Finding(
        "conflicting_labels", len(copies.first),
        f"{len(rows):,} rows are copies of {of} more than one label.",
        rows, pairs=np.column_stack([rows, copies.first[rows]])[copies.first[rows] != rows],
    )  # fmt: skip


def _not_faces(dataset: FaceDataset, not_checked: dict[str, str]) -> Iterator[Finding]:
    if dataset.votes is None:
        not_checked["not_a_face"] = _NO_VOTES
        return
    rows = np.flatnonzero(ferplus.not_a_face(dataset))
    show = counted(len(rows), "image shows", "images show")
    yield Finding(
        "not_a_face", len(dataset),
        f"{show} no face, as most of the people who voted (FER+) say.", rows,
    )  # fmt: skip


def _pixels(measured: Measurements) -> Iterator[Finding]:
    statistics = measured.statistics
    blank = np.flatnonzero(statistics.blank)
    faint = np.flatnonzero((statistics.contrast < LOW_CONTRAST) & ~statistics.blank)
    n = len(statistics.blank)
    are = counted(len(blank), "image is", "images are")
    yield Finding("blank", n, f"{are} blank: every pixel is the same.", blank)
    have = counted(len(faint), "image has", "images have")
    yield Finding(
        "low_contrast", n, f"{have} hardly any contrast (a standard deviation of "
        f"the pixels under {LOW_CONTRAST:.0f} of 255).", faint,
    )  # fmt: skip


def _repeats(
    dataset: FaceDataset, copies: Copies, measured: Measurements, not_checked: dict[str, str]
) -> Iterator[Finding]:
    rows, n = copies.repeats, len(dataset)
    pairs = np.column_stack([rows, copies.first[rows]])
    same = _same_label(dataset, pairs)
    yield Finding(
        "exact_repeats", n, f"{len(rows):,} of {n:,} rows ({_percent(len(rows) / max(1, n))}) "
        f"{_by(len(rows), 'repeats', 'repeat')} an earlier one pixel for pixel: there are "
        f"{n - len(rows):,} distinct images.{_told(same)}",
        rows, pairs=pairs, same_label=same,
    )  # fmt: skip
    if measured.near is None:
        not_checked["near_duplicates"] = measured.too_many
    else:
        near = measured.near
        # Pairs name each image by its first row; its copies go with it.
        later = np.flatnonzero(np.isin(copies.first, near.pairs[:, 1]))
        same = _same_label(dataset, near.pairs)
        are = counted(len(later), "more image is", "more images are")
        yield Finding(
            "near_duplicates", n, f"{are} nearly the same as an earlier one: "
            f"saved again, watermarked or mirrored.{_told(same)}",
            later, pairs=near.pairs, correlation=near.correlation, same_label=same,
        )  # fmt: skip


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def _by(n: int, one: str, many: str) -> str:
    return one if n == 1 else many


def _told(same_label: float | None) -> str:
    if same_label is None:
        return ""
    return f" {100 * same_label:.0f} % of the pairs have the same label."


def _same_label(dataset: FaceDataset, pairs: np.ndarray) -> float | None:
    """Of the pairs that are both labelled; None where there are none."""
    labels = dataset.labels[pairs]
    labels = labels[(labels >= 0).all(axis=1)]
    return float(np.mean(labels[:, 0] == labels[:, 1])) if len(labels) else None
