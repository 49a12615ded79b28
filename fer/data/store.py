"""Data sets under FER_HOME/datasets: importing, listing, opening, deleting.

A registered data set is a folder of .npy files, opened by memory-mapping them, and meta.json.
"""

import contextlib
import json
import re
import shutil
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from fer import files, home
from fer.data.csv_reader import Progress, read_csv
from fer.data.dataset import FaceDataset
from fer.data.drawn import drawn_faces
from fer.data.folder_reader import read_folder
from fer.errors import ExistsError, FerError, InputError, NotFoundError

_COLUMNS = ("images", "labels", "usage", "votes", "keys")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


@dataclass(frozen=True)
class DatasetInfo:
    """What meta.json says of a registered data set; counts as `FaceDataset.counts`."""

    name: str
    n: int
    source: str
    counts: dict[str, dict[str, int]]
    fingerprint: str
    published: bool  # class counts of each Usage equal the published ones of FER-2013
    created: float  # seconds since the epoch


def read(path: Path, progress: Progress | None = None) -> FaceDataset:
    """Read a csv file or a folder of class folders, registering nothing."""
    if path.is_dir():
        return read_folder(path, progress)
    if not path.exists():
        raise NotFoundError(f"There is no file or folder {path}; check the path.")
    if path.suffix.lower() != ".csv":
        raise InputError(
            f"{path.name} is not in a format that is read; give a FER-2013 csv file or a folder of "
            "class folders."
        )
    return read_csv(path, progress)


def import_dataset(
    path: str | Path,
    name: str | None = None,
    replace: bool = False,
    progress: Progress | None = None,
) -> FaceDataset:
    """Read `path` and keep it as `name` (default: from the path). Nothing half-written is left.

    Raises:
        ExistsError: the name is taken and `replace` is false.
        InputError: the file cannot be read; see the reader's message.
    """
    path = Path(path).expanduser()
    name = checked_name(name if name is not None else _name_from(path))
    target = home.datasets_dir() / name
    if target.exists() and not replace:
        raise ExistsError(
            f"A data set named {name} exists; choose another name, or replace it (--replace)."
        )
    dataset = read(path, progress)
    if progress:
        progress(1.0, "Saving")
    staging = Path(tempfile.mkdtemp(dir=target.parent, prefix=".importing-"))
    try:
        _write(staging, name, dataset)
        _swap_in(staging, target)
    except OSError as error:
        raise FerError(f"{name} could not be saved: {error.strerror}.") from error
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return open_dataset(name)


def open_dataset(name: str | Path) -> FaceDataset:
    """A registered data set by name, the built-in "drawn", or one read from a path.

    Raises:
        NotFoundError: with the names there are.
    """
    if str(name) == "drawn":
        return drawn_faces()
    if is_registered(name):
        return _open(home.datasets_dir() / str(name))
    if str(name) and Path(name).expanduser().exists():
        return read(Path(name).expanduser())
    known = ", ".join([info.name for info in list_datasets()] + ["drawn"])
    raise NotFoundError(
        f"There is no data set {str(name)!r} (there are: {known}); import one with "
        "python -m fer data import PATH."
    )


def is_registered(name: str | Path) -> bool:
    """Whether `name` is that of an imported data set or "drawn"; a path of that name yields."""
    if str(name) == "drawn":
        return True
    known = _NAME.fullmatch(str(name)) is not None
    return known and (home.datasets_dir() / str(name) / "meta.json").is_file()


def located(name: str) -> str:
    """`name` as `open_dataset` takes it from any working folder: paths are made absolute."""
    return name if is_registered(name) else str(Path(name).expanduser().absolute())


def list_datasets() -> list[DatasetInfo]:
    """The registered data sets, by name."""
    infos = []
    for meta in sorted(home.datasets_dir().glob("*/meta.json")):
        if not meta.parent.name.startswith("."):
            with contextlib.suppress(InputError):  # a damaged one says so when it is opened
                infos.append(_info(meta))
    return infos


def delete_dataset(name: str) -> None:
    """Remove a registered data set and its files."""
    folder = home.datasets_dir() / checked_name(name)
    if not (folder / "meta.json").is_file():
        raise NotFoundError(f"There is no data set {name!r} to delete.")
    shutil.rmtree(folder)


def checked_name(name: str) -> str:
    """`name` if it can name a data set."""
    if not _NAME.fullmatch(name) or name == "drawn":
        raise InputError(
            f"{name!r} cannot name a data set: use 1 to 64 letters, digits, dots, hyphens and "
            'underscores, beginning with a letter or digit, and not "drawn".'
        )
    return name


def _name_from(path: Path) -> str:
    stem = path.name if path.is_dir() else path.stem
    return re.sub(r"[^A-Za-z0-9._-]+", "-", stem).strip("-._")[:64] or "faces"


def _write(folder: Path, name: str, dataset: FaceDataset) -> None:
    for column in _COLUMNS:
        values = getattr(dataset, column)
        if values is not None:
            np.save(folder / f"{column}.npy", values)
    info = DatasetInfo(
        name,
        len(dataset),
        dataset.source,
        dataset.counts(),
        dataset.fingerprint,
        dataset.is_published_fer2013,
        time.time(),
    )
    files.write_json(folder / "meta.json", asdict(info))


def _swap_in(staging: Path, target: Path) -> None:
    """Put `staging` at `target`; what was there goes only once the new folder is complete."""
    staging.chmod(0o755)
    if target.exists():
        old = Path(tempfile.mkdtemp(dir=target.parent, prefix=".replaced-"))
        target.rename(old / target.name)
        try:
            staging.rename(target)
        except OSError:
            (old / target.name).rename(target)
            raise
        finally:
            shutil.rmtree(old, ignore_errors=True)
    else:
        staging.rename(target)


def _open(folder: Path) -> FaceDataset:
    info = _info(folder / "meta.json")
    try:
        columns = {
            column: np.load(folder / f"{column}.npy", mmap_mode="r" if column == "images" else None)
            for column in _COLUMNS
            if (folder / f"{column}.npy").is_file()
        }
        dataset = FaceDataset(info.name, source=info.source, **columns)
    except (OSError, ValueError, TypeError, EOFError, InputError) as error:
        raise _damaged(folder) from error
    dataset.__dict__["fingerprint"] = info.fingerprint  # known since the import: not hashed again
    return dataset


def _info(meta: Path) -> DatasetInfo:
    try:
        return DatasetInfo(**json.loads(meta.read_text(encoding="utf-8")))
    except (ValueError, TypeError, OSError) as error:
        raise _damaged(meta.parent) from error


def _damaged(folder: Path) -> InputError:
    return InputError(f"The data set {folder.name} is damaged; delete it and import it again.")
