"""`predict`, `evaluate` and `models`."""

import csv
import json
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fer.bundles import load
from fer.cli import results
from fer.images import decode, to_png
from fer.inference import Predictor, ReadingsTable, annotate
from fer.labels import LABELS
from tests.samples import random_faces, write_csv
from tests.trained import ROOT, Trained, faces, fer

Run = Callable[..., Any]


@pytest.fixture
def photo(tmp_path: Path, astronaut: Path) -> Path:
    return Path(shutil.copy(astronaut, tmp_path / "me.png"))


@pytest.fixture
def wall(tmp_path: Path) -> Path:
    path = tmp_path / "wall.png"
    path.write_bytes(to_png(np.full((200, 300, 3), 90, np.uint8)))
    return path


# ---- predict


def test_results_are_in_the_order_of_the_arguments(
    run: Run, trained: Trained, photo: Path, wall: Path
) -> None:
    done = run("predict", wall, photo, wall, "--model", trained.bundle.name, "--json")
    assert done.code == 0
    assert done.json["model"] == trained.bundle.name
    results = done.json["results"]
    assert [result["source"] for result in results] == [str(wall), str(photo), str(wall)]
    assert results[0] == {"source": str(wall), "width": 300, "height": 200, "faces": []}
    (face,) = results[1]["faces"]
    assert set(face) == {"box", "detection_score", "emotion", "confidence", "probabilities"}
    assert set(face["box"]) == {"x", "y", "width", "height"}
    assert tuple(face["probabilities"]) == LABELS
    assert sum(face["probabilities"].values()) == pytest.approx(1, abs=1e-5)
    assert face["emotion"] == max(face["probabilities"], key=face["probabilities"].get)
    assert face["confidence"] == face["probabilities"][face["emotion"]]
    reading = Predictor(trained.bundle).predict(photo)
    assert face == reading.faces[0].to_dict()  # to the last digit


def test_a_bad_file_is_a_row_and_the_rest_goes_on(
    run: Run, trained: Trained, tmp_path: Path, photo: Path
) -> None:
    (tmp_path / "text.jpg").write_text("hello")
    files = [tmp_path / "text.jpg", photo, tmp_path / "gone.png"]
    done = run("predict", *files, "--model", trained.bundle.name, "--json")
    assert done.code == 1
    first, second, third = done.json["results"]
    assert first["error"]["code"] == "not_an_image"
    assert "text.jpg" in first["error"]["message"]
    assert third["error"]["code"] == "not_found"
    assert len(second["faces"]) == 1
    assert "faces" not in first
    assert [line[:5] for line in done.stderr.splitlines()] == ["fer: "] * 2


def test_a_folder_is_read_by_name_at_any_depth(run: Run, trained: Trained, tmp_path: Path) -> None:
    names = ["b.png", "a/2.jpeg.png", "a/1.PNG", "c.txt"]
    for number, name in enumerate(names):
        (tmp_path / "in" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "in" / name).write_bytes(to_png(faces().images[number]))
    told = run("predict", tmp_path / "in", "--model", trained.bundle.name, "--json").json
    sources = [Path(result["source"]).relative_to(tmp_path / "in") for result in told["results"]]
    assert list(map(str, sources)) == ["a/1.PNG", "a/2.jpeg.png", "b.png"]
    assert [result["faces"][0]["box"]["width"] for result in told["results"]] == [48] * 3
    (tmp_path / "empty").mkdir()
    refused = run("predict", tmp_path / "empty", "--model", trained.bundle.name, "--json")
    assert refused.code == 1
    assert "no pictures" in refused.error


def test_the_detector_can_be_chosen(run: Run, trained: Trained, wall: Path) -> None:
    model = ("--model", trained.bundle.name)
    (result,) = run("predict", wall, *model, "--detector", "none", "--json").json["results"]
    assert result["faces"][0]["box"] == {"x": 0, "y": 0, "width": 300, "height": 200}
    assert result["faces"][0]["detection_score"] is None
    assert run("predict", wall, *model, "--detector", "best").code == 2


