"""`train` and `runs`."""

import sys
import time
from dataclasses import replace
from typing import Any

import click
from click.core import ParameterSource

from fer import zoo
from fer.cli.output import accuracy, as_json, percent, print_json, print_table, progress_bar
from fer.errors import FerError, InputError
from fer.training import Run, RunConfig, RunStatus, get_run, list_runs, start

_POLL_S = 0.3
# What a resumed run has decided already.
_SETTINGS = (
    *("arch", "data", "recipe", "split", "epochs", "seed", "split_seed", "init", "teachers"),
    "settings",
)
_WORDS = "[RUN] | watch RUN | stop RUN | rename RUN NAME | note RUN TEXT | delete RUN"


@click.command()
@click.option("--arch", default="spec", show_default=True, help="The network to train.")
@click.option("--data", help='A data set\'s name, "drawn", or a path.')
@click.option("--recipe", help="A recipe of the network; by default the first that networks lists.")
@click.option("--split", help="How the faces are divided; by default as the recipe says.")
@click.option("--epochs", type=int, help="Instead of the recipe's number.")
@click.option(
    "--seed", type=int, default=0, show_default=True, help="Of all that is drawn by chance."
)
@click.option("--split-seed", type=int, default=0, help="Of the division of the faces.")
@click.option("--init", help="Start from the weights of this model.")
@click.option(
    "--teacher",
    "teachers",
    multiple=True,
    metavar="MODEL",
    help="Learn from what this model says too, which takes longer; may be repeated.",
)
@click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="KEY=VALUE",
    help="Change a setting of the recipe (networks NETWORK lists them); may be repeated.",
)
@click.option(
    "--resume", metavar="RUN", help="Go on with a run that was stopped, interrupted or failed."
)
@click.option("--detach", is_flag=True, help="Return at once; the run goes on by itself.")
@as_json
def train(
    arch: str,
    data: str | None,
    recipe: str | None,
    split: str | None,
    epochs: int | None,
    seed: int,
    split_seed: int,
    init: str | None,
    teachers: tuple[str, ...],
    settings: tuple[str, ...],
    resume: str | None,
    detach: bool,
    as_json: bool,
) -> None:
    """Train a network, or resume a run. Ctrl-C stops it with a checkpoint."""
    if resume:
        if any(map(_was_given, _SETTINGS)):
            raise click.UsageError("A resumed run keeps its settings; give --resume RUN alone.")
        run = get_run(resume).resume()
    elif data is None:
        raise click.UsageError("Missing option '--data' (or '--resume RUN').")
    else:
        config = _config(arch, data, recipe, split, seed, init, _changes(settings, epochs))
        config = replace(config, teachers=teachers, split_seed=split_seed)
        run = start(config)
    if not detach:
        _watch(run, stop_on_interrupt=True)
    _tell(run, as_json)


@click.command()
@click.argument("words", nargs=-1, metavar=_WORDS)
@click.option("--yes", is_flag=True, help="Delete without asking.")
@as_json
def runs(words: tuple[str, ...], yes: bool, as_json: bool) -> None:
    """List the runs or show one; watch one until it ends; stop, rename, note, delete one."""
    match words:
        case ():
            _list(as_json)
        case ("watch", name):
            _watch(get_run(name), stop_on_interrupt=False)
            _tell(get_run(name), as_json)
        case ("stop", name):
            _stop(get_run(name))
            _tell(get_run(name), as_json)
        case ("rename", name, other):
            _tell(get_run(name).rename(other), as_json, exit_on_failure=False)
        case ("note", name, *text):
            get_run(name).write_note(" ".join(text))
            _tell(get_run(name), as_json, exit_on_failure=False)
        case ("delete", name):
            _delete(get_run(name), yes, as_json)
        case (name,) if name not in ("watch", "stop", "rename", "note", "delete"):
            _tell(get_run(name), as_json, exit_on_failure=False)
        case _:
            raise click.UsageError(f"Expected: runs {_WORDS}.")


