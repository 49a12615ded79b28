"""Class folders of pictures, with or without train/ and test/ above them."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from fer import files
from fer.data.classes import ClassNames
from fer.data.csv_reader import Progress
from fer.data.dataset import NO_USAGE, USAGES, FaceDataset
from fer.data.pictures import FaceOf, check_number, faces_of, whole_picture
from fer.data.usages import SaidUsage, place, usage_codes, usage_of_word
from fer.errors import InputError
from fer.images import PICTURE_SUFFIXES
from fer.labels import LABELS, canonical


@dataclass(frozen=True)
class _Picture:
    path: Path
    label: int
    usage: SaidUsage  # by the folder above, or to the letter by the file's own name


def read_folder(
    path: Path,
    progress: Progress | None = None,
    face_of: FaceOf = whole_picture,
    classes: Collection[str] | None = None,
) -> FaceDataset:
    """Read the class folders in `path`; each picture becomes one face, by `face_of`.

    Class folders are matched by meaning (`fer.labels.canonical`) and hold their pictures at any
    depth; with `classes` only those labels are read, and other folders left out. The Usage comes
    from a folder train/, validation/ or test/ above them, or from a file name such as
    PrivateTest_123.jpg.

    Raises:
        InputError: where there is no class folder, a folder's name is not known, or a picture
            cannot be read; the message names it.
    """
    pictures = list(_pictures(path, ClassNames(path.name, classes, "class folder")))
    if not pictures:
        raise InputError(
            f"{path.name}: no pictures in class folders were found; expected folders named "
            f"{', '.join(LABELS if classes is None else classes)} (or train/ and test/ with those "
            "inside)."
        )
    check_number(len(pictures), path.name)
    faces = faces_of(
        ((picture.path, picture.path.relative_to(path.parent).as_posix()) for picture in pictures),
        face_of,
        lambda done: progress(done / len(pictures), f"Reading {path.name}") if progress else None,
    )
    usage = usage_codes([picture.usage for picture in pictures])
    labels = np.array([picture.label for picture in pictures], np.int8)
    has_usage = np.any(usage != NO_USAGE)
    return FaceDataset(path.name, faces, labels, usage if has_usage else None, source=path.name)


def has_class_folders(path: Path) -> bool:
    """Whether a folder in `path`, or in one named after a part (train/, test/), is of a class."""
    folders = _folders(path)
    parts = [folder for folder in folders if usage_of_word(folder.name) is not None]
    inside = [inner for part in parts for inner in _folders(part)]
    return any(canonical(folder.name) is not None for folder in [*folders, *inside])


def has_pictures(path: Path) -> bool:
    """Whether there are pictures right in `path`."""
    return bool(_picture_files(path))


def _pictures(path: Path, names: ClassNames) -> Iterator[_Picture]:
    """In order of Usage folder, class folder and file name."""
    for folder in sorted(_folders(path), key=lambda folder: place(usage_of_word(folder.name))):
        usage = usage_of_word(folder.name)
        if usage is not None:
            for inner in _folders(folder):
                yield from _class_pictures(inner, usage, names)
            # A test part often comes without labels.
            if (unlabelled := names.kept(-1)) is not None:
                for file in _picture_files(folder):
                    yield _Picture(file, unlabelled, _said(file, usage))
        else:
            yield from _class_pictures(folder, None, names)
    names.refuse_unknown()


def _class_pictures(folder: Path, usage: str | None, names: ClassNames) -> Iterator[_Picture]:
    # Some keep the pictures of a class in folders of their own, by person or by film.
    files = _picture_files(folder, at_any_depth=True)
    # A folder without pictures is no class, whatever it is called.
    label = names.label(folder.name) if files else None
    if label is None:
        return
    for file in files:
        yield _Picture(file, label, _said(file, usage))


def _said(file: Path, usage: str | None) -> SaidUsage:
    named = next((name for name in USAGES if file.name.startswith(f"{name}_")), None)
    return SaidUsage(named or usage, named is not None)


def _picture_files(folder: Path, at_any_depth: bool = False) -> list[Path]:
    """Those that are not hidden, nor in hidden folders."""
    if at_any_depth:
        inside = files.below(folder, files.refuse)
    else:
        inside = sorted(file for file in folder.iterdir() if not files.is_hidden(file.name))
    return [f for f in inside if f.suffix.lower() in PICTURE_SUFFIXES and f.is_file()]


def _folders(path: Path) -> list[Path]:
    return sorted(f for f in path.iterdir() if f.is_dir() and not files.is_hidden(f.name))
