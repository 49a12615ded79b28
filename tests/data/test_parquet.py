import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from fer.data import FaceDataset, dataset_info, import_dataset, read
from fer.data.parquet_reader import ParquetPart, read_parquet
from fer.errors import InputError, TooLargeError
from fer.images import to_png
from fer.labels import LABELS
from tests.samples import assert_same_rows, random_faces

SORTED = sorted(LABELS)


def write(
    path: Path,
    faces: FaceDataset,
    picture: str = "img_bytes",
    label: str = "labels",
    names: list[str] | None = None,
    **columns: Any,
) -> Path:
    """A file as `datasets` writes it; `names` are the class names, the numbers count in them."""
    values: dict[str, Any] = {picture: [to_png(image) for image in faces.images]}
    numbers = faces.labels.tolist()
    if names is not None:
        numbers = [names.index(LABELS[number]) for number in numbers]
    values[label] = numbers
    metadata = None
    if names is not None:
        features = {label: {"names": names, "_type": "ClassLabel"}}
        metadata = {"huggingface": json.dumps({"info": {"features": features}})}
    table = pa.table(values | columns).replace_schema_metadata(metadata)
    pq.write_table(table, path)
    return path


def bare(faces: FaceDataset) -> FaceDataset:
    return FaceDataset(faces.name, faces.images, faces.labels)


def test_encoded_pictures_and_numbers_are_read(tmp_path: Path) -> None:
    faces = random_faces(20, usage=False)
    assert_same_rows(read(write(tmp_path / "faces.parquet", faces)), faces)


@pytest.mark.parametrize(
    ("picture", "label"), [("image", "label"), ("img", "emotion"), ("Image", "Label")]
)
def test_columns_are_found_by_name(tmp_path: Path, picture: str, label: str) -> None:
    faces = random_faces(5, usage=False)
    path = write(tmp_path / "faces.parquet", faces, picture, label, other=list(range(5)))
    assert_same_rows(read(path), faces)


