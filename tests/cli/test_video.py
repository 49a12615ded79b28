"""`predict` of videos."""

import csv
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fer.images import decode, to_png
from fer.inference.frames import Video
from fer.inference.timeline import VideoSummary
from fer.labels import LABELS
from tests.films import head, scene, write_video
from tests.trained import Trained

Run = Callable[..., Any]


@pytest.fixture
def clip(tmp_path: Path, astronaut: Path) -> Path:
    face = head(decode(astronaut), 130)
    write_video(tmp_path / "clip.mp4", [scene([(face, 10 + 4 * i, 50)]) for i in range(20)])
    return tmp_path / "clip.mp4"


@pytest.fixture
def model(trained: Trained) -> tuple[str, str]:
    return ("--model", trained.bundle.name)


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_a_video_is_summed_up_a_face(run: Run, model: tuple[str, str], clip: Path) -> None:
    done = run("predict", clip, *model, "--json")
    assert (done.code, done.stderr) == (0, "")
    (result,) = done.json["results"]
    assert list(result) == ["source", "width", "height", "duration_s", "frames", "tracks"]
    assert (result["source"], result["width"], result["height"]) == (str(clip), 320, 240)
    assert result["duration_s"] == pytest.approx(20 / 30)
    assert result["frames"] == 20
    (track,) = result["tracks"]
    assert (track["track"], track["frames"], track["first_s"]) == (1, 20, 0)
    assert tuple(track["emotions"]) == LABELS
    assert sum(track["emotions"].values()) == pytest.approx(1)
    assert track["emotions"][track["emotion"]] == max(track["emotions"].values())


def test_a_table_has_a_row_a_frame_and_the_folder_a_video(
    run: Run, model: tuple[str, str], clip: Path, tmp_path: Path
) -> None:
    table, out = tmp_path / "out.csv", tmp_path / "out"
    options = ("--csv", table, "--annotate", out, "--every", 2)
    (tmp_path / "other").mkdir()
    again = Path(shutil.copy(clip, tmp_path / "other"))
    done = run("predict", clip, again, *model, *options, "--json")
    assert done.code == 0
    assert [result["frames"] for result in done.json["results"]] == [10, 10]
    found = rows(table)
    assert [row["frame"] for row in found] == [str(index) for index in range(0, 20, 2)] * 2
    assert {row["source"] for row in found} == {str(clip), str(again)}
    assert {row["face"] for row in found} == {"1"}
    for row in found:
        assert sum(float(row[label]) for label in LABELS) == pytest.approx(1, abs=1e-5)
        assert row["emotion"] == max(LABELS, key=lambda label: float(row[label]))
    assert sorted(path.name for path in out.iterdir()) == ["clip-2.mp4", "clip.mp4"]
    with Video(out / "clip.mp4") as video:
        assert sum(1 for _ in video.frames()) == 10


def test_a_video_is_not_replaced_by_its_annotated_copy(
    run: Run, model: tuple[str, str], clip: Path, tmp_path: Path
) -> None:
    own = Path(shutil.copy(clip, tmp_path / "own.mp4"))
    (tmp_path / "empty").mkdir()
    done = run(
        "predict", own, tmp_path / "empty", *model, "--every", 10, "--annotate", tmp_path, "--json"
    )
    assert own.read_bytes() == clip.read_bytes()
    assert (tmp_path / "own-2.mp4").exists()
    # A folder with nothing to read spoils no result.
    assert done.code == 1
    assert ["error" in result for result in done.json["results"]] == [False, True]


def test_videos_and_pictures_keep_their_order_and_a_bad_one_is_a_row(
    run: Run, model: tuple[str, str], clip: Path, tmp_path: Path, astronaut: Path
) -> None:
    (tmp_path / "notes.mp4").write_text("hello")
    (tmp_path / "empty.mov").touch()
    paths = [astronaut, tmp_path / "notes.mp4", clip, tmp_path / "empty.mov", tmp_path / "no.avi"]
    done = run("predict", *paths, *model, "--json")
    assert done.code == 1
    results = done.json["results"]
    assert [result["source"] for result in results] == list(map(str, paths))
    assert len(results[0]["faces"]) == 1
    assert len(results[2]["tracks"]) == 1
    codes = [result.get("error", {}).get("code") for result in results]
    assert codes == [None, "not_a_video", None, "not_a_video", "not_found"]
    assert [line[:5] for line in done.stderr.splitlines()] == ["fer: "] * 3
    table = tmp_path / "t.csv"
    done = run("predict", tmp_path / "notes.mp4", clip, *model, "--csv", table)
    assert done.code == 1
    first, *rest = rows(table)
    assert "notes.mp4 is not a video" in first["error"]
    assert len(rest) == 20


