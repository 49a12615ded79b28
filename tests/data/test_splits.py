"""Splits: the right sizes, and the same faces in each part wherever and however they are kept."""

import dataclasses
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fer.data import SPLITS, FaceDataset, Split, drawn_faces, make_split, read_folder
from fer.data.csv_reader import read_csv
from fer.errors import InputError
from tests.samples import random_faces, write_csv, write_folders

PARTS = ("train", "validation", "test")
DRAWN = ("published", "clean", "80-10-10")


def noise(n: int, seed: int = 0) -> FaceDataset:
    """Many different faces, cheaply."""
    rng = np.random.default_rng(seed)
    images = np.zeros((n, 48, 48), np.uint8)
    images[:, 0, :8] = rng.integers(0, 256, (n, 8))
    return FaceDataset("noise", images, rng.integers(0, 7, n, np.int8))


def contents(dataset: FaceDataset, split: Split) -> dict[str, Counter]:
    """Which images with which labels lie in each part, whatever their rows."""
    return {
        part: Counter(
            zip(
                dataset.keys[getattr(split, part)].tolist(),
                dataset.labels[getattr(split, part)].tolist(),
                strict=True,
            )
        )
        for part in PARTS
    }


@pytest.mark.parametrize(
    ("name", "sizes"),
    [("published", (1615, 85, 300)), ("clean", (1615, 85, 300)), ("80-10-10", (1600, 200, 200))],
)
def test_the_shares_are_as_promised(name: str, sizes: tuple[int, int, int]) -> None:
    # 85/15, and 5 % of the 85 for validation: 4.25 % of all.
    split = make_split(noise(2000), name)
    assert tuple(len(getattr(split, part)) for part in PARTS) == sizes


@pytest.mark.parametrize("name", DRAWN)
def test_every_labelled_row_is_in_one_part(name: str) -> None:
    faces = random_faces(300, unlabelled=True)
    split = make_split(faces, name)
    rows = np.concatenate([getattr(split, part) for part in PARTS])
    assert sorted(rows) == np.flatnonzero(faces.labels >= 0).tolist()
    assert all((np.diff(getattr(split, part)) > 0).all() for part in PARTS)
    assert (faces.labels == -1).any()


@pytest.mark.parametrize("name", DRAWN)
def test_the_seed_decides(name: str) -> None:
    faces = noise(1000)
    tests = [make_split(faces, name, seed).test.tolist() for seed in (0, 0, 1)]
    assert tests[0] == tests[1]
    # By chance two draws of 15 % (10 %) share 15 % (10 %) of their faces.
    assert len(set(tests[0]) & set(tests[2])) < 0.3 * len(tests[0])


def test_parts_look_like_the_whole() -> None:
    faces = noise(7000)
    split = make_split(faces, "published")
    whole = np.bincount(faces.labels, minlength=7) / 7000
    test = np.bincount(faces.labels[split.test], minlength=7) / len(split.test)
    assert np.abs(whole - test).max() < 0.04  # four standard errors of 1,050 draws


def with_copies(rows: list[tuple[int, int, int]]) -> FaceDataset:
    pictures = random_faces(6).images
    return FaceDataset(
        "copies",
        pictures[[picture for picture, _, _ in rows]],
        np.array([label for _, label, _ in rows], np.int8),
        np.array([usage for _, _, usage in rows], np.uint8),
    )


@settings(deadline=None)
@given(
    rows=st.lists(
        st.tuples(st.integers(0, 5), st.integers(-1, 2), st.integers(0, 2)), min_size=1, max_size=40
    ),
    name=st.sampled_from(DRAWN),
    seed=st.integers(0, 3),
    shuffle=st.integers(0, 10**6),
)
def test_the_order_of_the_rows_does_not_matter(
    rows: list[tuple[int, int, int]], name: str, seed: int, shuffle: int
) -> None:
    faces = with_copies(rows)
    turned = faces.subset(np.random.default_rng(shuffle).permutation(len(faces)))
    assert contents(turned, make_split(turned, name, seed)) == contents(
        faces, make_split(faces, name, seed)
    )


def test_usage_does_not_matter_to_a_drawn_split() -> None:
    faces = random_faces(200)
    bare = dataclasses.replace(faces, usage=None)
    for name in DRAWN:
        assert contents(bare, make_split(bare, name)) == contents(faces, make_split(faces, name))


