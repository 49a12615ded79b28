"""What an audit says: findings with their rows, in plain words, and as JSON."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from fer.audit.twins import TESTS
from fer.errors import InputError

# What a view can be made without, and the findings whose rows that takes out.
WITHOUT: dict[str, tuple[str, ...]] = {
    "twins": tuple(f"twins_{test}" for test in TESTS),
    "near-twins": tuple(f"near_twins_{test}" for test in TESTS),
    "repeats": ("exact_repeats",),
    "near-repeats": ("near_duplicates",),
    "blank": ("blank",),
    "low-contrast": ("low_contrast",),
    "not-a-face": ("not_a_face",),
    "conflicting": ("conflicting_labels",),
}
# Of these one row is to stay, whatever else goes.
_ALL_BUT_ONE = ("repeats", "near-repeats")
# Findings of no more rows than this give their row numbers in the JSON.
_FEW = 50


@dataclass(frozen=True, eq=False)
class Finding:
    """One thing that is wrong with some rows.

    Attributes:
        key: its name, such as "twins_private".
        of: how many rows were looked at.
        sentence: what was found, in plain words.
        rows: (m,) intp, sorted, none twice.
        pairs: (p, 2) intp rows that belong together, or None. Of twins, one pair a row: (test row,
            Training row). Of repeats: (row, the first with its pixels). Of near duplicates: every
            pair, the earlier row first.
        correlation: (p,) float32 of each pair, where it was measured.
        same_label: share of the pairs of labelled rows that have one label, None without such.
    """

    key: str
    of: int
    sentence: str
    rows: np.ndarray
    pairs: np.ndarray | None = None
    correlation: np.ndarray | None = None
    same_label: float | None = None

    @property
    def count(self) -> int:
        """How many rows it is about."""
        return len(self.rows)

    @property
    def without(self) -> str | None:
        """What `rows_without` calls it; None where it takes no rows out."""
        return next((name for name, keys in WITHOUT.items() if self.key in keys), None)

    @property
    def share(self) -> float:
        """`count` as a share of the rows looked at."""
        return self.count / self.of if self.of else 0.0


@dataclass(frozen=True, eq=False)
class Audit:
    """What is wrong with a data set.

    Attributes:
        name: of the data set.
        n: its rows.
        published: whether its class counts are those of the published FER-2013.
        findings: by key, worst first; those of which nothing was found come last.
        not_checked: reasons, by the key of what could not be looked at.
        class_counts: labelled rows by label.
    """

    name: str
    n: int
    published: bool
    findings: dict[str, Finding]
    not_checked: dict[str, str] = field(default_factory=dict)
    class_counts: dict[str, int] = field(default_factory=dict)

    @property
    def imbalance(self) -> float | None:
        """The most frequent class over the rarest one that occurs; None without labels."""
        counts = [count for count in self.class_counts.values() if count]
        return max(counts) / min(counts) if counts else None

    def count(self, key: str) -> int | None:
        """Rows of a finding; None where it was not checked."""
        return self.findings[key].count if key in self.findings else None

    def to_dict(self) -> dict[str, Any]:
        """What `data audit --json` prints; every count is one of rows, null is "not checked"."""
        labelled = sum(self.class_counts.values())
        single = ("exact_repeats", "blank", "low_contrast", "not_a_face", "conflicting_labels")
        return {
            "name": self.name,
            "n": self.n,
            "published": self.published,
            **{key: self.count(key) for key in (*single, "near_duplicates")},
            "twins_in_training": self._by_test("twins"),
            "near_twins_in_training": self._by_test("near_twins"),
            "share_of_test": {
                kind: {
                    test: self.findings[f"{kind}_{test}"].share
                    for test in TESTS
                    if f"{kind}_{test}" in self.findings
                }
                for kind in ("twins", "near_twins")
            },
            "twins_with_same_label": {
                test: self.findings[f"twins_{test}"].same_label
                for test in TESTS
                if f"twins_{test}" in self.findings
            },
            "classes": {
                "counts": self.class_counts,
                "shares": {k: v / labelled for k, v in self.class_counts.items() if labelled},
                "imbalance": self.imbalance,
            },
            "rows": {
                key: finding.rows.tolist()
                for key, finding in self.findings.items()
                if finding.count <= _FEW
            },
            "not_checked": self.not_checked,
        }

    def _by_test(self, kind: str) -> dict[str, int | None]:
        """Always with "public" and "private"; with "test" where there is such a Usage."""
        counts = {test: self.count(f"{kind}_{test}") for test in TESTS}
        if counts["test"] is None:
            del counts["test"]
        return counts


def rows_without(audit: Audit, without: Sequence[str]) -> np.ndarray:
    """(m,) intp, the rows of the audited data that have none of `without` (names of `WITHOUT`).

    Of twins, the test row goes and the Training row stays; of repeats, near or exact, the first of
    the rows that are left stays; of conflicting labels all rows go, as nothing says which label is
    right.

    Raises:
        InputError: for a name that is none, or something that could not be checked.
    """
    keep = np.ones(audit.n, bool)
    for name in without:
        if name not in WITHOUT:
            raise InputError(f"{name!r} is nothing to leave out; choose of {', '.join(WITHOUT)}.")
        findings = [audit.findings[key] for key in WITHOUT[name] if key in audit.findings]
        if not findings:
            kinds = (name.replace("-", "_"), *WITHOUT[name])
            reason = next(audit.not_checked[kind] for kind in kinds if kind in audit.not_checked)
            raise InputError(f"{audit.name} cannot be freed of {name}: {reason}")
        if name not in _ALL_BUT_ONE:
            for finding in findings:
                keep[finding.rows] = False
    # Last, so that a row which goes anyway takes no other with it.
    first = _first_copies(audit)
    if "repeats" in without:
        left = np.flatnonzero(keep)
        _, places = np.unique(first[left], return_index=True)
        keep[:] = False
        keep[left[places]] = True
    near = audit.findings.get("near_duplicates")
    if "near-repeats" in without and near is not None and near.pairs is not None:
        there, goes = np.zeros(audit.n, bool), np.zeros(audit.n, bool)
        there[first[keep]] = True
        earlier, later = near.pairs.T
        goes[later[there[earlier]]] = True
        keep &= ~goes[first]
    return np.flatnonzero(keep)


def _first_copies(audit: Audit) -> np.ndarray:
    """(n,) intp: the first row with the pixels of each row."""
    first = np.arange(audit.n)
    pairs = audit.findings["exact_repeats"].pairs
    if pairs is not None:
        first[pairs[:, 0]] = pairs[:, 1]
    return first