def test_for_people_a_line_a_face(run: Run, model: tuple[str, str], clip: Path) -> None:
    lines = run("predict", clip, *model).stdout.splitlines()
    assert lines[0] == f"{clip}: 0.7 s, 20 frames read, 1 face"
    assert lines[1].startswith(f"{clip}: face 1, 0.0 to 0.6 s: ")
    assert len(lines) == 2


def test_a_cut_off_video_is_read_with_a_warning(
    run: Run, model: tuple[str, str], tmp_path: Path
) -> None:
    rng = np.random.default_rng(0)
    noise = [rng.integers(0, 256, (48, 80, 3), np.uint8) for _ in range(90)]
    write_video(tmp_path / "whole.mkv", noise)
    data = (tmp_path / "whole.mkv").read_bytes()
    (tmp_path / "cut.mkv").write_bytes(data[: len(data) // 2])
    done = run("predict", tmp_path / "cut.mkv", *model, "--json")
    assert done.code == 0
    (result,) = done.json["results"]
    assert "is cut off" in result["warning"]
    assert 0 < result["frames"] < 60
    assert done.error == f"fer: {result['warning']}"


def test_what_cannot_be_done_is_one_line(
    run: Run, model: tuple[str, str], clip: Path, tmp_path: Path, astronaut: Path
) -> None:
    table = tmp_path / "t.csv"
    table.write_text("mine")
    assert f"{table} exists" in run("predict", clip, *model, "--csv", table).error
    mixed = run("predict", clip, astronaut, *model, "--csv", tmp_path / "u.csv")
    assert "one by one" in mixed.error
    going_on = run("predict", clip, *model, "--csv", table, "--continue")
    assert "cannot be continued" in going_on.error
    assert table.read_text() == "mine"
    assert run("predict", clip, *model, "--csv", table, "--replace").code == 0
    assert len(rows(table)) == 20
    assert run("predict", clip, *model, "--every", 0).code == 2
    blocked = run("predict", clip, *model, "--annotate", table / "out", "--json")
    assert blocked.code == 1
    assert "cannot be written" in blocked.json["results"][0]["error"]["message"]


def test_ctrl_c_leaves_neither_half_a_table_nor_half_a_video(
    run: Run,
    model: tuple[str, str],
    clip: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def interrupted(self: VideoSummary, reading: object) -> None:
        self.frames += 1
        if self.frames > 5:
            raise KeyboardInterrupt

    monkeypatch.setattr(VideoSummary, "add", interrupted)
    out = tmp_path / "out"
    out.mkdir()
    done = run("predict", clip, *model, "--csv", out / "t.csv", "--annotate", out, "--json")
    assert done.code == 130
    assert done.json["results"] == []
    assert list(out.iterdir()) == []


def test_patterns_mean_videos_too_and_names_may_be_no_text(
    run: Run, model: tuple[str, str], clip: Path, tmp_path: Path
) -> None:
    films = tmp_path / "films"
    films.mkdir()
    shutil.copy(clip, films / os.fsdecode(b"caf\xe9.mp4"))
    table = tmp_path / "out.csv"
    done = run("predict", films / "*.mp4", *model, "--json", "--csv", table)
    assert done.code == 0
    (result,) = done.json["results"]
    assert result["source"] == str(films / "caf\\udce9.mp4")
    assert {row["source"] for row in rows(table)} == {result["source"]}
    (films / "wall.png").write_bytes(to_png(np.full((90, 120, 3), 90, np.uint8)))
    done = run("predict", films / "*", *model, "--json")
    assert done.code == 0
    assert [Path(one["source"]).suffix for one in done.json["results"]] == [".mp4", ".png"]
