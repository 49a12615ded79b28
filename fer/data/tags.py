"""Tags that a user gives to faces, kept beside the data set in tags.json.

A tag belongs to a face by its content: it holds for every copy of the face, in any order of the
rows, and outlives the replacing of a data set. A view has the tags of the data set below it.
"""

import json
import re
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np

from fer import files, home
from fer.data.dataset import FaceDataset
from fer.data.registry import META, TAGS, folder_of, locked, read_info
from fer.errors import InputError, NotFoundError

_TAG = re.compile(r"[\w][\w .+-]{0,39}")


def add_tag(name: str, tag: str, keys: Iterable[int]) -> int:
    """Give `tag` to the faces with the content keys `keys`; how many faces have it now."""
    return _change(name, _checked(tag), lambda tagged: tagged | {int(key) for key in keys})


def remove_tag(name: str, tag: str, keys: Iterable[int] | None = None) -> int:
    """Take `tag` from the faces with `keys`, or from all; how many faces still have it."""
    gone = None if keys is None else {int(key) for key in keys}
    return _change(name, tag, lambda tagged: set() if gone is None else tagged - gone)


def list_tags(name: str) -> dict[str, int]:
    """The tags of the data set `name`, and how many distinct faces have each."""
    return {tag: len(keys) for tag, keys in sorted(_read(_file(name)).items())}


def tagged(dataset: FaceDataset, tag: str) -> np.ndarray:
    """(n,) bool: rows of the registered `dataset` that have `tag`."""
    keys = _read(_file(dataset.name)).get(tag, set())
    return np.isin(dataset.keys, np.fromiter(keys, np.uint64, len(keys)))


def tags_of(name: str, key: int) -> list[str]:
    """The tags of the face with the content key `key`."""
    return sorted(tag for tag, keys in _read(_file(name)).items() if int(key) in keys)


def _change(name: str, tag: str, change: Callable[[set[int]], set[int]]) -> int:
    file = _file(name)
    with locked(file.parent.name):
        tags = _read(file)
        tags[tag] = change(tags.get(tag, set()))
        file.parent.mkdir(exist_ok=True)  # the drawn faces have no folder of their own
        kept = {tag: [f"{key:016x}" for key in sorted(keys)] for tag, keys in tags.items() if keys}
        files.write_json(file, {"tags": dict(sorted(kept.items()))})
    return len(tags[tag])


def _file(name: str) -> Path:
    if name == "drawn":
        return home.datasets_dir() / "drawn" / TAGS
    folder = folder_of(name)
    if not (folder / META).is_file():
        raise NotFoundError(f"There is no data set {name!r} with tags; import it first.")
    parent = read_info(folder).parent
    return (folder if parent is None else folder.parent / parent) / TAGS


def _read(file: Path) -> dict[str, set[int]]:
    if not file.is_file():
        return {}
    try:
        tags = json.loads(file.read_text(encoding="utf-8"))["tags"]
        return {str(tag): {int(key, 16) for key in keys} for tag, keys in tags.items()}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(f"{file} is damaged; mend or remove it.") from error


def _checked(tag: str) -> str:
    if not _TAG.fullmatch(tag):
        raise InputError(
            f"{tag!r} cannot be a tag: use 1 to 40 letters, digits, spaces, dots and hyphens."
        )
    return tag
