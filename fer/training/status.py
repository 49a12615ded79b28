"""How a run stands, as its worker last wrote it, and whether that worker still lives."""

import time
from dataclasses import dataclass, field
from typing import Any

import psutil

# A worker writes its process id within this time of being started.
_START_S = 30.0


@dataclass(frozen=True)
class RunStatus:
    """status.json. `state` is queued, running, stopped, interrupted, failed or done.

    "interrupted" is never written: it is what "queued" or "running" means once the process is gone.
    """

    state: str
    created: float  # seconds since the epoch, as all times here
    message: str = ""
    pid: int | None = None
    # Seconds from the system's start; tells a process from a later one with the same number.
    pid_started: float | None = None
    heartbeat: float = 0.0
    epoch: int = 0  # epochs finished
    epochs: int = 0
    step: int = 0  # global steps done
    steps_per_epoch: int = 0
    images_per_s: float | None = None
    seconds_left: float | None = None
    elapsed_s: float = 0.0
    precision: str | None = None
    bundle: str | None = None
    metrics: dict[str, Any] = field(default_factory=dict)

    @property
    def is_live(self) -> bool:
        """Whether a worker holds the run."""
        return self.state in ("queued", "running")

    @property
    def can_resume(self) -> bool:
        """Whether `Run.resume` makes sense."""
        return self.state in ("stopped", "interrupted", "failed")

    @property
    def progress(self) -> float:
        """Share of all steps done, 0 to 1."""
        total = self.epochs * self.steps_per_epoch
        return 1.0 if self.state == "done" else min(1.0, self.step / total) if total else 0.0


def since_boot_s(process: psutil.Process) -> float:
    """When it was started, by a clock that nobody sets: that of the day may be, and by hours."""
    return float(process.create_time() - psutil.boot_time())


def worker_lives(status: RunStatus) -> bool:
    """Whether the process that holds the run is there."""
    if status.pid is None:
        return time.time() - status.heartbeat < _START_S
    try:
        process = psutil.Process(status.pid)
        # Versions before wrote seconds since the epoch.
        started = (since_boot_s(process), process.create_time())
        same = min(abs(one - (status.pid_started or 0)) for one in started) < 2
        return same and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False
