"""Runs as folders: starting, listing, reading, stopping, resuming, deleting.

The folder is the only truth. Pages and the command line read it; the worker writes it.
"""

import contextlib
import functools
import json
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from fer import bundles, files, home, zoo
from fer.data import located, open_dataset
from fer.errors import BusyError, ExistsError, InputError, NotFoundError
from fer.training.ancestors import check_ancestors, keep_ancestry
from fer.training.aside import environment
from fer.training.config import RunConfig, split_to_train
from fer.training.metrics import Metrics, MetricsReader
from fer.training.status import RunStatus, worker_lives

_UNREADABLE = (OSError, ValueError, TypeError, KeyError)
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


@dataclass(frozen=True)
class Run:
    """A training run: a folder under FER_HOME/runs."""

    path: Path

    @property
    def name(self) -> str:
        return self.path.name

    @property
    def exists(self) -> bool:
        """Whether its folder is still there, under this name."""
        return (self.path / "status.json").is_file()

    @property
    def config(self) -> RunConfig:
        """What the run was asked to do."""
        path = self.path / "config.json"
        return _config(path, path.stat().st_mtime_ns)

    @property
    def recorded_status(self) -> RunStatus:
        """status.json as it stands, whether or not the worker still lives."""
        return RunStatus(**json.loads((self.path / "status.json").read_text("utf-8")))

    def status(self) -> RunStatus:
        """The state of the run now."""
        status = self.recorded_status
        if status.is_live and not worker_lives(status):
            message = (
                "The training process ended without a word; resume to go on from its checkpoint."
            )
            return replace(status, state="interrupted", message=message)
        return status

    @property
    def metrics_path(self) -> Path:
        """One JSON object a line, added to as training goes on."""
        return self.path / "metrics.jsonl"

    def metrics(self) -> Metrics:
        """All that was recorded; where a resumed run went back a little, only its later rows."""
        return MetricsReader(self.metrics_path).read()

    def log_tail(self, lines: int = 40) -> str:
        """The last lines of the worker's log."""
        path = self.path / "worker.log"
        text = path.read_text(errors="replace") if path.is_file() else ""
        return "\n".join(text.splitlines()[-lines:])

    def stop(self) -> None:
        """Ask the worker to write a checkpoint and stop; it does so within a step or two."""
        (self.path / "stop").touch()

    def resume(self) -> "Run":
        """Start a worker that goes on from the last checkpoint.

        Raises:
            BusyError: a worker holds the run. InputError: it is done.
        """
        status = self.status()
        if status.is_live:
            raise BusyError(f"{self.name} is {status.state}; stop it first.")
        if status.state == "done":
            raise InputError(f"{self.name} is done; there is nothing to resume.")
        queued = replace(status, state="queued", message="", pid=None, heartbeat=time.time())
        with _writing(f"{self.name} cannot be resumed"):
            (self.path / "stop").unlink(missing_ok=True)
            files.write_json(self.path / "status.json", asdict(queued))
        _spawn_worker(self.path)
        return self

    @property
    def stop_requested(self) -> bool:
        """Whether somebody asked it to stop; a live run is then about to."""
        return (self.path / "stop").exists()

    @property
    def note(self) -> str:
        """What a person wrote about the run."""
        path = self.path / "note.txt"
        return path.read_text(encoding="utf-8") if path.is_file() else ""

    def write_note(self, text: str) -> None:
        """Replace the note."""
        with _writing(f"The note of {self.name} cannot be kept"):
            files.write_bytes(self.path / "note.txt", text.encode(errors="replace"))

    def rename(self, name: str) -> "Run":
        """The run under another name; the model that it made keeps its own.

        Raises:
            BusyError: a worker holds the run. ExistsError: the name is taken. InputError: no name.
        """
        if self.status().is_live:
            raise BusyError(f"{self.name} is still at work; stop it first.")
        if not _NAME.fullmatch(name):
            raise InputError(
                f"{name!r} cannot name a run: use letters, digits, dots, hyphens and underscores."
            )
        target = self.path.parent / name
        # A model is named after its run: going on under this name must not replace another's.
        models = (home.models_dir(), home.shipped_models_dir())
        if target.exists() or any((folder / name).exists() for folder in models):
            raise ExistsError(f"A run or a model named {name} exists; choose another name.")
        with _writing(f"{self.name} cannot be renamed"):
            return Run(self.path.rename(target))

    def delete(self) -> None:
        """Remove the run's folder (not the model it made)."""
        if self.status().is_live:
            raise BusyError(f"{self.name} is still at work; stop it first.")
        with (
            _writing(f"{self.name} cannot be deleted"),
            files.staging(self.path.parent, ".deleting-") as staging,
        ):
            self.path.rename(staging / self.name)


