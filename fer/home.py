"""Where user data lives: one root, FER_HOME, by default in the user's own data folder."""

import os
from pathlib import Path

import platformdirs

from fer.errors import FerError

_PACKAGE = Path(__file__).resolve().parent


def home() -> Path:
    """The root of all user data (`FER_HOME`), created when first asked for."""
    chosen = os.environ.get("FER_HOME")
    root = Path(chosen).expanduser() if chosen else Path(platformdirs.user_data_dir("fer-studio"))
    return _made(root)


def datasets_dir() -> Path:
    """Imported data sets, one folder each."""
    return _made(home() / "datasets")


def runs_dir() -> Path:
    """Training runs, one folder each."""
    return _made(home() / "runs")


def models_dir() -> Path:
    """Models that this user trained, one bundle folder each."""
    return _made(home() / "models")


def shipped_models_dir() -> Path:
    """Models that come with the project: `models/` of a checkout, `fer/_models` of a wheel."""
    packaged = _PACKAGE / "_models"
    return packaged if packaged.is_dir() else _PACKAGE.parent / "models"


def _made(folder: Path) -> Path:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FerError(
            f"The data folder {folder} cannot be made ({error.strerror}); "
            "set FER_HOME to a folder that you may write to."
        ) from error
    return folder
