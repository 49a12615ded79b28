from pathlib import Path

import numpy as np
import pytest

from fer.data import USAGES, FaceDataset, read
from fer.errors import FerError, InputError
from fer.images import to_png
from fer.labels import LABELS
from tests.samples import random_faces


@pytest.fixture
def faces() -> FaceDataset:
    return random_faces(6)


def listed(folder: Path, faces: FaceDataset, lines: list[str], name: str = "list.csv") -> Path:
    """Pictures in folder/pictures, and the csv file beside that folder."""
    (folder / "pictures").mkdir(exist_ok=True)
    for row, image in enumerate(faces.images):
        (folder / "pictures" / f"{row}.png").write_bytes(to_png(image))
    (folder / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder / name


def rows(faces: FaceDataset, sep: str = ",", names: bool = True) -> list[str]:
    assert faces.usage is not None
    parts = ["train", "val", "PrivateTest"]
    return [
        sep.join(
            [
                f"pictures/{row}.png",
                LABELS[label] if names else str(label),
                parts[faces.usage[row]],
            ]
        )
        for row, label in enumerate(faces.labels)
    ]


@pytest.mark.parametrize("header", ["path,label,split", "Image, Emotion, Usage", "file,class,set"])
@pytest.mark.parametrize("names", [True, False])
def test_pictures_and_labels_are_read(
    header: str, names: bool, faces: FaceDataset, tmp_path: Path
) -> None:
    found = read(listed(tmp_path, faces, [header, *rows(faces, names=names)]))
    assert found.fingerprint == faces.fingerprint
    np.testing.assert_array_equal(found.images, faces.images)
    assert found.name == "list"


@pytest.mark.parametrize("sep", [";", "\t"])
def test_semicolons_and_tabs_separate_too(sep: str, faces: FaceDataset, tmp_path: Path) -> None:
    lines = [sep.join(["path", "label", "split"]), *rows(faces, sep)]
    assert read(listed(tmp_path, faces, lines)).fingerprint == faces.fingerprint


def test_a_folder_with_one_is_read(faces: FaceDataset, tmp_path: Path) -> None:
    listed(tmp_path, faces, ["path,label,split", *rows(faces)])
    (tmp_path / "notes.csv").write_text("a,b\n1,2\n")
    assert read(tmp_path).fingerprint == faces.fingerprint


def test_a_folder_train_beside_it_is_where_its_pictures_are(
    faces: FaceDataset, tmp_path: Path
) -> None:
    listed(
        tmp_path,
        faces,
        ["path,label,split", *(row.replace("pictures", "train") for row in rows(faces))],
    )
    (tmp_path / "pictures").rename(tmp_path / "train")
    assert read(tmp_path).fingerprint == faces.fingerprint


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        (("train", "validation", "test"), ["Training", "PublicTest", "PrivateTest"]),
        (("Training", "PublicTest", "Test"), ["Training", "PublicTest", "Test"]),
        (("train", "train", "test"), ["Training", "Training", "Test"]),
    ],
)
def test_the_words_of_a_split_mean_together_what_they_mean_as_folders(
    words: tuple[str, ...], meant: list[str], tmp_path: Path
) -> None:
    lines = [f"pictures/{row}.png,happy,{word}" for row, word in enumerate(words)]
    found = read(listed(tmp_path, random_faces(3), ["path,label,split", *lines]))
    assert found.usage is not None
    assert [USAGES[code] for code in found.usage] == meant


def test_a_large_picture_becomes_a_face(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(to_png(np.full((96, 120, 3), 77, np.uint8)))
    (tmp_path / "list.csv").write_text("image,label\na.png,Happiness\n")
    found = read(tmp_path / "list.csv")
    assert np.all(found.images == 77)
    assert found.labels.tolist() == [LABELS.index("happy")]
    half = read(tmp_path / "list.csv", face_of=lambda image: np.zeros((48, 48), np.uint8))
    assert not half.images.any()


@pytest.mark.parametrize(
    "place", ["../secret.png", "/etc/hostname", "a/../../b.png", "", "..\\b.png", "."]
)
def test_a_path_outside_the_folder_is_refused(place: str, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (tmp_path / "secret.png").write_bytes(to_png(random_faces(1).images[0]))
    (folder / "list.csv").write_text(f'path,label\n"{place}",happy\n')
    with pytest.raises(InputError, match=r"list\.csv, line 2: the path .* does not lie in"):
        read(folder / "list.csv")


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("pictures/0.png,happy", "line 3: expected 3 columns, received 2"),
        ("pictures/0.png,9,train", "line 3: the label '9'"),
        ("pictures/0.png,0,nowhere", "line 3: the Usage 'nowhere'"),
        ("pictures/none.png,happy,train", r"line 3: pictures/none\.png does not exist"),
        ("list.csv,happy,train", r"line 3: list\.csv is not a picture"),
        ("pictures/0.png,contempt,train", "the class 'contempt' is not known"),
    ],
)
def test_a_fault_names_its_line(line: str, words: str, faces: FaceDataset, tmp_path: Path) -> None:
    path = listed(tmp_path, faces, ["path,label,split", "pictures/1.png,sad,train", line])
    with pytest.raises(FerError, match=words):
        read(path)


def test_unknown_classes_can_be_left_out(faces: FaceDataset, tmp_path: Path) -> None:
    lines = ["path,label", "pictures/0.png,contempt", "pictures/1.png,joy", "pictures/2.png,sad"]
    found = read(listed(tmp_path, faces, lines), classes=["happy"])
    assert found.keys.tolist() == faces.keys[1:2].tolist()
    assert found.usage is None


def test_nothing_listed_is_told(faces: FaceDataset, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="lists no pictures"):
        read(listed(tmp_path, faces, ["path,label"]))
    (tmp_path / "list.csv").write_bytes("path,label\n\xe9.png,happy\n".encode("latin-1"))
    with pytest.raises(InputError, match="UTF-8"):
        read(tmp_path / "list.csv")


def test_unlabelled_pictures_stay_unlabelled(faces: FaceDataset, tmp_path: Path) -> None:
    lines = ["path,label", "pictures/0.png,", "pictures/1.png,-1", "pictures/2.png,unlabelled"]
    assert read(listed(tmp_path, faces, lines)).labels.tolist() == [-1, -1, -1]
