"""FER-2013 itself, where FER_TEST_DATA names a folder that has it."""

import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from fer.data import FaceDataset, import_dataset, list_datasets, make_split, open_dataset
from fer.data.dataset import PUBLISHED_COUNTS
from fer.labels import LABELS
from tests.samples import assert_same_rows


@pytest.fixture(scope="module")
def published(real_data: Path) -> FaceDataset:
    """The rows of fer2013.npz, put into a data set without any of our readers."""
    with np.load(real_data / "fer2013.npz") as archive:
        return FaceDataset(
            "npz",
            archive["pixels"],
            archive["emotion"].astype(np.int8),
            archive["usage"],
        )


def materialised(real_data: Path, form: str, destination: Path, limit: int = 0) -> Path:
    command = [sys.executable, str(real_data / "materialise.py"), form, str(destination)]
    subprocess.run([*command, "--limit", str(limit)], check=True)
    return destination


def test_the_whole_csv_equals_the_source_row_for_row(
    real_data: Path, published: FaceDataset, tmp_path: Path
) -> None:
    file = materialised(real_data, "csv", tmp_path) / "fer2013.csv"
    assert_same_rows(import_dataset(file), published)
    (info,) = list_datasets()
    assert info.published
    assert info.n == 35_887
    assert info.counts == {
        usage: dict(zip(LABELS, counts, strict=True)) for usage, counts in PUBLISHED_COUNTS.items()
    }
    assert info.fingerprint == published.fingerprint
    file.unlink()
    assert_same_rows(open_dataset("fer2013"), published)

    def seconds_to_open() -> float:
        started = time.perf_counter()
        open_dataset("fer2013")
        return time.perf_counter() - started

    assert min(seconds_to_open() for _ in range(5)) < 0.05


@pytest.mark.parametrize("form", ["icml", "challenge", "folder"])
def test_other_forms_hold_the_same_faces(
    real_data: Path, published: FaceDataset, tmp_path: Path, form: str
) -> None:
    assert published.usage is not None
    rows = np.concatenate([np.flatnonzero(published.usage == usage)[:40] for usage in range(3)])
    kept = published.subset(np.sort(rows))
    assert kept.usage is not None
    folder = materialised(real_data, form, tmp_path, limit=40)
    if form == "icml":
        assert_same_rows(open_dataset(folder / "icml_face_data.csv"), kept)
    elif form == "challenge":
        train, test = kept.subset(np.flatnonzero(kept.usage == 0)), kept.usage > 0
        read = open_dataset(folder / "train.csv")
        np.testing.assert_array_equal(read.images, train.images)
        np.testing.assert_array_equal(read.labels, train.labels)
        read = open_dataset(folder / "test.csv")
        np.testing.assert_array_equal(read.images, kept.images[test])
        assert (read.labels == -1).all()
    else:
        read = open_dataset(folder)
        assert sorted(zip(read.keys, read.labels, strict=True)) == sorted(
            zip(kept.keys, kept.labels, strict=True)
        )
        # The names of these files tell PublicTest from PrivateTest, so nothing was lost.
        assert read.counts() == kept.counts()


def test_the_known_repeats_are_found(published: FaceDataset) -> None:
    assert published.usage is not None
    assert len(published) - len(np.unique(published.keys)) == 1851
    training, public, private = (published.keys[published.usage == usage] for usage in range(3))
    assert np.isin(private, training).sum() == 288
    assert np.isin(public, training).sum() == 280


def test_the_splits_of_fer2013(published: FaceDataset) -> None:
    # These very rows are what kept models were measured on.
    sizes = {}
    for name in ("published", "clean", "80-10-10", "official", "final"):
        split = make_split(published, name)
        sizes[name] = (len(split.train), len(split.validation), len(split.test))
    assert sizes == {
        "published": (28_979, 1_525, 5_383),
        "clean": (28_979, 1_525, 5_383),
        "80-10-10": (28_709, 3_589, 3_589),
        "official": (28_709, 3_589, 3_589),
        "final": (31_580, 718, 3_589),
    }
    clean, drawn = make_split(published, "clean"), make_split(published, "published")
    assert not np.isin(published.keys[clean.test], published.keys[clean.train]).any()
    # By chance about 85 % of the 1,851 repeats' partners lie in training.
    twins = np.isin(published.keys[drawn.test], published.keys[drawn.train]).sum()
    assert 350 < twins < 700