def test_for_people_a_line_a_face(run: Run, trained: Trained, photo: Path, wall: Path) -> None:
    done = run("predict", photo, wall, "--model", trained.bundle.name)
    lines = done.stdout.splitlines()
    assert len(lines) == 2
    assert all(label in lines[0] for label in LABELS)
    assert "no face found" in lines[1]
    assert "--detector none" in lines[1]


def test_a_table_with_a_row_a_face(
    run: Run, trained: Trained, tmp_path: Path, photo: Path, wall: Path
) -> None:
    (tmp_path / "bad.png").touch()
    table = tmp_path / "out.csv"
    files = (photo, wall, tmp_path / "bad.png")
    done = run("predict", *files, "--model", trained.bundle.name, "--csv", table, "--json")
    with table.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [Path(row["source"]).name for row in rows] == ["me.png", "wall.png", "bad.png"]
    face = done.json["results"][0]["faces"][0]
    assert {label: float(rows[0][label]) for label in LABELS} == face["probabilities"]
    assert (int(rows[0]["x"]), rows[0]["emotion"]) == (face["box"]["x"], face["emotion"])
    assert rows[1]["emotion"] == rows[1]["error"] == ""
    assert "bad.png" in rows[2]["error"]


def test_annotated_pictures_of_one_name_do_not_overwrite_each_other(
    run: Run, trained: Trained, tmp_path: Path, photo: Path
) -> None:
    (tmp_path / "other").mkdir()
    again = shutil.copy(photo, tmp_path / "other" / "me.png")
    out = tmp_path / "out"
    run("predict", photo, again, "--model", trained.bundle.name, "--annotate", out)
    assert sorted(path.name for path in out.iterdir()) == ["me-2.png", "me.png"]
    drawn = decode(out / "me.png")
    assert drawn.shape == decode(photo).shape
    assert (drawn != decode(photo)).any()


def test_an_annotated_picture_never_takes_the_place_of_one_that_was_read(
    run: Run, trained: Trained, tmp_path: Path, photo: Path
) -> None:
    before = photo.read_bytes()
    run("predict", photo, "--model", trained.bundle.name, "--annotate", photo.parent)
    assert photo.read_bytes() == before
    assert (decode(photo.with_name("me-2.png")) != decode(photo)).any()


