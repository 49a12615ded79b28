"""What the worker writes for others to read: status.json and metrics.jsonl."""

import json
import os
import time
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import psutil

from fer import files
from fer.training.runs import Run
from fer.training.status import RunStatus, since_boot_s

# The pages draw twice a second at most, and a row of metrics.jsonl is about 150 bytes.
_EVERY_S = 0.5


class Reporter:
    """The writing side of a run's folder; one worker holds it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.status: RunStatus = replace(
            Run(folder).recorded_status,
            pid=os.getpid(),
            pid_started=since_boot_s(psutil.Process()),
        )
        self._last_step_s = 0.0

    def state(self, state: str, message: str = "", **changes: Any) -> None:
        """Change the state, and anything else of `RunStatus`, at once."""
        self.status = replace(self.status, state=state, message=message, **changes)
        self._write()

    def step(self, row: dict[str, Any], **changes: Any) -> None:
        """Record a training step; of steps in quick succession only one in `_EVERY_S` is kept."""
        now = time.monotonic()
        if now - self._last_step_s >= _EVERY_S:
            self._last_step_s = now
            self._append({"kind": "step", **row})
            self.status = replace(self.status, **changes)
            self._write()

    def epoch(self, row: dict[str, Any], **changes: Any) -> None:
        """Record the end of an epoch."""
        self._append({"kind": "epoch", **row})
        self.status = replace(self.status, **changes)
        self._write()

    def stop_requested(self) -> bool:
        """Whether somebody asked the run to stop."""
        return Run(self._folder).stop_requested

    def _append(self, row: dict[str, Any]) -> None:
        line = json.dumps(row).encode() + b"\n"
        with open(self._folder / "metrics.jsonl", "ab") as file:
            # A worker killed while writing leaves half a line: this one must not be glued to it.
            if file.tell() and not self._ends_in_newline():
                line = b"\n" + line
            file.write(line)

    def _ends_in_newline(self) -> bool:
        with open(self._folder / "metrics.jsonl", "rb") as file:
            file.seek(-1, os.SEEK_END)
            return file.read(1) == b"\n"

    def _write(self) -> None:
        self.status = replace(self.status, heartbeat=time.time())
        files.write_json(self._folder / "status.json", asdict(self.status))
