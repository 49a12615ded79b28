import os
import random
import threading
from pathlib import Path

import numpy as np
import pytest

from fer import cache


def made(value: int, calls: list[int]) -> cache.Arrays:
    calls.append(value)
    return {"a": np.arange(value), "b": np.array("words")}


def test_arrays_are_made_once_and_come_back_equal() -> None:
    calls: list[int] = []
    for _ in range(3):
        found = cache.kept("kind", "key", lambda: made(4, calls))
        np.testing.assert_array_equal(found["a"], np.arange(4))
        assert str(found["b"]) == "words"
    assert calls == [4]
    cache.kept("kind", "other", lambda: made(5, calls))
    cache.kept("other", "key", lambda: made(6, calls))
    assert calls == [4, 5, 6]


@pytest.mark.parametrize("damage", [b"", b"PK\x03\x04 cut off", None])
def test_a_damaged_file_is_made_anew(fer_home: Path, damage: bytes | None) -> None:
    calls: list[int] = []
    cache.kept("kind", "key", lambda: made(3000, calls))
    file = fer_home / "cache" / "kind-key.npz"
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(bytes(content) if damage is None else damage)
    found = cache.kept("kind", "key", lambda: made(3000, calls))
    np.testing.assert_array_equal(found["a"], np.arange(3000))
    assert calls == [3000, 3000]


def test_any_flipped_bit_is_noticed_or_harmless(fer_home: Path) -> None:
    cache.kept("kind", "key", lambda: made(30, []))
    file = fer_home / "cache" / "kind-key.npz"
    whole, rng = file.read_bytes(), random.Random(0)
    for _ in range(300):
        data = bytearray(whole)
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
        file.write_bytes(bytes(data))
        found = cache.kept("kind", "key", lambda: made(30, []))
        np.testing.assert_array_equal(found["a"], np.arange(30))


def test_what_cannot_be_kept_is_still_given(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*given: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("fer.files.write_bytes", full)
    assert len(cache.kept("kind", "key", lambda: made(5, []))["a"]) == 5


def test_nothing_is_kept_of_work_that_failed(fer_home: Path) -> None:
    def fails() -> cache.Arrays:
        raise RuntimeError("stopped")

    with pytest.raises(RuntimeError, match="stopped"):
        cache.kept("kind", "key", fails)
    assert not list((fer_home / "cache").glob("*.npz"))
    assert cache.kept("kind", "key", lambda: made(1, []))


def test_where_nothing_can_be_kept_it_is_still_told(
    fer_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (fer_home / "cache").write_text("a file where the folder should be")
    calls: list[int] = []
    for _ in range(2):
        assert cache.kept("kind", "key", lambda: made(3, calls))
    assert calls == [3, 3]
    (fer_home / "cache").unlink()
    cache.kept("kind", "key", lambda: made(3, calls))
    # Root may write anywhere, so the system's refusal is played.
    monkeypatch.setattr(Path, "touch", refused)
    monkeypatch.setattr(cache, "FileLock", refused)
    cache.kept("kind", "key", lambda: made(3, calls))
    assert calls == [3, 3, 3]


def refused(*_: object, **__: object) -> None:
    raise PermissionError(13, "Permission denied")


def test_two_threads_that_ask_at_once_compute_once() -> None:
    calls: list[int] = []
    both = threading.Barrier(2)

    def ask() -> None:
        both.wait()
        cache.kept("kind", "key", lambda: made(7, calls))

    threads = [threading.Thread(target=ask) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert calls == [7]


def test_what_was_used_longest_ago_goes(fer_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "MAX_FILES", 2)
    calls: list[int] = []
    for age, key in ((300, "old"), (200, "older")):
        cache.kept("kind", key, lambda: made(1, calls))
        past = (fer_home / "cache" / f"kind-{key}.npz").stat().st_mtime - age
        os.utime(fer_home / "cache" / f"kind-{key}.npz", (past, past))
    cache.kept("kind", "old", lambda: made(1, calls))  # used again, so it stays
    cache.kept("kind", "new", lambda: made(1, calls))
    kept = {file.name for file in (fer_home / "cache").glob("*.npz")}
    assert kept == {"kind-old.npz", "kind-new.npz"}


def test_a_name_cannot_leave_the_folder() -> None:
    with pytest.raises(ValueError, match="cache name"):
        cache.kept("kind", "../key", lambda: made(1, []))


def test_the_digest_tells_content_shape_dtype_and_order_apart() -> None:
    a = np.arange(6, dtype=np.uint8)
    parts = [
        (a,),
        (a[::-1],),
        (a.reshape(2, 3),),
        (a.astype(np.int8),),
        (a, "x"),
        ("x", a),
        (None,),
    ]
    digests = [cache.digest(*part) for part in parts]
    assert len(set(digests)) == len(digests)
    assert cache.digest(a, "x") == cache.digest(a.copy(), "x")