def test_what_was_changed_meanwhile_is_not_drawn_and_the_rest_is(
    run: Run, trained: Trained, tmp_path: Path, photo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    again = Path(shutil.copy(photo, tmp_path / "again.png"))
    read_pictures = results.read_pictures

    def after_the_file_went(predictor: object, todo: object, outputs: list, *more: object) -> None:
        read_pictures(predictor, todo, [lambda *_: photo.unlink(missing_ok=True), *outputs], *more)

    monkeypatch.setattr(results, "read_pictures", after_the_file_went)
    out, model = tmp_path / "out", ("--model", trained.bundle.name)
    done = run("predict", photo, again, *model, "--annotate", out, "--json")
    assert done.code == 1
    assert "me.png was read but cannot be drawn" in done.error
    assert [len(result["faces"]) for result in done.json["results"]] == [1, 1]
    assert [path.name for path in out.iterdir()] == ["again.png"]


def test_thousands_of_pictures_may_have_one_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    places, asked = results.FreePlaces([], replace=False), []
    is_free = places._is_free
    monkeypatch.setattr(places, "_is_free", lambda path: asked.append(path) or is_free(path))
    names = [places.take(tmp_path, "face", ".png").name for _ in range(300)]
    assert names == ["face.png", *(f"face-{number}.png" for number in range(2, 301))]
    assert len(asked) == 300


def test_annotated_pictures_replace_others_only_when_asked(
    run: Run, trained: Trained, tmp_path: Path, photo: Path
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "me.png").write_bytes(b"precious")
    command = ("predict", photo, "--model", trained.bundle.name, "--annotate", out)
    assert run(*command).code == 0
    assert (out / "me.png").read_bytes() == b"precious"
    assert decode(out / "me-2.png").shape == decode(photo).shape
    assert run(*command, "--replace").code == 0
    assert decode(out / "me.png").shape == decode(photo).shape


def test_what_another_program_wrote_meanwhile_is_not_replaced(
    run: Run, trained: Trained, tmp_path: Path, photo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, other = tmp_path / "out", Path(shutil.copy(photo, tmp_path / "other.png"))
    draw = results.annotate

    def drawn_late(*given: Any) -> Any:
        (out / "me.png").write_bytes(b"precious")
        return draw(*given)

    monkeypatch.setattr(results, "annotate", drawn_late)
    done = run("predict", photo, other, "--model", trained.bundle.name, "--annotate", out)
    assert done.code == 1
    assert "me.png was made by another program meanwhile" in done.stderr
    # It is that picture's fault alone.
    assert sorted(file.name for file in out.iterdir()) == ["me.png", "other.png"]
    assert (out / "me.png").read_bytes() == b"precious"
    assert decode(out / "other.png").shape == decode(other).shape


def test_nothing_to_read_in_one_place_spoils_no_other(
    run: Run, trained: Trained, tmp_path: Path, photo: Path
) -> None:
    (tmp_path / "empty").mkdir()
    done = run("predict", photo, tmp_path / "empty", "--model", trained.bundle.name, "--json")
    assert done.code == 1
    good, bad = done.json["results"]
    assert len(good["faces"]) == 1
    assert bad["source"] == str(tmp_path / "empty")
    assert "no pictures in it" in bad["error"]["message"]


def test_annotated_pictures_say_where_the_model_is_not_sure(
    run: Run, fer_home: Path, tmp_path: Path, photo: Path
) -> None:
    doubting = Path(shutil.copytree(load("spec").path, fer_home / "models" / "doubting"))
    card = json.loads((doubting / "card.json").read_text())
    (doubting / "card.json").write_text(json.dumps(card | {"unsure_below": 1.0}))
    run("predict", photo, "--model", "doubting", "--annotate", tmp_path / "out")
    picture = decode(photo)
    expected = annotate(picture, Predictor("spec").predict(picture), None, 1.0)
    np.testing.assert_array_equal(decode(tmp_path / "out" / "me.png"), expected)


def test_a_table_that_is_there_is_kept_continued_or_replaced(
    run: Run, trained: Trained, tmp_path: Path
) -> None:
    table, model = tmp_path / "out.csv", ("--model", trained.bundle.name)
    files = [tmp_path / f"{number}.png" for number in range(4)]
    for number, file in enumerate(files):
        file.write_bytes(to_png(faces().images[number]))
    first = run("predict", *files[:3], *model, "--csv", table)
    assert first.stdout == f"{table}: 3 pictures read, 3 faces.\n"
    written = table.read_bytes()
    refused = run("predict", *files, *model, "--csv", table, "--json")
    assert (refused.code, refused.stdout) == (1, "")
    assert "exists: continue it, replace it" in refused.error
    assert table.read_bytes() == written
    went_on = run("predict", *files, *model, "--csv", table, "--continue", "--json")
    # The last one that is there is read again: a run that was killed may have cut it short.
    assert [r["source"] for r in went_on.json["results"]] == [str(file) for file in files[2:]]
    assert table.read_bytes().startswith(written)
    assert table.read_bytes().count(b"\r\n") == 5
    # With others it is not read again, and so it stays.
    written = table.read_bytes()
    run("predict", files[0], *model, "--csv", table, "--continue")
    assert table.read_bytes() == written
    run("predict", files[3], *model, "--csv", table, "--replace")
    assert table.read_bytes().count(b"\r\n") == 2
    picture = files[3].read_bytes()
    for read in (files[3], tmp_path):
        refused = run("predict", read, *model, "--csv", files[3], "--replace")
        assert "3.png is what is to be read" in refused.error
        assert files[3].read_bytes() == picture


def test_options_of_a_table_without_one_are_not_understood(run: Run, photo: Path) -> None:
    assert run("predict", photo, "--continue").code == 2
    assert run("predict", photo, "--replace").code == 2
    assert run("predict", photo, "--csv", "t.csv", "--replace", "--continue").code == 2


def test_a_zip_is_read_without_unpacking_it(
    run: Run, trained: Trained, tmp_path: Path, photo: Path
) -> None:
    path = tmp_path / "trip.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.write(photo, "day 1/me.png")
        archive.writestr("day 2/me.png", to_png(faces().images[0]))
        archive.writestr("day 3/bad.jpg", b"no picture")
    out = tmp_path / "out"
    done = run("predict", path, "--model", trained.bundle.name, "--json", "--annotate", out)
    assert done.code == 1
    one, two, three = done.json["results"]
    assert one == run("predict", photo, "--model", trained.bundle.name, "--json").json["results"][
        0
    ] | {"source": f"{path}/day 1/me.png"}
    assert two["width"] == 48
    assert three["error"]["code"] == "not_an_image"
    assert sorted(p.name for p in out.iterdir()) == ["me-2.png", "me.png"]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["me.png", "out", "trip.zip"]


def test_the_score_of_faces_can_be_chosen(run: Run, trained: Trained, photo: Path) -> None:
    read = ("predict", photo, "--model", trained.bundle.name, "--json", "--min-score")
    assert run(*read, 1).json["results"][0]["faces"] == []
    assert len(run(*read, 0.1).json["results"][0]["faces"]) == 1
    assert "min_score is 0.1 to 1" in run(*read, 2).error


def test_stopping_keeps_what_was_read(
    run: Run, trained: Trained, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = [tmp_path / f"{number}.png" for number in range(3)]
    for number, file in enumerate(files):
        file.write_bytes(to_png(faces().images[number]))
    table = tmp_path / "out.csv"
    add = ReadingsTable.add

    def add_and_interrupt(self: ReadingsTable, source: str, outcome: Any) -> None:
        add(self, source, outcome)
        if source == str(files[1]):
            raise KeyboardInterrupt

    command = ("predict", *files, "--model", trained.bundle.name, "--csv", table)
    with monkeypatch.context() as patch:
        patch.setattr(ReadingsTable, "add", add_and_interrupt)
        stopped = run(*command)
        assert stopped.code == 130
        assert stopped.stdout.endswith("Go on with --continue.\n")
        assert run(*command, "--replace", "--json").json["results"][0]["source"] == str(files[0])
    assert run(*command, "--continue").code == 0
    assert table.read_bytes().count(b"\r\n") == 4


@pytest.mark.parametrize("option", ["--csv", "--annotate"])
def test_where_nothing_can_be_written_is_told(
    run: Run, trained: Trained, tmp_path: Path, photo: Path, option: str
) -> None:
    (tmp_path / "file").touch()
    place = tmp_path / "file" / "out"
    refused = run("predict", photo, "--model", trained.bundle.name, option, place, "--json")
    assert refused.code == 1
    assert f"{place} cannot be written" in refused.error


def test_an_unknown_model_is_one_line(run: Run, trained: Trained, photo: Path) -> None:
    refused = run("predict", photo, "--model", "nothing", "--json")
    assert (refused.code, refused.stdout) == (1, "")
    assert "no model 'nothing'" in refused.error


def test_a_damaged_model_is_named(run: Run, trained: Trained, tmp_path: Path, photo: Path) -> None:
    copy = Path(shutil.copytree(trained.bundle.path, tmp_path / "damaged"))
    (copy / "model.tflite").write_bytes(b"TFL3" * 100)
    refused = run("predict", photo, "--model", copy, "--json")
    assert (refused.code, refused.stdout) == (1, "")
    assert "model.tflite of the model damaged is damaged" in refused.error


# ---- evaluate


def test_evaluate_as_json(run: Run, trained: Trained) -> None:
    done = run("evaluate", trained.bundle.name, "--data", "faces", "--json")
    assert done.code == 0
    assert done.json == trained.bundle.metrics["test"]
    assert list(done.json) == [
        "labels", "n", "accuracy", "interval", "macro_f1", "balanced_accuracy", "top2", "ece",
        "nll", "brier", "confusion", "per_class", "reliability", "coverage", "seen_in_training",
        "twins_in_training", "accuracy_without_twins", "cleaner",
    ]  # fmt: skip


def test_evaluate_on_changed_faces(run: Run, trained: Trained) -> None:
    told = run("evaluate", trained.bundle.name, "--data", "faces", "--robustness", "--json").json
    assert told.pop("robustness") == trained.bundle.card["robustness"]
    assert told == trained.bundle.metrics["test"]
    table = run("evaluate", trained.bundle.name, "--data", "faces", "--robustness", "--tta").stdout
    assert "On changed faces" in table
    assert "as they are" in table


def test_evaluate_on_a_path_takes_all_that_was_not_seen(
    run: Run, trained: Trained, tmp_path: Path
) -> None:
    path = write_csv(tmp_path / "f.csv", faces())
    told = run("evaluate", trained.bundle.name, "--data", path, "--json").json
    assert (told["n"], told["seen_in_training"]) == (212 - 170, 170)
    both = ("--include-seen", "--tta", "--json")
    told = run("evaluate", trained.bundle.name, "--data", path, "--split", "all", *both).json
    assert (told["n"], told["seen_in_training"]) == (212, 170)
    told = run(
        "evaluate", trained.bundle.path, "--data", "drawn", "--split", "public", "--json"
    ).json
    assert told["n"] == 210


def test_ctrl_c_exits_as_a_shell_expects_it_to(
    run: Run, fer_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*given: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("fer.evaluation.evaluate", interrupted)
    assert run("evaluate", "spec", "--data", "drawn").code == 130


def test_evaluate_for_people(run: Run, trained: Trained) -> None:
    done = run("evaluate", trained.bundle.name, "--data", "faces")
    assert "n = 21" in done.stdout
    assert "neutral" in done.stdout


def test_nothing_to_evaluate_is_one_line(run: Run, trained: Trained, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "f.csv", random_faces(4, usage=False), "pixels")
    refused = run("evaluate", trained.bundle.name, "--data", path, "--json")
    assert (refused.code, refused.stdout) == (1, "")
    assert "no labelled faces" in refused.error
    assert run("evaluate", trained.bundle.name).code == 2
    assert run("evaluate", trained.bundle.name, "--data", "drawn", "--split", "dev").code == 1


# ---- models


def test_models_as_json(run: Run, trained: Trained) -> None:
    models = run("models", "--json").json["models"]
    mine = next(model for model in models if model["name"] == trained.bundle.name)
    assert mine["architecture"] == "spec"
    assert mine["parameters"] == 335_175
    assert mine["labels"] == list(LABELS)
    assert mine["input"] == {"size_px": 48, "normalisation": "unit"}
    assert mine["shipped"] is False
    assert mine["data"]["name"] == "faces"
    test = trained.bundle.metrics["test"]
    assert mine["test"] == {key: test[key] for key in ("n", "accuracy", "interval")}
    assert sum(model["default"] for model in models) == 1
    assert trained.bundle.name in run("models").stdout.replace("\n", "")


# ---- a process of its own


def test_a_real_process_keeps_stdout_clean_and_its_exit_codes(
    trained: Trained, photo: Path
) -> None:
    done = fer(trained.home, "predict", photo, "--model", trained.bundle.name, "--json")
    assert (done.returncode, done.stderr) == (0, "")
    told = json.loads(done.stdout)
    assert len(told["results"][0]["faces"]) == 1
    refused = fer(trained.home, "predict", photo.with_name("gone.png"), "--model", "nothing")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr.count("\n") == 1
    assert fer(trained.home, "predict").returncode == 2
    if Path("/dev/full").exists():
        with open("/dev/full", "w") as full:
            command = [sys.executable, "-m", "fer", "models", "--json"]
            done = subprocess.run(
                command, cwd=ROOT, stdout=full, stderr=subprocess.PIPE, text=True, check=False
            )
        assert done.returncode == 1
        assert done.stderr.startswith("fer: The output could not be written: the disk is full")
        assert done.stderr.count("\n") == 1
    version = fer(trained.home, "--version")
    assert version.returncode == 0
    assert version.stdout.startswith("fer, version ")
