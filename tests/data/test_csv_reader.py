"""Every published form of the csv, and every way in which one is broken."""

import dataclasses
import random
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from fer.data import FaceDataset
from fer.data.csv_reader import read_csv
from fer.errors import FerError, InputError
from tests.samples import assert_same_rows, csv_text, random_faces, write_csv

FACE = " ".join(["7"] * 2304)


@pytest.mark.parametrize(
    "columns",
    [
        "emotion,pixels,Usage",
        "emotion, Usage, pixels",
        "Usage,pixels,emotion",
        "pixels,Usage,emotion",
        "pixels,emotion,Usage",
        '"emotion","pixels","Usage"',
        "EMOTION,Pixels,usage",
        "row,emotion,note,pixels,Usage,more",
    ],
)
def test_columns_are_found_by_name_in_any_order(tmp_path: Path, columns: str) -> None:
    faces = random_faces(9)
    assert_same_rows(read_csv(write_csv(tmp_path / "f.csv", faces, columns)), faces)


def test_the_challenges_training_file_has_no_usage(tmp_path: Path) -> None:
    faces = random_faces(5, usage=False)
    read = read_csv(write_csv(tmp_path / "train.csv", faces, "emotion,pixels"))
    assert_same_rows(read, faces)
    assert read.counts().keys() == {"all"}


def test_the_challenges_test_file_has_no_labels(tmp_path: Path) -> None:
    faces = random_faces(5, usage=False)
    read = read_csv(write_csv(tmp_path / "test.csv", faces, "pixels"))
    np.testing.assert_array_equal(read.images, faces.images)
    assert read.labels.tolist() == [-1] * 5
    assert read.counts()["all"]["unlabelled"] == 5


def test_missing_labels_and_usages_are_unlabelled_and_of_no_usage(tmp_path: Path) -> None:
    path = tmp_path / "f.csv"
    path.write_text(f"emotion,pixels,Usage\n,{FACE},Training\n3,{FACE},\n")
    read = read_csv(path)
    assert read.labels.tolist() == [-1, 3]
    assert read.counts()["Training"]["unlabelled"] == 1
    assert read.counts()["none"]["happy"] == 1


@pytest.mark.parametrize(
    "variant",
    {
        "crlf": lambda text: text.replace("\n", "\r\n"),
        "byte order mark": lambda text: "\ufeff" + text,
        "blank lines": lambda text: text.replace("\n", "\n\n  \n"),
        "no final newline": lambda text: text.rstrip("\n"),
        "spaces": lambda text: text.replace(",", " , "),
        "quotes": lambda text: "\n".join(
            ",".join(f'"{field}"' for field in line.split(",")) for line in text.splitlines()
        ),
        "quotes, crlf, mark": lambda text: (
            "\ufeff" + text.replace(",", '","').replace("\n", '"\r\n"')[:-1]
        ),
        "lower case usage": lambda text: text.replace("Training", "training"),
    }.items(),
    ids=lambda item: item[0],
)
def test_habits_of_other_writers(tmp_path: Path, variant: tuple) -> None:
    faces = random_faces(7)
    path = tmp_path / "f.csv"
    text = variant[1](csv_text(faces))
    if variant[0] == "quotes, crlf, mark":
        text = "\ufeff" + '"' + text.removeprefix("\ufeff")
    path.write_bytes(text.encode())
    assert_same_rows(read_csv(path), faces)


def test_a_file_of_several_blocks_is_read_in_order(tmp_path: Path) -> None:
    faces = random_faces(700)  # over 5 MB, read in blocks of 1 MB by several threads
    shares: list[float] = []
    read = read_csv(
        write_csv(tmp_path / "f.csv", faces), progress=lambda share, text: shares.append(share)
    )
    assert_same_rows(read, faces)
    assert read.name == "f"
    assert shares == sorted(shares)
    assert shares
    assert 0 < shares[-1] <= 1


@settings(
    deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    images=arrays.arrays(np.uint8, st.tuples(st.integers(1, 3), st.just(48), st.just(48))),
    data=st.data(),
)
def test_any_images_come_back_from_csv_as_they_were(
    tmp_path: Path, images: np.ndarray, data: st.DataObject
) -> None:
    n = len(images)
    labels = data.draw(arrays.arrays(np.int8, n, elements=st.integers(-1, 6)))
    usage = data.draw(arrays.arrays(np.uint8, n, elements=st.sampled_from([0, 1, 2, 3, 255])))
    columns = data.draw(st.permutations(["emotion", "pixels", "Usage"]))
    faces = FaceDataset("any", images, labels, usage)
    assert_same_rows(read_csv(write_csv(tmp_path / "f.csv", faces, ",".join(columns))), faces)


