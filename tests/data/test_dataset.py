"""What every reader yields: checked shapes, content keys, counts."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fer.data import FaceDataset
from fer.data.dataset import PUBLISHED_COUNTS, content_keys, copy_numbers
from fer.errors import InputError
from tests.samples import random_faces


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"images": np.zeros((4, 48, 47), np.uint8)}, r"expected uint8 \(4, 48, 48\), received"),
        ({"images": np.zeros((4, 48, 48), np.float32)}, "received float32"),
        ({"labels": np.zeros(3, np.int8)}, "labels: expected"),
        ({"labels": np.zeros(4, np.int64)}, "received int64"),
        ({"labels": np.array([0, 1, 2, 7], np.int8)}, "labels must be -1 to 6"),
        ({"labels": np.array([0, 1, 2, -2], np.int8)}, "labels must be -1 to 6"),
        ({"usage": np.zeros(5, np.uint8)}, "usage: expected"),
        ({"votes": np.zeros((4, 8), np.uint8)}, "votes: expected"),
        ({"keys": np.zeros(3, np.uint64)}, "keys: expected"),
    ],
)
def test_what_does_not_fit_is_refused(changes: dict, says: str) -> None:
    with pytest.raises(InputError, match=says):
        dataclasses.replace(random_faces(4), **changes)


def test_no_faces_at_all_are_a_data_set_too() -> None:
    empty = random_faces(3).subset(np.array([], int))
    assert len(empty) == 0
    assert empty.counts() == {}


def test_keys_are_equal_exactly_where_pixels_are() -> None:
    faces = random_faces(50)
    images = np.concatenate([faces.images, faces.images[:7]])
    images[56, 47, 47] ^= 1
    keys = content_keys(images)
    assert keys.dtype == np.uint64
    assert (keys[50:56] == keys[:6]).all()
    assert keys[56] != keys[6]
    assert len(set(keys.tolist())) == 51


def test_keys_do_not_depend_on_how_the_pixels_lie_in_memory() -> None:
    images = random_faces(5).images
    turned = np.asfortranarray(images)
    assert turned.flags["F_CONTIGUOUS"]
    assert content_keys(turned).tolist() == content_keys(images).tolist()
    # Known, so that the keys that models keep on disk stay valid.
    ramp = (np.arange(2304) % 251).astype(np.uint8).reshape(1, 48, 48)
    assert content_keys(ramp).tolist() == [5634830610049926451]


def test_the_fingerprint_is_of_the_content_in_any_order() -> None:
    faces = random_faces(30)
    order = np.random.default_rng(1).permutation(30)
    assert faces.subset(order).fingerprint == faces.fingerprint
    assert len(faces.fingerprint) == 32
    labels = faces.labels.copy()
    labels[3] = (labels[3] + 1) % 7
    assert faces.usage is not None
    usage = faces.usage.copy()
    usage[3] = (usage[3] + 1) % 3
    others = [
        dataclasses.replace(faces, labels=labels),
        dataclasses.replace(faces, usage=usage),
        dataclasses.replace(faces, usage=None),
        faces.subset(np.arange(29)),
    ]
    assert len({faces.fingerprint, *(other.fingerprint for other in others)}) == 5


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(-1, 2), st.integers(0, 2)), max_size=40))
def test_copies_are_numbered_alike_in_any_order(rows: list[tuple[int, int, int]]) -> None:
    pictures = random_faces(4).images
    images = pictures[[picture for picture, _, _ in rows]]
    labels = np.array([label for _, label, _ in rows], np.int8)
    usage = np.array([usage for _, _, usage in rows], np.uint8)
    faces = FaceDataset("copies", images, labels, usage)
    numbers = copy_numbers(faces)
    for picture in range(4):
        mine = [n for n, row in zip(numbers, rows, strict=True) if row[0] == picture]
        assert sorted(mine) == list(range(len(mine)))
    numbered = sorted(zip(rows, numbers.tolist(), strict=True))
    order = np.random.default_rng(0).permutation(len(rows))
    turned = copy_numbers(faces.subset(order)).tolist()
    assert sorted(zip([rows[i] for i in order], turned, strict=True)) == numbered


def test_counts_by_usage_and_label() -> None:
    images = random_faces(5).images
    labels = np.array([0, 0, 3, -1, 6], np.int8)
    usage = np.array([0, 0, 2, 0, 255], np.uint8)
    counts = FaceDataset("x", images, labels, usage).counts()
    assert list(counts) == ["Training", "PrivateTest", "none"]
    assert counts["Training"] == {
        "angry": 2, "disgust": 0, "fear": 0, "happy": 0, "sad": 0, "surprise": 0, "neutral": 0,
        "unlabelled": 1,
    }  # fmt: skip
    assert counts["PrivateTest"]["happy"] == counts["none"]["neutral"] == 1
    assert FaceDataset("x", images, labels).counts()["all"]["angry"] == 2


def test_published_means_every_count_of_every_usage() -> None:
    labels = np.concatenate([np.repeat(np.arange(7), n) for n in PUBLISHED_COUNTS.values()])
    usage = np.repeat(np.arange(3), [sum(n) for n in PUBLISHED_COUNTS.values()])
    images = np.broadcast_to(np.zeros((1, 48, 48), np.uint8), (35887, 48, 48))
    keys = np.arange(35887, dtype=np.uint64)
    faces = FaceDataset("f", images, labels.astype(np.int8), usage.astype(np.uint8), keys=keys)
    assert faces.is_published_fer2013
    moved = faces.labels.copy()
    moved[0] = 1
    assert not dataclasses.replace(faces, labels=moved).is_published_fer2013
    assert not dataclasses.replace(faces, usage=None).is_published_fer2013
    assert not random_faces(5).is_published_fer2013


def test_a_subset_has_the_rows_asked_for() -> None:
    faces = random_faces(10)
    votes = np.random.default_rng(0).integers(0, 10, (10, 10), np.uint8)
    part = dataclasses.replace(faces, votes=votes).subset(np.array([7, 0, 7]))
    for column in ("images", "labels", "usage", "keys"):
        np.testing.assert_array_equal(getattr(part, column), getattr(faces, column)[[7, 0, 7]])
    np.testing.assert_array_equal(part.votes, votes[[7, 0, 7]])