def run_as_json(run: Run) -> dict[str, Any]:
    """A run as `train --json` and `runs --json` give it."""
    status = run.status()
    return {
        "run": run.name,
        "state": status.state,
        "bundle": status.bundle,
        "epochs_done": status.epoch,
        "epochs": status.epochs,
        "message": status.message,
        "note": run.note,
        "metrics": status.metrics,
    }


def _was_given(name: str) -> bool:
    """Whether an option stands on the command line."""
    source = click.get_current_context().get_parameter_source(name)
    return source is ParameterSource.COMMANDLINE


def _config(
    arch: str,
    data: str,
    recipe: str | None,
    split: str | None,
    seed: int,
    init: str | None,
    changes: dict[str, Any],
) -> RunConfig:
    architecture = zoo.get(arch)
    name = recipe or architecture.default_recipe
    chosen = architecture.recipe(name).with_changes(**changes)
    return RunConfig(arch, data, name, chosen, split or chosen.split, 0, seed, init)


def _changes(settings: tuple[str, ...], epochs: int | None) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    for setting in settings:
        key, equals, value = setting.partition("=")
        if not equals:
            raise click.UsageError(f"--set takes KEY=VALUE, not {setting!r}.")
        changes[key.strip()] = value.strip()
    return changes | ({"epochs": epochs} if epochs is not None else {})


def _list(as_json: bool) -> None:
    found = list_runs()
    if as_json:
        print_json({"runs": [run_as_json(run) for run in found]})
    elif not found:
        click.echo('No runs yet: start one with "train --data drawn --recipe demo".')
    else:
        rows = [[run.name, run.status().state, _describe(run.status())] for run in found]
        print_table("Runs, newest first", ["run", "state", "progress"], rows)


def _tell(run: Run, as_json: bool, exit_on_failure: bool = True) -> None:
    status = run.status()
    if as_json:
        print_json(run_as_json(run))
    else:
        click.echo(f"{run.name}: {status.state}. {_describe(status)}")
    if exit_on_failure and status.state in ("failed", "interrupted"):
        raise FerError(f"{run.name}: {status.message}")


def _describe(status: RunStatus) -> str:
    words = [f"{status.epoch} of {status.epochs} epochs"]
    if "test" in status.metrics:
        words.append(f"test accuracy {accuracy(status.metrics['test'])}")
    if status.state == "running" and status.images_per_s:
        words.append(f"{status.images_per_s:,.0f} images/s")
    return ", ".join(words + ([status.message] if status.message else []))


def _watch(run: Run, stop_on_interrupt: bool) -> None:
    """Show the run's progress until it ends."""
    try:
        with progress_bar() as progress:
            while (status := run.status()).is_live:
                progress(status.progress, f"{run.name} {_latest(run, status)}")
                time.sleep(_POLL_S)
    except KeyboardInterrupt:
        if not stop_on_interrupt:
            sys.exit(130)
        click.echo("Stopping; a checkpoint is being written.", err=True)
        _stop(run)


def _latest(run: Run, status: RunStatus) -> str:
    rows = run.metrics().steps[-1:]
    if not rows:
        return status.message or status.state
    return f"epoch {rows[0]['epoch']}, loss {rows[0]['loss']:.3f}, {percent(rows[0]['accuracy'])}"


def _delete(run: Run, yes: bool, as_json: bool) -> None:
    if not yes:
        click.confirm(f"Delete {run.name}, its curves and checkpoints?", abort=True, err=True)
    run.delete()
    if as_json:
        print_json({"deleted": run.name})
    else:
        click.echo(f"Deleted {run.name}; a model that it made stays.")


def _stop(run: Run) -> None:
    if not run.status().is_live:
        raise InputError(f"{run.name} is {run.status().state}; there is nothing to stop.")
    run.stop()
    while run.status().is_live:
        time.sleep(_POLL_S)
