"""Data sets under FER_HOME/datasets: importing, listing, opening, deleting.

A registered data set is a folder of .npy files, opened by memory-mapping them, and meta.json; a
view (`fer.data.views`) is a folder of row numbers.
"""

import re
from collections.abc import Sequence
from pathlib import Path

from fer import files, home
from fer.data import published, registry, views
from fer.data.csv_reader import Progress
from fer.data.dataset import FaceDataset
from fer.data.drawn import drawn_faces
from fer.data.pictures import FaceOf, whole_picture
from fer.data.reading import read
from fer.data.registry import META, DatasetInfo, checked_name, folder_of, is_name, locked
from fer.errors import InputError, NotFoundError

__all__ = [
    "DatasetInfo",
    "checked_name",
    "dataset_info",
    "delete_dataset",
    "import_dataset",
    "is_registered",
    "list_datasets",
    "located",
    "open_dataset",
    "read",
    "save_dataset",
]


def import_dataset(
    path: str | Path,
    name: str | None = None,
    replace: bool = False,
    progress: Progress | None = None,
    *,
    face_of: FaceOf = whole_picture,
    classes: Sequence[str] | int | None = None,
) -> FaceDataset:
    """Read `path` and keep it as `name` (default: from the path). Nothing half-written is left.

    `face_of` and `classes` are passed on to `fer.data.read`. FER-2013 with its labels numbered in
    the order of their sorted names, which its counts tell, gets the published numbers.

    Raises:
        ExistsError: the name is taken and `replace` is false.
        NotFoundError: there is no such file.
        InputError: it cannot be read; see the reader's message.
    """
    path = files.named(path)
    name = checked_name(name if name is not None else _name_from(path))
    registry.check_free(name, replace)
    dataset = published.with_sorted_labels_undone(read(path, progress, face_of, classes))
    return save_dataset(dataset, name, replace, progress)


def save_dataset(
    dataset: FaceDataset, name: str, replace: bool = False, progress: Progress | None = None
) -> FaceDataset:
    """Keep `dataset` as `name`, and say where it is compared with the published FER-2013.

    Raises:
        ExistsError: the name is taken and `replace` is false.
    """
    if progress:
        progress(1.0, "Saving")
    with registry.staged(name, replace) as staging:
        registry.write_columns(staging, dataset)
        registry.write_info(staging, dataset, name, differences=published.differences(dataset))
    return open_dataset(name)


def open_dataset(name: str | Path) -> FaceDataset:
    """A registered data set or view by name, the built-in "drawn", or one read from a path.

    Raises:
        NotFoundError: with the names there are.
        InputError: what is at the path cannot be read as faces.
    """
    if str(name) == "drawn":
        return drawn_faces()
    if is_registered(name):
        folder = folder_of(str(name))
        is_view = registry.read_info(folder).parent is not None
        return views.open_view(folder) if is_view else registry.read_columns(folder)
    if str(name) and (path := files.named(name)).exists():
        return read(path)
    known = ", ".join([info.name for info in list_datasets()] + ["drawn"])
    remedy = "import one with python -m fer data import PATH"
    if re.sub(r"[^a-z0-9]", "", str(name).lower()).startswith("fer2013"):
        remedy = "get it with python -m fer data download fer2013, or import one you have"
    raise NotFoundError(f"There is no data set {str(name)!r} (there are: {known}); {remedy}.")


def is_registered(name: str | Path) -> bool:
    """Whether `name` is that of an imported data set or "drawn"; a path of that name yields."""
    if str(name) == "drawn":
        return True
    return is_name(str(name)) and (home.datasets_dir() / str(name) / META).is_file()


def located(name: str) -> str:
    """`name` as `open_dataset` takes it from any working folder: paths are made absolute."""
    return name if is_registered(name) else str(files.named(name).absolute())


def list_datasets() -> list[DatasetInfo]:
    """The registered data sets and views, by name."""
    return registry.list_infos()


def dataset_info(name: str) -> DatasetInfo:
    """What is known of the registered data set or view `name`.

    Raises:
        NotFoundError: there is none of that name.
    """
    folder = folder_of(name)
    if not (folder / META).is_file():
        raise NotFoundError(f"There is no data set {name!r}; see python -m fer data list.")
    return registry.read_info(folder)


def delete_dataset(name: str) -> None:
    """Remove a registered data set or view and its files.

    Raises:
        NotFoundError: there is none of that name.
        InputError: it has views, which would be left without their faces.
    """
    folder = folder_of(name)
    if not (folder / META).is_file():
        raise NotFoundError(f"There is no data set {name!r} to delete.")
    dependent = ", ".join(view.name for view in views.views_of(name))
    if dependent:
        raise InputError(f"{name} has views that need it ({dependent}); delete those first.")
    try:
        with locked(name), files.staging(folder.parent, ".deleting-") as staging:
            folder.rename(staging / name)
    except OSError as error:
        raise files.not_written(f"{name} could not be deleted", error) from error


def _name_from(path: Path) -> str:
    stem = path.name
    if not path.is_dir():
        stem = re.sub(r"(\.(gz|tgz|tar|zip|csv|parquet))+$", "", path.name, flags=re.IGNORECASE)
        stem = stem or path.stem
    return re.sub(r"[^A-Za-z0-9._-]+", "-", stem).strip("-._")[:64] or "faces"
