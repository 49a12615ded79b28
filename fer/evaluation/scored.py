"""What a model reads in labelled faces, row by row: for reports, mistakes and comparisons."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from fer.bundles import Bundle
from fer.data import FaceDataset
from fer.errors import InputError
from fer.evaluation.report import Report, report
from fer.inference import Predictor
from fer.labels import LABELS

Progress = Callable[[float, str], None]
# A face (48, 48) uint8 to one of the same shape and dtype.
Change = Callable[[np.ndarray], np.ndarray]

_CHUNK = 1024


@dataclass(frozen=True, eq=False)
class Scored:
    """Readings of the faces at `rows` of a data set, with their labels.

    Attributes:
        labels: the model's classes.
        rows: (n,) intp row numbers, none twice. truth: (n,) indices into `labels`.
        probabilities: (n, k) float32.
        twins: (n,) bool, pixel-equal to a row the model was trained on, or such a row itself.
        seen: how many rows the model was trained on: left out, unless they were asked for.
    """

    labels: tuple[str, ...]
    rows: np.ndarray
    truth: np.ndarray
    probabilities: np.ndarray
    twins: np.ndarray
    seen: int

    @cached_property
    def predicted(self) -> np.ndarray:
        """(n,) indices into `labels`."""
        return self.probabilities.argmax(axis=1)

    @property
    def confidence(self) -> np.ndarray:
        """(n,) probability of what was read."""
        return self.probabilities.max(axis=1)

    @property
    def correct(self) -> np.ndarray:
        """(n,) bool."""
        return self.predicted == self.truth

    def report(self, no_face: int | None = None) -> Report:
        """All scores; `no_face` is passed on."""
        return report(self.labels, self.probabilities, self.truth, self.seen, self.twins, no_face)

    def only(self, rows: np.ndarray) -> "Scored":
        """Those of these readings that are of `rows` (m,) of the data set."""
        kept = np.isin(self.rows, rows)
        return Scored(
            self.labels,
            self.rows[kept],
            self.truth[kept],
            self.probabilities[kept],
            self.twins[kept],
            self.seen,
        )

    def read_as(self, truth: str, predicted: str) -> np.ndarray:
        """Positions of the faces in one cell of the confusion matrix, the most confident first."""
        cell = (self.truth == self.labels.index(truth)) & (
            self.predicted == self.labels.index(predicted)
        )
        return self._most_confident(cell)

    def mistakes(self) -> np.ndarray:
        """Positions of the faces that were read wrong, the most confident first."""
        return self._most_confident(~self.correct)

    def _most_confident(self, which: np.ndarray) -> np.ndarray:
        places = np.flatnonzero(which)
        return places[np.argsort(-self.confidence[places], kind="stable")]


def score(
    bundle: Bundle,
    dataset: FaceDataset,
    rows: np.ndarray,
    tta: bool = False,
    include_seen: bool = False,
    progress: Progress | None = None,
    change: Change | None = None,
) -> Scored:
    """Have `bundle` read the labelled ones of `rows` (m,) of `dataset`, from its served file.

    Rows that this very model was trained on are counted and left out, unless `include_seen`; faces
    of labels that it does not know are left out. With `tta` the probabilities of a face and of its
    mirror image are averaged. With `change` it reads what that makes of each face.

    Raises:
        InputError: where no row is left.
    """
    dataset = dataset.only(bundle.labels)
    trained = bundle.training_rows()
    known = [LABELS.index(label) for label in bundle.labels]
    rows = rows[dataset.labels[rows] >= 0]
    seen = trained.seen(dataset)[rows]
    twins = trained.twins(dataset)[rows]
    if not include_seen:
        rows, twins = rows[~seen], twins[~seen]
    if not len(rows):
        raise InputError(
            f"{bundle.name} was trained on every one of these {len(seen)} faces of {dataset.name}; "
            "choose others."
            if len(seen)
            else f"{dataset.name} has no labelled faces here that {bundle.name} could be scored on."
        )
    return Scored(
        labels=bundle.labels,
        rows=rows,
        truth=np.array([known.index(label) for label in dataset.labels[rows]]),
        probabilities=_probabilities(Predictor(bundle), dataset, rows, tta, progress, change),
        twins=twins,
        seen=int(seen.sum()),
    )


def _probabilities(
    predictor: Predictor,
    dataset: FaceDataset,
    rows: np.ndarray,
    tta: bool,
    progress: Progress | None,
    change: Change | None,
) -> np.ndarray:
    parts = []
    for start in range(0, len(rows), _CHUNK):
        faces = np.ascontiguousarray(dataset.images[rows[start : start + _CHUNK]])
        if change:
            faces = np.stack([change(face) for face in faces])
        read = predictor.probabilities(faces)
        if tta:
            mirrored = np.ascontiguousarray(faces[:, :, ::-1])
            read = (read + predictor.probabilities(mirrored)) / 2
        parts.append(read)
        if progress:
            progress(min(1.0, (start + _CHUNK) / len(rows)), "Reading faces")
    return np.concatenate(parts)
