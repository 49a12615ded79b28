"""Files are whole or not there at all, whatever happens while they are written."""

import hashlib
import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from fer import files
from fer.errors import DiskFullError, FerError

# Run in a process of its own: a limit on file sizes is the portable way to a full disk.
_ON_A_FULL_DISK = """
import resource, sys
from pathlib import Path
from fer import files
resource.setrlimit(resource.RLIMIT_FSIZE, (5000, 5000))
try:
    files.write_bytes(Path(sys.argv[1]), b"new" * 5000)
except OSError as error:
    sys.exit(f"refused: {error}")
"""

_REPLACING_FOR_EVER = """
import sys
from pathlib import Path
from fer import files
target = Path(sys.argv[1])
while True:
    for letter in b"ab":
        files.write_bytes(target, bytes([letter]) * 3_000_000)
"""


def test_what_is_written_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    value = {"emotion": "😊", "n": [1, 2.5, None, True]}
    files.write_json(path, value)
    assert json.loads(path.read_text(encoding="utf-8")) == value
    assert path.read_bytes().endswith(b"}\n")
    files.write_json(path, [])
    assert json.loads(path.read_text()) == []
    assert [p.name for p in tmp_path.iterdir()] == ["a.json"]


def test_others_may_read_it(tmp_path: Path) -> None:
    files.write_bytes(tmp_path / "a", b"x")
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o644


def test_what_cannot_be_written_as_json_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    files.write_json(path, 1)
    with pytest.raises(TypeError):
        files.write_json(path, {"x": object()})
    assert path.read_text() == "1\n"
    assert len(list(tmp_path.iterdir())) == 1


def test_a_failed_rename_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a"
    files.write_bytes(path, b"old")

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("os.replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        files.write_bytes(path, b"new")
    assert path.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["a"]


def test_a_full_disk_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "a"
    files.write_bytes(path, b"old")
    command = [sys.executable, "-c", _ON_A_FULL_DISK, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert "refused" in done.stderr
    assert path.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["a"]


def test_what_cannot_be_written_is_named_with_the_remedy(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    inside = tmp_path / "file" / "a"
    says = r"file/a cannot be written \(.*\); choose another place"
    with pytest.raises(FerError, match=says), files.writing(inside):
        inside.write_bytes(b"new")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a disk that is always full")
def test_of_a_full_disk_it_is_said_that_it_is_full() -> None:
    full = Path("/dev/full")
    says = "/dev/full cannot be written: the disk is full; make room"
    with pytest.raises(DiskFullError, match=says), files.writing(full):
        full.write_bytes(b"new")


def test_a_killed_writer_leaves_one_version_whole(tmp_path: Path) -> None:
    path = tmp_path / "a"
    with subprocess.Popen([sys.executable, "-c", _REPLACING_FOR_EVER, str(path)]) as writer:
        while not path.exists():
            assert writer.poll() is None
            time.sleep(0.01)
        for _ in range(50):  # a reader beside the writer sees whole files only
            seen = path.read_bytes()
            assert seen in (b"a" * 3_000_000, b"b" * 3_000_000)
        writer.kill()
    assert path.read_bytes() in (b"a" * 3_000_000, b"b" * 3_000_000)


def test_sha256_is_that_of_the_content(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert files.sha256(tmp_path / "empty") == empty
    data = bytes(range(256)) * 9000
    (tmp_path / "long").write_bytes(data)
    assert files.sha256(tmp_path / "long") == hashlib.sha256(data).hexdigest()
