"""`train` and `runs`. What real runs print is recorded by the trained studio."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fer.training import get_run, list_runs
from tests.run_folders import write_run
from tests.samples import random_faces, write_csv
from tests.trained import SETTINGS, Trained, fer

Run = Callable[..., Any]

EPOCHS = SETTINGS["epochs"]


def test_a_run_that_was_waited_for_tells_its_scores(trained: Trained) -> None:
    told = trained.printed
    assert told["state"] == "done"
    assert (told["epochs_done"], told["epochs"]) == (EPOCHS, EPOCHS)
    assert told["run"] == told["bundle"] == "spec-published-1"
    assert told["metrics"] == trained.bundle.metrics
    assert {"n", "accuracy", "interval", "confusion"} <= told["metrics"]["test"].keys()
    assert trained.stderr == ""


def test_runs_lists_and_shows_the_same_object(run: Run, trained: Trained) -> None:
    listed = run("runs", "--json").json
    assert list(listed) == ["runs"]
    assert trained.printed in listed["runs"]
    assert run("runs", trained.run.name, "--json").json == trained.printed
    assert run("runs", "watch", trained.run.name, "--json").json == trained.printed
    assert trained.run.name in run("runs").stdout


def test_what_was_asked_for_is_in_the_config(trained: Trained) -> None:
    config = trained.run.config
    assert (config.architecture, config.data, config.split) == ("spec", "faces", "80-10-10")
    assert (config.seed, config.recipe.mixup, config.recipe.class_weights) == (5, 0.2, True)
    assert config.recipe.epochs == EPOCHS


def test_what_is_over_cannot_be_stopped_or_resumed(run: Run, trained: Trained) -> None:
    name = trained.run.name
    stop = run("runs", "stop", name, "--json")
    assert (stop.code, stop.stdout) == (1, "")
    assert f"{name} is done; there is nothing to stop" in stop.error
    resume = run("train", "--resume", name, "--json")
    assert (resume.code, resume.stdout) == (1, "")
    assert "nothing to resume" in resume.error
    assert not (trained.run.path / "stop").exists()


@pytest.mark.parametrize(
    "arguments",
    [
        ("train",),
        ("train", "--data", "drawn", "--set", "epochs"),
        ("train", "--resume", "a", "--epochs", "9"),
        ("train", "--resume", "a", "--epochs", "0"),
        ("train", "--resume", "a", "--arch", "deep"),
        ("train", "--resume", "a", "--seed", "0"),
        ("train", "--data", "drawn", "--epochs", "many"),
        ("runs", "watch"),
        ("runs", "rename", "a"),
        ("runs", "a", "b", "c"),
        ("nothing",),
        ("train", "--nothing"),
    ],
)
def test_bad_usage_is_exit_code_2(run: Run, arguments: tuple[str, ...]) -> None:
    refused = run(*arguments)
    assert (refused.code, refused.stdout) == (2, "")
    assert "Usage: " in refused.stderr
    assert list_runs() == []


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--data", "nowhere"), "no data set 'nowhere'"),
        (("--data", "drawn", "--arch", "alexnet"), "no network 'alexnet'; there are:"),
        (("--data", "drawn", "--recipe", "secret"), "no recipe 'secret'"),
        (("--data", "drawn", "--split", "half"), "no split 'half'"),
        (("--data", "drawn", "--set", "learningrate=1"), "did you mean 'learning_rate'"),
        (("--data", "drawn", "--set", "learning_rate=fast"), "must be a number"),
        (("--data", "drawn", "--epochs", "0"), "epochs must be 1 to"),
        (("--data", "drawn", "--seed", "-1"), "seed must be 0 to"),
        (("--resume", "nothing"), "no run 'nothing'"),
    ],
)
def test_what_cannot_be_trained_is_one_line_and_no_run(
    run: Run, arguments: tuple[str, ...], says: str
) -> None:
    refused = run("train", *arguments, "--json")
    assert (refused.code, refused.stdout) == (1, "")
    assert says in refused.error
    assert list_runs() == []


def test_a_run_that_fails_prints_its_object_and_exits_1(
    fer_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    csv = write_csv(fer_home / "few.csv", random_faces(60))
    monkeypatch.setenv("KERAS_BACKEND", "nothing")
    # Named from another folder than the worker is resumed in later: kept as an absolute path.
    done = fer(fer_home, "train", "--data", "few.csv", "--set=precision=float32", "--json")
    assert done.returncode == 1
    told = json.loads(done.stdout)
    assert told["state"] == "failed"
    assert "nothing" in told["message"]
    assert told["message"] in done.stderr
    assert get_run(told["run"]).config.data == str(csv)


def test_a_run_is_noted_renamed_and_deleted(run: Run, fer_home: Path) -> None:
    write_run(fer_home, "mine")
    assert run("runs", "note", "mine", "a", "first", "try", "--json").json["note"] == "a first try"
    assert run("runs", "rename", "mine", "yours", "--json").json["run"] == "yours"
    assert "cannot name a run" in run("runs", "rename", "yours", "a/b").error
    assert run("runs", "delete", "yours", "--yes", "--json").json == {"deleted": "yours"}
    assert list_runs() == []
    assert "no run 'yours'" in run("runs", "delete", "yours", "--yes").error
