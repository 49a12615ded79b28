"""From a path of any kind to a data set: which reader is meant is told by the content."""

import csv
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from fer.data.archives import archive_kind, unpacked
from fer.data.classes import most_frequent, named_classes, with_classes
from fer.data.csv_reader import Progress, read_csv
from fer.data.dataset import FaceDataset
from fer.data.folder_reader import has_class_folders, has_pictures, read_folder
from fer.data.paths_reader import LABEL_COLUMNS, PATH_COLUMNS, read_paths_csv
from fer.data.pictures import FaceOf, whole_picture
from fer.data.usages import SaidUsage, place, usage_codes, usage_of_file, usage_of_word
from fer.errors import InputError, NotFoundError
from fer.files import is_hidden

# A zip of a tar.gz of a folder in a folder is met in the wild; deeper is a trick.
_MAX_DEPTH = 6
# The challenge's archives hold a csv with all parts beside train.csv and test.csv.
_WHOLE = ("fer2013", "icml_face_data")
_READ = (
    "a FER-2013 csv, a csv of paths and labels, parquet files, a folder of class folders, or a "
    "zip, tar.gz or gz of one of these"
)


@dataclass(frozen=True)
class _Options:
    progress: Progress | None
    face_of: FaceOf
    classes: Collection[str] | None


def read(
    path: Path,
    progress: Progress | None = None,
    face_of: FaceOf = whole_picture,
    classes: Sequence[str] | int | None = None,
) -> FaceDataset:
    """Read any file or folder of faces, registering nothing.

    Args:
        path: a csv of pixels or of paths, a parquet file or folder, class folders, or an archive.
        progress: called with a share 0-1 and a sentence.
        face_of: makes the (48, 48) face of a picture (h, w, 3); pixels of a csv are faces already.
        classes: names of the only classes to read, or how many of the most frequent ones.

    Raises:
        NotFoundError: where there is nothing at `path`.
        InputError: naming the file, and the row where one is at fault.
    """
    if not path.exists():
        raise NotFoundError(f"There is no file or folder {path}; check the path.")
    chosen = None if classes is None or isinstance(classes, int) else named_classes(classes)
    options = _Options(progress, face_of, chosen)
    try:
        dataset = _read(path, options, 0)
    except PermissionError as error:
        raise InputError(
            f"{error.filename or path} may not be read; change its permissions."
        ) from error
    if isinstance(classes, int):
        chosen = most_frequent(dataset, classes)
    dataset = dataset if chosen is None else with_classes(dataset, chosen)
    return replace(dataset, source=path.name)


def _read(path: Path, options: _Options, depth: int) -> FaceDataset:
    if depth > _MAX_DEPTH:
        raise InputError(f"{path.name} is packed too deep; unpack it and give the inner folder.")
    if path.is_dir():
        return _read_folder(path, options, depth)
    if not path.is_file():
        raise InputError(f"{path.name} is neither a file nor a folder; give {_READ}.")
    if archive_kind(path) is not None:
        with unpacked(path) as folder:
            return replace(_read(folder, options, depth + 1), name=folder.name)
    with open(path, "rb") as file:
        head = file.read(4)
    if head == b"PAR1":
        return _read_parquet([path], path, options)
    return _read_csv(path, options)


def _read_folder(folder: Path, options: _Options, depth: int) -> FaceDataset:
    parquets = sorted(
        f
        for f in folder.rglob("*.parquet")
        if f.is_file() and not any(map(is_hidden, f.relative_to(folder).parts))
    )
    if parquets:
        return _read_parquet(parquets, folder, options)
    if not has_class_folders(folder):
        entries = [e for e in sorted(folder.iterdir()) if not is_hidden(e.name)]
        files = [entry for entry in entries if entry.is_file()]
        folders = [entry for entry in entries if entry.is_dir()]
        tables = [file for file in files if _kind_of_csv(file) in ("pixels", "paths")]
        if tables:
            return _read_tables(tables, folder.name, options)
        packed = [file for file in files if archive_kind(file) is not None]
        nested = [inner for inner in folders if not has_pictures(inner)]
        if len(packed) + len(folders) == 1 and packed + nested:
            inner = _read((packed + nested)[0], options, depth + 1)
            return replace(inner, name=folder.name)
    return read_folder(folder, options.progress, options.face_of, options.classes)


