"""FER+: ten people's votes on each face of FER-2013, joined to it, and labels made from them.

fer2013new.csv has no picture in it and its image names are not row numbers: votes are of the rows
of the published fer2013.csv. A copy in another order (class folders, most hub copies) finds these
by the pixels of its faces (`fer.data.published`), so one whose pictures were encoded again, with
loss, cannot be joined and is refused.

Labels by majority, `majority`:
- The kind of vote that most people gave counts. Where that is one of the seven emotions, it is the
  label.
- "contempt" has no counterpart in FER-2013, "unknown" and "NF" (not a face) are no emotions: where
  one of these has most votes, the face is unlabelled.
- Where two kinds have equally many, and most, votes there is no majority: unlabelled as well.
"""

import csv
import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from fer import files
from fer.data import published
from fer.data.dataset import USAGES, FaceDataset
from fer.data.registry import META, VOTES, folder_of, locked, read_columns, read_info
from fer.errors import InputError, NotFoundError, TooLargeError
from fer.labels import LABELS

# The columns of `FaceDataset.votes`, as in fer2013new.csv.
COLUMNS = (
    "neutral",
    "happiness",
    "surprise",
    "sadness",
    "anger",
    "disgust",
    "fear",
    "contempt",
    "unknown",
    "NF",
)
NOT_A_FACE = COLUMNS.index("NF")
_LABELS = ("neutral", "happy", "surprise", "sad", "angry", "disgust", "fear")
# The label of each column; -1 for those that are no emotion of FER-2013.
_LABEL_OF_COLUMN = np.array([LABELS.index(label) for label in _LABELS] + [-1, -1, -1], np.int8)
_MAX_BYTES = 50_000_000
# Of the faces of a data set this share must be published ones: a few may be unknown or added.
_LEAST_KNOWN = 0.9


@dataclass(frozen=True, eq=False)
class VotesTable:
    """fer2013new.csv: usage (n,) uint8 indices into `USAGES`, votes (n, 10) uint8."""

    usage: np.ndarray
    votes: np.ndarray


def read_votes(path: str | Path) -> VotesTable:
    """Read fer2013new.csv; its columns are found by name.

    Raises:
        InputError: naming the line and what is wrong with it.
    """
    path = files.named(path)
    if not path.is_file():
        raise NotFoundError(f"There is no file {path}; give the path of fer2013new.csv.")
    if path.stat().st_size > _MAX_BYTES:
        raise TooLargeError(f"{path.name} is too large for FER+ votes; give fer2013new.csv.")
    try:
        text = path.read_text(encoding="utf-8-sig")
        rows = list(csv.reader(io.StringIO(text, newline="")))
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path.name} is not a csv file in UTF-8; give fer2013new.csv.") from error
    header = [name.strip().lower() for name in rows[0]] if rows else []
    wanted = [name.lower() for name in ("Usage", *COLUMNS)]
    missing = [name for name in wanted if name not in header]
    if missing:
        raise InputError(
            f"{path.name} has no column {missing[0]!r}, so it is not FER+; give fer2013new.csv."
        )
    places = [header.index(name) for name in wanted]
    parsed = [
        _row(f"{path.name}, line {line}", row, places, len(header))
        for line, row in enumerate(rows[1:], start=2)
        if row
    ]
    table = np.array(parsed, np.uint8).reshape(-1, 1 + len(COLUMNS))
    return VotesTable(table[:, 0].copy(), table[:, 1:].copy())


def attach(name: str, path: str | Path) -> FaceDataset:
    """Keep the votes in the csv file at `path` with the registered data set `name`.

    Raises:
        NotFoundError: there is no such data set, or no such file.
        InputError: most faces of the data set are, by their pixels, none of the published ones, or
            the file is not the whole of FER+.
    """
    folder = folder_of(name)
    if not (folder / META).is_file():
        raise NotFoundError(f"There is no data set {name!r}; import fer2013.csv first.")
    parent = read_info(folder).parent
    if parent is not None:
        raise InputError(f"{name} is a view; join the votes to {parent}, and the view has them.")
    table = read_votes(path)
    if len(table.usage) != published.N_PUBLISHED:
        raise InputError(
            f"{files.named(path).name} has the votes on {len(table.usage):,} faces, and FER+ those "
            f"on {published.N_PUBLISHED:,}; give the whole fer2013new.csv."
        )
    with locked(name):
        dataset = read_columns(folder)
        rows = published.published_rows(dataset, table.usage)
        known = rows >= 0
        if known.sum() < _LEAST_KNOWN * len(rows):
            raise InputError(
                f"FER+ cannot be joined to {name}: only {known.sum():,} of its {len(rows):,} faces "
                "are faces of FER-2013, pixel for pixel. They are others, or were encoded again; "
                "import fer2013.csv (or icml_face_data.csv) and join the votes to that."
            )
        votes = np.zeros((len(rows), len(COLUMNS)), np.uint8)
        votes[known] = table.votes[rows[known]]
        buffer = io.BytesIO()
        np.save(buffer, votes)
        files.write_bytes(folder / VOTES, buffer.getvalue())
    return read_columns(folder)


