"""The commands put together, and what their exit codes mean."""

import os
import sys
import warnings
from typing import Any

import click
from PIL import Image

import fer
from fer import files
from fer.cli import (
    audit,
    datasets,
    explaining,
    exporting,
    models,
    networks,
    reading,
    tagging,
    training,
)
from fer.errors import FerError


class _Commands(click.Group):
    """Ended by Ctrl-C, a command exits as a shell expects it to: with 130."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            ctx.exit(130)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(fer.__version__, prog_name="fer")
def commands() -> None:
    """Train, measure and use networks that read facial expressions.

    Exit codes: 0 fine, 1 an error told in one line, 2 a command that was not understood, 130 ended
    by Ctrl-C.
    """


commands.add_command(datasets.data)
audit.add_to(datasets.data)
datasets.data.add_command(tagging.tag)
commands.add_command(networks.networks)
commands.add_command(training.train)
commands.add_command(training.runs)
commands.add_command(models.models)
commands.add_command(models.evaluate)
commands.add_command(reading.predict)
commands.add_command(explaining.explain)
commands.add_command(exporting.export)


def main() -> None:
    """Run a command; a FerError becomes one line on stderr and exit code 1."""
    # Said in a sentence of ours, which is an error's.
    warnings.simplefilter("ignore", Image.DecompressionBombWarning)
    try:
        commands(prog_name="fer")
    except FerError as error:
        click.echo(f"fer: {error}", err=True)
        sys.exit(1)
    except OSError as error:
        if not files.is_disk_full(error):
            raise
        click.echo(f"fer: {files.not_written('The output could not be written', error)}", err=True)
        # What still waits to be written would fail once more on the way out.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
