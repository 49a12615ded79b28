"""What is known of the published FER-2013: its class counts, and each face's key in its row order.

With these a copy from anywhere is compared with the original, whatever its order and format.
"""

from collections import Counter
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np

from fer.data.dataset import PUBLISHED_COUNTS, FaceDataset
from fer.labels import LABELS

# Rows of fer2013.csv: Training first, then PublicTest, then PrivateTest.
N_PUBLISHED = 35_887
# The order of the numbers where somebody sorted the class names, as folder readers do.
_SORTED_NAMES = tuple(sorted(LABELS))
_KEYS_FILE = Path(__file__).with_name("published_keys.npy")


@cache
def row_keys() -> np.ndarray:
    """(35887,) uint32: the upper half of each row's content key, in the order of fer2013.csv.

    0 stands for the 177 rows, nearly all no faces, whose exact pixels are not known here.
    """
    keys = np.load(_KEYS_FILE)
    keys.flags.writeable = False
    return keys


def short_keys(dataset: FaceDataset) -> np.ndarray:
    """(n,) uint32 keys of `dataset`, comparable with `row_keys`."""
    return (dataset.keys >> np.uint64(32)).astype(np.uint32)


def known_faces(dataset: FaceDataset) -> int:
    """How many rows have the pixels of a published row, each published row counted once."""
    ours = Counter(short_keys(dataset).tolist())
    theirs = Counter(row_keys()[row_keys() > 0].tolist())
    return (ours & theirs).total()


def differences(dataset: FaceDataset) -> list[str] | None:
    """How `dataset` differs from the published FER-2013, a sentence with numbers each.

    Empty where it does not differ (PublicTest and PrivateTest may be merged into one Test, as hub
    copies have them), None where it is another data set altogether.
    """
    n, known = len(dataset), known_faces(dataset)
    if 2 * known < n and not _is_alike_in_number(n):
        return None
    found = _count_differences(dataset)
    unverifiable = int(np.count_nonzero(row_keys() == 0))
    strangers = n - known - unverifiable
    if strangers > 0:
        found.append(
            f"at least {strangers:,} of its {n:,} faces are none of the published ones "
            "(by their pixels, each counted once)"
        )
    return found


def _is_alike_in_number(n: int) -> bool:
    return abs(n - N_PUBLISHED) <= N_PUBLISHED // 10


def _count_differences(dataset: FaceDataset) -> list[str]:
    published, counts = _expected(dataset), dataset.counts()
    if "all" in counts:
        counts = {"the whole": counts["all"]}
    found = []
    for usage in dict.fromkeys([*published, *counts]):
        ours, theirs = counts.get(usage), published.get(usage)
        if ours is None and theirs is not None:
            found.append(f"{usage} is missing (published: {sum(theirs.values()):,} faces)")
        elif ours is not None and theirs is None:
            found.append(f"{sum(ours.values()):,} faces are in {usage}, a part not published")
        elif ours is not None and theirs is not None:
            found += _part_differences(usage, ours, theirs)
    return found


def _part_differences(usage: str, ours: dict[str, int], theirs: dict[str, int]) -> list[str]:
    ours_n, theirs_n = sum(ours.values()), sum(theirs.values())
    if ours.get("unlabelled") == ours_n == theirs_n:
        return [f"{usage} has no labels"]
    found = [
        f"{usage} has {count:,} {label} (published: {theirs.get(label, 0):,})"
        for label, count in ours.items()
        if count != theirs.get(label, 0)
    ]
    if len(found) > 3 and ours_n != theirs_n:
        return [f"{usage} has {ours_n:,} faces (published: {theirs_n:,})"]
    return found


def _expected(dataset: FaceDataset) -> dict[str, dict[str, int]]:
    """The published counts, with the parts merged that `dataset` has merged."""
    training, public, private = (
        dict(zip(LABELS, PUBLISHED_COUNTS[usage], strict=True))
        for usage in ("Training", "PublicTest", "PrivateTest")
    )
    tests = {label: public[label] + private[label] for label in LABELS}
    if dataset.usage is None:
        return {"the whole": {label: training[label] + tests[label] for label in LABELS}}
    usages = dataset.usage_names()
    if "Test" in usages and not {"PublicTest", "PrivateTest"} & set(usages):
        return {"Training": training, "Test": tests}
    return {"Training": training, "PublicTest": public, "PrivateTest": private}


def with_sorted_labels_undone(dataset: FaceDataset) -> FaceDataset:
    """`dataset`, its labels renumbered where they count in the order of sorted class names.

    Told by the counts alone, which must then equal the published ones in every part: sad, surprise
    and neutral change places, and no count of FER-2013 is like another.
    """
    order = np.array([LABELS.index(name) for name in _SORTED_NAMES], np.int8)
    if not _count_differences(dataset) or dataset.labels.min() < 0:
        return dataset
    renumbered = replace(dataset, labels=order[dataset.labels])
    return dataset if _count_differences(renumbered) else renumbered


def published_rows(dataset: FaceDataset, usage: np.ndarray) -> np.ndarray:
    """(n,) intp: which row of the published fer2013.csv each face of `dataset` is; -1: none known.

    Where the rows are the published ones in their order, they go by their place, which finds those
    too whose pixels are not known here. Else faces are found by their pixels. Of copies of one
    image each is another row, of the same Usage where there is one.

    Args:
        usage: (35887,) uint8, the Usage of each published row.
    """
    if _are_in_order(dataset, usage):
        return np.arange(len(dataset))
    keys, known = row_keys(), np.flatnonzero(row_keys() > 0)
    known = known[np.lexsort((known, usage[known], keys[known]))]
    ours = short_keys(dataset)
    order = np.lexsort((np.arange(len(dataset)), dataset.usage_codes, ours))
    # The published rows with the pixels of a face: from `first` on, and `many`. The k-th copy that
    # we have is the k-th of them, and where we have more the last.
    first = np.searchsorted(keys[known], ours[order])
    many = np.searchsorted(keys[known], ours[order], side="right") - first
    starts = np.searchsorted(ours[order], ours[order])
    copy = np.arange(len(dataset)) - starts
    rows = np.full(len(dataset), -1)
    found = many > 0
    rows[order[found]] = known[(first + np.minimum(copy, many - 1))[found]]
    return rows


def _are_in_order(dataset: FaceDataset, usage: np.ndarray) -> bool:
    if dataset.usage is None or not np.array_equal(dataset.usage, usage):
        return False
    known = row_keys() > 0
    same = short_keys(dataset)[known] == row_keys()[known]
    return bool(same.mean() >= 0.99)
