"""The folders under FER_HOME/datasets: names, what meta.json says, columns as .npy files."""

import contextlib
import filecmp
import json
import re
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import filelock
import numpy as np

from fer import files, home
from fer.data.dataset import FaceDataset
from fer.errors import BusyError, ExistsError, InputError

META = "meta.json"
VOTES = "votes.npy"
TAGS = "tags.json"
_COLUMNS = ("images", "labels", "usage", "votes", "keys")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_LOCK_WAIT_S = 10
_TRIES, _RETRY_S = 5, 0.1  # of reading what is being replaced


@dataclass(frozen=True)
class DatasetInfo:
    """What is known of a registered data set without opening it.

    Attributes:
        counts: as `FaceDataset.counts`.
        published: whether the class counts of each Usage equal the published ones of FER-2013.
        created: seconds since the epoch.
        differences: how it differs from the published FER-2013, a sentence each; empty where it
            does not, None where it is another data set altogether.
        votes: whether FER+ votes were joined to it.
        parent: the data set that this one is a view of, or None.
        description: what the user, or the rule of a view, says of it.
    """

    name: str
    n: int
    source: str
    counts: dict[str, dict[str, int]]
    fingerprint: str
    published: bool
    created: float
    differences: list[str] | None = None
    votes: bool = False
    parent: str | None = None
    description: str = ""


def folder_of(name: str) -> Path:
    """Where the data set `name` is kept, or would be."""
    return home.datasets_dir() / checked_name(name)


def checked_name(name: str) -> str:
    """`name` if it can name a data set."""
    if not is_name(name) or name == "drawn":
        raise InputError(
            f"{name!r} cannot name a data set: use 1 to 64 letters, digits, dots, hyphens and "
            'underscores, beginning with a letter or digit, and not "drawn".'
        )
    return name


def is_name(name: str) -> bool:
    """Whether `name` is of the form that names have."""
    return _NAME.fullmatch(name) is not None


def check_free(name: str, replace: bool) -> Path:
    """The folder for a new data set `name`.

    Raises:
        ExistsError: the name is taken and `replace` is false.
    """
    target = folder_of(name)
    if (target / META).exists() and not replace:
        raise ExistsError(f"A data set named {name} exists: choose another name, or replace it.")
    return target


@contextmanager
def staged(name: str, replace: bool) -> Iterator[Path]:
    """A new folder that takes the place of `name` once the context ends well, and never half."""
    target = check_free(name, replace)
    try:
        _bring_back(target.parent)
        with files.staging(target.parent, ".importing-") as staging:
            yield staging
            with locked(name):
                check_free(name, replace)
                _swap_in(staging, target)
    except OSError as error:
        raise files.not_written(f"{name} could not be saved", error) from error


@contextmanager
def locked(name: str) -> Iterator[None]:
    """Keeps two processes from changing one data set at a time."""
    folder = home.home() / ".locks"
    lock = filelock.FileLock(folder / f"{name}.lock")
    try:
        folder.mkdir(exist_ok=True)
        lock.acquire(timeout=_LOCK_WAIT_S)
    except filelock.Timeout as error:
        raise BusyError(f"{name} is being changed by another process; try again.") from error
    except OSError as error:
        raise files.not_written(f"{name} cannot be changed", error) from error
    try:
        yield
    finally:
        lock.release()


def write_columns(folder: Path, dataset: FaceDataset) -> None:
    """Write each column of `dataset` that there is as a .npy file."""
    for column in _COLUMNS:
        values = getattr(dataset, column)
        if values is not None:
            files.write_array(folder / f"{column}.npy", values)


def write_info(folder: Path, dataset: FaceDataset, name: str, **more: object) -> None:
    """Write meta.json for `dataset`; `more` are further fields of `DatasetInfo`."""
    info = DatasetInfo(
        name,
        len(dataset),
        dataset.source,
        dataset.counts(),
        dataset.fingerprint,
        dataset.is_published_fer2013,
        time.time(),
    )
    files.write_json(folder / META, asdict(info) | more)


