"""Damaged files: a data set or a clear refusal, and the file itself as it was.

A few hundred faults a format, of the kinds that disks, networks and people make.
"""

import gzip
import hashlib
import io
import tarfile
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from fer.data import FaceDataset, import_dataset, open_dataset, read, save_dataset, writers
from fer.errors import FerError
from fer.images import to_png
from tests.samples import random_faces

# 500 for the three that people have most.
CASES = [
    ("csv", 170),
    ("zip", 170),
    ("parquet", 170),
    ("tar.gz", 60),
    ("csv.gz", 60),
    ("zipped csv", 60),
]


def original(form: str, folder: Path) -> bytes:
    faces = random_faces(5)
    if form in ("csv", "zip", "parquet"):
        writers.write(faces, folder / f"in.{form}")
        return (folder / f"in.{form}").read_bytes()
    writers.write(faces, folder / "in.csv")
    text = (folder / "in.csv").read_bytes()
    if form == "csv.gz":
        return gzip.compress(text)
    buffer = io.BytesIO()
    if form == "tar.gz":
        with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
            entry = tarfile.TarInfo("in.csv")
            entry.size = len(text)
            archive.addfile(entry, io.BytesIO(text))
    else:
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("in.csv", text)
    return buffer.getvalue()


def mutated(content: bytes, rng: np.random.Generator) -> bytes:
    data = bytearray(content)
    # Half of the faults near the ends, where formats keep what they steer by.
    end = int(rng.choice([64, len(data)]))
    place = int(rng.integers(0, end))
    if rng.random() < 0.5:
        place = len(data) - 1 - place
    length = int(rng.integers(1, 40))
    faults: list[Callable[[], None]] = [
        lambda: data.__setitem__(place, data[place] ^ (1 << int(rng.integers(0, 8)))),
        lambda: data.__setitem__(slice(place, place + length), rng.bytes(length)),
        lambda: data.__delitem__(slice(place, place + length)),
        lambda: data.__setitem__(slice(place, place), data[place : place + length]),
        lambda: data.__setitem__(slice(place, None), b""),
        lambda: data.__setitem__(slice(place, place + length), bytes(length)),
        lambda: data.__setitem__(slice(place, place + 1), b"\xff"),
        lambda: data.__setitem__(slice(place, place), b"\r\n,\"'\0"),
    ]
    for _ in range(int(rng.integers(1, 3))):
        faults[int(rng.integers(0, len(faults)))]()
        place = min(place, len(data) - 1)
        if not data:
            break
    return bytes(data)


@pytest.mark.parametrize(("form", "count"), CASES, ids=[form for form, _ in CASES])
def test_a_damaged_file_is_read_or_refused(
    form: str, count: int, tmp_path: Path, fer_home: Path
) -> None:
    content = original(form, tmp_path)
    rng = np.random.default_rng(zlib.crc32(form.encode()))
    path = tmp_path / f"damaged.{form.split()[-1]}"
    refusals: list[str] = []
    for _ in range(count):
        damaged = mutated(content, rng)
        path.write_bytes(damaged)
        try:
            found = read(path)
        except FerError as error:
            refusals.append(str(error))
        else:
            assert isinstance(found, FaceDataset)
            assert found.images.shape == (len(found), 48, 48)
            assert -1 <= found.labels.min(initial=0) <= found.labels.max(initial=0) < 7
        assert hashlib.sha256(path.read_bytes()).digest() == hashlib.sha256(damaged).digest()
    assert len(refusals) > count // 4
    for refusal in refusals:
        assert refusal.endswith("."), refusal
        assert "\n" not in refusal
        assert ".unpacking-" not in refusal, "the message names a folder that nobody knows"
    assert list(fer_home.iterdir()) == [], "something unpacked was left"


def test_a_damaged_file_leaves_the_registered_set_alone(tmp_path: Path, fer_home: Path) -> None:
    def kept() -> dict[str, bytes]:
        return {f.name: f.read_bytes() for f in (fer_home / "datasets" / "faces").iterdir()}

    save_dataset(random_faces(5), "faces")
    rng = np.random.default_rng(0)
    content = original("csv", tmp_path)
    refused = 0
    for _ in range(30):
        before = kept()
        (tmp_path / "faces.csv").write_bytes(mutated(content, rng))
        try:
            import_dataset(tmp_path / "faces.csv", replace=True)
        except FerError:
            refused += 1
            assert kept() == before
    assert refused > 20
    assert open_dataset("faces").images.shape[1:] == (48, 48)


def test_damaged_pictures_in_folders_are_named(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    good = to_png(random_faces(1).images[0])
    (tmp_path / "faces" / "happy").mkdir(parents=True)
    path = tmp_path / "faces" / "happy" / "one.png"
    refusals: list[str] = []
    for _ in range(100):
        path.write_bytes(mutated(good, rng))
        try:
            read(tmp_path / "faces")
        except FerError as error:
            refusals.append(str(error))
    assert len(refusals) > 50
    assert all("faces/happy/one.png" in refusal for refusal in refusals)
