"""Which pictures are meant by files, folders, patterns and zip archives."""

import io
import os
import threading
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import psutil
import pytest

from fer import images
from fer.data import read_folder
from fer.errors import FerError, InputError, TooLargeError
from fer.images import decode, to_png
from fer.inference import Predictor, Reading, pictures, sources, zip_pictures

Make = Callable[..., Path]


@pytest.fixture
def zipped(tmp_path: Path, faces: np.ndarray) -> Make:
    """A zip archive with a face under each name; other content can be given by name."""

    def make(*names: str, name: str = "photos.zip", **other: bytes) -> Path:
        path = tmp_path / name
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for entry, face in zip(names, faces, strict=False):
                archive.writestr(entry, to_png(face))
            for entry, content in other.items():
                archive.writestr(entry, content)
        return path

    return make


def names(*paths: object) -> list[str]:
    return [picture.name for picture in pictures(map(str, paths))]


def test_a_file_is_itself_whether_or_not_it_is_there(tmp_path: Path) -> None:
    assert names(tmp_path / "gone.jpg", "b.png") == [str(tmp_path / "gone.jpg"), "b.png"]


def test_a_folder_that_cannot_be_looked_into_is_told(
    tmp_path: Path, faces: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    for place in ("a/1.png", "locked/2.png", ".cache/3.png", "a/b/4.png"):
        (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / place).write_bytes(to_png(faces[0]))
    scandir = os.scandir

    def allowed(path: str) -> object:
        # Root may look anywhere, so the system's refusal is played.
        if Path(path).name in ("locked", ".cache"):
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", allowed)
    refused, *others = pictures([tmp_path])
    with pytest.raises(InputError, match=r"locked cannot be read \(Permission denied\)"):
        refused.open()
    assert [picture.name for picture in others] == [
        str(tmp_path / "a/1.png"), str(tmp_path / "a/b/4.png")
    ]  # fmt: skip
    # Half of a data set is none.
    (tmp_path / "locked").rename(tmp_path / "happy")
    (tmp_path / "happy" / "locked").mkdir()
    with pytest.raises(InputError, match=r"happy/locked cannot be read"):
        read_folder(tmp_path / "happy" / "..", classes=["happy"])


def test_a_zip_gives_its_pictures_by_name_and_nothing_else(zipped: Make) -> None:
    wanted = ["a/1.png", "b/2.JPG", "c.png"]
    rest = ["readme.txt", "__MACOSX/a/1.png", ".hidden.png", "inner.zip", "folder.png/"]
    path = zipped(*reversed(wanted), *rest)
    assert names(path) == [f"{path}/{entry}" for entry in wanted]


def test_a_zip_is_told_by_its_content(zipped: Make) -> None:
    path = zipped("a.png", name="backup.bin")
    assert names(path) == [f"{path}/a.png"]


def test_entries_are_read_where_they_are(
    zipped: Make, tmp_path: Path, faces: np.ndarray, predictor: Predictor
) -> None:
    path = zipped("a.png", "/b.png")
    before = sorted(tmp_path.parent.rglob("*"))
    found = pictures([path])
    assert [picture.stem for picture in found] == ["b", "a"]
    np.testing.assert_array_equal(decode(found[1].open())[..., 0], faces[0])
    assert list(predictor.predict_many(found)) == [predictor.predict(faces[i]) for i in (1, 0)]
    assert sorted(tmp_path.parent.rglob("*")) == before


def test_a_bad_entry_is_its_own_error(zipped: Make, predictor: Predictor) -> None:
    path = zipped("a.png", "c.png", "d.png", **{"b.png": b"no picture", "e.png": b""})
    content = bytearray(path.read_bytes())
    damaged = content.index(b"c.png") + len(b"c.png") + 100
    content[damaged : damaged + 20] = bytes(20)
    path.write_bytes(content)
    outcomes = list(predictor.predict_many(pictures([path]), errors="return"))
    assert [type(o) is Reading for o in outcomes] == [True, False, False, True, False]
    assert f"{path}/b.png is not a picture" in str(outcomes[1])
    assert f"{path}/c.png is damaged" in str(outcomes[2])
    assert f"{path}/e.png is empty" in str(outcomes[4])


def test_an_encrypted_entry_says_so(zipped: Make) -> None:
    path = zipped("a.png")
    content = bytearray(path.read_bytes())
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(signature) + offset] |= 1
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"a\.png is encrypted"):
        pictures([path])[0].open()


def test_a_damaged_zip_is_a_picture_that_cannot_be_opened(zipped: Make) -> None:
    path = zipped("a.png", "b.png")
    path.write_bytes(path.read_bytes()[:-40])
    (picture,) = pictures([path])
    with pytest.raises(FerError, match=r"photos\.zip is damaged or cut short"):
        picture.open()


