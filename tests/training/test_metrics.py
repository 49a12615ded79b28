import json
from pathlib import Path

from fer.training import MetricsReader


def line(kind: str, step: int) -> str:
    return json.dumps({"kind": kind, "step": step}) + "\n"


def steps(reader: MetricsReader) -> list[int]:
    return [row["step"] for row in reader.read().steps]


def test_a_reader_follows_a_file_that_grows(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    reader = MetricsReader(path)
    assert steps(reader) == []
    path.write_text(line("step", 1))
    assert steps(reader) == [1]
    with path.open("a") as file:
        file.write(line("step", 2) + line("epoch", 2) + line("step", 3)[:9])
    assert steps(reader) == [1, 2]
    with path.open("a") as file:
        file.write(line("step", 3)[9:])
    assert steps(reader) == [1, 2, 3]
    assert [row["step"] for row in reader.read().epochs] == [2]
    assert reader.read() == MetricsReader(path).read()


def test_half_a_line_of_a_killed_worker_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    path.write_text(line("step", 1) + line("step", 2)[:9])
    reader = MetricsReader(path)
    assert steps(reader) == [1]
    with path.open("a") as file:
        file.write("\n" + line("step", 2))
    assert steps(reader) == [1, 2]


def test_rows_that_a_resumed_run_repeats_are_the_later_ones(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    path.write_text("".join(line("step", step) for step in (1, 2, 3)))
    reader = MetricsReader(path)
    assert steps(reader) == [1, 2, 3]
    with path.open("a") as file:
        file.write(line("step", 2))
    assert steps(reader) == [1, 2]


def test_another_file_in_its_place_is_read_from_its_start(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    path.write_text("".join(line("step", step) for step in (1, 2, 3)))
    reader = MetricsReader(path)
    assert steps(reader) == [1, 2, 3]
    path.write_text(line("step", 7))
    assert steps(reader) == [7]
    path.unlink()
    assert steps(reader) == []


def test_what_was_read_is_the_readers_own(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    path.write_text(line("step", 1))
    reader = MetricsReader(path)
    reader.read().steps.clear()
    assert steps(reader) == [1]
