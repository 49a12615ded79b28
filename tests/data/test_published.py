"""Comparison with the published FER-2013, on a small stand-in for it and on the data itself."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fer.data import (
    FaceDataset,
    dataset_info,
    import_dataset,
    published,
    read,
    save_dataset,
    writers,
)
from fer.data.dataset import PUBLISHED_COUNTS
from fer.labels import LABELS
from tests.samples import random_faces, write_csv

N = 90


@pytest.fixture
def faces(monkeypatch: pytest.MonkeyPatch) -> FaceDataset:
    """90 faces that are the published data set for this test; the pixels of five are not known."""
    faces = random_faces(N)
    order = np.argsort(faces.usage, kind="stable")
    faces = faces.subset(order)
    keys = published.short_keys(faces)
    keys[:5] = 0
    counts = {usage: tuple(by_label.values()) for usage, by_label in faces.counts().items()}
    monkeypatch.setattr(published, "row_keys", lambda: keys)
    monkeypatch.setattr(published, "N_PUBLISHED", N)
    monkeypatch.setattr(published, "PUBLISHED_COUNTS", counts)
    return faces


def strangers(n: int, of: int) -> str:
    return (
        f"at least {n} of its {of} faces are none of the published ones (by their pixels, each "
        "counted once)"
    )


def other_pixels(faces: FaceDataset, rows: int) -> FaceDataset:
    images = faces.images.copy()
    images[-rows:] ^= 1
    return FaceDataset("other", images, faces.labels, faces.usage)


def test_the_same_faces_match_in_any_order(faces: FaceDataset) -> None:
    assert published.differences(faces) == []
    order = np.random.default_rng(0).permutation(N)
    assert published.differences(faces.subset(order)) == []


def test_merged_tests_match(faces: FaceDataset) -> None:
    assert faces.usage is not None
    merged = replace(faces, usage=np.where(faces.usage > 0, 3, 0).astype(np.uint8))
    assert published.differences(merged) == []
    assert published.differences(replace(faces, usage=None)) == []


def test_another_data_set_is_not_compared(faces: FaceDataset) -> None:
    assert published.differences(random_faces(40, seed=9)) is None


def test_changed_counts_are_told_with_both_numbers(faces: FaceDataset) -> None:
    """As the tampered copy has it: more rows of one class."""
    more = np.flatnonzero((faces.labels == 2) & (faces.usage == 0))
    padded = faces.subset(np.concatenate([np.arange(N), more]))
    count = faces.counts()["Training"]["fear"]
    assert published.differences(padded) == [
        f"Training has {count + len(more)} fear (published: {count})",
        strangers(len(more), N + len(more)),
    ]


def test_changed_pixels_are_counted(faces: FaceDataset) -> None:
    assert published.differences(other_pixels(faces, 20)) == [strangers(20, N)]
    everything = published.differences(other_pixels(faces, N))
    assert everything == [strangers(85, N)]


def test_one_face_many_times_is_not_the_published_set(faces: FaceDataset) -> None:
    images = faces.images.copy()
    images[10:] = images[10]
    found = published.differences(FaceDataset("one", images, faces.labels, faces.usage))
    assert found == [strangers(N - 5 - 6, N)]


def test_a_part_is_told_as_a_part(faces: FaceDataset) -> None:
    assert faces.usage is not None
    training = faces.subset(np.flatnonzero(faces.usage == 0))
    found = published.differences(training)
    assert found is not None
    assert [text.split(" is missing")[0] for text in found] == ["PublicTest", "PrivateTest"]


def test_missing_labels_are_told_once(faces: FaceDataset) -> None:
    labels = faces.labels.copy()
    assert faces.usage is not None
    labels[faces.usage == 2] = -1
    assert published.differences(replace(faces, labels=labels)) == ["PrivateTest has no labels"]


def test_labels_numbered_by_sorted_names_are_told_and_mended(faces: FaceDataset) -> None:
    by_name = sorted(LABELS)
    numbers = np.array([by_name.index(LABELS[label]) for label in faces.labels], np.int8)
    swapped = replace(faces, labels=numbers)
    assert published.differences(swapped) != []
    mended = published.with_sorted_labels_undone(swapped)
    np.testing.assert_array_equal(mended.labels, faces.labels)
    assert published.with_sorted_labels_undone(faces) is faces
    other = random_faces(N, seed=4)
    assert published.with_sorted_labels_undone(other) is other


def test_an_import_mends_them_as_a_download_does(faces: FaceDataset, tmp_path: Path) -> None:
    by_name = sorted(LABELS)
    numbers = np.array([by_name.index(LABELS[label]) for label in faces.labels], np.int8)
    path = write_csv(tmp_path / "mirror.csv", replace(faces, labels=numbers))
    np.testing.assert_array_equal(import_dataset(path).labels, faces.labels)


def test_what_was_saved_says_how_it_differs(faces: FaceDataset) -> None:
    save_dataset(other_pixels(faces, 20), "other")
    save_dataset(faces, "same")
    assert dataset_info("same").differences == []
    assert len(dataset_info("other").differences or []) == 1


def test_rows_in_order_go_by_their_place_and_others_by_their_pixels(faces: FaceDataset) -> None:
    usage = faces.usage
    assert usage is not None
    rows = published.published_rows(faces, usage)
    assert rows.tolist() == list(range(N))
    # The pixels of the first five rows are not known.
    known = np.where(np.arange(N) < 5, -1, np.arange(N))
    shuffled = np.random.default_rng(1).permutation(N)
    for dataset, expected in (
        (faces.subset(shuffled), known[shuffled]),
        (faces.subset(np.arange(N - 1)), known[: N - 1]),
        (replace(faces, usage=None), known),
        (other_pixels(faces, 20), np.where(np.arange(N) < N - 20, known, -1)),
    ):
        np.testing.assert_array_equal(published.published_rows(dataset, usage), expected)


@settings(deadline=None)
@given(images=st.lists(st.integers(0, 3), min_size=1, max_size=30), seed=st.integers(0, 99))
def test_copies_of_an_image_are_rows_of_their_own(images: list[int], seed: int) -> None:
    """In whatever order they are; where there are more copies than rows, all are rows of it."""
    rng = np.random.default_rng(seed)
    usage = np.sort(rng.integers(0, 3, len(images)).astype(np.uint8))
    drawn = random_faces(4).images[images]
    whole = FaceDataset("whole", drawn, np.zeros(len(images), np.int8), usage)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(published, "row_keys", lambda: published.short_keys(whole))
        order = rng.permutation(len(images))
        copy = whole.subset(order)
        rows = published.published_rows(copy, usage)
        assert sorted(rows) == list(range(len(images)))
        np.testing.assert_array_equal(whole.keys[rows], copy.keys)
        np.testing.assert_array_equal(usage[rows], copy.usage)
        twice = whole.subset(np.r_[order, order])
        rows = published.published_rows(twice, usage)
        assert set(rows) == set(range(len(images)))
        np.testing.assert_array_equal(whole.keys[rows], twice.keys)


def test_the_shipped_keys_are_those_of_the_data(real_data: Path) -> None:
    with np.load(real_data / "fer2013.npz") as archive:
        faces = FaceDataset(
            "npz", archive["pixels"], archive["emotion"].astype(np.int8), archive["usage"]
        )
        lossless = archive["lossless"]
    expected = np.where(lossless, published.short_keys(faces), 0)
    np.testing.assert_array_equal(published.row_keys(), expected)
    assert len(expected) == published.N_PUBLISHED == sum(map(sum, PUBLISHED_COUNTS.values()))
    assert published.differences(faces) == []
    assert published.known_faces(faces) == 35_710


def test_pictures_encoded_again_are_told(real_data: Path, tmp_path: Path) -> None:
    from PIL import Image

    with np.load(real_data / "fer2013.npz") as archive:
        pixels, emotion = archive["pixels"][:300], archive["emotion"][:300].astype(np.int8)
    faces = FaceDataset("part", pixels, emotion, np.zeros(300, np.uint8))
    found = published.differences(faces)
    assert found is not None
    assert "Training has 300 faces (published: 28,709)" in found
    writers.write_folder(faces, tmp_path / "jpeg")
    for path in (tmp_path / "jpeg").rglob("*.png"):
        with Image.open(path) as picture:
            picture.save(path.with_suffix(".jpg"), quality=80)
        path.unlink()
    assert published.known_faces(read(tmp_path / "jpeg")) < 10
