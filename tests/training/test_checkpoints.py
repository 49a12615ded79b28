"""Checkpoints: whole or passed over, never half believed."""

import json
import random
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest

from fer.training import checkpoints
from fer.training.checkpoints import Checkpoint

_ON_A_FULL_DISK = """
import resource, sys
from pathlib import Path
import numpy as np
from fer.training.checkpoints import Checkpoint, save
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
try:
    save(Path(sys.argv[1]), Checkpoint(30, {}, {"network": [np.zeros(100_000)]}))
except OSError as error:
    sys.exit(f"refused: {error}")
"""


def checkpoint(step: int) -> Checkpoint:
    rng = np.random.default_rng(step)
    arrays: dict[str, list[np.ndarray]] = {
        "network": [rng.standard_normal((3, 3, 4)).astype(np.float32) for _ in range(12)],
        "optimizer": [np.array(step, np.int64), np.array(0.125, np.float32)],
        "best": [rng.random(5)],
    }
    return Checkpoint(step, {"epoch": 1, "history": [{"loss": 0.1 + 0.2}], "name": "é"}, arrays)


def assert_equal(found: Checkpoint | None, expected: Checkpoint) -> None:
    assert found is not None
    assert (found.step, found.meta) == (expected.step, expected.meta)
    assert found.arrays.keys() == expected.arrays.keys()
    for group, arrays in expected.arrays.items():
        assert len(found.arrays[group]) == len(arrays)
        for one, other in zip(found.arrays[group], arrays, strict=True):
            assert one.dtype == other.dtype
            np.testing.assert_array_equal(one, other)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_what_was_saved_is_taken_up_bit_for_bit(tmp_path: Path) -> None:
    assert checkpoints.latest(tmp_path) is None
    checkpoints.save(tmp_path, checkpoint(7))
    assert_equal(checkpoints.latest(tmp_path), checkpoint(7))


def test_the_two_newest_are_kept(tmp_path: Path) -> None:
    for step in (5, 40, 300, 2000):
        checkpoints.save(tmp_path, checkpoint(step))
    assert names(tmp_path) == ["checkpoint-000000300.npz", "checkpoint-000002000.npz"]
    assert_equal(checkpoints.latest(tmp_path), checkpoint(2000))


@pytest.mark.parametrize("keep", [0, 1, 100, -1, -200])
def test_a_truncated_one_gives_way_to_the_one_before(tmp_path: Path, keep: int) -> None:
    checkpoints.save(tmp_path, checkpoint(10))
    newest = checkpoints.save(tmp_path, checkpoint(20))
    newest.write_bytes(newest.read_bytes()[:keep])
    assert_equal(checkpoints.latest(tmp_path), checkpoint(10))


def test_begun_again_it_keeps_what_is_new(tmp_path: Path) -> None:
    for step in (600, 900):
        checkpoints.save(tmp_path, checkpoint(step)).write_bytes(b"damaged")
    assert checkpoints.latest(tmp_path) is None
    for step in (10, 20, 30):
        checkpoints.save(tmp_path, checkpoint(step))
        assert_equal(checkpoints.latest(tmp_path), checkpoint(step))
    assert names(tmp_path) == ["checkpoint-000000020.npz", "checkpoint-000000030.npz"]


def test_any_flipped_bit_is_noticed_or_harmless(tmp_path: Path) -> None:
    checkpoints.save(tmp_path, checkpoint(10))
    newest = checkpoints.save(tmp_path, checkpoint(20))
    whole, rng = newest.read_bytes(), random.Random(0)
    passed_over = 0
    for _ in range(300):
        data = bytearray(whole)
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
        newest.write_bytes(data)
        found = checkpoints.latest(tmp_path)
        assert found is not None
        assert_equal(found, checkpoint(found.step))
        passed_over += found.step == 10
    assert passed_over > 200


def rewritten(path: Path, member: str, content: bytes) -> None:
    """Replace a member of the archive; the archive's own check sums are right."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    assert member in members
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in (members | {member: content}).items():
            archive.writestr(name, data)


def test_exchanged_weights_are_noticed(tmp_path: Path) -> None:
    checkpoints.save(tmp_path, checkpoint(10))
    newest = checkpoints.save(tmp_path, checkpoint(20))
    with zipfile.ZipFile(newest) as archive:
        other = archive.read("network-0001.npy")
    rewritten(newest, "network-0000.npy", other)
    assert_equal(checkpoints.latest(tmp_path), checkpoint(10))


def test_pickled_content_is_never_loaded(tmp_path: Path) -> None:
    newest = checkpoints.save(tmp_path, checkpoint(20))
    evil = tmp_path / "evil.npy"
    np.save(evil, np.array([{"a": 1}], dtype=object), allow_pickle=True)
    rewritten(newest, "network-0000.npy", evil.read_bytes())
    assert checkpoints.latest(tmp_path) is None


def test_other_json_is_not_believed(tmp_path: Path) -> None:
    newest = checkpoints.save(tmp_path, checkpoint(20))
    np.save(tmp_path / "meta.npy", np.frombuffer(json.dumps([1]).encode(), np.uint8))
    rewritten(newest, "meta.npy", (tmp_path / "meta.npy").read_bytes())
    assert checkpoints.latest(tmp_path) is None


def test_a_full_disk_leaves_the_earlier_ones_and_nothing_half_written(tmp_path: Path) -> None:
    for step in (10, 20):
        checkpoints.save(tmp_path, checkpoint(step))
    command = [sys.executable, "-c", _ON_A_FULL_DISK, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert "refused" in done.stderr
    assert names(tmp_path) == ["checkpoint-000000010.npz", "checkpoint-000000020.npz"]
    assert_equal(checkpoints.latest(tmp_path), checkpoint(20))
