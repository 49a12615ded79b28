"""Reading metrics.jsonl: all of it, or what was added since the last time."""

import json
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any


@dataclass(frozen=True)
class Metrics:
    """metrics.jsonl: `steps` and `epochs` are rows in order of their global "step"."""

    steps: list[dict[str, Any]]
    epochs: list[dict[str, Any]]


class MetricsReader:
    """Follows a metrics.jsonl that grows: each `read` parses only the lines that are new.

    A night's training writes megabytes, and pages look twice a second.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = Lock()
        self._start_over(file=0)

    def read(self) -> Metrics:
        """All that was recorded; where a resumed run went back a little, only its later rows."""
        with self._lock:
            try:
                stat = self._path.stat()
            except FileNotFoundError:
                self._start_over(file=0)
            else:
                if stat.st_ino != self._file or stat.st_size < self._offset:
                    self._start_over(file=stat.st_ino)
                self._read_on()
            return Metrics(list(self._steps), list(self._epochs))

    def _start_over(self, file: int) -> None:
        self._file, self._offset = file, 0
        self._steps: list[dict[str, Any]] = []
        self._epochs: list[dict[str, Any]] = []

    def _read_on(self) -> None:
        with open(self._path, "rb") as file:
            file.seek(self._offset)
            new = file.read()
        whole = new.rfind(b"\n") + 1  # a line that is being written is read next time
        self._offset += whole
        for line in new[:whole].splitlines():
            try:
                row = json.loads(line)
            except ValueError:
                continue  # the last line of a worker that was killed while writing it
            is_epoch = row.pop("kind") == "epoch"
            # A resumed run repeats the steps since its checkpoint: the earlier rows of them go.
            _drop_from(self._epochs, row["step"])
            _drop_from(self._steps, row["step"] + is_epoch)
            (self._epochs if is_epoch else self._steps).append(row)


def _drop_from(rows: list[dict[str, Any]], step: int) -> None:
    while rows and rows[-1]["step"] >= step:
        rows.pop()
