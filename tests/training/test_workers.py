"""Real workers: queued, stopped, killed, resumed; the weights come out as if nothing happened."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest

from fer import home
from fer.training import Run, RunConfig, checkpoints, get_run, list_runs, start
from fer.zoo import Recipe
from tests.samples import random_faces, write_csv
from tests.trained import ROOT, TRAIN, Trained, begin, fer, trained_studio

WITHIN_S = 120.0


def wait_for(what: str, happened: Callable[[], Any]) -> Any:
    until = time.monotonic() + WITHIN_S
    while not (found := happened()):
        assert time.monotonic() < until, f"waited {WITHIN_S:g} s for {what}"
        time.sleep(0.02)
    return found


def ended(run: Run) -> str:
    wait_for(f"{run.name} to end", lambda: not run.status().is_live)
    return run.status().state


@dataclass
class Story:
    """What happened to one run that was stopped, resumed, killed with -9, and resumed again."""

    run: Run
    seen: dict[str, Any]  # what the command line said, by moment


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Story:
    trained = trained_studio(tmp_path_factory.getbasetemp())
    own = shutil.copytree(trained.home, tmp_path_factory.mktemp("story") / "home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FER_HOME", str(own))
        return _lived_through(own)


def _lived_through(studio: Path) -> Story:
    def said(*arguments: str, code: int = 0) -> dict[str, Any]:
        done = fer(studio, *arguments, "--json")
        assert done.returncode == code, done.stderr
        return dict(json.loads(done.stdout))

    known = {run.name for run in list_runs()}
    terminal = begin(studio, "train", *TRAIN, "--json")
    (run,) = wait_for("a run", lambda: [run for run in list_runs() if run.name not in known])
    # On a quick machine the run would be over before all is seen of the queue: it is held here.
    wait_for("a step", lambda: run.metrics().steps)
    worker_process = psutil.Process(run.status().pid)
    worker_process.suspend()
    seen: dict[str, Any] = {"niceness": worker_process.nice()}
    seen["niceness of its session"] = _session_niceness(worker_process.pid)
    seen["detached"] = said("train", *TRAIN, "--detach")
    queued = get_run(seen["detached"]["run"])
    # Behind a run that is at work another one waits; it can be stopped without ever beginning.
    wait_for("a queue", lambda: "1 run" in queued.status().message)
    seen["queue"] = (run.status().state, queued.status().state)
    worker = [sys.executable, "-m", "fer.training.worker", str(queued.path)]
    seen["second worker"] = subprocess.run(
        worker, cwd=ROOT, capture_output=True, text=True, check=False
    )
    seen["queued, after a second worker came"] = queued.status().state
    seen["modules of a queued worker"] = _mapped_files(queued)
    seen["stopped in the queue"] = said("runs", "stop", queued.name)

    terminal.send_signal(signal.SIGINT)  # Ctrl-C
    wait_for("the request to stop", lambda: run.stop_requested)
    worker_process.resume()
    stdout, seen["words at the stop"] = terminal.communicate(timeout=WITHIN_S)
    seen["stopped"] = json.loads(stdout)
    seen["exit code at the stop"] = terminal.returncode
    seen["steps at the stop"] = run.recorded_status.step
    seen["checkpoint at the stop"] = checkpoints.latest(run.path)
    seen["resumed"] = said("train", "--resume", run.name, "--detach")

    def is_mid_epoch() -> bool:
        rows, status = run.metrics().steps, run.status()
        return bool(rows) and status.epoch >= 1 and rows[-1]["step"] > rows_at_epoch(run)

    wait_for("the middle of a later epoch", is_mid_epoch)
    os.kill(run.status().pid or -1, signal.SIGKILL)
    wait_for("the kill", lambda: run.status().state != "running")
    seen["killed"] = said("runs", run.name)
    seen["steps at the kill"] = run.metrics().steps[-1]["step"]
    seen["checkpoint at the kill"] = checkpoints.latest(run.path)
    seen["done"] = said("train", "--resume", run.name)
    return Story(run, seen)


def rows_at_epoch(run: Run) -> int:
    """The global step at the end of the last epoch that was recorded."""
    return int(run.metrics().epochs[-1]["step"])


def _session_niceness(pid: int) -> str | None:
    """None where sessions are not weighed: other systems, containers, where it is switched off."""
    switch = Path("/proc/sys/kernel/sched_autogroup_enabled")
    if not switch.exists() or switch.read_text().strip() != "1":
        return None
    told = Path(f"/proc/{pid}/autogroup").read_text().split()  # "/autogroup-12 nice 5", or nothing
    return told[-1] if told else None


def _mapped_files(run: Run) -> set[str]:
    process = psutil.Process(run.status().pid)
    return {Path(mapped.path).name for mapped in process.memory_maps()}


def test_a_detached_run_is_told_at_once(story: Story) -> None:
    told = story.seen["detached"]
    assert told["state"] in ("queued", "running")
    assert (told["epochs_done"], told["bundle"], told["metrics"]) == (0, None, {})


def test_a_worker_lets_others_go_first(story: Story) -> None:
    assert story.seen["niceness"] >= 5
    assert story.seen["niceness of its session"] in ("5", None)


def test_one_run_trains_and_the_next_waits_without_tensorflow(story: Story) -> None:
    assert story.seen["queue"] == ("running", "queued")
    assert not any("tensorflow" in name for name in story.seen["modules of a queued worker"])


def test_a_second_worker_on_a_run_leaves_it_alone(story: Story) -> None:
    second = story.seen["second worker"]
    assert second.returncode == 1
    assert "Another worker holds this run" in second.stderr
    assert story.seen["queued, after a second worker came"] == "queued"


def test_a_run_can_be_stopped_in_the_queue(story: Story) -> None:
    told = story.seen["stopped in the queue"]
    assert (told["state"], told["epochs_done"]) == ("stopped", 0)
    folder = story.run.path.with_name(told["run"])
    assert folder.is_dir()
    assert checkpoints.latest(folder) is None


def test_ctrl_c_stops_within_a_few_steps_and_saves(story: Story) -> None:
    assert story.seen["stopped"]["state"] == "stopped"
    assert story.seen["words at the stop"] == "Stopping; a checkpoint is being written.\n"
    assert story.seen["exit code at the stop"] == 0
    kept = story.seen["checkpoint at the stop"]
    assert kept is not None
    assert kept.step >= story.seen["steps at the stop"]
    assert kept.meta["step_in_epoch"] == kept.step % 22  # of 170 rows, 8 at a time
    assert story.seen["resumed"]["state"] in ("queued", "running")


def test_a_killed_worker_is_shown_as_interrupted(story: Story) -> None:
    told = story.seen["killed"]
    assert told["state"] == "interrupted"
    assert "resume" in told["message"]
    assert 1 <= told["epochs_done"] < told["epochs"]
    # It was at work beyond what it had saved: there is something to be done again.
    assert story.seen["checkpoint at the kill"].step < story.seen["steps at the kill"]


def test_it_ends_like_an_uninterrupted_run_and_keeps_nothing_to_go_on_with(
    story: Story, trained: Trained
) -> None:
    assert story.seen["done"]["state"] == "done"
    assert story.run.config == trained.run.config
    for run in (trained.run, story.run):
        assert list(run.path.glob("*checkpoint-*")) == []


def test_its_model_is_the_same_to_the_last_bit(story: Story, trained: Trained) -> None:
    from fer.bundles import load
    from fer.training.conversion import keras_model

    models = story.run.path.parents[1] / "models"
    killed, whole = load(models / story.run.name), trained.bundle
    for one, other in zip(
        keras_model(killed).get_weights(), keras_model(whole).get_weights(), strict=True
    ):
        np.testing.assert_array_equal(one, other)
    assert killed.metrics == whole.metrics
    scores = [[(r["loss"], r["val_loss"]) for r in b.card["history"]] for b in (killed, whole)]
    assert scores[0] == scores[1]


def test_its_record_reads_as_one_training(story: Story, trained: Trained) -> None:
    metrics = story.run.metrics()
    for rows in (metrics.steps, metrics.epochs):
        steps = [row["step"] for row in rows]
        assert steps == sorted(set(steps))
    expected = {row["step"]: row["loss"] for row in trained.run.metrics().epochs}
    assert {row["step"]: row["loss"] for row in metrics.epochs} == expected
    times = [row["time_s"] for row in metrics.steps]
    assert times == sorted(times)


def test_queued_runs_take_their_turn_in_order_and_failures_give_reasons(fer_home: Path) -> None:
    csv = write_csv(fer_home / "few.csv", random_faces(8))
    recipe = Recipe(epochs=1, precision="float32")
    config = RunConfig("spec", str(csv), "published", recipe, "80-10-10")
    first = start(config)
    second = start(replace(config, seed=1))
    csv.unlink()
    assert (ended(first), ended(second)) == ("failed", "failed")
    assert "few.csv" in first.status().message
    assert first.status().pid is None
    assert first.status().can_resume
    assert "few.csv" in second.status().message
    assert not list(home.models_dir().iterdir())
    assert first.recorded_status.heartbeat <= second.recorded_status.heartbeat