def test_what_a_mac_leaves_beside_them_is_no_parquet(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    write(tmp_path / "in" / "train.parquet", random_faces(5, usage=False))
    (tmp_path / "in" / "._train.parquet").write_bytes(b"resource fork")
    assert len(read(tmp_path / "in")) == 5


def test_class_names_count_and_not_their_numbers(tmp_path: Path) -> None:
    faces = random_faces(30, usage=False)
    assert list(LABELS) != SORTED
    assert_same_rows(read(write(tmp_path / "faces.parquet", faces, names=SORTED)), faces)


def test_names_of_other_data_sets_are_understood(tmp_path: Path) -> None:
    faces = random_faces(2, usage=False)
    table = pa.table(
        {"image": [to_png(i) for i in faces.images], "label": ["Happiness", "natural"]}
    )
    pq.write_table(table, tmp_path / "faces.parquet")
    assert [LABELS[i] for i in read(tmp_path / "faces.parquet").labels] == ["happy", "neutral"]


def test_unknown_classes_are_reported_and_can_be_left_out(tmp_path: Path) -> None:
    faces = random_faces(3, usage=False)
    names = ["happy", "contempt", "bored"]
    table = pa.table({"image": [to_png(i) for i in faces.images], "label": names})
    pq.write_table(table, tmp_path / "faces.parquet")
    with pytest.raises(InputError, match="'contempt', 'bored' are not known"):
        read(tmp_path / "faces.parquet")
    assert read(tmp_path / "faces.parquet", classes=["happy", "sad"]).keys == faces.keys[:1]


def test_a_picture_in_a_struct_is_read(tmp_path: Path) -> None:
    faces = random_faces(4, usage=False)
    cells = [{"bytes": to_png(image), "path": "a.png"} for image in faces.images]
    table = pa.table({"image": cells, "label": faces.labels.astype(np.int64)})
    pq.write_table(table, tmp_path / "faces.parquet")
    assert_same_rows(read(tmp_path / "faces.parquet"), faces)


@pytest.mark.parametrize("form", ["text", "flat", "nested"])
def test_pixels_as_text_or_lists_are_read(tmp_path: Path, form: str) -> None:
    faces = random_faces(3, usage=False)
    cells: dict[str, Any] = {
        "text": [" ".join(map(str, image.ravel())) for image in faces.images],
        "flat": [image.ravel().tolist() for image in faces.images],
        "nested": [image.tolist() for image in faces.images],
    }
    table = pa.table({"pixels": cells[form], "emotion": faces.labels.astype(np.int64)})
    pq.write_table(table, tmp_path / "faces.parquet")
    assert_same_rows(read(tmp_path / "faces.parquet"), faces)


@pytest.mark.parametrize(
    "cell",
    [[1, 2, 3], [0.5] * 2304, [256] + [0] * 2303, ["a"] * 2304, None, []],
    ids=["short", "fractions", "too large", "text", "null", "empty"],
)
def test_pixels_that_are_none_name_the_row(tmp_path: Path, cell: Any) -> None:
    pq.write_table(pa.table({"pixels": [cell], "label": [1]}), tmp_path / "faces.parquet")
    with pytest.raises(InputError, match=r"faces\.parquet, row 1: expected an encoded picture"):
        read(tmp_path / "faces.parquet")


@pytest.mark.parametrize("label", [7, -2, 2**40])
def test_numbers_that_are_no_label_name_the_row(tmp_path: Path, label: int) -> None:
    table = pa.table({"image": [to_png(random_faces(1).images[0])] * 2, "label": [0, label]})
    pq.write_table(table, tmp_path / "faces.parquet")
    with pytest.raises(InputError, match=rf"row 2: the label '{label}'"):
        read(tmp_path / "faces.parquet")


def test_no_label_is_unlabelled(tmp_path: Path) -> None:
    pictures = [to_png(image) for image in random_faces(3).images]
    pq.write_table(pa.table({"image": pictures}), tmp_path / "bare.parquet")
    assert read(tmp_path / "bare.parquet").labels.tolist() == [-1, -1, -1]
    pq.write_table(pa.table({"image": pictures, "label": [2, None, -1]}), tmp_path / "some.parquet")
    assert read(tmp_path / "some.parquet").labels.tolist() == [2, -1, -1]


@pytest.mark.parametrize(
    ("files", "usages"),
    [
        (["train", "validation", "test"], ("Training", "PublicTest", "PrivateTest")),
        (["train", "test"], ("Training", "Test")),
        (
            ["train-00000-of-00001-5eab", "publicTest-00000-of-00001", "privateTest-00000"],
            ("Training", "PublicTest", "PrivateTest"),
        ),
        (["default/train/0000", "default/test/0000"], ("Training", "Test")),
        (["0000", "0001"], ()),
    ],
)
def test_file_names_tell_the_usage(
    tmp_path: Path, files: list[str], usages: tuple[str, ...]
) -> None:
    for number, name in enumerate(files):
        path = tmp_path / "faces" / f"{name}.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        write(path, random_faces(number + 1, seed=number, usage=False))
    found = read(tmp_path / "faces")
    assert found.usage_names() == usages
    if usages:
        counts = [sum(by_label.values()) for by_label in found.counts().values()]
        assert counts == list(range(1, len(files) + 1))
        assert found.usage is not None
        assert (np.diff(found.usage.astype(int)) >= 0).all(), "not in the published order"


def test_a_column_usage_goes_before_the_file_name(tmp_path: Path) -> None:
    faces = random_faces(3, usage=False)
    path = write(tmp_path / "train.parquet", faces, Usage=["PrivateTest", None, "test"])
    assert read(path).usage is not None
    assert read(path).usage.tolist() == [2, 255, 3]  # type: ignore[union-attr]
    write(path, faces, Usage=["PrivateTest", "nowhere", "test"])
    with pytest.raises(InputError, match="row 2: the Usage 'nowhere'"):
        read(path)


def test_a_column_of_parts_means_what_files_of_them_mean(tmp_path: Path) -> None:
    faces = random_faces(3, usage=False)
    path = write(tmp_path / "faces.parquet", faces, split=["train", "validation", "test"])
    assert read(path).usage_names() == ("Training", "PublicTest", "PrivateTest")


def test_many_row_groups_are_one_data_set(tmp_path: Path) -> None:
    faces = random_faces(2500, usage=False)
    table = pa.table({"img_bytes": [to_png(i) for i in faces.images], "labels": faces.labels})
    pq.write_table(table, tmp_path / "faces.parquet", row_group_size=300)
    seen: list[float] = []
    found = read(tmp_path / "faces.parquet", lambda share, text: seen.append(share))
    assert_same_rows(found, faces)
    assert seen == sorted(seen)
    assert seen[-1] == 1


def test_a_picture_that_is_none_names_the_row(tmp_path: Path) -> None:
    good = to_png(random_faces(1).images[0])
    table = pa.table({"image": [good, b"no picture"], "label": [0, 1]})
    pq.write_table(table, tmp_path / "faces.parquet")
    with pytest.raises(InputError, match=r"faces\.parquet, row 2 is not a picture"):
        read(tmp_path / "faces.parquet")


def test_files_without_pictures_or_rows_are_refused(tmp_path: Path) -> None:
    pq.write_table(pa.table({"text": ["a"], "label": [1]}), tmp_path / "text.parquet")
    with pytest.raises(InputError, match="no column with pictures"):
        read(tmp_path / "text.parquet")
    empty = pa.table({"image": pa.array([], pa.binary()), "label": pa.array([], pa.int64())})
    pq.write_table(empty, tmp_path / "empty.parquet")
    with pytest.raises(InputError, match="no rows"):
        read(tmp_path / "empty.parquet")


def test_too_many_rows_are_refused_before_they_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path / "faces.parquet", random_faces(11))
    monkeypatch.setattr("fer.data.pictures.MAX_FACES", 10)
    with pytest.raises(TooLargeError, match="11 faces; at most 10"):
        read_parquet([ParquetPart(path)], "faces")


def test_another_suffix_is_no_matter(tmp_path: Path) -> None:
    faces = random_faces(3, usage=False)
    write(tmp_path / "faces.parquet", faces).rename(tmp_path / "download.bin")
    assert_same_rows(read(tmp_path / "download.bin"), faces)
    assert import_dataset(tmp_path / "download.bin").name == "download.bin"


def test_the_real_parquet_files_hold_the_real_faces(real_data: Path, tmp_path: Path) -> None:
    script = str(real_data / "materialise.py")
    subprocess.run([sys.executable, script, "parquet", str(tmp_path / "hub")], check=True)
    found = import_dataset(tmp_path / "hub")
    with np.load(real_data / "fer2013.npz") as archive:
        labels = archive["emotion"].astype(np.int8)
        expected = FaceDataset("npz", archive["pixels"], labels, archive["usage"])
    assert_same_rows(found, expected)
    info = dataset_info("hub")
    assert info.published
    assert info.differences == []
