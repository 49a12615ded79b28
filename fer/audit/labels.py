"""Labels that are likely wrong, by what people voted (FER+) and by models that never saw the face.

Which rows a model objects to is confident learning (Northcutt, Jiang and Chuang, "Confident
Learning: Estimating Uncertainty in Dataset Labels", JAIR 70, 2021), done by cleanlab.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from fer import cache
from fer.audit.measurements import Progress
from fer.audit.opinions import cross_validated, mean_of_known, out_of_sample
from fer.audit.pixels import pixel_statistics
from fer.bundles import Bundle
from fer.data import FaceDataset, ferplus
from fer.errors import InputError
from fer.labels import LABELS
from fer.words import counted

# Fewer rows of a class than this say nothing about how sure a model is of that class.
_MIN_ROWS_A_CLASS = 5


@dataclass(frozen=True, eq=False)
class LabelErrors:
    """Rows whose label is likely wrong, the likeliest first.

    Attributes:
        rows: (m,) intp.
        given: (m,) int8, the label they have. suggested: (m,) int8, the label they should have.
        score: (m,) float32, 0 to 1: by how much the evidence for the suggested label (a share of
            votes, a probability, or their mean) is above that for the given one.
        by_votes, by_model: (m,) bool, who objects to the label.
        judged: {"votes": rows, "model": rows}, how many labelled rows each could judge.
        note: what was left out, and why.
    """

    rows: np.ndarray
    given: np.ndarray
    suggested: np.ndarray
    score: np.ndarray
    by_votes: np.ndarray
    by_model: np.ndarray
    judged: dict[str, int]
    note: str

    def to_dict(self, limit: int | None = None) -> dict[str, Any]:
        """As JSON, with the first `limit` rows."""
        shown = len(self.rows) if limit is None else min(limit, len(self.rows))
        ranked = [
            {
                "row": int(self.rows[i]),
                "given": LABELS[self.given[i]],
                "suggested": LABELS[self.suggested[i]],
                "score": float(self.score[i]),
                "by": ["votes"] * bool(self.by_votes[i]) + ["model"] * bool(self.by_model[i]),
            }
            for i in range(shown)
        ]
        return {"n": len(self.rows), "judged": self.judged, "note": self.note, "ranked": ranked}


def find_label_errors(
    dataset: FaceDataset, bundles: Sequence[Bundle] = (), progress: Progress | None = None
) -> LabelErrors:
    """Rank the likely label errors of `dataset` by all that can be asked; takes up to minutes.

    Asked are the FER+ votes where there are some, a classifier cross-validated on this very data
    (`fer.audit.cross_validated`), and `bundles` on the rows they were not trained on. What they
    said is kept on disk (`fer.cache`).
    """

    def scaled(first: float, last: float) -> Progress | None:
        if progress is None:
            return None
        return lambda share, text: progress(first + (last - first) * share, text)

    middle = 0.5 if bundles else 1.0
    faces = cache.digest(dataset.keys, dataset.labels)
    models = [str(sorted(bundle.card["files"].items())) for bundle in bundles]

    def cross_validation() -> cache.Arrays:
        return {"said": cross_validated(dataset, progress=scaled(0, middle))}

    def reading() -> cache.Arrays:
        return {"said": out_of_sample(dataset, bundles, scaled(middle, 1))}

    judges = [cache.kept("cross-validated", faces, cross_validation)["said"]]
    if bundles:
        judges.append(cache.kept("out-of-sample", cache.digest(faces, *models), reading)["said"])
    known = np.any([~np.isnan(judge[:, :1]) for judge in judges], axis=0)
    return label_errors(dataset, np.where(known, mean_of_known(judges), np.nan))


def label_errors(
    dataset: FaceDataset, probabilities: np.ndarray | None = None, votes: bool = True
) -> LabelErrors:
    """Rank the rows of `dataset` by how likely their label is wrong.

    Blank images, and what FER+ says is no face, have no right label and are not judged.

    Args:
        probabilities: (n, 7) in the order of `LABELS`, NaN in rows that no model could judge, as
            `out_of_sample` gives them.
        votes: whether the FER+ votes are asked, where there are some.

    Raises:
        InputError: where there are neither votes nor probabilities.
    """
    labels, faces = dataset.labels, _faces(dataset)[:, None]
    sources: dict[str, np.ndarray] = {}
    if votes and dataset.votes is not None:
        sources["votes"] = np.where(faces, ferplus.vote_shares(dataset), np.nan)
    if probabilities is not None:
        sources["model"] = np.where(faces, _checked(probabilities, len(dataset)), np.nan)
    if not sources:
        raise InputError(
            f"{dataset.name} has no FER+ votes and no model was given; nothing else says what its "
            "labels should be."
        )
    judged = {name: ~np.isnan(p[:, 0]) & (labels >= 0) for name, p in sources.items()}
    objecting = {
        "votes": _outvoted(sources.get("votes"), labels),
        "model": _objected(sources.get("model"), labels),
    }
    evidence = mean_of_known(list(sources.values()))
    own = np.take_along_axis(evidence, np.maximum(labels, 0)[:, None].astype(np.intp), axis=1)[:, 0]
    suggested = evidence.argmax(axis=1).astype(np.int8)
    score = evidence.max(axis=1) - own
    listed = (objecting["votes"] | objecting["model"]) & (suggested != labels) & (labels >= 0)
    rows = np.flatnonzero(listed)
    rows = rows[np.argsort(-score[rows], kind="stable")]
    return LabelErrors(
        rows,
        given=labels[rows],
        suggested=suggested[rows],
        score=score[rows].astype(np.float32),
        by_votes=objecting["votes"][rows],
        by_model=objecting["model"][rows],
        judged={name: int(known.sum()) for name, known in judged.items()},
        note=_note({name: int(np.sum((labels >= 0) & ~known)) for name, known in judged.items()}),
    )


def _faces(dataset: FaceDataset) -> np.ndarray:
    """(n,) bool: neither blank nor, where there are votes, voted to be no face."""
    faces = ~pixel_statistics(dataset.images).blank
    return faces & ~ferplus.not_a_face(dataset) if dataset.votes is not None else faces


def _outvoted(shares: np.ndarray | None, labels: np.ndarray) -> np.ndarray:
    """(n,) bool: another label has more votes than the given one."""
    if shares is None:
        return np.zeros(len(labels), bool)
    own = shares[np.arange(len(labels)), np.maximum(labels, 0)]
    with np.errstate(invalid="ignore"):
        return np.asarray((np.nan_to_num(shares).max(axis=1) > own) & (labels >= 0))


def _objected(probabilities: np.ndarray | None, labels: np.ndarray) -> np.ndarray:
    """(n,) bool: confident learning finds the given label wrong."""
    found = np.zeros(len(labels), bool)
    if probabilities is None:
        return found
    rows = np.flatnonzero(~np.isnan(probabilities[:, 0]) & (labels >= 0))
    counts = np.bincount(labels[rows], minlength=len(LABELS))
    classes = np.flatnonzero(counts >= _MIN_ROWS_A_CLASS)
    rows = rows[np.isin(labels[rows], classes)]
    if len(classes) < 2:
        return found
    # cleanlab brings pandas, which takes a second to load: only where it is asked for.
    from cleanlab.filter import find_label_issues

    among = probabilities[np.ix_(rows, classes)].astype(np.float64)
    among = np.maximum(among, 1e-12)
    among /= among.sum(axis=1, keepdims=True)
    codes = np.searchsorted(classes, labels[rows])
    found[rows] = find_label_issues(codes, among, filter_by="prune_by_noise_rate", n_jobs=1)
    return found


def _checked(probabilities: np.ndarray, n: int) -> np.ndarray:
    if probabilities.shape != (n, len(LABELS)):
        raise InputError(
            f"probabilities: expected {(n, len(LABELS))}, received {probabilities.shape}."
        )
    return probabilities


def _note(left_out: dict[str, int]) -> str:
    reasons = {
        "votes": "Not judged by votes: {}, without any, blank, or no face by FER+.",
        "model": "Not judged by a model: {}, blank, no face by FER+, or such that every model "
        "asked was trained on them or on copies of them.",
    }
    return " ".join(reasons[name].format(counted(n, "row")) for name, n in left_out.items() if n)
