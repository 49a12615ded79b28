"""Every reader gives back what every writer wrote."""

import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fer.data import NO_USAGE, FaceDataset, read, writers
from fer.errors import ExistsError, FerError, InputError
from tests.samples import random_faces

FORMATS = ("faces.csv", "faces.zip", "faces.parquet", "faces")


def rows_of(dataset: FaceDataset) -> list[tuple[int, int, int]]:
    """Image, label and Usage of each row, in no order."""
    usage = np.full(len(dataset), NO_USAGE) if dataset.usage is None else dataset.usage
    return sorted(
        (int(key), int(label), int(code))
        for key, label, code in zip(dataset.keys, dataset.labels, usage, strict=True)
    )


@st.composite
def datasets(draw: st.DrawFn) -> FaceDataset:
    n = draw(st.integers(1, 6))
    seed = draw(st.integers(0, 2**32 - 1))
    labels = draw(st.lists(st.integers(-1, 6), min_size=n, max_size=n))
    codes = st.sampled_from([0, 1, 2, 3, NO_USAGE])
    usage = draw(st.none() | st.lists(codes, min_size=n, max_size=n))
    images = np.random.default_rng(seed).integers(0, 256, (n, 48, 48), np.uint8)
    if draw(st.booleans()):
        images[-1] = images[0]
    return FaceDataset(
        "any",
        images,
        np.array(labels, np.int8),
        None if usage is None else np.array(usage, np.uint8),
    )


@pytest.mark.parametrize("name", FORMATS)
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(dataset=datasets())
def test_what_was_written_is_read(
    name: str, dataset: FaceDataset, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("written") / name
    writers.write(dataset, path)
    assert rows_of(read(path)) == rows_of(dataset)


@pytest.mark.parametrize("source", FORMATS)
@pytest.mark.parametrize("target", FORMATS)
def test_formats_can_be_changed_into_each_other(source: str, target: str, tmp_path: Path) -> None:
    faces = random_faces(9, unlabelled=True)
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
    writers.write(faces, tmp_path / "a" / source)
    writers.write(read(tmp_path / "a" / source), tmp_path / "b" / target)
    found = read(tmp_path / "b" / target)
    assert found.fingerprint == faces.fingerprint


def test_csv_and_parquet_keep_the_order(tmp_path: Path) -> None:
    faces = random_faces(50)
    for name in ("faces.csv", "faces.parquet"):
        writers.write(faces, tmp_path / name)
        np.testing.assert_array_equal(read(tmp_path / name).images, faces.images)


def test_a_csv_is_what_kaggle_has(tmp_path: Path) -> None:
    faces = random_faces(2)
    writers.write_csv(faces, tmp_path / "faces.csv")
    header, first, *_ = (tmp_path / "faces.csv").read_text().splitlines()
    assert header == "emotion,pixels,Usage"
    label, pixels, usage = first.split(",")
    assert label == str(faces.labels[0])
    assert pixels == " ".join(str(value) for value in faces.images[0].ravel())
    assert usage in ("Training", "PublicTest", "PrivateTest")


def test_a_zip_has_pictures_in_class_folders(tmp_path: Path) -> None:
    writers.write_zip(random_faces(5, usage=False), tmp_path / "faces.zip")
    with zipfile.ZipFile(tmp_path / "faces.zip") as archive:
        names = archive.namelist()
        assert archive.testzip() is None
    assert len(names) == 5
    assert all(name.endswith(".png") and name.count("/") == 1 for name in names)


def test_parquet_tells_its_class_names(tmp_path: Path) -> None:
    writers.write_parquet(random_faces(3), tmp_path / "faces.parquet")
    schema = pq.read_schema(tmp_path / "faces.parquet")
    assert schema.names == ["image", "label", "Usage"]
    assert b'"angry", "disgust", "fear"' in schema.metadata[b"huggingface"]


def test_an_unknown_suffix_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"\.xlsx is not written"):
        writers.write(random_faces(1), tmp_path / "faces.xlsx")


def test_a_folder_with_files_is_not_written_into(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("keep")
    with pytest.raises(ExistsError):
        writers.write(random_faces(1), tmp_path / "mine")
    assert (tmp_path / "mine" / "notes.txt").read_text() == "keep"


@pytest.mark.parametrize("name", FORMATS)
def test_what_fails_leaves_the_old_file_and_nothing_else(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if name != "faces":
        (tmp_path / name).write_bytes(b"old")

    def full(*arguments: Any, **options: Any) -> Path:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(FerError, match="the disk is full"):
        writers.write(random_faces(2), tmp_path / name, replace=True)
    assert [path.name for path in tmp_path.iterdir()] == ([name] if name != "faces" else [])
    if name != "faces":
        assert (tmp_path / name).read_bytes() == b"old"


def test_a_place_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(FerError, match="cannot be written"):
        writers.write(random_faces(1), tmp_path / "nowhere" / "faces.csv")


def test_progress_goes_up(tmp_path: Path) -> None:
    for name in FORMATS:
        seen: list[float] = []
        writers.write(
            random_faces(600), tmp_path / name, lambda share, text, seen=seen: seen.append(share)
        )
        assert seen == sorted(seen)
        assert 0 <= seen[0] <= seen[-1] <= 1
