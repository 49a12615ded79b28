"""Importing, listing, opening and deleting data sets; nothing half-written, whatever fails."""

import errno
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from fer.data import (
    delete_dataset,
    import_dataset,
    is_registered,
    list_datasets,
    located,
    open_dataset,
    save_dataset,
)
from fer.errors import ExistsError, FerError, InputError, NotFoundError
from tests.samples import assert_same_rows, random_faces, write_csv, write_folders


@pytest.fixture
def csv(tmp_path: Path) -> Path:
    return write_csv(tmp_path / "faces.csv", random_faces(12))


def left_behind(fer_home: Path) -> list[str]:
    return sorted(path.name for path in (fer_home / "datasets").iterdir())


def test_what_was_imported_is_opened(csv: Path, fer_home: Path) -> None:
    before = time.time()
    imported = import_dataset(csv)
    opened = open_dataset("faces")
    for dataset in (imported, opened):
        assert dataset.name == "faces"
        assert dataset.source == "faces.csv"
        assert_same_rows(dataset, random_faces(12))
        assert dataset.fingerprint == random_faces(12).fingerprint
    (info,) = list_datasets()
    assert (info.name, info.n, info.published) == ("faces", 12, False)
    assert info.counts == random_faces(12).counts()
    assert info.fingerprint == opened.fingerprint
    assert before <= info.created <= time.time()
    assert left_behind(fer_home) == ["faces"]


def test_images_are_mapped_and_not_read(csv: Path) -> None:
    import_dataset(csv)
    images = open_dataset("faces").images
    assert isinstance(images, np.memmap)
    with pytest.raises(ValueError, match="read-only"):
        images[0, 0, 0] = 1


def test_a_folder_is_imported_without_the_source_being_needed_later(tmp_path: Path) -> None:
    folder = write_folders(tmp_path / "my faces (2)", random_faces(9))
    assert import_dataset(folder).name == "my-faces-2"
    for file in folder.rglob("*.png"):
        file.unlink()
    assert len(open_dataset("my-faces-2")) == 9


@pytest.mark.parametrize("named", [".", "..", "inside/.."])
def test_a_folder_is_called_by_its_name_however_it_is_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, named: str
) -> None:
    folder = write_folders(tmp_path / "mine", random_faces(9))
    (tmp_path / "mine" / "inside").mkdir()
    monkeypatch.chdir(folder / "inside" if named == ".." else folder)
    assert open_dataset(named).name == "mine"
    imported = import_dataset(Path(named))
    assert (imported.name, imported.source) == ("mine", "mine")


def test_progress_is_told(csv: Path) -> None:
    told: list[tuple[float, str]] = []
    import_dataset(csv, progress=lambda share, text: told.append((share, text)))
    assert told[-1] == (1.0, "Saving")


def test_a_taken_name_is_not_overwritten_unless_asked(csv: Path, tmp_path: Path) -> None:
    import_dataset(csv, "mine")
    other = write_csv(tmp_path / "other.csv", random_faces(5, seed=1))
    with pytest.raises(ExistsError, match="named mine exists"):
        import_dataset(other, "mine")
    assert len(open_dataset("mine")) == 12
    assert len(import_dataset(other, "mine", replace=True)) == 5
    assert len(open_dataset("mine")) == 5
    assert len(list_datasets()) == 1


@pytest.mark.parametrize("content", ["", "emotion,pixels\n9,1 2 3\n", None])
def test_a_failed_import_leaves_the_old_one_whole(
    csv: Path, tmp_path: Path, fer_home: Path, content: str | None
) -> None:
    import_dataset(csv)
    bad = tmp_path / "bad.csv"
    if content is not None:
        bad.write_text(content)
    with pytest.raises(FerError, match=r"bad\.csv"):
        import_dataset(bad, "faces", replace=True)
    assert_same_rows(open_dataset("faces"), random_faces(12))
    with pytest.raises(FerError):
        import_dataset(bad, "new")
    assert left_behind(fer_home) == ["faces"]


