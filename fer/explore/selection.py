"""Choosing and ordering the rows of a browse table; pure, and quick enough for every click."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from fer.audit import WITHOUT
from fer.data import USAGES
from fer.errors import InputError
from fer.explore.table import BrowseTable
from fer.labels import LABELS

# Names of findings whose rows can be filtered by, as a view is made without them.
FLAGS = tuple(WITHOUT)
UNLABELLED = "unlabelled"
SORTS: dict[str, str] = {
    "row": "order in the data set",
    "confidence": "the model's probability of what it reads",
    "loss": "minus the logarithm of the model's probability of the label",
    "agreement": "share of the FER+ votes for the label",
    "brightness": "mean of the pixels",
    "contrast": "standard deviation of the pixels",
    "sharpness": "standard deviation of the Laplacian",
}


@dataclass(frozen=True)
class Filters:
    """Which faces to show: those that meet every one that is set. All have empty defaults.

    Attributes:
        labels: one of these labels (`LABELS`, or "unlabelled").
        usages: one of these Usages.
        flags: each of these flags (`FLAGS`). without: none of these.
        predicted: read by the model as one of these.
        verdict: "right" or "wrong": the model's reading is, or is not, the label; of faces whose
            label it knows.
        votes: "agree" or "disagree": the majority of the FER+ votes is, or is not, the label.
        agreement: lowest and highest share of the votes for the label.
        rows: these rows only, such as tagged ones or those in a lasso.
    """

    labels: tuple[str, ...] = ()
    usages: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    predicted: tuple[str, ...] = ()
    verdict: str = ""
    votes: str = ""
    agreement: tuple[float, float] = (0.0, 1.0)
    rows: np.ndarray | None = field(default=None, compare=False)


def select(table: BrowseTable, filters: Filters | None = None, sort: str = "row") -> np.ndarray:
    """(m,) intp rows of `table` that meet `filters`, in the order of `sort`.

    Args:
        sort: a key of `SORTS`; with "-" before it, the highest first. Rows without a value, such as
            the loss of a face the model knows no label of, come last.

    Raises:
        InputError: for a name that is none.
    """
    rows = np.flatnonzero(_met(table, filters or Filters()))
    name, highest_first = sort.removeprefix("-"), sort.startswith("-")
    if name not in SORTS:
        raise InputError(f"Faces cannot be sorted by {name!r}; choose one of {', '.join(SORTS)}.")
    if name == "row":
        return rows[::-1] if highest_first else rows
    values = getattr(table, name)[rows]
    # NaN sorts last either way.
    return np.asarray(rows[np.argsort(-values if highest_first else values, kind="stable")])


def _met(table: BrowseTable, filters: Filters) -> np.ndarray:
    met = np.ones(len(table), bool)
    if filters.rows is not None:
        met[:] = False
        met[filters.rows] = True
    if filters.labels:
        met &= np.isin(table.label, _codes(filters.labels, (*LABELS, UNLABELLED), "label"))
    if filters.usages:
        met &= np.isin(table.usage, _codes(filters.usages, USAGES, "Usage"))
    if filters.predicted:
        met &= np.isin(table.predicted, _codes(filters.predicted, LABELS, "label"))
    for name in filters.flags:
        met &= _flag(table, name)
    for name in filters.without:
        met &= ~_flag(table, name)
    if filters.verdict:
        right = _chosen(filters.verdict, "right", "wrong")
        met &= ~np.isnan(table.loss) & ((table.predicted == table.label) == right)
    if filters.votes:
        agree = _chosen(filters.votes, "agree", "disagree")
        met &= ~np.isnan(table.agreement) & ((table.majority == table.label) == agree)
    if filters.agreement != (0.0, 1.0):
        low, high = filters.agreement
        met &= (table.agreement >= low) & (table.agreement <= high)  # NaN is in no range
    return met


def _codes(names: Sequence[str], known: tuple[str, ...], what: str) -> list[int]:
    for name in names:
        if name not in known:
            raise InputError(f"There is no {what} {name!r}; choose of {', '.join(known)}.")
    return [-1 if name == UNLABELLED else known.index(name) for name in names]


def _flag(table: BrowseTable, name: str) -> np.ndarray:
    if name not in FLAGS:
        raise InputError(f"There is no flag {name!r}; choose of {', '.join(FLAGS)}.")
    if name not in table.flags:
        raise InputError(f"These faces were not checked for {name}; the audit says why.")
    return table.flags[name]


def _chosen(value: str, yes: str, no: str) -> bool:
    if value not in (yes, no):
        raise InputError(f"Expected {yes} or {no}, received {value!r}.")
    return value == yes
