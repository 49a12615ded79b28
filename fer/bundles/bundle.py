"""A model bundle: a folder with weights, the served file, a card that tells all, and their hashes.

No code in a model file is ever run: weights are loaded into a network that the registry built.
"""

import contextlib
import io
import json
import math
import os
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fer import files, home
from fer.bundles.rows import TrainingRows
from fer.errors import CorruptModelError, FerError, InputError, NotFoundError
from fer.images import InputSpec
from fer.labels import LABELS, of_labels

FORMAT = 1
CARD = "card.json"
WEIGHTS = "model.keras"
SERVED = "model.tflite"
ROWS = "training_rows.npz"
# Where no probability reaches this, and the card names no better place, a model is not sure. Seven
# even guesses are 0.14 each; of the test faces that spec (published recipe) left below 0.4, it had
# read one in three right.
UNSURE_BELOW = 0.4
# No probability of the served file differs from its Keras model's by more than this ...
AGREEMENT = 1e-4
# ... or this where the served file has float16 weights, which have three digits.
HALF_AGREEMENT = 1e-2
# What a card tells of the data, and the numbers that it may tell besides.
_DATA = {"name": str, "fingerprint": str, "split": str, "split_seed": int}
_NUMBERS = ("parameters", "multiply_adds", "one_face_ms", "temperature")
# A bundle may come from anywhere: files beyond this are refused before they are read.
MAX_FILE_BYTES = 512 << 20


@dataclass(frozen=True)
class Bundle:
    """A loaded and verified bundle; `card` is card.json as it stands."""

    path: Path
    card: dict[str, Any]

    @property
    def name(self) -> str:
        """The folder's name: a bundle is renamed by renaming its folder."""
        return self.path.name

    @property
    def architecture(self) -> str:
        return str(self.card["architecture"])

    @property
    def labels(self) -> tuple[str, ...]:
        """The model's classes in the order of its outputs."""
        return tuple(self.card["labels"])

    @property
    def of_labels(self) -> str:
        """Told beside its scores, as fewer labels are easier to tell apart: " of happy, sad and
        neutral" where it knows these alone, empty where it knows all seven."""
        return of_labels(self.labels)

    @property
    def input(self) -> InputSpec:
        """How a face becomes the model's input."""
        return InputSpec(**self.card["input"])

    @property
    def unsure_below(self) -> float:
        """An expression that is less probable than this is named as one that is not sure."""
        return float(self.card.get("unsure_below", UNSURE_BELOW))

    @property
    def agreement(self) -> float:
        """What a probability of the served file and of the Keras model may differ by, at most."""
        half = self.card.get("served_weights") == "float16"
        return HALF_AGREEMENT if half else AGREEMENT

    @property
    def metrics(self) -> dict[str, Any]:
        """What was measured, each a report.

        "validation", "test", "test_with_mirror", which averages each face and its mirror image, and
        of shipped models "photographs".
        """
        return dict(self.card["metrics"])

    @property
    def served_path(self) -> Path:
        return self.path / SERVED

    @property
    def has_weights(self) -> bool:
        """Whether it comes with its Keras file, which the largest shipped ones do not."""
        return WEIGHTS in self.card["files"]

    @property
    def weights_path(self) -> Path:
        return self.path / WEIGHTS

    @property
    def is_shipped(self) -> bool:
        """Whether it came with the project."""
        return self.path.parent == home.shipped_models_dir()

    def archive(self) -> bytes:
        """The whole bundle as a zip file with one folder; unpacked, it loads by its path."""
        buffer = io.BytesIO()
        packed = zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, strict_timestamps=False)
        with packed as archive:
            for name in (CARD, *self.card["files"]):
                archive.write(self.path / name, f"{self.name}/{name}")
        return buffer.getvalue()

    def training_rows(self) -> TrainingRows:
        """The rows that it, or a model that it began with, was trained on.

        Raises:
            CorruptModelError: where their file is missing or damaged.
        """
        try:
            return TrainingRows.load(self.path / ROWS)
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
            raise CorruptModelError(
                f"{ROWS} of the model {self.name} is missing or damaged; fetch or train the model "
                "again."
            ) from error


