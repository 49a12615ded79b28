"""Pictures of any size to faces, many at a time."""

import itertools
import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from fer import images
from fer.data.dataset import SIDE_PX
from fer.errors import TooLargeError

# 2.3 GB of faces: more than any set of this kind, less than what a laptop has.
MAX_FACES = 1_000_000
_BATCH = 512

# From a picture (h, w, 3) uint8 to its face (48, 48) uint8.
FaceOf = Callable[[np.ndarray], np.ndarray]
# Where a picture is (a path, or its encoded bytes), and what an error calls it.
Picture = tuple[Path | bytes, str]


def whole_picture(image: np.ndarray) -> np.ndarray:
    """The picture itself as a (48, 48) face, as prediction reads one whole.

    A picture of that size is unchanged; one that is not square is filled up, never stretched.
    """
    return images.whole_face(image, SIDE_PX)


def faces_of(
    pictures: Iterable[Picture],
    face_of: FaceOf = whole_picture,
    progress: Callable[[int], None] | None = None,
) -> np.ndarray:
    """(n, 48, 48) uint8 faces of `pictures`, in order; `progress` gets the number read so far.

    Raises:
        InputError: naming the picture that cannot be read.
    """

    def face(picture: Picture) -> np.ndarray:
        source, name = picture
        return face_of(images.decode(source, name))

    parts: list[np.ndarray] = []
    done = 0
    pending = iter(pictures)
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        while batch := list(itertools.islice(pending, _BATCH)):
            parts.append(np.stack(list(pool.map(face, batch))))
            done += len(batch)
            if progress:
                progress(done)
    return np.concatenate(parts) if parts else np.empty((0, SIDE_PX, SIDE_PX), np.uint8)


def check_number(n: int, source: str) -> None:
    """Raise a TooLargeError where `source` has more faces than are read."""
    if n > MAX_FACES:
        raise TooLargeError(
            f"{source} has {n:,} faces; at most {MAX_FACES:,} are read: split it into parts."
        )
