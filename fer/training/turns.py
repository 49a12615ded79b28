"""One run trains at a time on one machine; the others wait their turn, oldest first."""

import time

from filelock import FileLock, Timeout

from fer import home
from fer.training.reporter import Reporter
from fer.training.runs import Run, list_runs

_POLL_S = 0.5


def wait_for_turn(run: Run, reporter: Reporter) -> FileLock | None:
    """The training lock of FER_HOME once it is this run's turn; None where a stop was asked for.

    The kernel frees the lock when its holder dies, however it dies.
    """
    lock = FileLock(home.runs_dir() / ".training.lock", timeout=0)
    while not reporter.stop_requested():
        ahead = _ahead_of(run, reporter.status.created)
        if not ahead:
            try:
                lock.acquire()
                return lock
            except Timeout:
                ahead = 1
        reporter.state("queued", f"Waiting for {ahead} run{'s' if ahead > 1 else ''} to finish.")
        time.sleep(_POLL_S)
    return None


def _ahead_of(run: Run, created: float) -> int:
    """Live runs that train now or were asked for before this one."""
    count = 0
    for other in list_runs():
        try:
            status = other.status()
        except (OSError, ValueError, TypeError):  # deleted or renamed just now
            continue
        earlier = status.state == "queued" and (status.created, other.name) < (created, run.name)
        count += other.name != run.name and (status.state == "running" or earlier)
    return count
