"""Models that come and go: a downloaded bundle taken in, one of yours deleted."""

import contextlib
import zipfile
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from fer import files, home
from fer.bundles.bundle import CARD, MAX_FILE_BYTES, ROWS, SERVED, WEIGHTS, Bundle, load
from fer.data.registry import is_name
from fer.errors import ZIP_FAULTS, ExistsError, InputError, NotFoundError, TooLargeError

_DAMAGED = "The archive is no zip file, or damaged; download the model again."


def import_archive(source: BinaryIO, name: str) -> Bundle:
    """Keep the bundle in a zip file, as `Bundle.archive` makes them, as a model of yours.

    Args:
        source: the zip file, opened for reading bytes.
        name: what the model is to be called.

    Raises:
        InputError: no zip file, none of one bundle, or a name that cannot be one.
        TooLargeError: a file in it is over 512 MB. ExistsError: the name is taken, by a model or a
            run. FerError: it cannot be written; DiskFullError where the disk is full.
        CorruptModelError: a file is missing or not what its card says; nothing is kept.
    """
    if not is_name(name):
        raise InputError(
            f"{name!r} cannot name a model: use 1 to 64 letters, digits, dots, hyphens and "
            "underscores, beginning with a letter or digit."
        )
    target = home.models_dir() / name
    if target.exists() or (home.shipped_models_dir() / name).exists():
        raise ExistsError(f"There is a model named {name} already; give this one another name.")
    if (home.runs_dir() / name).exists():
        # Its model, when it is done, will have that name and take the place of this one.
        raise ExistsError(f"There is a run named {name}; give this model another name.")
    try:
        with files.staging(target.parent, ".importing-") as staging:
            folder = staging / name
            folder.mkdir()
            _unpack(source, folder)
            load(folder)
            folder.rename(target)
    except OSError as error:
        raise files.not_written(f"The model {name} could not be kept", error) from error
    return load(target)


def delete(name: str) -> None:
    """Delete a model of yours.

    Raises:
        NotFoundError: there is none of that name; the shipped ones stay.
    """
    target = home.models_dir() / name
    if not is_name(name) or not (target / CARD).is_file():
        raise NotFoundError(f"There is no model {name!r} of yours to delete.")
    try:
        # Out of the way at once: one that is stopped half-way leaves no half of a model.
        with files.staging(target.parent, ".deleting-") as staging:
            target.rename(staging / name)
    except OSError as error:
        raise files.not_written(f"The model {name} could not be deleted", error) from error


def _unpack(source: BinaryIO, folder: Path) -> None:
    """Write the files that a bundle has, and no others, from the zip file into `folder`."""
    try:
        with zipfile.ZipFile(source) as archive:
            cards = [n for n in archive.namelist() if PurePosixPath(n).name == CARD]
            if len(cards) != 1:
                raise InputError(
                    f"The archive holds {len(cards) or 'no'} {CARD}; give the zip file of one "
                    "model, as Download makes it."
                )
            for file_name in (CARD, WEIGHTS, SERVED, ROWS):
                with contextlib.suppress(KeyError):
                    entry = archive.getinfo(str(PurePosixPath(cards[0]).with_name(file_name)))
                    _unpack_file(archive, entry, folder / file_name)
    except ZIP_FAULTS as error:
        raise InputError(_DAMAGED) from error


def _unpack_file(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, path: Path) -> None:
    with archive.open(entry) as packed, open(path, "wb") as file:
        # What is read counts, not what the archive claims.
        for _ in range(MAX_FILE_BYTES >> 20):
            try:
                block = packed.read(1 << 20)
            except OSError as error:  # what bzip2 says of damage; of writing it means a full disk
                raise InputError(_DAMAGED) from error
            if not block:
                return
            file.write(block)
        if packed.read(1):
            raise TooLargeError(f"{path.name} in the archive is over {MAX_FILE_BYTES >> 20} MB.")
