"""Runs as folders: what they say of themselves, without a network being trained."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import psutil
import pytest

from fer.bundles import load
from fer.data import save_dataset
from fer.errors import BusyError, DiskFullError, FerError, InputError, NotFoundError
from fer.labels import LABELS
from fer.training import Run, RunConfig, RunStatus, get_run, list_runs, start
from fer.training.reporter import Reporter
from fer.training.runs import _with_ancestors_located
from fer.training.worker import _reason, _train
from fer.zoo import Recipe
from tests.samples import random_faces


def made(fer_home: Path, name: str = "spec-1", **status: Any) -> Run:
    """A run's folder as `start` makes it, with no worker."""
    folder = fer_home / "runs" / name
    folder.mkdir(parents=True)
    config = RunConfig("spec", "drawn", "demo", Recipe(epochs=3))
    (folder / "config.json").write_text(json.dumps(config.to_dict()))
    recorded = RunStatus("queued", time.time(), heartbeat=time.time(), epochs=3)
    (folder / "status.json").write_text(json.dumps(asdict(replace(recorded, **status))))
    return Run(folder)


def recorded(run: Run, *lines: str, ending: str = "\n") -> Run:
    (run.path / "metrics.jsonl").write_text("\n".join(lines) + ending)
    return run


def step(number: int, **values: Any) -> str:
    return json.dumps({"kind": "step", "step": number, "epoch": 1, "loss": 1.0, **values})


def epoch(number: int, at: int, **values: Any) -> str:
    return json.dumps({"kind": "epoch", "epoch": number, "step": at, **values})


def test_config_and_status_are_read_back(fer_home: Path) -> None:
    run = made(fer_home, steps_per_epoch=10, step=15)
    assert run.config == RunConfig("spec", "drawn", "demo", Recipe(epochs=3))
    assert run.status().state == "queued"
    assert run.status().progress == 0.5
    assert get_run("spec-1") == run


# ---- metrics


def test_metrics_are_rows_in_order_of_their_step(fer_home: Path) -> None:
    run = recorded(made(fer_home), step(1), step(4), epoch(1, 4, val_loss=2.0), step(6), "")
    metrics = run.metrics()
    assert [row["step"] for row in metrics.steps] == [1, 4, 6]
    assert metrics.epochs == [{"epoch": 1, "step": 4, "val_loss": 2.0}]
    assert made(fer_home, "spec-2").metrics().steps == []


def test_a_resumed_run_replaces_what_it_repeats(fer_home: Path) -> None:
    run = recorded(
        made(fer_home),
        step(2, loss=1.0), epoch(1, 4, val_loss=1.0), step(6, loss=2.0), step(8, loss=2.0),
        epoch(2, 8, val_loss=2.0), step(9, loss=2.0),
        # resumed from the checkpoint after epoch 1
        step(5, loss=3.0), step(8, loss=3.0), epoch(2, 8, val_loss=3.0),
    )  # fmt: skip
    metrics = run.metrics()
    assert [(row["step"], row["loss"]) for row in metrics.steps] == [(2, 1.0), (5, 3.0), (8, 3.0)]
    assert [(row["step"], row["val_loss"]) for row in metrics.epochs] == [(4, 1.0), (8, 3.0)]


def test_a_run_resumed_twice_from_the_start_has_one_history(fer_home: Path) -> None:
    lines = [step(1), step(3), epoch(1, 4)]
    metrics = recorded(made(fer_home), *lines, *lines, *lines).metrics()
    assert [row["step"] for row in metrics.steps] == [1, 3]
    assert [row["step"] for row in metrics.epochs] == [4]


@pytest.mark.parametrize("cut", [1, 10, 30])
def test_half_a_line_is_passed_over_and_never_glued_to_the_next(fer_home: Path, cut: int) -> None:
    run = recorded(made(fer_home), step(1), step(2)[:cut], ending="")
    assert [row["step"] for row in run.metrics().steps] == [1]
    reporter = Reporter(run.path)
    reporter.step({"step": 3, "epoch": 1})
    reporter.epoch({"step": 4, "epoch": 1}, epoch=1)
    assert [row["step"] for row in run.metrics().steps] == [1, 3]
    assert [row["step"] for row in run.metrics().epochs] == [4]
    assert run.status().epoch == 1


def test_steps_in_quick_succession_are_thinned_and_epochs_never(fer_home: Path) -> None:
    run = made(fer_home)
    reporter = Reporter(run.path)
    for number in range(40):
        reporter.step({"step": number, "epoch": 1})
        reporter.epoch({"step": number, "epoch": 1})
    assert len(run.metrics().epochs) == 40
    written = (run.path / "metrics.jsonl").read_text()
    assert 1 <= written.count('"step", ') < 10


# ---- states


