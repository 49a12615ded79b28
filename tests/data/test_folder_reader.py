"""Class folders of pictures, in the shapes in which people have them."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fer.data import read_folder
from fer.errors import FerError, InputError, NotAnImageError
from fer.images import to_png, whole_face
from fer.labels import LABELS
from tests.samples import random_faces, write_folders


def save(path: Path, image: np.ndarray) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(to_png(image))
    return path


def test_folders_mean_their_names_not_their_place(tmp_path: Path) -> None:
    names = ["anger", "Disgusted", "2_fear", "Happiness", "sadness", "surprised", "neutral"]
    for index, name in enumerate(names):
        save(tmp_path / name / "a.png", np.full((48, 48), index * 10, np.uint8))
    read = read_folder(tmp_path)
    # Each face says by its grey which label it has: none may be swapped by sorting.
    assert {int(i[0, 0]): LABELS[k] for i, k in zip(read.images, read.labels, strict=True)} == {
        index * 10: label for index, label in enumerate(LABELS)
    }
    assert read.usage is None


def test_png_faces_come_back_pixel_for_pixel(tmp_path: Path) -> None:
    faces = random_faces(40)
    read = read_folder(write_folders(tmp_path / "set", faces))
    assert read.name == "set"
    assert sorted(zip(read.keys, read.labels, strict=True)) == sorted(
        zip(faces.keys, faces.labels, strict=True)
    )


def test_train_and_test_are_usages(tmp_path: Path) -> None:
    face = random_faces(1).images[0]
    for top in ("train", "Test"):
        save(tmp_path / top / "happy" / "a.png", face)
    assert read_folder(tmp_path).usage_names() == ("Training", "Test")
    # Beside a validation part, "test" is what was held out for the end.
    save(tmp_path / "validation" / "happy" / "a.png", face)
    read = read_folder(tmp_path)
    assert read.usage_names() == ("Training", "PublicTest", "PrivateTest")
    assert [len(read.counts()[usage]) for usage in read.usage_names()] == [7, 7, 7]


def test_training_comes_first_and_a_test_may_have_no_labels(tmp_path: Path) -> None:
    faces = random_faces(3).images
    save(tmp_path / "test" / "0.png", faces[0])
    save(tmp_path / "train" / "happy" / "1.png", faces[1])
    save(tmp_path / "train" / "sad" / "2.png", faces[2])
    found = read_folder(tmp_path)
    assert found.counts()["Test"]["unlabelled"] == 1
    assert [found.usage_names()[code and 1] for code in found.usage_codes] == [
        *("Training", "Training", "Test")
    ]
    np.testing.assert_array_equal(found.images[2], faces[0])
    # Where some labels are wanted, those without one are not.
    assert len(read_folder(tmp_path, classes=["happy", "sad"])) == 2


def test_an_unknown_class_is_named_however_deep_its_pictures_are(tmp_path: Path) -> None:
    face = random_faces(1).images[0]
    save(tmp_path / "train" / "happy" / "a.png", face)
    save(tmp_path / "train" / "contempt" / "person1" / "a.png", face)
    with pytest.raises(InputError, match="the class folder 'contempt' is not known"):
        read_folder(tmp_path)


def test_a_file_name_can_say_which_test_it_is(tmp_path: Path) -> None:
    face = random_faces(1).images[0]
    for name in ("PrivateTest_88305.png", "PublicTest_1.png", "other_PrivateTest_2.png"):
        save(tmp_path / "test" / "sad" / name, face)
    read = read_folder(tmp_path)
    assert {usage: read.counts()[usage]["sad"] for usage in read.counts()} == {
        "PublicTest": 1,
        "PrivateTest": 1,
        "Test": 1,
    }


def test_pictures_of_a_class_may_lie_deeper_and_hidden_files_are_none(tmp_path: Path) -> None:
    faces = random_faces(3).images
    save(tmp_path / "sad" / "person 1" / "film" / "a.png", faces[0])
    save(tmp_path / "sad" / "b.png", faces[1])
    save(tmp_path / "train" / "happy" / "person 2" / "a.png", faces[2])
    (tmp_path / "sad" / "._b.png").write_bytes(b"what macOS leaves beside a file")
    save(tmp_path / "sad" / ".thumbnails" / "b.png", faces[2])
    assert read_folder(tmp_path).labels.tolist() == [3, *[LABELS.index("sad")] * 2]


def test_pictures_of_any_size_and_kind_become_48x48_grey(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    wide = rng.integers(0, 256, (30, 90, 3), np.uint8)
    save(tmp_path / "happy" / "a.png", wide)
    colour = Image.fromarray(rng.integers(0, 256, (200, 200, 3), np.uint8))
    colour.save(tmp_path / "happy" / "b.JPG")
    Image.fromarray(np.full((10, 10), 200, np.uint8)).save(tmp_path / "happy" / "c.bmp")
    read = read_folder(tmp_path)
    assert read.images.shape == (3, 48, 48)
    np.testing.assert_array_equal(read.images[0], whole_face(wide, 48))
    assert read.images[2].min() == read.images[2].max() == 200


def test_hidden_folders_and_other_files_are_left_alone(tmp_path: Path) -> None:
    face = random_faces(1).images[0]
    save(tmp_path / "happy" / "a.png", face)
    save(tmp_path / ".thumbnails" / "b.png", face)
    (tmp_path / "happy" / "notes.txt").write_text("not a picture")
    (tmp_path / "README.md").write_text("about")
    (tmp_path / "papers").mkdir()
    assert len(read_folder(tmp_path)) == 1


def test_a_given_function_takes_the_face_from_the_picture(tmp_path: Path) -> None:
    save(tmp_path / "happy" / "a.png", np.zeros((100, 80, 3), np.uint8))
    shapes = []

    def face_of(image: np.ndarray) -> np.ndarray:
        shapes.append(image.shape)
        return np.full((48, 48), 9, np.uint8)

    assert (read_folder(tmp_path, face_of=face_of).images == 9).all()
    assert shapes == [(100, 80, 3)]


def test_an_unknown_class_is_named(tmp_path: Path) -> None:
    face = random_faces(1).images[0]
    save(tmp_path / "train" / "happy" / "a.png", face)
    save(tmp_path / "train" / "contempt" / "a.png", face)
    with pytest.raises(InputError, match="the class folder 'contempt' is not known"):
        read_folder(tmp_path)


def test_a_folder_without_pictures_says_what_was_expected(tmp_path: Path) -> None:
    (tmp_path / "happy").mkdir()
    with pytest.raises(InputError, match=r"no pictures in class folders.*angry, disgust"):
        read_folder(tmp_path)


@pytest.mark.parametrize("content", [b"", b"a text", None])
def test_a_broken_picture_is_named(tmp_path: Path, content: bytes | None) -> None:
    faces = random_faces(20)
    write_folders(tmp_path, faces)
    victim = next((tmp_path / "train").rglob("*.png"))
    whole = victim.read_bytes()
    victim.write_bytes(whole[: len(whole) // 2] if content is None else content)
    with pytest.raises(NotAnImageError) as caught:
        read_folder(tmp_path)
    assert victim.name in str(caught.value)
    assert isinstance(caught.value, FerError)