@settings(deadline=None)
@given(
    rows=st.lists(
        st.tuples(st.integers(0, 5), st.integers(-1, 2), st.integers(0, 2)), min_size=1, max_size=60
    ),
    seed=st.integers(0, 5),
)
def test_clean_keeps_copies_together(rows: list[tuple[int, int, int]], seed: int) -> None:
    faces = with_copies(rows)
    split = make_split(faces, "clean", seed)
    keys = [set(faces.keys[getattr(split, part)].tolist()) for part in PARTS]
    assert not keys[0] & keys[1]
    assert not keys[0] & keys[2]
    assert not keys[1] & keys[2]


def test_published_lets_copies_fall_on_both_sides() -> None:
    once = noise(500)
    twice = FaceDataset("twice", np.repeat(once.images, 2, axis=0), np.repeat(once.labels, 2))
    split = make_split(twice, "published")
    both = set(twice.keys[split.train].tolist()) & set(twice.keys[split.test].tolist())
    # 2 x 15 % x 85 % of the pairs by chance, 128 of 500 (the validation share aside).
    assert 80 < len(both) < 170


def test_a_csv_and_a_folder_of_the_same_faces_split_alike(tmp_path: Path) -> None:
    faces = drawn_faces(140)
    doubled = faces.subset(np.r_[np.arange(140), np.arange(20)])
    read = [
        read_csv(write_csv(tmp_path / "a.csv", doubled)),
        read_csv(write_csv(tmp_path / "b.csv", doubled, "emotion, Usage, pixels")),
        read_csv(write_csv(tmp_path / "c.csv", doubled, "emotion,pixels")),
        read_folder(write_folders(tmp_path / "folders", doubled)),
    ]
    for name in DRAWN:
        expected = contents(doubled, make_split(doubled, name))
        assert all(contents(other, make_split(other, name)) == expected for other in read)


def test_the_draw_is_fixed_for_good() -> None:
    # Kept models name their test rows by (split, seed): these must not move in a later version.
    ramps = (np.arange(20)[:, None] + np.arange(2304)).astype(np.uint8).reshape(20, 48, 48)
    faces = FaceDataset("ramps", ramps, np.zeros(20, np.int8))
    assert make_split(faces, "published").test.tolist() == [10, 14, 16]
    assert make_split(faces, "clean", 3).test.tolist() == [3, 5, 16]


def test_official_is_the_usage() -> None:
    faces = random_faces(200, unlabelled=True)
    split = make_split(faces, "official")
    for code, part in enumerate(PARTS):
        expected = np.flatnonzero((faces.usage == code) & (faces.labels >= 0))
        np.testing.assert_array_equal(getattr(split, part), expected)


def test_final_learns_from_most_of_public_test_too() -> None:
    faces = random_faces(600, unlabelled=True)
    official, final = make_split(faces, "official"), make_split(faces, "final")
    np.testing.assert_array_equal(final.test, official.test)
    assert set(final.validation) < set(official.validation)
    assert len(final.validation) == round(0.2 * len(official.validation))
    assert sorted([*final.train, *final.validation]) == sorted(
        [*official.train, *official.validation]
    )
    assert (np.diff(final.train) > 0).all()
    other = make_split(faces, "final", seed=1)
    assert set(other.validation) != set(final.validation)
    turned = faces.subset(np.random.default_rng(5).permutation(len(faces)))
    assert contents(turned, make_split(turned, "final")) == contents(faces, final)


@pytest.mark.parametrize("name", ["official", "final"])
def test_splits_by_usage_need_its_usages(name: str) -> None:
    faces = random_faces(50)
    with pytest.raises(InputError, match=r"no PrivateTest and no PublicTest and no Training"):
        make_split(dataclasses.replace(faces, usage=None), name)
    merged = np.where(faces.usage == 0, 0, 3).astype(np.uint8)
    with pytest.raises(InputError, match=r"no PrivateTest and no PublicTest rows"):
        make_split(dataclasses.replace(faces, usage=merged), name)


def test_an_unknown_split_names_the_known_ones() -> None:
    with pytest.raises(InputError, match=r"no split 'random'; choose one of published, clean"):
        make_split(random_faces(10), "random")
    assert set(SPLITS) == {*DRAWN, "official", "final"}


@pytest.mark.parametrize("n", [0, 1, 2, 5])
@pytest.mark.parametrize("name", DRAWN)
def test_very_few_faces_still_split(n: int, name: str) -> None:
    split = make_split(random_faces(n), name)
    assert sum(len(getattr(split, part)) for part in PARTS) == n