def read_columns(folder: Path) -> FaceDataset:
    """The data set in `folder`, its images memory-mapped."""
    for _ in range(_TRIES):
        before = _written(folder)
        try:
            dataset = _read_columns(folder)
        except InputError:
            if _written(folder) == before:
                raise
        else:
            # Replaced meanwhile, it would be the pictures of one and the labels of the other.
            if _written(folder) == before:
                return dataset
        time.sleep(_RETRY_S)
    raise BusyError(f"{folder.name} is being replaced; try again.")


def _written(folder: Path) -> tuple[int, int] | None:
    """What tells the data set in `folder` from another that took its place."""
    try:
        status = (folder / META).stat()
    except OSError:
        return None
    return status.st_ino, status.st_mtime_ns


def _read_columns(folder: Path) -> FaceDataset:
    info = read_info(folder)
    try:
        columns = {
            column: np.load(folder / f"{column}.npy", mmap_mode="r" if column == "images" else None)
            for column in _COLUMNS
            if (folder / f"{column}.npy").is_file()
        }
        dataset = FaceDataset(info.name, source=info.source, **columns)
    except (OSError, ValueError, TypeError, EOFError, InputError) as error:
        raise damaged(folder) from error
    dataset.__dict__["fingerprint"] = info.fingerprint  # known since the import: not hashed again
    return dataset


def read_info(folder: Path) -> DatasetInfo:
    """What meta.json in `folder` says."""
    try:
        info = DatasetInfo(**json.loads((folder / META).read_text(encoding="utf-8")))
    except (ValueError, TypeError, OSError) as error:
        raise damaged(folder) from error
    votes_of = folder if info.parent is None else folder.parent / info.parent
    return replace(info, votes=(votes_of / VOTES).is_file())


def list_infos() -> list[DatasetInfo]:
    """The registered data sets, by name; a damaged one is left out and says so when opened."""
    infos = []
    for meta in sorted(home.datasets_dir().glob(f"*/{META}")):
        if not meta.parent.name.startswith("."):
            with contextlib.suppress(InputError):
                infos.append(read_info(meta.parent))
    return infos


def damaged(folder: Path) -> InputError:
    """The error for a data set whose files cannot be read."""
    return InputError(f"The data set {folder.name} is damaged; delete it and import it again.")


def _bring_back(folder: Path) -> None:
    """A data set that a killed process was replacing comes back."""
    stale = files.stale(folder, ".replaced-*")
    for left in folder.glob(".replaced-*"):
        with contextlib.suppress(FileNotFoundError):  # removed just now: the new one is in place
            for old in left.iterdir():
                with locked(old.name):  # whoever is replacing it right now holds this
                    if old.exists() and not (folder / old.name).exists():
                        old.rename(folder / old.name)
    for left in stale:
        shutil.rmtree(left, ignore_errors=True)


def _swap_in(staging: Path, target: Path) -> None:
    """Put `staging` at `target`; what was there goes only once the new folder is complete."""
    if not target.exists():
        staging.rename(target)
        return
    if (target / TAGS).is_file():
        # Tags belong to faces by content: they hold for whatever of them is in the new data.
        shutil.copy2(target / TAGS, staging / TAGS)
    before, after = target / "keys.npy", staging / "keys.npy"
    both = (target / VOTES).is_file() and after.is_file()
    if both and filecmp.cmp(before, after, shallow=False):
        # Votes belong to rows: they hold where these are the same in the same order.
        shutil.copy2(target / VOTES, staging / VOTES)
    old = Path(tempfile.mkdtemp(dir=target.parent, prefix=".replaced-"))
    target.rename(old / target.name)
    try:
        staging.rename(target)
    except BaseException:
        (old / target.name).rename(target)
        old.rmdir()
        raise
    # Only now, so that whatever ends this leaves one of the two.
    shutil.rmtree(old, ignore_errors=True)