def test_a_worker_that_is_gone_means_interrupted(fer_home: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        started = psutil.Process(process.pid).create_time()
        run = made(fer_home, state="running", pid=process.pid, pid_started=started)
        assert run.status().state == "running"
        process.kill()
        # Before it is waited for it is a zombie, which trains no more either.
        deadline = time.monotonic() + 5
        while run.status().state == "running" and time.monotonic() < deadline:
            time.sleep(0.01)
        assert run.status().state == "interrupted"
    status = run.status()
    assert status.state == "interrupted"
    assert "resume" in status.message
    assert status.can_resume
    assert run.recorded_status.state == "running"  # reading changes nothing


def test_another_process_with_the_same_number_is_not_the_worker(fer_home: Path) -> None:
    here = psutil.Process()
    run = made(fer_home, state="running", pid=os.getpid(), pid_started=here.create_time() - 100)
    assert run.status().state == "interrupted"


def test_a_clock_that_is_set_ends_no_run(fer_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = made(fer_home)
    Reporter(run.path).state("running")
    # Of the day of the system's start psutil learns from the clock as it is now.
    started, created = psutil.boot_time(), psutil.Process().create_time()
    monkeypatch.setattr(psutil, "boot_time", lambda: started + 3600)
    monkeypatch.setattr(psutil.Process, "create_time", lambda self: created + 3600)
    assert run.status().state == "running"
    with pytest.raises(BusyError):
        run.delete()


def test_a_run_that_cannot_be_removed_is_told_and_is_whole(
    fer_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = made(fer_home, state="done")

    def refused(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", refused)
        for act in (run.delete, lambda: run.rename("other")):
            with pytest.raises(FerError, match=r"cannot be (deleted|renamed) \(Permission denied"):
                act()
    assert [found.name for found in list_runs()] == [run.name]
    run.delete()
    assert list(run.path.parent.iterdir()) == []


def test_a_worker_has_half_a_minute_to_begin(fer_home: Path) -> None:
    assert made(fer_home, "a", heartbeat=time.time() - 5).status().state == "queued"
    assert made(fer_home, "b", heartbeat=time.time() - 60).status().state == "interrupted"


@pytest.mark.parametrize("state", ["stopped", "failed", "done"])
def test_ended_runs_stay_as_they_ended(fer_home: Path, state: str) -> None:
    status = made(fer_home, state=state).status()
    assert status.state == state
    assert not status.is_live
    assert status.can_resume == (state != "done")


def test_what_does_not_fit_the_state_is_refused(fer_home: Path) -> None:
    live = made(fer_home, "live")
    with pytest.raises(BusyError, match="live is queued; stop it first"):
        live.resume()
    with pytest.raises(BusyError, match="stop it first"):
        live.delete()
    done = made(fer_home, "done", state="done")
    with pytest.raises(InputError, match="done is done; there is nothing to resume"):
        done.resume()
    done.delete()
    assert [run.name for run in list_runs()] == ["live"]


def test_runs_are_listed_newest_first(fer_home: Path) -> None:
    for name, created in (("a", 5.0), ("b", 9.0), ("c", 7.0)):
        made(fer_home, name, created=created)
    (fer_home / "runs" / ".starting-x").mkdir()
    (fer_home / "runs" / ".starting-x" / "status.json").write_text("{")
    assert [run.name for run in list_runs()] == ["b", "c", "a"]


@pytest.mark.parametrize("name", ["", "..", "../runs/a", "a/b", "b", "/", "a" * 300])
def test_unknown_runs_are_not_found(fer_home: Path, name: str) -> None:
    made(fer_home, "a")
    with pytest.raises(NotFoundError, match="the newest are: a"):
        get_run(name)


def test_notes_and_names(fer_home: Path) -> None:
    run = made(fer_home, "a", state="done")
    assert run.note == ""
    run.write_note("Zweiter Versuch: größer")
    assert run.note == "Zweiter Versuch: größer"
    renamed = run.rename("better")
    assert get_run("better").note == "Zweiter Versuch: größer"
    made(fer_home, "taken")
    # A model is named after its run, and one of these comes along.
    for name in ("taken", "general", "", "../x", "a b", ".x"):
        with pytest.raises(FerError):
            renamed.rename(name)
    with pytest.raises(BusyError):
        get_run("taken").rename("free")


def test_the_log_is_told_from_its_end(fer_home: Path) -> None:
    run = made(fer_home)
    assert run.log_tail() == ""
    (run.path / "worker.log").write_bytes(b"\n".join(b"line %d \xff" % i for i in range(100)))
    assert run.log_tail(2).splitlines() == ["line 98 �", "line 99 �"]


# ---- start


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"architecture": "nothing"}, "no network 'nothing'"),
        ({"data": "nothing"}, "no data set 'nothing'"),
        ({"split": "nothing"}, "no split 'nothing'"),
        ({"data": "mine", "split": "official"}, "mine has no PrivateTest"),
        ({"data": "mine", "recipe": Recipe(labels=("angry", "sad"))}, "mine has too few labelled"),
        ({"data": "happy"}, "happy to train on are labelled happy, so there is nothing to tell"),
        ({"recipe_name": "mine/1"}, "cannot be started"),
        ({"seed": -1}, "The seed must be 0 to"),
        ({"seed": 2**32}, "The seed must be 0 to"),
    ],
)
def test_what_cannot_be_trained_leaves_no_run(fer_home: Path, changes: dict, says: str) -> None:
    save_dataset(random_faces(20, usage=False).only(("happy",)), "mine")
    one_label = replace(random_faces(40), labels=np.full(40, LABELS.index("happy"), np.int8))
    save_dataset(one_label, "happy")
    config = replace(RunConfig("spec", "drawn", "demo", Recipe()), **changes)
    with pytest.raises(FerError, match=says):
        start(config)
    assert not (fer_home / "runs").exists() or not list((fer_home / "runs").iterdir())


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (NotFoundError("There is no data set 'a'."), "There is no data set 'a'."),
        (OSError(28, "No space left on device"), "The disk is full; free some space and resume"),
        (MemoryError(), "choose a smaller batch size"),
        (FloatingPointError(), "no longer a number; start again with a smaller learning rate"),
        (RuntimeError("OOM: CUDA out of memory. Tried to"), "choose a smaller batch size"),
        (ZeroDivisionError("x"), r"unexpected happened \(ZeroDivisionError: x\); see the log"),
        (ValueError("x\nby line 1\nby line 2"), r"\(ValueError: x\); see the log"),
    ],
)
def test_a_failure_is_told_in_words(error: Exception, says: str, tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match=says):
        raise AssertionError(_reason(error, tmp_path))