@pytest.mark.parametrize("broken", ["numpy.save", "pathlib.Path.chmod"])
@pytest.mark.parametrize("replace", [True, False])
def test_a_full_disk_leaves_nothing_behind(
    csv: Path, fer_home: Path, monkeypatch: pytest.MonkeyPatch, broken: str, replace: bool
) -> None:
    if replace:
        import_dataset(csv, "target")

    def fails(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(broken, fails)
        with pytest.raises(FerError, match="target could not be saved: the disk is full"):
            import_dataset(csv, "target", replace=replace)
    assert left_behind(fer_home) == (["target"] if replace else [])
    if replace:
        assert_same_rows(open_dataset("target"), random_faces(12))


def test_where_the_new_one_cannot_be_put_the_old_one_comes_back(
    csv: Path, fer_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import_dataset(csv)
    rename = Path.rename

    def fails_for_new(self: Path, target: Path) -> Path:
        if self.name.startswith(".importing-"):
            raise OSError(5, "Input/output error")
        return rename(self, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", fails_for_new)
        with pytest.raises(FerError, match="could not be saved"):
            import_dataset(csv, replace=True)
    assert left_behind(fer_home) == ["faces"]
    assert len(open_dataset("faces")) == 12


@pytest.mark.parametrize(
    "name", ["", ".", "..", "../up", "a/b", "/abs", ".hidden", "drawn", "a" * 65, "a b", "ä", "a\n"]
)
def test_names_stay_inside_the_data_folder(csv: Path, fer_home: Path, name: str) -> None:
    with pytest.raises(InputError, match="cannot name a data set"):
        import_dataset(csv, name)
    with pytest.raises(FerError):
        delete_dataset(name)
    assert not (fer_home / "datasets").exists() or left_behind(fer_home) == []


def test_an_unknown_name_says_what_there_is(csv: Path) -> None:
    import_dataset(csv, "mine")
    with pytest.raises(NotFoundError, match=r"no data set 'yours' \(there are: mine, drawn\)"):
        open_dataset("yours")
    with pytest.raises(NotFoundError):
        open_dataset("")
    with pytest.raises(NotFoundError):
        import_dataset(csv.parent / "gone.csv")


def test_a_path_is_read_without_being_registered(csv: Path, tmp_path: Path) -> None:
    assert_same_rows(open_dataset(csv), random_faces(12))
    assert_same_rows(open_dataset(str(csv)), random_faces(12))
    assert list_datasets() == []
    (tmp_path / "faces.xlsx").write_bytes(b"PK")
    with pytest.raises(InputError, match=r"faces\.xlsx is not in a format that is read"):
        open_dataset(tmp_path / "faces.xlsx")


def test_a_registered_name_wins_over_a_folder_of_that_name(
    csv: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import_dataset(csv, "mine")
    write_folders(tmp_path / "mine", random_faces(3))
    monkeypatch.chdir(tmp_path)
    assert len(open_dataset("mine")) == 12
    assert is_registered("mine")
    assert located("mine") == "mine"
    assert len(open_dataset("./mine")) == 3
    assert located("./mine") == str(tmp_path / "mine")
    assert located("drawn") == "drawn"


def test_drawn_is_always_there() -> None:
    assert open_dataset("drawn").name == "drawn"
    assert list_datasets() == []


def test_what_was_deleted_is_gone(csv: Path, fer_home: Path) -> None:
    import_dataset(csv)
    delete_dataset("faces")
    assert list_datasets() == []
    assert left_behind(fer_home) == []
    with pytest.raises(NotFoundError):
        delete_dataset("faces")
    with pytest.raises(NotFoundError):
        open_dataset("faces")


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("meta.json", b""),
        ("meta.json", b"[1]"),
        ("meta.json", b'{"name": "broken"}'),
        ("meta.json", b"\xff\xfe"),
        ("images.npy", None),
        ("images.npy", b""),
        ("images.npy", b"\x93NUMPY\x01\x00"),
        ("labels.npy", b"no array"),
    ],
)
def test_a_damaged_data_set_says_so_and_hides_no_other(
    csv: Path, fer_home: Path, file: str, content: bytes | None
) -> None:
    import_dataset(csv, "broken")
    import_dataset(csv, "whole")
    victim = fer_home / "datasets" / "broken" / file
    if content is None:
        victim.unlink()
    else:
        victim.write_bytes(content)
    with pytest.raises(InputError, match=r"data set broken is damaged.*import it again"):
        open_dataset("broken")
    assert "whole" in [info.name for info in list_datasets()]
    assert len(open_dataset("whole")) == 12
    import_dataset(csv, "broken", replace=True)
    assert len(open_dataset("broken")) == 12


def test_what_a_killed_import_left_is_not_listed(csv: Path, fer_home: Path) -> None:
    import_dataset(csv)
    stale = fer_home / "datasets" / ".importing-abc"
    stale.mkdir()
    (stale / "meta.json").write_text(json.dumps({}))
    assert [info.name for info in list_datasets()] == ["faces"]


def test_what_killed_imports_left_is_cleared_a_day_later(csv: Path, fer_home: Path) -> None:
    import_dataset(csv, "mine")
    folder = fer_home / "datasets"
    # One was killed while it put new faces in the place of old ones.
    (folder / ".replaced-1").mkdir()
    (folder / "mine").rename(folder / ".replaced-1" / "mine")
    (folder / ".importing-1").mkdir()
    (folder / ".importing-2").mkdir()
    for name in (".replaced-1", ".importing-1"):
        then = time.time() - 2 * 24 * 3600
        os.utime(folder / name, (then, then))
    import_dataset(csv)
    assert left_behind(fer_home) == [".importing-2", "faces", "mine"]
    assert_same_rows(open_dataset("mine"), random_faces(12))


def test_what_a_killed_replacement_moved_away_comes_back_with_the_next(
    csv: Path, fer_home: Path
) -> None:
    import_dataset(csv, "mine")
    folder = fer_home / "datasets"
    (folder / ".replaced-1").mkdir()
    (folder / "mine").rename(folder / ".replaced-1" / "mine")
    import_dataset(csv)
    assert len(open_dataset("mine")) == 12


def test_an_interrupted_replacement_leaves_the_old_faces(
    csv: Path, fer_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import_dataset(csv, "mine")
    rename = Path.rename

    def interrupted(path: Path, target: Path) -> Path:
        if path.name.startswith(".importing"):
            raise KeyboardInterrupt
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", interrupted)
    with pytest.raises(KeyboardInterrupt):
        import_dataset(csv, "mine", replace=True)
    monkeypatch.undo()
    monkeypatch.setenv("FER_HOME", str(fer_home))
    assert left_behind(fer_home) == ["mine"]
    assert len(open_dataset("mine")) == 12


def test_a_data_set_is_never_half_of_two(
    csv: Path, fer_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Replaced between the reading of two of its columns."""
    save_dataset(random_faces(12, seed=1), "mine")
    save_dataset(random_faces(12, seed=2), "other")
    load = np.load

    def loaded(path: Path, *given: object, **named: object) -> np.ndarray:
        if path.name == "labels.npy" and (fer_home / "datasets" / "other").exists():
            shutil.rmtree(fer_home / "datasets" / "mine")
            (fer_home / "datasets" / "other").rename(fer_home / "datasets" / "mine")
        return load(path, *given, **named)

    monkeypatch.setattr(np, "load", loaded)
    found = open_dataset("mine")
    np.testing.assert_array_equal(found.images, random_faces(12, seed=2).images)
    np.testing.assert_array_equal(found.labels, random_faces(12, seed=2).labels)


@pytest.mark.parametrize("name", ["~nobody-of-this-name/faces.csv", "x" * 300])
def test_what_no_file_can_be_called_is_not_found(name: str) -> None:
    for opened in (import_dataset, open_dataset):
        with pytest.raises(NotFoundError):
            opened(name)


def test_a_full_disk_is_told_of_arrays_too(tmp_path: Path) -> None:
    code = (
        "import resource, numpy as np; from pathlib import Path; from fer import files\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))\n"
        "import signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "try: files.write_array(Path('a.npy'), np.zeros(10**6))\n"
        "except OSError as error: print(error.errno)"
    )
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=environment, capture_output=True, text=True,
        check=True,
    )  # fmt: skip
    assert done.stdout.strip() == str(errno.EFBIG)