GOOD = f"3,{FACE},Training"


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (f"3,{FACE[:-2]},Training", "expected 2,304 pixel values (48x48), received 2,303"),
        (f"3,{FACE} 7,Training", "received 2,305"),
        (f"3,{FACE[:2000]}", "expected 3 columns, received 2"),
        (f"9,{FACE},Training", "the label '9' is not one of 0 to 6"),
        (f"7,{FACE},Training", "the label '7'"),
        (f"x,{FACE},Training", "the label 'x'"),
        (f"-1,{FACE},Training", "the label '-1'"),
        (f"3.0,{FACE},Training", "the label '3.0'"),
        (f"{'1' * 5000},{FACE},Training", "the label '11111"),
        (f"3,256{FACE[1:]},Training", "the pixel value '256'"),
        (f"3,{FACE[:-1]}1000,Training", "the pixel value '1000'"),
        (f"3,-1{FACE[1:]},Training", "the pixel value '-1'"),
        (f"3,1.5{FACE[1:]},Training", "the pixel value '1.5'"),
        (f"3,{'7' * 5000}{FACE[1:]},Training", "the pixel value '77777"),
        (f"3,a{FACE[1:]},Training", "the pixel value 'a'"),
        (f"3,7\x00{FACE[1:]},Training", "is not a whole number"),
        ("3,,Training", "expected 2,304 pixel values (48x48), received 0"),
        (f"3,{FACE},Elsewhere", "the Usage 'Elsewhere' is not one of Training, PublicTest"),
        (f"3,{FACE},Training,", "line 3"),
        ("\udcff\udcfe", "expected 3 columns, received 1"),
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, line: str, says: str) -> None:
    path = tmp_path / "faces.csv"
    text = f"emotion,pixels,Usage\n{GOOD}\n{line}\n{GOOD}\n"
    path.write_bytes(text.encode(errors="surrogateescape"))
    with pytest.raises(InputError) as caught:
        read_csv(path)
    assert str(caught.value).startswith("faces.csv, line 3: ")
    assert says in str(caught.value)
    assert len(str(caught.value)) < 250


def test_the_line_is_that_of_the_file_with_blank_lines_and_many_blocks(tmp_path: Path) -> None:
    path = tmp_path / "faces.csv"
    body = f"{GOOD}\n\n" * 600 + f"9,{FACE},Training\n" + f"{GOOD}\n" * 300
    path.write_text("emotion,pixels,Usage\r\n" + body)
    with pytest.raises(InputError, match=r"^faces\.csv, line 1202: the label '9'"):
        read_csv(path)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", 'the column "pixels" is missing'),
        (b"\n\n", 'the column "pixels" is missing'),
        (b"emotion,Usage\n", 'the column "pixels" is missing (the header has: emotion, usage)'),
        (b"emotion;pixels;Usage\n", 'the column "pixels" is missing'),
        (b"pixels,Usage\n", 'the column "emotion" is missing (the header has: pixels, usage)'),
        (b"emotion,pixels,pixels\n", "two columns have one name, or none"),
        (b"emotion,pixels,Usage,,\n", "two columns have one name, or none"),
        (b'emotion,pixels\n0,"' + b"128 " * 50_000 + b'"\n', "line 2: field larger than"),
        (f"3,{FACE},Training\n".encode(), 'the column "pixels" is missing'),
        (bytes(range(128, 256)) * 1000, 'the column "pixels" is missing'),
        (b"\x00" * 100_000, 'the column "pixels" is missing'),
        (b"emotion,pixels,Usage", "has a header but no rows"),
        (b"emotion,pixels,Usage\n\n  \r\n", "has a header but no rows"),
        (b"emotion,pixels,Usage\n" + b"7 " * 3_000_000, "line 2"),
        ("emotion,pixels,Usage\n".encode("utf-16"), 'the column "pixels" is missing'),
        (b'"emotion,pixels,Usage\n', 'the column "pixels" is missing'),
    ],
    ids=lambda value: value[:24] if isinstance(value, str) else None,
)
def test_a_file_that_is_no_fer2013_csv(tmp_path: Path, content: bytes, says: str) -> None:
    path = tmp_path / "faces.csv"
    path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        read_csv(path)
    assert str(caught.value).startswith("faces.csv")
    assert says in str(caught.value)
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize("seed", range(10))
def test_a_damaged_file_is_refused_or_read_but_never_breaks_the_reader(
    tmp_path: Path, seed: int
) -> None:
    rng = random.Random(seed)
    whole = csv_text(random_faces(3)).encode()
    path = tmp_path / "f.csv"
    outcomes = set()
    for _ in range(30):
        data = bytearray(whole)
        for _ in range(rng.choice([1, 1, 2, 5])):
            # Half of the damage hits the header or the start of a row, where the structure is.
            end = rng.choice([60, len(data)])
            at = rng.randrange(min(end, len(data)) or 1)
            match rng.randrange(5):
                case 0:
                    data[at : at + 1] = bytes([rng.randrange(256)])
                case 1:
                    data[at:at] = rng.choice([b",", b"\n", b'"', b"\r", b" ", b"-", b"\x00", b"9"])
                case 2:
                    del data[at : at + rng.choice([1, 10, 5000])]
                case 3:
                    data[at:at] = data[at : at + rng.choice([1, 100, 9000])]
                case 4:
                    del data[at:]
        path.write_bytes(bytes(data))
        try:
            read = read_csv(path)
        except FerError as error:
            outcomes.add("refused" if "f.csv" in str(error) else f"unnamed: {error}")
        else:
            assert 0 < len(read) <= 8
            assert dataclasses.replace(read, name="checked").fingerprint == read.fingerprint
            outcomes.add("read")
    assert "refused" in outcomes
    assert outcomes <= {"refused", "read"}


@pytest.mark.parametrize("column", ["split", "set", "Usage"])
def test_parts_are_read_by_their_meaning(tmp_path: Path, column: str) -> None:
    rows = "".join(f"3,{FACE},{word}\n" for word in ("train", "validation", "test"))
    (tmp_path / "f.csv").write_text(f"emotion,pixels,{column}\n{rows}")
    found = read_csv(tmp_path / "f.csv")
    assert found.usage_names() == ("Training", "PublicTest", "PrivateTest")


def test_a_comma_in_a_quoted_field_is_no_end_of_it(tmp_path: Path) -> None:
    text = f'emotion,pixels,note\n3,"{FACE}","a, b"\n4,{FACE},c\n'
    (tmp_path / "f.csv").write_text(text)
    assert read_csv(tmp_path / "f.csv").labels.tolist() == [3, 4]