@functools.lru_cache(1000)
def _config(path: Path, written_ns: int) -> RunConfig:
    return RunConfig.from_dict(json.loads(path.read_text("utf-8")))


def start(config: RunConfig) -> Run:
    """Create a run and its worker process, and return at once.

    Raises:
        FerError: where the network, the data or the split do not exist or do not fit.
    """
    zoo.get(config.architecture)
    if not 0 <= config.seed < 2**32:
        raise InputError(f"The seed must be 0 to {2**32 - 1}, not {config.seed}.")
    dataset = open_dataset(config.data).only(config.recipe.labels)
    if dataset.votes is None and config.recipe.votes:
        raise InputError(
            f"This recipe uses FER+ votes and {config.data} has none; join them with "
            f"data ferplus {config.data} fer2013new.csv, or set votes=0."
        )
    # Said now, and not when the run's turn comes.
    split = split_to_train(dataset, config)
    if config.ancestors:
        check_ancestors(config, dataset, split)
        config = _with_ancestors_located(config)
    config = replace(config, data=located(config.data))
    runs_dir = home.runs_dir()
    with _writing("The run cannot be started"), files.staging(runs_dir, ".starting-") as staging:
        now = time.time()
        files.write_json(staging / "config.json", config.to_dict())
        status = RunStatus("queued", now, heartbeat=now, epochs=config.recipe.epochs)
        files.write_json(staging / "status.json", asdict(status))
        keep_ancestry(config, staging)
        path = _placed(staging, f"{config.architecture}-{config.recipe_name}")
    _spawn_worker(path)
    return Run(path)


@contextlib.contextmanager
def _writing(what: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise files.not_written(what, error) from error


def _with_ancestors_located(config: RunConfig) -> RunConfig:
    """Folders by their whole path, as the worker may run, and be resumed, elsewhere."""

    def located_model(name: str) -> str:
        bundle = bundles.load(name)
        kept = (home.models_dir() / name, home.shipped_models_dir() / name)
        return name if bundle.path in kept else str(bundle.path.resolve())

    init = config.init and located_model(config.init)
    return replace(config, init=init, teachers=tuple(map(located_model, config.teachers)))


def list_runs() -> list[Run]:
    """All runs, newest first."""
    found: list[tuple[float, str, Run]] = []
    for path in home.runs_dir().glob("[!.]*/status.json"):
        run = Run(path.parent)
        # Deleted or renamed just now, copied by halves, or of another version.
        with contextlib.suppress(*_UNREADABLE):
            _ = run.config
            found.append((-run.recorded_status.created, run.name, run))
    return [run for *_, run in sorted(found, key=lambda one: one[:2])]


def get_run(name: str) -> Run:
    """The run of that name.

    Raises:
        NotFoundError: with the newest names there are. InputError: its files cannot be read.
    """
    path = home.runs_dir() / name
    if 0 < len(name) < 256 and path.parent == home.runs_dir() and Run(path).exists:
        run = Run(path)
        try:
            _ = run.config, run.recorded_status
        except _UNREADABLE as error:
            raise InputError(
                f"The run {name} is damaged, or of another version: remove {path}, or bring its "
                "files back."
            ) from error
        return run
    known = ", ".join(run.name for run in list_runs()[:5]) or "none yet"
    raise NotFoundError(f"There is no run {name!r}; the newest are: {known}.")


def _placed(staging: Path, stem: str) -> Path:
    """`staging` renamed to the first free of stem-1, stem-2..."""
    number = 1
    while True:
        target = staging.parent / f"{stem}-{number}"
        if not target.exists() and not (home.models_dir() / target.name).exists():
            try:
                return staging.rename(target)
            except OSError:
                if not target.exists():  # else taken by another process in between
                    raise
        number += 1


def _spawn_worker(path: Path) -> None:
    """A process of its own session: no reload, closed tab or ended server touches it."""
    with open(path / "worker.log", "ab") as log:
        worker = subprocess.Popen(
            [sys.executable, "-m", "fer.training.worker", str(path)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env=environment(),
            start_new_session=True,
            # What a session of its own is where there are no sessions: out of reach of Ctrl-C.
            creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
        )
    # Waited for, so that a server which lives for weeks keeps no zombies.
    threading.Thread(target=worker.wait, daemon=True, name="worker-wait").start()
