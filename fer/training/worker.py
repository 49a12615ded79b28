"""`python -m fer.training.worker RUN_FOLDER`: trains one run, in a process of its own."""

import contextlib
import logging
import os
import signal
import sys
import traceback
from pathlib import Path

import psutil
from filelock import FileLock, Timeout

from fer import files
from fer.errors import FerError
from fer.training import checkpoints
from fer.training.ancestors import forget_teachers
from fer.training.reporter import Reporter
from fer.training.runs import Run
from fer.training.turns import wait_for_turn

# Lets pages and predictions go first: they need little, and someone waits for them. Beside a
# program that keeps every core busy a third of the weight is left, enough to go on.
_NICENESS = 5


def main(folder: Path) -> int:
    """Train the run in `folder`; exit code 0 where it is done or was stopped, 1 where it failed."""
    lock = FileLock(folder / ".worker.lock", timeout=2)
    try:
        lock.acquire()
    except Timeout:
        sys.stderr.write("Another worker holds this run.\n")
        return 1
    _let_others_go_first()
    files.clear_unfinished(folder)
    run, reporter = Run(folder), Reporter(folder)
    signal.signal(signal.SIGTERM, lambda *_: run.stop())
    try:
        reporter.state("queued", "")
        turn = wait_for_turn(run, reporter)
        if turn is None:
            began = reporter.status.step > 0
            told = (
                "Stopped while it waited; it can be resumed."
                if began
                else "Stopped before it began."
            )
            reporter.state("stopped", told, pid=None)
            return 0
        with turn:
            _train(run, reporter)
        return 0
    except BaseException as error:
        # On a full disk neither may be possible; the run is then found interrupted.
        with contextlib.suppress(OSError):
            traceback.print_exc()
        with contextlib.suppress(OSError):
            reporter.state("failed", _reason(error, folder), pid=None)
        return 1


def _let_others_go_first() -> None:
    if sys.platform == "win32":
        psutil.Process().nice(psutil.BELOW_NORMAL_PRIORITY_CLASS)
        return
    os.nice(_NICENESS)
    # Linux mostly weighs sessions against each other, and this process has one of its own: then
    # the niceness of the session counts, and that of a process only within it.
    if os.getsid(0) == os.getpid():
        with contextlib.suppress(OSError):  # a system without such groups
            Path("/proc/self/autogroup").write_text(str(_NICENESS))


class _StoppedError(Exception):
    """A stop was asked for while the model was made."""


def _train(run: Run, reporter: Reporter) -> None:
    reporter.state("running", "Loading TensorFlow and the data.")
    # Keras and its backend load here: a queued worker waits without them.
    from fer.training.job import Job

    job = Job.prepare(run, reporter)
    if not job.fit.run():
        reporter.state("stopped", "Stopped; it can be resumed from here.", pid=None)
        return

    def told(doing: str) -> None:
        if reporter.stop_requested():
            raise _StoppedError
        reporter.state("running", f"Making the model: {doing}.", seconds_left=None)

    try:
        bundle = job.export(told)
    except _StoppedError:
        reporter.state("stopped", "Stopped; resumed, it makes its model.", pid=None)
        return
    reporter.state(
        "done", "", bundle=bundle.name, metrics=bundle.metrics, pid=None, seconds_left=0.0
    )
    # What it could be resumed with is of no use any more, and up to 160 MB.
    with contextlib.suppress(OSError):
        checkpoints.clear(run.path)
    forget_teachers(run.path)


def _reason(error: BaseException, folder: Path) -> str:
    """What went wrong, in words for the person who started the run."""
    if isinstance(error, FerError):
        return str(error)
    if isinstance(error, OSError) and files.is_disk_full(error):
        kept = ": the last checkpoint is whole." if any(folder.glob("checkpoint-*")) else "."
        return f"The disk is full; free some space and resume{kept}"
    if _is_out_of_memory(error):
        return "Memory ran out; choose a smaller batch size and start again."
    if isinstance(error, FloatingPointError):
        return "The loss is no longer a number; start again with a smaller learning rate."
    first, *_ = str(error).strip().splitlines() or [""]
    return f"Something unexpected happened ({type(error).__name__}: {first[:300]}); see the log."


def _is_out_of_memory(error: BaseException) -> bool:
    """Each backend has an error of its own for it; of some, only the text tells."""
    names = {kind.__name__ for kind in type(error).__mro__}
    told = ("RESOURCE_EXHAUSTED", "out of memory", "could not create a primitive")
    return bool(names & {"MemoryError", "ResourceExhaustedError", "OutOfMemoryError"}) or any(
        words in str(error) for words in told
    )


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    sys.exit(main(Path(sys.argv[1])))
