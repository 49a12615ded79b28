"""The csv file of readings: written as it goes, continued where it stopped."""

import csv
import io
from pathlib import Path
from typing import Any

import pytest

from fer.bundles import Bundle
from fer.errors import BusyError, ExistsError, FerError, InputError
from fer.images import Box
from fer.inference import FaceReading, Reading, ReadingsTable
from fer.inference.tables import Mode, readings_csv


@pytest.fixture
def reading(spec: Bundle) -> Reading:
    probabilities = dict.fromkeys(spec.labels, 0.1) | {"happy": 0.4}
    faces = [FaceReading(Box(x, 2, 30, 40), 0.9 if x else None, probabilities) for x in (0, 50)]
    return Reading(100, 80, tuple(faces))


def rows(path: Path) -> list[dict[str, Any]]:
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def write(path: Path, spec: Bundle, reading: Reading, *sources: str, mode: Any = "new") -> set[str]:
    with ReadingsTable(path, spec, mode) as table:
        for source in sources:
            table.add(source, reading)
        return table.done


def test_a_row_a_face_and_one_without(tmp_path: Path, spec: Bundle, reading: Reading) -> None:
    path = tmp_path / "t.csv"
    with ReadingsTable(path, spec) as table:
        table.add('odd, "name"\n.jpg', reading)
        assert len(rows(path)) == 2  # there already
        table.add("wall.jpg", Reading(9, 9, ()))
        table.add("bad.jpg", InputError("bad.jpg is bad."))
    first, second, wall, bad = rows(path)
    assert first["source"] == second["source"] == 'odd, "name"\n.jpg'
    assert (first["face"], second["face"], second["x"], second["width"]) == ("1", "2", "50", "30")
    assert (first["detection_score"], second["detection_score"]) == ("", "0.9")
    assert (first["model"], first["emotion"], float(first["happy"])) == ("spec", "happy", 0.4)
    assert (wall["source"], wall["face"], wall["error"]) == ("wall.jpg", "", "")
    assert (bad["model"], bad["emotion"], bad["error"]) == ("spec", "", "bad.jpg is bad.")


def test_what_is_there_is_not_overwritten_unasked(
    tmp_path: Path, spec: Bundle, reading: Reading
) -> None:
    path = tmp_path / "t.csv"
    write(path, spec, reading, "a")
    with pytest.raises(ExistsError, match=r"t\.csv exists"):
        ReadingsTable(path, spec)
    assert write(path, spec, reading, "b", mode="replace") == set()
    assert [row["source"] for row in rows(path)] == ["b", "b"]


@pytest.mark.parametrize("mode", ["new", "replace", "continue"])
def test_one_run_writes_a_table_at_a_time(
    tmp_path: Path, spec: Bundle, reading: Reading, mode: Mode
) -> None:
    path = tmp_path / "t.csv"
    with ReadingsTable(path, spec) as table:
        table.add("a", reading)
        with pytest.raises(BusyError, match=r"t\.csv is being written by another run"):
            ReadingsTable(path, spec, mode)
        table.add("b", reading)
    assert [row["source"] for row in rows(path)] == ["a", "a", "b", "b"]
    assert [file.name for file in tmp_path.iterdir()] == ["t.csv"]
    with pytest.raises(ExistsError):
        ReadingsTable(path, spec)
    assert [file.name for file in tmp_path.iterdir()] == ["t.csv"]


def test_continuing_a_table_cut_anywhere_gives_the_whole_one(
    tmp_path: Path, spec: Bundle, reading: Reading
) -> None:
    path, sources = tmp_path / "t.csv", ["a", "é,\r\n.png", "c"]
    write(path, spec, reading, *sources)
    whole = path.read_bytes()
    header = whole.index(b"\r\n") + 2
    for length in (0, *range(header, len(whole) + 1)):
        path.write_bytes(whole[:length])
        with ReadingsTable(path, spec, "continue") as table:
            assert len(table.done) <= 2
            for source in sources:
                if source not in table.done:
                    table.add(source, reading)
        assert path.read_bytes() == whole