def load(name_or_path: str | Path) -> Bundle:
    """A bundle by name (yours first, then the shipped ones) or by folder, its files verified.

    Raises:
        NotFoundError: with the names there are. CorruptModelError: naming the file.
    """
    folder = _folder(name_or_path)
    card = _read_card(folder)
    for file_name, expected in card["files"].items():
        path = folder / Path(file_name).name
        known = file_name in (WEIGHTS, SERVED, ROWS)
        if not known or not path.is_file() or path.stat().st_size > MAX_FILE_BYTES:
            raise CorruptModelError(
                f"The model {folder.name} lacks its file {file_name}, or it is far too large; "
                "fetch or train the model again."
            )
        try:
            found = files.sha256(path)
        except OSError as error:
            raise CorruptModelError(
                f"{file_name} of the model {folder.name} cannot be read ({error.strerror})."
            ) from error
        if found != expected:
            raise CorruptModelError(
                f"{file_name} of the model {folder.name} is damaged (its SHA-256 differs from the "
                "card's); fetch or train the model again."
            )
    return Bundle(folder, card)


def list_bundles() -> list[Bundle]:
    """All bundles whose card can be read: the shipped ones by name, then yours, newest first."""
    # Hidden folders are models in the making.
    shipped = sorted(home.shipped_models_dir().glob(f"[!.]*/{CARD}"))
    own = list(home.models_dir().glob(f"[!.]*/{CARD}"))
    own.sort(key=lambda path: -path.stat().st_mtime)
    found = []
    for path in shipped + own:
        try:
            found.append(Bundle(path.parent, _read_card(path.parent)))
        except FerError:
            continue  # one damaged bundle must not hide the others; loading it says what is wrong
    return found


def default_name() -> str:
    """The model that reads where none was chosen: the first there is of `general`, for faces
    as cameras give them, `flagship` and `spec`; else the first of `list_bundles`.

    Raises:
        NotFoundError: where there is no model at all.
    """
    for name in ("general", "flagship", "spec"):
        for parent in (home.models_dir(), home.shipped_models_dir()):
            # One card is read and not all of them: this is asked with every picture.
            if (parent / name / CARD).is_file():
                with contextlib.suppress(FerError):
                    _read_card(parent / name)
                    return name
    names = [bundle.name for bundle in list_bundles()]
    if not names:
        raise NotFoundError("There is no model yet; train one, or fetch the shipped ones.")
    return names[0]


def write_card(folder: Path, card: dict[str, Any]) -> None:
    """Write card.json with the SHA-256 of each file beside it."""
    hashes = {
        name: files.sha256(folder / name)
        for name in (WEIGHTS, SERVED, ROWS)
        if (folder / name).is_file()
    }
    files.write_json(folder / CARD, {**card, "files": hashes})


def folder_of(name: str) -> Path | None:
    """Where the model of that name is, yours first; None where there is none. No path is a name."""
    if name.startswith("."):  # a model in the making
        return None
    for parent in (home.models_dir(), home.shipped_models_dir()):
        # Looked for among those there are, so that nothing a request asks for becomes a path.
        if parent.is_dir() and name in os.listdir(parent) and (parent / name / CARD).is_file():
            return parent / name
    return None


def _folder(name_or_path: str | Path) -> Path:
    text = str(name_or_path)
    if found := folder_of(text):
        return found
    # A name that is too long for a file, or a home of nobody, is no folder either.
    with contextlib.suppress(OSError, RuntimeError):
        path = Path(name_or_path).expanduser()
        if text and path.is_dir():
            return path
    known = ", ".join(bundle.name for bundle in list_bundles()) or "none yet"
    raise NotFoundError(f"There is no model {text!r}; there are: {known}.")


def _read_card(folder: Path) -> dict[str, Any]:
    path = folder / CARD
    if not path.is_file():
        raise CorruptModelError(f"{folder} is not a model: it has no {CARD}.")
    try:
        card = json.loads(path.read_text(encoding="utf-8"))
        complete = (
            card["format"] == FORMAT
            and isinstance(card["architecture"], str)
            and isinstance(card["labels"], list)
            and 0 < len(set(card["labels"]) & set(LABELS)) == len(card["labels"])
            and isinstance(card["files"], dict)
            and SERVED in card["files"]
            and all(isinstance(card["data"][key], kind) for key, kind in _DATA.items())
            and isinstance(card["metrics"], dict)
            and all(map(_is_report, card["metrics"].values()))
            and all(0 <= card.get(key, 0) < math.inf for key in _NUMBERS)
            and 0 <= card.get("unsure_below", UNSURE_BELOW) <= 1
        )
        InputSpec(**card["input"])
    except (ValueError, KeyError, TypeError, OSError, RecursionError, InputError) as error:
        raise CorruptModelError(f"{path} is damaged and cannot be read as a model card.") from error
    if not complete:
        raise CorruptModelError(f"{path} is not a model card of this version (format {FORMAT}).")
    return dict(card)


def _is_report(report: dict[str, Any]) -> bool:
    """Whether it has what is told of every report; one odd card must not stop what lists all."""
    low, high = report["interval"]
    return report["n"] >= 1 and 0 <= low <= report["accuracy"] <= high <= 1
