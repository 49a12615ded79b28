"""Splits drawn from the content of each image and a seed, never from its position.

Any copy of the same data, in any order and any file format, gets the same split.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from fer.data.dataset import FaceDataset, copy_numbers
from fer.errors import InputError

SPLITS: dict[str, str] = {
    "published": "85 % / 15 %, and 5 % of the 85 % for validation; copies of one image may fall on "
    "both sides, as at the source",
    "clean": "the same shares, copies of one image kept on one side",
    "80-10-10": "80 % for training, 10 % for validation, 10 % for the test",
    "official": "Training, PublicTest for validation, PrivateTest for the test",
    "final": "as official, with four fifths of PublicTest in training too: for a last run, when "
    "all has been chosen on official",
}
# These test on PrivateTest, whatever the seed.
BY_USAGE = ("official", "final")
_USAGES_NEEDED = {"Training", "PublicTest", "PrivateTest"}
# What calibration still needs: it fits one number, and the place to say "not sure" from.
_FINAL_VALIDATION_SHARE = 0.2


@dataclass(frozen=True, eq=False)
class Split:
    """Row numbers of the three parts, each (n,) int64 and sorted; unlabelled rows are in none."""

    name: str
    seed: int
    train: np.ndarray
    validation: np.ndarray
    test: np.ndarray


def make_split(dataset: FaceDataset, name: str, seed: int = 0) -> Split:
    """Split `dataset` by one of `SPLITS`; `seed` is not used by "official".

    Raises:
        InputError: for an unknown split, or one of `BY_USAGE` on data without its Usages.
    """
    if name in BY_USAGE:
        official = _official(dataset, name, seed)
        return official if name == "official" else _final(dataset, official)
    shares = {"published": (0.15, 0.0425), "clean": (0.15, 0.0425), "80-10-10": (0.1, 0.1)}
    if name not in shares:
        raise InputError(f"There is no split {name!r}; choose one of {', '.join(SPLITS)}.")
    rows = np.flatnonzero(dataset.labels >= 0)
    copies = np.zeros(len(dataset), np.uint8) if name == "clean" else copy_numbers(dataset)
    draws = _draws(dataset.keys[rows], copies[rows], seed)
    order = np.argsort(draws, kind="stable")
    rows, draws = rows[order], draws[order]
    test_share, validation_share = shares[name]
    test_end = _boundary(draws, round(test_share * len(rows)))
    validation_end = _boundary(draws, test_end + round(validation_share * len(rows)))
    return Split(
        name,
        seed,
        train=np.sort(rows[validation_end:]),
        validation=np.sort(rows[test_end:validation_end]),
        test=np.sort(rows[:test_end]),
    )


def splits_for(usages: Iterable[str]) -> list[str]:
    """The names of `SPLITS` that data with these Usages allows."""
    return [name for name in SPLITS if name not in BY_USAGE or set(usages) >= _USAGES_NEEDED]


def _official(dataset: FaceDataset, name: str, seed: int) -> Split:
    def rows(usage: str) -> np.ndarray:
        found = dataset.rows_of_usage(usage)
        return found[dataset.labels[found] >= 0]

    missing = _USAGES_NEEDED - set(dataset.usage_names())
    if missing:
        raise InputError(
            f"{dataset.name} has no {' and no '.join(sorted(missing))} rows, which the {name} "
            'split needs; use "published", "clean" or "80-10-10" instead.'
        )
    return Split(name, seed, rows("Training"), rows("PublicTest"), rows("PrivateTest"))


def _final(dataset: FaceDataset, official: Split) -> Split:
    public = official.validation
    draws = _draws(dataset.keys[public], copy_numbers(dataset)[public], official.seed)
    public = public[np.argsort(draws, kind="stable")]
    kept = round(_FINAL_VALIDATION_SHARE * len(public))
    return replace(
        official,
        train=np.sort(np.concatenate([official.train, public[kept:]])),
        validation=np.sort(public[:kept]),
    )


def _draws(keys: np.ndarray, copies: np.ndarray, seed: int) -> np.ndarray:
    """One uniform uint64 a row, a function of (seed, image, copy number)."""
    salt = f"fer split {seed}".encode()
    digests = b"".join(
        hashlib.blake2b(key.tobytes() + bytes([copy]), digest_size=8, key=salt).digest()
        for key, copy in zip(keys.astype("<u8"), copies, strict=True)
    )
    return np.frombuffer(digests, dtype="<u8")


def _boundary(draws: np.ndarray, position: int) -> int:
    """`position`, moved on to where the draw changes, so that copies in "clean" stay together."""
    while 0 < position < len(draws) and draws[position] == draws[position - 1]:
        position += 1
    return position
