"""A data set sent over HTTP: streamed to disk, imported, and the file removed again."""

import asyncio
import shutil
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path
from typing import Any

from fer import data, files, home
from fer.api.bodies import Upload
from fer.data.store import checked_name
from fer.errors import ExistsError, FerError

IMPORT_LIMIT_BYTES = 1_000_000_000
# Written in blocks of this size, each in a thread, so that a slow disk holds up nobody else.
BLOCK_BYTES = 4 * 2**20

_importer = ThreadPoolExecutor(1, thread_name_prefix="fer-import")


async def import_upload(
    upload: Upload, name: str | None, replace: bool, crop: bool
) -> dict[str, Any]:
    """Register what `upload` brings as `name` (default: from the file's own name).

    Returns what `data list` says of the data set; with `crop`, which cuts the biggest face out of
    each photograph, also "no_face": in how many none was found, which were taken whole.

    Raises:
        ExistsError: before anything is read, where `name` is given, taken and not to be replaced.
        FerError: too large, or what the reader says of the file.
    """
    if name is not None:
        _check_name(name, replace)
    folder = await asyncio.to_thread(_scratch_folder)
    try:
        path = await _save(upload, folder)
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(_importer, _import, path, name, replace, crop)
    except FerError as error:
        # The sentence names the file; where it lay for a moment is no one's business.
        error.args = (str(error).replace(f"{folder}/", ""),)
        raise
    finally:
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)


def _import(path: Path, name: str | None, replace: bool, crop: bool) -> dict[str, Any]:
    from fer.evaluation import BiggestFace  # loads scikit-learn, which the rest does without

    faces = BiggestFace()
    face_of = faces.face_of if crop else data.whole_picture
    dataset = data.import_dataset(path, name, replace, face_of=face_of)
    info = asdict(data.dataset_info(dataset.name))
    return info | ({"no_face": faces.without} if crop else {})


async def _save(upload: Upload, folder: Path) -> Path:
    part = folder / ".part"
    block = bytearray()
    with part.open("wb") as file:
        async for chunk in upload.chunks():
            block += chunk
            if len(block) >= BLOCK_BYTES:
                await asyncio.to_thread(file.write, bytes(block))
                block.clear()
        await asyncio.to_thread(file.write, bytes(block))
    # Its own name, because the reader goes by the ending and its sentences name the file.
    return part.rename(folder / upload.name)


def _scratch_folder() -> Path:
    """A new folder under the data root, which has room for data sets if any place has."""
    uploads = home.home() / "uploads"
    uploads.mkdir(exist_ok=True)
    files.remove_stale(uploads, "*")
    return Path(tempfile.mkdtemp(dir=uploads))


def _check_name(name: str, replace: bool) -> None:
    if (home.datasets_dir() / checked_name(name)).exists() and not replace:
        raise ExistsError(
            f"A data set named {name} exists; choose another name, or replace it (?replace=1)."
        )
