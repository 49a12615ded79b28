"""Where user data lives."""

from pathlib import Path

import pytest

from fer import home
from fer.errors import FerError


def test_the_environment_chooses_the_root(fer_home: Path) -> None:
    assert home.home() == fer_home
    assert home.datasets_dir() == fer_home / "datasets"
    assert home.runs_dir() == fer_home / "runs"
    assert home.models_dir() == fer_home / "models"
    assert all(folder.is_dir() for folder in fer_home.iterdir())


def test_it_is_made_on_first_use(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FER_HOME", str(tmp_path / "not" / "there" / "yet"))
    assert home.runs_dir().is_dir()


def test_a_tilde_is_the_users_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("FER_HOME", "~/studio")
    assert home.home() == tmp_path / "studio"


def test_without_a_choice_it_is_the_users_own_data_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("FER_HOME")
    monkeypatch.setattr("platformdirs.user_data_dir", lambda name: str(tmp_path / name))
    assert home.home() == tmp_path / "fer-studio"


def test_a_root_that_cannot_be_made_is_told_in_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("FER_HOME", str(tmp_path / "file"))
    with pytest.raises(FerError, match=r"file cannot be made .*set FER_HOME"):
        home.home()
    monkeypatch.setenv("FER_HOME", str(tmp_path / "file" / "below"))
    with pytest.raises(FerError, match="set FER_HOME"):
        home.datasets_dir()


def test_the_shipped_models_lie_beside_the_package() -> None:
    assert home.shipped_models_dir().name in ("models", "_models")
