"""Which reader a path gets, subsets of classes, and one split from every format."""

from pathlib import Path

import numpy as np
import pytest

from fer.data import SPLITS, FaceDataset, import_dataset, make_split, read, writers
from fer.errors import InputError, NotFoundError
from fer.labels import LABELS
from tests.samples import csv_text, random_faces, write_csv

FORMATS = ("faces.csv", "faces.parquet", "faces.zip", "faces")


def held(dataset: FaceDataset, rows: np.ndarray) -> list[tuple[int, int]]:
    return sorted((int(dataset.keys[row]), int(dataset.labels[row])) for row in rows)


@pytest.mark.parametrize("split", sorted(SPLITS))
@pytest.mark.parametrize("name", FORMATS)
def test_the_same_split_comes_from_every_format_in_any_order(
    name: str, split: str, tmp_path: Path
) -> None:
    faces = random_faces(300, seed=3)
    # Copies of one image: under one label, under two, and in two Usages.
    again = random_faces(40, seed=5)
    images = np.concatenate([faces.images, again.images, faces.images[:25]])
    rng = np.random.default_rng(1)
    faces = FaceDataset(
        "copies",
        np.concatenate([images, again.images]),
        rng.integers(0, 7, len(images) + 40, np.int8),
        rng.integers(0, 3, len(images) + 40, np.uint8),
    )
    shuffled = faces.subset(rng.permutation(len(faces)))
    writers.write(shuffled, tmp_path / name)
    found = read(tmp_path / name)
    ours, theirs = make_split(faces, split, 7), make_split(found, split, 7)
    for part in ("train", "validation", "test"):
        assert held(faces, getattr(ours, part)) == held(found, getattr(theirs, part))
        assert len(getattr(ours, part)) > 0


def test_the_parts_of_the_challenge_are_joined(tmp_path: Path) -> None:
    train, test = random_faces(5, seed=1, usage=False), random_faces(3, seed=2, usage=False)
    write_csv(tmp_path / "train.csv", train, "emotion,pixels")
    write_csv(tmp_path / "test.csv", test, "pixels")
    (tmp_path / "example_submission.csv").write_text("Id,Prediction\n1,2\n")
    found = read(tmp_path)
    assert found.usage_names() == ("Training", "Test")
    assert found.keys.tolist() == [*train.keys, *test.keys]
    assert found.labels.tolist() == [*train.labels, -1, -1, -1]


def test_several_csv_files_that_do_not_belong_together_are_named(tmp_path: Path) -> None:
    for name in ("a.csv", "b.csv"):
        write_csv(tmp_path / name, random_faces(2))
    with pytest.raises(InputError, match=r"several csv files \(a\.csv, b\.csv\)"):
        read(tmp_path)


def test_a_csv_beside_a_part_is_not_taken_for_the_whole(tmp_path: Path) -> None:
    write_csv(tmp_path / "train.csv", random_faces(5))
    write_csv(tmp_path / "my_faces.csv", random_faces(1))
    with pytest.raises(InputError, match=r"several csv files \(train\.csv, my_faces\.csv\)"):
        read(tmp_path)
    (tmp_path / "train.csv").unlink()
    assert len(read(tmp_path)) == 1


def test_a_folder_in_a_folder_is_descended(tmp_path: Path) -> None:
    faces = random_faces(4)
    (tmp_path / "a" / "b").mkdir(parents=True)
    writers.write(faces, tmp_path / "a" / "b" / "images")
    found = read(tmp_path / "a")
    assert found.fingerprint == faces.fingerprint
    assert found.name == "a"


def test_a_single_unknown_class_is_named(tmp_path: Path) -> None:
    writers.write(random_faces(1, usage=False), tmp_path / "faces")
    (folder,) = (tmp_path / "faces").iterdir()
    folder.rename(tmp_path / "faces" / "bored")
    with pytest.raises(InputError, match="'bored' is not known"):
        read(tmp_path / "faces")


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("notes.txt", b"hello", "notes.txt is not in a format that is read"),
        ("face.png", b"\x89PNG\r\n\x1a\n", "face.png is not in a format"),
        ("empty.csv", b"", 'the column "pixels" is missing'),
        ("fer2013new.csv", b"Usage,Image name,neutral,contempt,unknown,NF\n", "data ferplus"),
        ("empty.zip", b"PK\x05\x06" + bytes(18), "no pictures in class folders"),
    ],
)
def test_what_is_not_read_is_told(tmp_path: Path, name: str, content: bytes, words: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=words):
        read(tmp_path / name)


def test_nothing_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="check the path"):
        read(tmp_path / "none.csv")


def test_content_and_not_the_suffix_tells_the_format(tmp_path: Path) -> None:
    faces = random_faces(3)
    for source, target in (("a.csv", "b.txt"), ("a.zip", "b.dat"), ("a.parquet", "b")):
        writers.write(faces, tmp_path / source)
        (tmp_path / source).rename(tmp_path / target)
        assert read(tmp_path / target).fingerprint == faces.fingerprint


@pytest.mark.parametrize("name", FORMATS)
def test_a_subset_of_classes_is_read(name: str, tmp_path: Path) -> None:
    faces = random_faces(60, unlabelled=True)
    writers.write(faces, tmp_path / name)
    found = read(tmp_path / name, classes=["Happiness", "sad"])
    wanted = [LABELS.index("happy"), LABELS.index("sad")]
    expected = faces.subset(np.flatnonzero(np.isin(faces.labels, wanted)))
    assert found.fingerprint == expected.fingerprint


def test_the_most_frequent_classes_are_read(tmp_path: Path) -> None:
    faces = random_faces(70, usage=False)
    labels = np.repeat([3, 6, 4, 0, 1], [30, 20, 10, 9, 1]).astype(np.int8)
    write_csv(tmp_path / "faces.csv", FaceDataset("f", faces.images, labels), "emotion,pixels")
    found = import_dataset(tmp_path / "faces.csv", classes=3)
    assert {label for label, n in found.counts()["all"].items() if n} == {"happy", "sad", "neutral"}
    assert len(found) == 60


def test_classes_that_are_none_are_refused(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "faces.csv", random_faces(3))
    with pytest.raises(InputError, match="no class 'bored'"):
        read(path, classes=["happy", "bored"])
    for number in (0, 8):
        with pytest.raises(InputError, match="1 to 7"):
            read(path, classes=number)
    only = random_faces(1)
    missing = next(label for label in LABELS if label != LABELS[only.labels[0]])
    write_csv(path, only)
    with pytest.raises(InputError, match="has no face of"):
        read(path, classes=[missing])


def test_unknown_class_folders_are_all_named(tmp_path: Path) -> None:
    writers.write(random_faces(30, usage=False), tmp_path / "faces")
    for name, new in (("happy", "contempt"), ("sad", "bored")):
        (tmp_path / "faces" / name).rename(tmp_path / "faces" / new)
    with pytest.raises(InputError, match="'bored', 'contempt' are not known"):
        read(tmp_path / "faces")
    assert set(np.unique(read(tmp_path / "faces", classes=["angry", "fear"]).labels)) == {0, 2}


def test_the_text_of_the_samples_is_what_the_writer_writes(tmp_path: Path) -> None:
    faces = random_faces(5, unlabelled=True)
    writers.write_csv(faces, tmp_path / "faces.csv")
    assert (tmp_path / "faces.csv").read_text() == csv_text(faces)
