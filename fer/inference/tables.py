"""A csv file of readings, written as they come, that a later run can go on with."""

import csv
import io
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from filelock import FileLock, Timeout

from fer import files
from fer.bundles import Bundle
from fer.errors import BusyError, ExistsError, FerError, InputError
from fer.inference.readings import COLUMNS, Outcome

Mode = Literal["new", "replace", "continue"]


class ReadingsTable:
    """A csv file with a row a face; a picture without one, or with an error, has a row too.

    The rows of a picture are in the file as soon as they are added, so that of a run that was ended
    by force all but its last picture are kept. Use it as a context manager.

    Columns: source, model, those of `Reading.to_rows`, error.

    path: the file. mode: "new" refuses a file that exists, "replace" writes it anew, "continue"
    keeps its rows and adds to them; `done` then has the sources that are in it. The last one may
    be short of rows and is taken out, to be read again, unless `to_read` tells that it will not be.

    Raises:
        ExistsError: mode "new" and the file is there. InputError: mode "continue" and it is another
        table, or another model's. BusyError: another run writes it. FerError: it cannot be written.
    """

    def __init__(
        self,
        path: Path,
        bundle: Bundle,
        mode: Mode = "new",
        to_read: Collection[str] | None = None,
    ) -> None:
        self.path = path
        self.done: set[str] = set()
        self._model = bundle.name
        columns = _columns(bundle.labels)
        self._lock = _locked(path)
        self._writer = csv.DictWriter(self, columns)
        self._text = ""
        try:
            if not self._open(path, columns, mode, to_read):
                self._writer.writeheader()
                self._flush()
        except BaseException:
            self._release()
            raise

    def _open(
        self, path: Path, columns: list[str], mode: Mode, to_read: Collection[str] | None
    ) -> int:
        """Open the file where rows are to be added; returns how many bytes are kept before."""
        with files.writing(path):
            if mode == "new" and path.exists():
                raise ExistsError(
                    f"{path} exists: continue it, replace it, or choose another name."
                )
            rows_end = 0
            if mode == "continue" and path.exists() and path.stat().st_size:
                self.done, rows_end = _read_back(path, columns, self._model, to_read)
            self._file = open(path, "r+b" if rows_end else "wb")  # noqa: SIM115
            self._file.seek(rows_end)
            self._file.truncate()
        return rows_end

    def add(self, source: str, outcome: Outcome) -> None:
        """Write what was read in the picture `source`, or why it could not be."""
        self._writer.writerows(_rows(source, self._model, outcome))
        self._flush()

    def write(self, text: str) -> None:
        """Take text from the csv writer: the rows of a picture go to the file together."""
        self._text += text

    def __enter__(self) -> "ReadingsTable":
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()
        self._release()

    def _release(self) -> None:
        self._lock.release()
        Path(self._lock.lock_file).unlink(missing_ok=True)

    def _flush(self) -> None:
        with files.writing(self.path):
            self._file.write(self._text.encode())
            self._file.flush()
        self._text = ""


def _locked(path: Path) -> FileLock:
    """Two that write one table would write over each other's rows."""
    lock = FileLock(path.with_name(f".{path.name}.lock"), timeout=0)
    with files.writing(path):
        path.parent.stat()  # a lock would make the folder
        try:
            lock.acquire()
        except Timeout as error:
            raise BusyError(
                f"{path} is being written by another run: wait for it, or choose another name."
            ) from error
    return lock


def readings_csv(models: Iterable[tuple[Bundle, Iterable[tuple[str, Outcome]]]]) -> str:
    """The table of `ReadingsTable` as text: what each model read in pictures, by their source.

    Where the models' labels differ, it has the columns of all.
    """
    read = [(bundle, source, outcome) for bundle, results in models for source, outcome in results]
    labels = dict.fromkeys(label for bundle, _, _ in read for label in bundle.labels)
    text = io.StringIO()
    writer = csv.DictWriter(text, _columns(labels))
    writer.writeheader()
    for bundle, source, outcome in read:
        writer.writerows(_rows(source, bundle.name, outcome))
    return text.getvalue()


def _columns(labels: Iterable[str]) -> list[str]:
    return ["source", "model", *COLUMNS, *labels, "error"]


def _rows(source: str, model: str, outcome: Outcome) -> list[dict[str, Any]]:
    common: dict[str, Any] = {"source": source, "model": model}
    if isinstance(outcome, FerError):
        return [common | {"error": str(outcome)}]
    return [common | row for row in outcome.to_rows() or [{}]]


@dataclass
class _Lines:
    """Lines of a file as text, how many bytes they took so far, and the last of them."""

    path: Path
    taken: int = 0
    last: bytes = b""

    def __iter__(self) -> Iterator[str]:
        with open(self.path, "rb") as file:
            for line in file:
                self.taken += len(line)
                self.last = line
                yield line.decode(errors="replace")


def _read_back(
    path: Path, columns: Sequence[str], model: str, to_read: Collection[str] | None
) -> tuple[set[str], int]:
    """The sources of a table that need not be read again, and where their rows end.

    The last may have been cut short: where the file does, or between two of its rows.
    """
    lines = _Lines(path)
    done: set[str] = set()
    last, begins, whole = None, 0, True
    try:
        table = csv.reader(lines)
        if next(table) != columns:
            raise InputError(
                f"{path} is no table of a model with these labels: choose another name."
            )
        begins = row_begins = lines.taken
        for row in filter(None, table):
            if len(row) != len(columns):
                if next(table, None) is not None:
                    raise csv.Error("a row of another length")
                whole = False
                break  # the last row was cut short, maybe within its source's name
            if row[0] != last:
                done |= set() if last is None else {last}
                last, begins = row[0], row_begins
            if row[1] != model:
                raise InputError(
                    f"{path} has readings of the model {row[1]}: continue it with that one, or "
                    "choose another name."
                )
            row_begins = lines.taken
    except (csv.Error, StopIteration) as error:
        raise InputError(
            f"{path} is damaged and cannot be continued: choose another name."
        ) from error
    whole = whole and lines.last.endswith(b"\r\n")
    if whole and last is not None and to_read is not None and last not in to_read:
        return done | {last}, lines.taken
    return done, begins
