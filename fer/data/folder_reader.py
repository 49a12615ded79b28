"""Class folders of pictures, with or without train/ and test/ above them."""

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from fer import images
from fer.data.csv_reader import Progress
from fer.data.dataset import NO_USAGE, SIDE_PX, USAGES, FaceDataset
from fer.errors import InputError
from fer.labels import LABELS, canonical

_USAGE_FOLDERS: dict[str, str] = {
    "train": "Training",
    "training": "Training",
    "val": "PublicTest",
    "valid": "PublicTest",
    "validation": "PublicTest",
    "publictest": "PublicTest",
    "privatetest": "PrivateTest",
    "test": "Test",
    "testing": "Test",
}
_SUFFIXES = {".png", ".jpg", ".jpeg", ".bmp", ".webp", ".gif", ".tif", ".tiff", ".pgm"}


@dataclass(frozen=True)
class _Picture:
    path: Path
    label: int
    usage: int


# From a picture (h, w, 3) uint8 to its face (48, 48) uint8.
FaceOf = Callable[[np.ndarray], np.ndarray]


def whole_picture(image: np.ndarray) -> np.ndarray:
    """The picture itself as a (48, 48) face; one of that size is unchanged."""
    return images.resize_face(images.grey(image), SIDE_PX)


def read_folder(
    path: Path, progress: Progress | None = None, face_of: FaceOf = whole_picture
) -> FaceDataset:
    """Read the class folders in `path`; each picture becomes one face, by `face_of`.

    Class folders are matched by meaning (`fer.labels.canonical`). The Usage comes from a folder
    train/, validation/ or test/ above them, or from a file name such as PrivateTest_123.jpg.

    Raises:
        InputError: where there is no class folder, a folder's name is not known, or a picture
            cannot be read; the message names it.
    """
    pictures = list(_pictures(path))
    if not pictures:
        raise InputError(
            f"{path.name}: no pictures in class folders were found; expected folders named "
            f"{', '.join(LABELS)} (or train/ and test/ with those inside)."
        )
    faces = np.empty((len(pictures), SIDE_PX, SIDE_PX), np.uint8)
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        for row, face in enumerate(pool.map(lambda p: face_of(images.decode(p.path)), pictures)):
            faces[row] = face
            if progress and row % 256 == 0:
                progress(row / len(pictures), f"Reading {path.name}")
    usage = np.array([picture.usage for picture in pictures], np.uint8)
    labels = np.array([picture.label for picture in pictures], np.int8)
    has_usage = bool(np.any(usage != NO_USAGE))
    return FaceDataset(path.name, faces, labels, usage if has_usage else None, source=path.name)


def _pictures(path: Path) -> Iterator[_Picture]:
    """In order of Usage folder, class folder and file name."""
    unknown: list[str] = []
    for folder in _folders(path):
        usage = _USAGE_FOLDERS.get(folder.name.lower())
        if usage is not None:
            for inner in _folders(folder):
                yield from _class_pictures(inner, USAGES.index(usage), unknown)
        else:
            yield from _class_pictures(folder, NO_USAGE, unknown)
    if unknown:
        raise InputError(
            f"{path.name}: the class folder {unknown[0]!r} is not known; rename it to one of "
            f"{', '.join(LABELS)}, or take it out."
        )


def _class_pictures(folder: Path, usage: int, unknown: list[str]) -> Iterator[_Picture]:
    files = sorted(f for f in folder.iterdir() if f.suffix.lower() in _SUFFIXES)
    label = canonical(folder.name)
    if label is None:
        if files:
            unknown.append(folder.name)
        return
    for file in files:
        named = [code for code, name in enumerate(USAGES) if file.name.startswith(f"{name}_")]
        yield _Picture(file, LABELS.index(label), named[0] if named else usage)


def _folders(path: Path) -> list[Path]:
    return sorted(f for f in path.iterdir() if f.is_dir() and not f.name.startswith("."))