def test_an_entry_is_read_no_further_than_the_limit(
    zipped: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = zipped(**{"bomb.png": bytes(1_000_000)})
    monkeypatch.setattr(sources, "MAX_BYTES", 1000)
    monkeypatch.setattr(images, "MAX_BYTES", 1000)
    (picture,) = pictures([path])
    read = picture.open()
    assert isinstance(read, bytes)
    assert len(read) == 1001
    with pytest.raises(TooLargeError):
        decode(read)


def test_archives_that_are_not_being_read_are_closed(zipped: Make) -> None:
    archives = [zipped("me.png", name=f"{number}.zip") for number in range(12)]
    before = psutil.Process().num_fds()
    found = pictures(archives)
    assert psutil.Process().num_fds() == before
    assert [decode(picture.open()).shape for picture in found] == [(48, 48, 3)] * 12
    assert psutil.Process().num_fds() <= before + 2


def test_another_archive_of_the_same_name_is_read_anew(zipped: Make) -> None:
    for names_in in (("a.png",), ("long/way/to/b.png", "c.png")):
        path = zipped(*names_in)
        os.utime(path, ns=(len(names_in), len(names_in)))
        assert [decode(p.open()).shape for p in pictures([path])] == [(48, 48, 3)] * len(names_in)


def test_what_cannot_be_looked_at_is_its_own_error(tmp_path: Path) -> None:
    (found,) = pictures(["x" * 300 + ".jpg"])
    with pytest.raises(InputError, match="File name too long"):
        found.open()


def test_a_pipe_is_not_eaten_by_looking_at_it(tmp_path: Path, faces: np.ndarray) -> None:
    os.mkfifo(tmp_path / "pipe")
    content = to_png(faces[0])
    writer = threading.Thread(target=lambda: (tmp_path / "pipe").write_bytes(content))
    writer.start()
    (found,) = pictures([tmp_path / "pipe"])
    np.testing.assert_array_equal(decode(found.open())[..., 0], faces[0])
    writer.join()


def test_hidden_pictures_are_left_out_of_a_folder(tmp_path: Path, faces: np.ndarray) -> None:
    for name in ("me.png", "._me.png", ".thumbnails/me.png", "__MACOSX/me.png"):
        (tmp_path / "in" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "in" / name).write_bytes(to_png(faces[0]))
    assert names(tmp_path / "in") == [str(tmp_path / "in" / "me.png")]


def test_a_pattern_is_what_matches_it(tmp_path: Path, zipped: Make) -> None:
    for name in ("a/1.png", "a/2.jpg", "b/deep/3.png", "note.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    archive = zipped("x.png")
    inside = {name: str(tmp_path / name) for name in ("a/1.png", "a/2.jpg", "b/deep/3.png")}
    assert names(tmp_path / "a" / "*.png") == [inside["a/1.png"]]
    assert names(tmp_path / "[ab]") == list(inside.values())  # folders, as a shell would give them
    assert names(tmp_path / "**" / "*.png") == [inside["a/1.png"], inside["b/deep/3.png"]]
    assert names(tmp_path / "*.zip") == [f"{archive}/x.png"]
    (nothing,) = pictures([tmp_path / "*.gif"])
    with pytest.raises(InputError, match="Nothing matches"):
        nothing.open()


def test_a_file_whose_name_looks_like_a_pattern_is_that_file(tmp_path: Path) -> None:
    (tmp_path / "me[1].png").touch()
    assert names(tmp_path / "me[1].png") == [str(tmp_path / "me[1].png")]


def test_no_picture_inside_is_an_error_in_its_turn(tmp_path: Path, zipped: Make) -> None:
    (tmp_path / "empty").mkdir()
    empty, archive, other = pictures([tmp_path / "empty", zipped("a.txt"), tmp_path / "b.png"])
    for picture in (empty, archive):
        with pytest.raises(InputError, match="has no pictures in it"):
            picture.open()
    assert other.name == str(tmp_path / "b.png")


def test_too_many_names_are_refused(zipped: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "MAX_PICTURES", 2)
    assert len(names(zipped("a.png", "b.png"))) == 2
    with pytest.raises(TooLargeError, match="more than 2"):
        pictures([zipped("a.png", "b.png", "c.png")])


@pytest.mark.skipif(os.name != "posix", reason="names are bytes on POSIX alone")
def test_a_name_that_is_no_text_can_be_written_down(tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"\xff.png")).touch()
    (name,) = names(tmp_path)
    assert name.encode().endswith(b"\\udcff.png")


def test_a_zip_in_memory_is_read_up_to_a_limit(zipped: Make) -> None:
    content = zipped("a.png", "b.png", **{"c.txt": b"no picture"}).read_bytes()
    found = list(zip_pictures(io.BytesIO(content), "mine.zip", 2))
    assert [picture.name for picture in found] == ["mine.zip/a.png", "mine.zip/b.png"]
    assert decode(found[1].open()).shape == (48, 48, 3)
    with pytest.raises(TooLargeError, match=r"mine\.zip has 2 pictures, and 1 at most"):
        list(zip_pictures(io.BytesIO(content), "mine.zip", 1))
