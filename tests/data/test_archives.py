import gzip
import io
import os
import stat
import tarfile
import zipfile
from pathlib import Path

import pytest

from fer.data import FaceDataset, import_dataset, read, writers
from fer.data.archives import unpacked
from fer.errors import InputError, TooLargeError
from tests.samples import random_faces


@pytest.fixture
def faces() -> FaceDataset:
    return random_faces(12)


def packed_tar(path: Path, files: dict[str, bytes], mode: str = "w:gz") -> Path:
    with tarfile.open(path, mode) as archive:  # type: ignore[call-overload]
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return path


def packed_zip(path: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def written(faces: FaceDataset, folder: Path, name: str) -> bytes:
    writers.write(faces, folder / name)
    return (folder / name).read_bytes()


def files_below(folder: Path, above: str) -> dict[str, bytes]:
    return {
        f"{above}{path.relative_to(folder).as_posix()}": path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.mark.parametrize("form", ["zip", "tar.gz", "tgz", "tar"])
@pytest.mark.parametrize("content", ["csv", "parquet", "folders", "nested folders"])
def test_anything_that_is_read_is_read_packed(
    form: str, content: str, faces: FaceDataset, tmp_path: Path, fer_home: Path
) -> None:
    if content.endswith("folders"):
        writers.write(faces, tmp_path / "folders")
        above = "archive/images/" if content.startswith("nested") else ""
        files = files_below(tmp_path / "folders", above)
    else:
        files = {f"in/faces.{content}": written(faces, tmp_path, f"faces.{content}")}
    path = tmp_path / f"packed.{form}"
    if form == "zip":
        packed_zip(path, files)
    else:
        packed_tar(path, files, "w" if form == "tar" else "w:gz")
    found = import_dataset(path)
    assert found.fingerprint == faces.fingerprint
    assert found.name == "packed"
    assert found.source == path.name
    assert sorted(entry.name for entry in fer_home.iterdir()) == [".locks", "datasets"]


@pytest.mark.parametrize("name", ["faces.csv", "faces.parquet"])
def test_a_single_file_in_gzip_is_read(name: str, faces: FaceDataset, tmp_path: Path) -> None:
    path = tmp_path / f"{name}.gz"
    path.write_bytes(gzip.compress(written(faces, tmp_path, name)))
    assert import_dataset(path).fingerprint == faces.fingerprint
    assert import_dataset(path, replace=True).name == "faces"


def test_an_archive_in_an_archive_is_read(faces: FaceDataset, tmp_path: Path) -> None:
    inner = packed_tar(tmp_path / "in.tar.gz", {"a/b.csv": written(faces, tmp_path, "b.csv")})
    path = packed_zip(tmp_path / "out.zip", {"in.tar.gz": inner.read_bytes()})
    assert read(path).fingerprint == faces.fingerprint


def test_the_challenge_archive_is_read_by_its_whole_csv(faces: FaceDataset, tmp_path: Path) -> None:
    """Kaggle's zip has the parts beside a csv with everything, and a sample submission."""
    path = packed_zip(
        tmp_path / "challenge.zip",
        {
            "icml_face_data.csv": written(faces, tmp_path, "icml_face_data.csv"),
            "train.csv": b"emotion,pixels\n",
            "test.csv": b"pixels\n",
            "example_submission.csv": b"Id,Prediction\n1,2\n",
        },
    )
    assert read(path).fingerprint == faces.fingerprint


def test_an_archive_packed_too_deep_is_refused(tmp_path: Path, fer_home: Path) -> None:
    content = b"emotion,pixels\n"
    for depth in range(9):
        content = packed_zip(tmp_path / f"{depth}.zip", {f"{depth}": content}).read_bytes()
    with pytest.raises(InputError, match="too deep"):
        read(tmp_path / "8.zip")
    assert list(fer_home.iterdir()) == []


@pytest.mark.parametrize("name", ["../out.csv", "/tmp/out.csv", "a/../../out.csv", "..\\out.csv"])
@pytest.mark.parametrize("form", ["zip", "tar"])
def test_a_path_that_leads_out_is_refused(
    form: str, name: str, tmp_path: Path, fer_home: Path
) -> None:
    files = {"happy/a.png": b"x", name: b"emotion,pixels\n"}
    if form == "zip":
        path = packed_zip(tmp_path / "bad.zip", files)
    else:
        path = packed_tar(tmp_path / "bad.tar.gz", files)
    with pytest.raises(InputError, match=r"bad\.(zip|tar\.gz) has an entry that leads out"):
        read(path)
    assert list(fer_home.iterdir()) == []
    assert {entry.name for entry in tmp_path.iterdir()} == {path.name}


def test_links_in_an_archive_are_not_made(tmp_path: Path) -> None:
    secret = tmp_path / "secret.csv"
    secret.write_text("emotion,pixels\n")
    tar = tmp_path / "links.tar"
    with tarfile.open(tar, "w") as archive:
        for name, kind in (("soft.csv", tarfile.SYMTYPE), ("hard.csv", tarfile.LNKTYPE)):
            entry = tarfile.TarInfo(name)
            entry.type, entry.linkname = kind, str(secret)
            archive.addfile(entry)
    with unpacked(tar) as folder:
        assert list(folder.iterdir()) == []
    packed = tmp_path / "links.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        info = zipfile.ZipInfo("soft.csv")
        info.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(info, str(secret))
    with unpacked(packed) as folder:
        assert list(folder.iterdir()) == []


def test_a_bomb_is_stopped(tmp_path: Path, fer_home: Path) -> None:
    bomb = packed_zip(tmp_path / "bomb.zip", {"zeros.csv": bytes(100 << 20)})
    assert bomb.stat().st_size < 200_000
    with pytest.raises(TooLargeError, match=r"bomb\.zip unpacks to more than"):
        read(bomb)
    gz = tmp_path / "bomb.csv.gz"
    gz.write_bytes(gzip.compress(bytes(100 << 20)))
    with pytest.raises(TooLargeError):
        read(gz)
    assert list(fer_home.iterdir()) == []


def test_a_size_that_lies_is_no_help_to_a_bomb(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is counted is what is written, not what the header says."""
    monkeypatch.setattr("fer.data.archives.MAX_BYTES", 1000)
    with pytest.raises(TooLargeError):
        read(packed_tar(tmp_path / "big.tar", {"a.csv": bytes(2000)}, "w"))


def test_too_many_entries_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fer.data.archives.MAX_ENTRIES", 10)
    path = packed_zip(tmp_path / "many.zip", {f"happy/{i}.png": b"" for i in range(11)})
    with pytest.raises(TooLargeError, match="more than 10 entries"):
        read(path)


def test_an_encrypted_zip_is_told(tmp_path: Path) -> None:
    path = packed_zip(tmp_path / "secret.zip", {"a.csv": b"emotion,pixels\n"})
    content = bytearray(path.read_bytes())
    content[6] |= 1  # the flag in the local header
    content[content.index(b"PK\x01\x02") + 8] |= 1  # and in the directory
    path.write_bytes(content)
    with pytest.raises(InputError, match="encrypted"):
        read(path)


@pytest.mark.parametrize("form", ["zip", "tar.gz", "csv.gz"])
def test_one_that_was_cut_off_is_damaged(
    form: str, faces: FaceDataset, tmp_path: Path, fer_home: Path
) -> None:
    content = written(faces, tmp_path, "faces.csv")
    path = tmp_path / f"cut.{form}"
    if form == "zip":
        packed_zip(path, {"faces.csv": content})
    elif form == "tar.gz":
        packed_tar(path, {"faces.csv": content})
    else:
        path.write_bytes(gzip.compress(content))
    path.write_bytes(path.read_bytes()[:-2000])
    with pytest.raises(InputError, match="damaged or cut short"):
        read(path)
    assert list(fer_home.iterdir()) == []


def test_what_a_killed_process_left_is_removed(
    faces: FaceDataset, tmp_path: Path, fer_home: Path
) -> None:
    for name, age_s in (("old", 2 * 24 * 3600), ("new", 60)):
        (fer_home / f".unpacking-{name}").mkdir()
        then = (fer_home / f".unpacking-{name}").stat().st_mtime - age_s
        os.utime(fer_home / f".unpacking-{name}", (then, then))
    writers.write(faces, tmp_path / "faces.zip")
    read(tmp_path / "faces.zip")
    assert [entry.name for entry in fer_home.iterdir()] == [".unpacking-new"]


def test_hidden_files_and_those_of_a_mac_are_left_out(faces: FaceDataset, tmp_path: Path) -> None:
    writers.write(faces, tmp_path / "folders")
    files = files_below(tmp_path / "folders", "data/")
    files |= {"__MACOSX/data/train/happy/._a.png": b"no picture", "data/.DS_Store": b"x"}
    files |= {"data/train/happy/._a.png": b"no picture"}
    assert read(packed_zip(tmp_path / "mac.zip", files)).fingerprint == faces.fingerprint


def test_pictures_that_are_one_file_twice_are_read_twice(tmp_path: Path) -> None:
    faces = random_faces(4, usage=False)
    writers.write(faces, tmp_path / "faces")
    pictures = sorted((tmp_path / "faces").rglob("*.png"))
    again = tmp_path / "faces" / "sad" / "again.png"
    again.parent.mkdir(exist_ok=True)
    os.link(pictures[0], again)
    with tarfile.open(tmp_path / "faces.tar.gz", "w:gz") as archive:
        archive.add(tmp_path / "faces", "faces")
    with tarfile.open(tmp_path / "faces.tar.gz") as archive:
        assert any(entry.islnk() for entry in archive)
    packed, plain = read(tmp_path / "faces.tar.gz"), read(tmp_path / "faces")
    assert len(packed) == len(plain) == 5
    assert packed.fingerprint == plain.fingerprint
