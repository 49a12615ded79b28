"""`FaceDataset`: what every reader yields and everything downstream takes."""

import hashlib
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from fer.errors import InputError
from fer.labels import LABELS

SIDE_PX = 48

# "Test" is what class folders call PublicTest and PrivateTest merged.
USAGES: tuple[str, ...] = ("Training", "PublicTest", "PrivateTest", "Test")
NO_USAGE = 255

# Class counts of FER-2013 as published, by Usage, in the order of LABELS.
PUBLISHED_COUNTS: dict[str, tuple[int, ...]] = {
    "Training": (3995, 436, 4097, 7215, 4830, 3171, 4965),
    "PublicTest": (467, 56, 496, 895, 653, 415, 607),
    "PrivateTest": (491, 55, 528, 879, 594, 416, 626),
}


@dataclass(frozen=True, eq=False)
class FaceDataset:
    """Grey 48x48 faces with their labels.

    Attributes:
        name: the name it is registered under, or the name of the file it was read from.
        images: (n, 48, 48) uint8, 0 black to 255 white; memory-mapped when opened from disk.
        labels: (n,) int8, an index into `fer.labels.LABELS`, or -1 where unlabelled.
        usage: (n,) uint8, an index into `USAGES` or `NO_USAGE`; None where the source has no Usage.
        votes: (n, 10) uint8 FER+ votes, or None.
        source: one line that says where the faces come from.
        keys: (n,) uint64, the content key of each image: equal exactly where the pixels are equal
            (up to the chance of 64-bit collisions). Computed from the images where not given.

    Raises:
        InputError: where shapes, dtypes or ranges do not fit.
    """

    name: str
    images: np.ndarray
    labels: np.ndarray
    usage: np.ndarray | None = None
    votes: np.ndarray | None = None
    source: str = ""
    keys: np.ndarray = field(default_factory=lambda: np.empty(0, np.uint64), repr=False)

    def __post_init__(self) -> None:
        n = len(self.images)
        _expect("images", self.images, (n, SIDE_PX, SIDE_PX), np.uint8)
        _expect("labels", self.labels, (n,), np.int8)
        if n and (self.labels.min() < -1 or self.labels.max() >= len(LABELS)):
            raise InputError(f"{self.name}: labels must be -1 to {len(LABELS) - 1}.")
        if self.usage is not None:
            _expect("usage", self.usage, (n,), np.uint8)
        if self.votes is not None:
            _expect("votes", self.votes, (n, 10), np.uint8)
        if n and not len(self.keys):
            object.__setattr__(self, "keys", content_keys(self.images))
        _expect("keys", self.keys, (n,), np.uint64)

    def __len__(self) -> int:
        return len(self.images)

    @cached_property
    def fingerprint(self) -> str:
        """Hex digest of all faces, labels and usages, the same for any order of the rows."""
        columns = [self.labels.astype(np.int64)]
        columns += [self.usage.astype(np.int64)] if self.usage is not None else []
        table = np.rec.fromarrays([self.keys, *columns])
        return hashlib.sha256(np.sort(table).tobytes()).hexdigest()[:32]

    @property
    def is_published_fer2013(self) -> bool:
        """Whether the class counts of each Usage equal those published for FER-2013."""
        counts = self.counts()
        return counts.keys() == PUBLISHED_COUNTS.keys() and all(
            tuple(counts[usage].values()) == published
            for usage, published in PUBLISHED_COUNTS.items()
        )

    def counts(self) -> dict[str, dict[str, int]]:
        """Labelled faces by Usage and label; one key, "all", where there is no Usage.

        Unlabelled faces are counted under "unlabelled", a key that is there only where they are.
        """
        if self.usage is None:
            return {"all": _count(self.labels)}
        known = {
            name: _count(self.labels[self.usage == code])
            for code, name in enumerate(USAGES)
            if np.any(self.usage == code)
        }
        if np.any(self.usage == NO_USAGE):
            known["none"] = _count(self.labels[self.usage == NO_USAGE])
        return known

    @property
    def usage_codes(self) -> np.ndarray:
        """(n,) uint8: `usage`, or `NO_USAGE` throughout where there is none."""
        return np.full(len(self), NO_USAGE, np.uint8) if self.usage is None else self.usage

    def rows_of_usage(self, usage: str) -> np.ndarray:
        """(m,) row numbers of one of `USAGES`, labelled or not."""
        return np.flatnonzero(self.usage_codes == USAGES.index(usage))

    def usage_names(self) -> tuple[str, ...]:
        """The Usages that occur, in the order of `USAGES`."""
        if self.usage is None:
            return ()
        return tuple(name for code, name in enumerate(USAGES) if np.any(self.usage == code))

    def only(self, labels: tuple[str, ...]) -> "FaceDataset":
        """The same rows, unlabelled where their label is not among `labels`: no split has them."""
        if set(labels) >= set(LABELS):
            return self
        kept = np.isin(self.labels, [LABELS.index(label) for label in labels])
        return replace(self, labels=np.where(kept, self.labels, -1).astype(np.int8))

    def subset(self, rows: np.ndarray) -> "FaceDataset":
        """The faces at `rows` (integer indices), copied into memory."""
        rows = np.asarray(rows, dtype=np.intp)
        return replace(
            self,
            images=np.ascontiguousarray(self.images[rows]),
            labels=self.labels[rows],
            usage=None if self.usage is None else self.usage[rows],
            votes=None if self.votes is None else self.votes[rows],
            keys=self.keys[rows],
        )


def content_keys(images: np.ndarray) -> np.ndarray:
    """(n,) uint64 keys of (n, 48, 48) uint8 images, from the pixels alone (BLAKE2b, 8 bytes)."""
    keys = b"".join(hashlib.blake2b(image.tobytes(), digest_size=8).digest() for image in images)
    return np.frombuffer(keys, dtype="<u8").astype(np.uint64)


def copy_numbers(dataset: FaceDataset) -> np.ndarray:
    """(n,) uint8: 0 for the first of the images with equal pixels, 1 for the second, and so on.

    Copies are put in order by label, then by Usage, never by position, so that the same rows in
    another order get the same numbers. (Copies equal in all three are interchangeable.)
    """
    usage = dataset.usage if dataset.usage is not None else np.zeros(len(dataset), np.uint8)
    order = np.lexsort((usage, dataset.labels, dataset.keys))
    ordered = dataset.keys[order]
    starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]]) if len(order) else order
    runs = np.diff(np.r_[starts, len(ordered)])
    numbers = np.empty(len(dataset), np.uint8)
    numbers[order] = np.minimum(np.arange(len(ordered)) - np.repeat(starts, runs), 255)
    return numbers


def _count(labels: np.ndarray) -> dict[str, int]:
    counts = {label: int(np.sum(labels == index)) for index, label in enumerate(LABELS)}
    unlabelled = int(np.sum(labels == -1))
    return counts | ({"unlabelled": unlabelled} if unlabelled else {})


def _expect(what: str, array: np.ndarray, shape: tuple[int, ...], dtype: type) -> None:
    if array.shape != shape or array.dtype != dtype:
        raise InputError(
            f"{what}: expected {np.dtype(dtype).name} {shape}, "
            f"received {array.dtype.name} {array.shape}."
        )
