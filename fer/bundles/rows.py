"""Which faces a model learned from: what an evaluation leaves out, and what it tells apart."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from fer.data.dataset import NO_USAGE, USAGES, FaceDataset, copy_numbers


@dataclass(frozen=True, eq=False)
class TrainingRows:
    """Which faces a model, or one that it began with, was trained on; told without the faces.

    Attributes:
        keys: (n,) uint64 content keys. usage: (n,) uint8. copies: (n,) uint8, `copy_numbers`.
    """

    keys: np.ndarray
    usage: np.ndarray
    copies: np.ndarray

    @classmethod
    def of(cls, dataset: FaceDataset, rows: np.ndarray) -> "TrainingRows":
        """Those of `dataset` at the indices `rows`."""
        columns = (dataset.keys, dataset.usage_codes, copy_numbers(dataset))
        return cls(*(column[rows] for column in columns))

    def save(self, path: Path) -> None:
        """Write as a compressed .npz file."""
        np.savez_compressed(path, keys=self.keys, usage=self.usage, copies=self.copies)

    @classmethod
    def load(cls, path: Path) -> "TrainingRows":
        """Read what `save` wrote.

        Raises:
            OSError, ValueError, KeyError, EOFError, BadZipFile: for any other file.
        """
        # Opened here, because NumPy leaves a file that is no zip archive open.
        with open(path, "rb") as file, np.load(file, allow_pickle=False) as archive:
            return cls(archive["keys"], archive["usage"], archive["copies"])

    def seen(self, dataset: FaceDataset) -> np.ndarray:
        """(n,) bool: rows of `dataset` that are these very rows.

        A row is the same where image, copy number and Usage are; a Usage that one side does not
        know, or knows only as "Test", matches all that it can mean. Data that holds other copies
        of an image than the training data did (PublicTest alone, say, or what a view had left out)
        numbers them otherwise: where that shows, image and Usage decide, so that a row is rather
        left out than counted as new.
        """
        usage = dataset.usage_codes
        trained = _copies_by_key(self.keys, self.copies, self.usage)
        copies = copy_numbers(dataset)
        there = _copies_by_key(dataset.keys, copies, usage)

        def is_seen(key: int, copy: int, of_row: int) -> bool:
            same = [one for one in trained.get(key, ()) if _same_usage(one[1], of_row)]
            if not same or any(number == copy for number, _ in same):
                return bool(same)
            if len(there[key]) <= max(number for number, _ in trained[key]):
                return True  # a copy is missing here
            rivals = sum(any(_same_usage(u, other) for _, u in same) for _, other in there[key])
            return rivals <= len(same)  # each was trained on

        rows = (dataset.keys.tolist(), copies.tolist(), usage.tolist())
        return np.fromiter((is_seen(*row) for row in zip(*rows, strict=True)), bool, len(dataset))

    def united(self, others: "list[TrainingRows]") -> "TrainingRows":
        """These rows and those of `others`, each once."""
        sets = (self, *others)
        keys, usage, copies = (
            np.concatenate([getattr(rows, name) for rows in sets])
            for name in ("keys", "usage", "copies")
        )
        # All three in one number a row: a key has 64 bits, so it becomes its place among the keys.
        place = np.unique(keys, return_inverse=True)[1].astype(np.int64)
        _, once = np.unique(
            (place << 16) + (usage.astype(np.int64) << 8) + copies, return_index=True
        )
        return TrainingRows(keys[once], usage[once], copies[once])

    def twins(self, dataset: FaceDataset) -> np.ndarray:
        """(n,) bool: rows whose pixels equal those of some training row."""
        return np.isin(dataset.keys, self.keys)


def _copies_by_key(
    keys: np.ndarray, copies: np.ndarray, usage: np.ndarray
) -> dict[int, list[tuple[int, int]]]:
    """(copy number, Usage) of each row, by its content key."""
    found: dict[int, list[tuple[int, int]]] = {}
    for key, *row in zip(keys.tolist(), copies.tolist(), usage.tolist(), strict=True):
        found.setdefault(key, []).append((row[0], row[1]))
    return found


def _same_usage(a: int, b: int) -> bool:
    if a == b or NO_USAGE in (a, b):
        return True
    tests = [USAGES.index(name) for name in ("PublicTest", "PrivateTest", "Test")]
    return tests[-1] in (a, b) and a in tests and b in tests