def _read_parquet(files: list[Path], root: Path, options: _Options) -> FaceDataset:
    # Loads Arrow, which takes longer than opening a registered data set.
    from fer.data.parquet_reader import ParquetPart, read_parquet

    parts = [
        ParquetPart(file, usage_of_file(file.stem) or _usage_of_folders(file, root))
        for file in files
    ]
    # Training, PublicTest, PrivateTest: the order of rows in which FER-2013 was published.
    parts.sort(key=lambda part: place(part.usage))
    return read_parquet(
        parts,
        root.stem if root.is_file() else root.name,
        options.progress,
        options.face_of,
        options.classes,
    )


def _usage_of_folders(file: Path, root: Path) -> str | None:
    """What the folders between `root` and `file` say; what lies above says nothing of the data."""
    inside = file.relative_to(root).parts[:-1]
    return next((usage for part in inside if (usage := usage_of_word(part))), None)


def _kind_of_csv(path: Path) -> str | None:
    """ "pixels", "paths" or "votes" by the names in the first line; None for anything else."""
    with open(path, "rb") as file:
        line = file.readline(1 << 16).removeprefix(b"\xef\xbb\xbf")
    try:
        cells = next(csv.reader([line.decode().replace(";", ",").replace("\t", ",")]), [])
    except (UnicodeDecodeError, csv.Error):
        return None
    names = {cell.strip().lower() for cell in cells}
    if "pixels" in names:
        return "pixels"
    if {"contempt", "unknown", "nf"} <= names:
        return "votes"
    paths = not names.isdisjoint(PATH_COLUMNS) and not names.isdisjoint(LABEL_COLUMNS)
    return "paths" if paths else None


def _read_csv(path: Path, options: _Options) -> FaceDataset:
    kind = _kind_of_csv(path)
    if kind == "paths":
        return read_paths_csv(path, options.progress, options.face_of, options.classes)
    if kind == "votes":
        raise InputError(
            f"{path.name} holds FER+ votes and no faces; import fer2013.csv, then join the votes "
            f"to it with python -m fer data ferplus NAME {path.name}."
        )
    if kind is None and path.suffix.lower() != ".csv":
        raise InputError(f"{path.name} is not in a format that is read; give {_READ}.")
    return read_csv(path, options.progress)


def _read_tables(files: list[Path], name: str, options: _Options) -> FaceDataset:
    """One csv file, or several named by part: the challenge's train.csv and test.csv."""
    whole = [file for file in files if usage_of_file(file.stem) is None]
    everything = files if len(files) == 1 else [f for f in whole if f.stem.lower() in _WHOLE]
    if len(everything) == 1:
        return replace(_read_csv(everything[0], options), name=name)
    files = sorted(files, key=lambda file: place(usage_of_file(file.stem)))
    usages = [usage_of_file(file.stem) for file in files]
    if whole or len(set(usages)) < len(usages):
        raise InputError(
            f"{name} has several csv files ({', '.join(file.name for file in files)[:200]}); give "
            "one of them."
        )
    codes = usage_codes([SaidUsage(usage) for usage in usages])
    parts = [_read_csv(file, options) for file in files]
    return joined(
        name,
        [
            part if part.usage is not None else _with_usage(part, code)
            for part, code in zip(parts, codes, strict=True)
        ],
    )


def _with_usage(dataset: FaceDataset, code: np.uint8) -> FaceDataset:
    return replace(dataset, usage=np.full(len(dataset), code, np.uint8))


def joined(name: str, parts: list[FaceDataset]) -> FaceDataset:
    """The faces of `parts` one after the other."""
    return FaceDataset(
        name,
        np.concatenate([part.images for part in parts]),
        np.concatenate([part.labels for part in parts]),
        np.concatenate([part.usage_codes for part in parts]),
        source=name,
        keys=np.concatenate([part.keys for part in parts]),
    )
