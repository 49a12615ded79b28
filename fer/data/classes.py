"""Class names of other people's data, matched to our labels by meaning and never guessed."""

from collections.abc import Iterable, Sequence
from itertools import islice

import numpy as np

from fer.data.dataset import FaceDataset
from fer.errors import InputError
from fer.labels import LABELS, canonical

_UNLABELLED = {"", "unlabelled", "unlabeled"}


class ClassNames:
    """Labels by class name for one source; names without a meaning are collected and reported.

    With `wanted`, only those labels are read and everything else, unknown names too, is left out.
    """

    def __init__(
        self, source: str, wanted: Iterable[str] | None = None, what: str = "class"
    ) -> None:
        self._source = source
        self._what = what
        self._wanted = None if wanted is None else {LABELS.index(label) for label in wanted}
        self._unknown: dict[str, None] = {}  # a set that keeps its order

    def label(self, name: str) -> int | None:
        """The index in `LABELS` that `name` means, -1 for unlabelled, None: leave it out."""
        if name.strip().lower() in _UNLABELLED:
            return self.kept(-1)
        known = canonical(name)
        if known is None:
            if self._wanted is None:
                self._unknown[name] = None
            return None
        return self.kept(LABELS.index(known))

    def kept(self, label: int) -> int | None:
        """`label`, or None where it is not wanted."""
        return label if self._wanted is None or label in self._wanted else None

    def refuse_unknown(self) -> None:
        """Raise an InputError that names every unknown class met so far."""
        if not self._unknown:
            return
        shown = ", ".join(repr(name[:40]) for name in islice(self._unknown, 10))
        told, them = (
            (f"the {self._what} {shown} is not known; rename it to one", "it")
            if len(self._unknown) == 1
            else (f"the {self._what} names {shown} are not known; rename them to some", "them")
        )
        raise InputError(
            f"{self._source}: {told} of {', '.join(LABELS)}, take {them} out, or import the wanted "
            "classes alone (data import --classes)."
        )


def named_classes(names: Iterable[str]) -> tuple[str, ...]:
    """The labels that `names` mean, in the order of `LABELS`.

    Raises:
        InputError: for a name that means none of them.
    """
    found = {name: canonical(name) for name in names}
    unknown = [name for name, label in found.items() if label is None]
    if unknown or not found:
        raise InputError(
            f"There is no class {unknown[0]!r}; choose among {', '.join(LABELS)}."
            if unknown
            else f"No class was named; choose among {', '.join(LABELS)}."
        )
    return tuple(label for label in LABELS if label in found.values())


def most_frequent(dataset: FaceDataset, count: int) -> tuple[str, ...]:
    """The `count` labels with most faces, in the order of `LABELS`; ties go by that order."""
    if not 1 <= count <= len(LABELS):
        raise InputError(f"The number of classes is 1 to {len(LABELS)}, not {count}.")
    faces = np.bincount(dataset.labels[dataset.labels >= 0], minlength=len(LABELS))
    chosen = np.argsort(-faces, kind="stable")[:count]
    return tuple(label for index, label in enumerate(LABELS) if index in chosen)


def with_classes(dataset: FaceDataset, classes: Sequence[str]) -> FaceDataset:
    """The faces of `classes` (names of `LABELS`) alone."""
    wanted = [LABELS.index(label) for label in classes]
    rows = np.flatnonzero(np.isin(dataset.labels, wanted))
    if not len(rows):
        raise InputError(f"{dataset.name} has no face of {', '.join(classes)}.")
    return dataset.subset(rows) if len(rows) < len(dataset) else dataset