def votes_of(dataset: FaceDataset) -> np.ndarray:
    """(n, 10) uint8 votes, in the order of `COLUMNS`.

    Raises:
        InputError: where the data set has none.
    """
    if dataset.votes is None:
        raise InputError(
            f"{dataset.name} has no FER+ votes; join them with python -m fer data ferplus "
            f"{dataset.name} fer2013new.csv."
        )
    return dataset.votes


def vote_shares(dataset: FaceDataset) -> np.ndarray:
    """(n, 7) float32 shares of the votes for each of `LABELS`; NaN where nobody voted.

    Votes for contempt, unknown and no face count in the whole, so shares may sum to less than 1.

    Raises:
        InputError: where the data set has no votes.
    """
    votes = votes_of(dataset)
    shares = np.zeros((len(dataset), len(LABELS)), np.float32)
    known = _LABEL_OF_COLUMN >= 0
    shares[:, _LABEL_OF_COLUMN[known]] = votes[:, known]
    total = votes.sum(axis=1, dtype=np.float32)[:, None]
    return np.where(total > 0, shares / np.maximum(total, 1), np.nan).astype(np.float32)


def majority(votes: np.ndarray) -> np.ndarray:
    """(n,) int8 labels from (n, 10) votes by the rules above; -1 where there is none."""
    most = votes.max(axis=1, keepdims=True)
    alone = (votes == most).sum(axis=1) == 1
    labels = np.where(alone, _LABEL_OF_COLUMN[votes.argmax(axis=1)], -1)
    return labels.astype(np.int8)


def agreement(dataset: FaceDataset) -> np.ndarray:
    """(n,) bool: the majority of the votes is the face's label. False where either is missing.

    Raises:
        InputError: where the data set has no votes.
    """
    return (majority(votes_of(dataset)) == dataset.labels) & (dataset.labels >= 0)


def not_a_face(dataset: FaceDataset) -> np.ndarray:
    """(n,) bool: more people voted "not a face" than anything else."""
    votes = votes_of(dataset)
    others = np.delete(votes, NOT_A_FACE, axis=1).max(axis=1)
    return votes[:, NOT_A_FACE] > others


def soft_targets(
    votes: np.ndarray, labels: np.ndarray, training: np.ndarray, mix: float = 0.3
) -> np.ndarray:
    """(n, 7) float32 training targets, each row summing to 1, in the order of `LABELS`.

    A row is (1 - mix) of its label and `mix` of what its votes say of the label, by `vote_map`,
    which is learned from the rows `training` alone. A row without votes is its label, one without
    a label is its votes, and one with neither is uniform.

    Args:
        votes: (n, 10) uint8. labels: (n,) int8, -1 where unlabelled.
        training: integer row numbers, or a mask.
        mix: 0 (labels alone) to 1 (votes alone).
    """
    if not 0 <= mix <= 1:
        raise InputError(f"The share of the votes is 0 to 1, not {mix}.")
    total = votes.sum(axis=1, dtype=np.float64)
    said = votes / np.maximum(total, 1)[:, None] @ vote_map(votes[training], labels[training])
    hot = np.zeros((len(labels), len(LABELS)))
    labelled = np.flatnonzero(labels >= 0)
    hot[labelled, labels[labelled]] = 1
    share = np.where(total > 0, np.where(labels >= 0, mix, 1.0), 0.0)[:, None]
    targets = (1 - share) * hot + share * said
    targets[(labels < 0) & (total == 0)] = 1 / len(LABELS)
    return (targets / targets.sum(axis=1, keepdims=True)).astype(np.float32)


def vote_map(votes: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """(10, 7) float64: how the labels of faces are distributed over which a kind of vote was cast.

    Row c is the mean of the one-hot labels, weighted by the votes of kind c; a kind that nobody
    cast is uniform.
    """
    labelled = labels >= 0
    hot = np.eye(len(LABELS))[labels[labelled]]
    cast = votes[labelled].T.astype(np.float64) @ hot
    total = cast.sum(axis=1, keepdims=True)
    return np.where(total > 0, cast / np.maximum(total, 1), 1 / len(LABELS))


def _row(where: str, row: list[str], places: list[int], width: int) -> list[int]:
    if len(row) != width:
        raise InputError(f"{where}: expected {width} columns, received {len(row)}.")
    usage, *votes = (row[place].strip() for place in places)
    if usage not in USAGES:
        raise InputError(f"{where}: the Usage {usage[:20]!r} is not one of {', '.join(USAGES)}.")
    for vote in votes:
        if not (vote.isdecimal() and len(vote) <= 3 and int(vote) <= 255):
            raise InputError(f"{where}: {vote[:20]!r} is not a number of votes.")
    return [USAGES.index(usage), *(int(vote) for vote in votes)]
