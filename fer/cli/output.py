"""What commands share: one JSON object on stdout, progress and tables for people."""

import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

as_json = click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON object on stdout, nothing else."
)


def print_json(value: dict[str, Any]) -> None:
    """One JSON object on stdout."""
    click.echo(json.dumps(value, ensure_ascii=False))


def print_table(title: str, columns: list[str], rows: list[list[str]]) -> None:
    """A table for people; numbers are formatted by the caller."""
    table = Table(title=Text(title), title_justify="left", title_style="bold")
    for number, column in enumerate(columns):
        # What a row is called is copied into the next command: it stays in one piece.
        table.add_column(column, no_wrap=number == 0, overflow="fold")
    for row in rows:
        table.add_row(*map(Text, row))  # as it is: what is in brackets is no style
    Console().print(table)


@contextmanager
def progress_bar() -> Iterator[Callable[[float, str], None]]:
    """A bar on stderr, fed with a share 0-1 and a sentence; silent where stderr is no terminal."""
    if sys.stderr is None or not sys.stderr.isatty():
        yield lambda share, text: None
        return
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), TimeRemainingColumn())
    # A way to the terminal of its own, which stays open where `quiet_libraries` shuts stderr.
    with (
        os.fdopen(os.dup(sys.stderr.fileno()), "w", encoding=sys.stderr.encoding) as terminal,
        Progress(
            *columns,
            console=Console(file=terminal),
            transient=True,
            redirect_stdout=False,  # results on stdout stay there while a bar is drawn on stderr
        ) as bar,
    ):
        task = bar.add_task("", total=1.0)
        yield lambda share, text: bar.update(task, completed=share, description=text)


@contextmanager
def quiet_libraries() -> Iterator[None]:
    """Silence what native libraries write to stderr: LiteRT tells of its first model loaded.

    stderr is for one clear line where something went wrong.
    """
    if sys.stderr is None:  # it was closed, as some daemons do
        yield
        return
    sys.stderr.flush()
    kept = os.dup(2)
    try:
        with open(os.devnull, "wb") as nothing:
            os.dup2(nothing.fileno(), 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


def percent(share: float) -> str:
    """A share 0-1 as a percentage with one decimal."""
    return f"{share:.1%}"


def accuracy(score: Mapping[str, Any]) -> str:
    """The accuracy of a score with its interval and n."""
    low, high = score["interval"]
    return f"{percent(score['accuracy'])} ({percent(low)} to {percent(high)}, n = {score['n']:,})"