def test_done_are_all_but_the_last(tmp_path: Path, spec: Bundle, reading: Reading) -> None:
    path = tmp_path / "t.csv"
    assert write(path, spec, reading, "a", "b", "c", mode="continue") == set()
    assert write(path, spec, reading, mode="continue") == {"a", "b"}
    assert {row["source"] for row in rows(path)} == {"a", "b"}


def test_the_last_stays_where_it_will_not_be_read_again(
    tmp_path: Path, spec: Bundle, reading: Reading
) -> None:
    path = tmp_path / "t.csv"
    write(path, spec, reading, "a", "b")
    whole = path.read_bytes()
    with ReadingsTable(path, spec, "continue", {"c"}) as table:
        assert table.done == {"a", "b"}
        table.add("c", reading)
    assert [row["source"] for row in rows(path)] == [*"aabbcc"]
    # Of a row that was cut short, all of its picture goes, whatever is read next.
    for cut in (1, 2, 5):
        path.write_bytes(whole[:-cut])
        with ReadingsTable(path, spec, "continue", {"c"}) as table:
            assert table.done == {"a"}
        assert {row["source"] for row in rows(path)} == {"a"}
    path.write_bytes(whole)
    with ReadingsTable(path, spec, "continue", {"b", "c"}) as table:
        assert table.done == {"a"}


def test_another_table_is_not_continued(tmp_path: Path, spec: Bundle, reading: Reading) -> None:
    path = tmp_path / "t.csv"
    write(path, spec, reading, "a", "b")
    other = Bundle(spec.path.with_name("other"), spec.card)
    with pytest.raises(InputError, match="readings of the model spec"):
        ReadingsTable(path, other, "continue")
    fewer = Bundle(spec.path, spec.card | {"labels": ["happy", "sad"]})
    with pytest.raises(InputError, match="no table of a model with these labels"):
        ReadingsTable(path, fewer, "continue")
    assert len(rows(path)) == 4


def test_a_damaged_table_is_left_alone(tmp_path: Path, spec: Bundle, reading: Reading) -> None:
    path = tmp_path / "t.csv"
    write(path, spec, reading, "a", "b")
    lines = path.read_bytes().splitlines(keepends=True)
    for content in (b"\x00\xff" * 50, b"".join([*lines[:2], b"a,spec\r\n", *lines[2:]])):
        path.write_bytes(content)
        with pytest.raises(InputError, match=r"t\.csv"):
            ReadingsTable(path, spec, "continue")
        assert path.read_bytes() == content


def test_where_nothing_can_be_written_is_told(tmp_path: Path, spec: Bundle) -> None:
    with pytest.raises(FerError, match="cannot be written"):
        ReadingsTable(tmp_path / "no" / "t.csv", spec)
    assert not list(tmp_path.iterdir())


def test_as_text_it_is_the_same_table(tmp_path: Path, spec: Bundle, reading: Reading) -> None:
    bad = InputError("bad.jpg is bad.")
    with ReadingsTable(tmp_path / "t.csv", spec) as table:
        for source, outcome in (("a", reading), ("bad.jpg", bad)):
            table.add(source, outcome)
    text = readings_csv([(spec, [("a", reading), ("bad.jpg", bad)])])
    assert text.encode() == (tmp_path / "t.csv").read_bytes()


def test_models_of_other_labels_share_a_table(spec: Bundle, reading: Reading) -> None:
    few = Bundle(Path("few"), {"labels": ["happy", "sad"]})
    face = FaceReading(Box(0, 0, 9, 9), None, {"happy": 0.25, "sad": 0.75})
    text = readings_csv([(spec, [("a", reading)]), (few, [("a", Reading(9, 9, (face,)))])])
    *_, last = csv.DictReader(io.StringIO(text))
    assert (last["model"], last["happy"], last["sad"], last["angry"]) == ("few", "0.25", "0.75", "")