def test_a_checkpoint_is_promised_only_where_there_is_one(tmp_path: Path) -> None:
    full = OSError(28, "No space left on device")
    assert "checkpoint" not in _reason(full, tmp_path)
    (tmp_path / "checkpoint-000000009.npz").touch()
    assert "the last checkpoint is whole" in _reason(full, tmp_path)


def test_what_a_full_disk_refuses_is_told(fer_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = made(fer_home, state="stopped")

    def full(*given: object, **named: object) -> str:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("tempfile.mkdtemp", full)
    monkeypatch.setattr("tempfile.mkstemp", full)
    config = RunConfig("spec", "drawn", "demo", Recipe())
    for act in (lambda: start(config), run.resume, lambda: run.write_note("x")):
        with pytest.raises(DiskFullError, match=r"the disk is full"):
            act()


@pytest.mark.parametrize("damage", ["", "{}", '{"state": "done", "newer": 1}', None])
def test_a_damaged_run_hides_no_other(fer_home: Path, damage: str | None) -> None:
    kept, half = made(fer_home, "kept"), made(fer_home, "half")
    if damage is None:
        (half.path / "config.json").unlink()
    else:
        (half.path / "status.json").write_text(damage)
    assert [run.name for run in list_runs()] == [kept.name]
    with pytest.raises(InputError, match="run half is damaged, or of another version"):
        get_run("half")


def test_a_model_in_this_folder_is_found_from_any(
    fer_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(load("spec").path, tmp_path / "mine")
    monkeypatch.chdir(tmp_path)
    config = RunConfig("spec", "drawn", "demo", Recipe(), init="spec", teachers=("mine",))
    located = _with_ancestors_located(config)
    assert located.init == "spec"
    assert located.teachers == (str(tmp_path / "mine"),)


def test_a_run_that_is_deleted_while_runs_are_listed_is_left_out(
    fer_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept, gone = made(fer_home, "kept"), made(fer_home, "gone")
    read = Path.read_text

    def deleted_just_now(path: Path, *given: Any, **named: Any) -> str:
        if path.parent == gone.path:
            raise FileNotFoundError(path)
        return read(path, *given, **named)

    monkeypatch.setattr(Path, "read_text", deleted_just_now)
    assert [run.name for run in list_runs()] == [kept.name]


def test_a_stop_while_the_model_is_made_is_obeyed(
    fer_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = made(fer_home)

    class Job:
        """Trained to the end; its model takes long."""

        fit = SimpleNamespace(run=lambda: True)

        @classmethod
        def prepare(cls, run: Run, reporter: Reporter) -> "Job":
            return cls()

        def export(self, told: Callable[[str], None]) -> None:
            told("reading test faces")
            assert "reading test faces" in run.recorded_status.message
            run.stop()
            told("reading them again")

    monkeypatch.setitem(sys.modules, "fer.training.job", SimpleNamespace(Job=Job))
    _train(run, Reporter(run.path))
    status = run.recorded_status
    assert (status.state, status.message) == ("stopped", "Stopped; resumed, it makes its model.")
