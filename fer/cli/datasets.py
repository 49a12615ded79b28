"""`data import`, `data list`, `data delete`."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from fer.cli.output import as_json, print_json, print_table, progress_bar


@click.group()
def data() -> None:
    """Import and list face data sets."""


@data.command("import")
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--name", help="What to call it; by default named after the file.")
@click.option("--replace", is_flag=True, help="Replace a data set of that name.")
@as_json
def import_(path: Path, name: str | None, replace: bool, as_json: bool) -> None:
    """Import PATH: a FER-2013 csv file, or a folder of class folders."""
    from fer.data import import_dataset, list_datasets

    with progress_bar() as progress:
        dataset = import_dataset(path, name, replace, progress)
    info = next(info for info in list_datasets() if info.name == dataset.name)
    if as_json:
        print_json(asdict(info))
        return
    verdict = "matches the published FER-2013" if info.published else "not the published FER-2013"
    click.echo(f"Imported {info.n:,} faces as {info.name} ({verdict}).")


@data.command("list")
@as_json
def list_(as_json: bool) -> None:
    """List the data sets that were imported."""
    from fer.data import list_datasets

    infos = list_datasets()
    if as_json:
        print_json({"datasets": [asdict(info) for info in infos]})
    elif not infos:
        click.echo('No data set yet: import one with "data import PATH", or train on "drawn".')
    else:
        rows = [[i.name, f"{i.n:,}", i.source, _parts(i.counts)] for i in infos]
        print_table("Data sets", ["name", "faces", "source", "parts"], rows)


@data.command("delete")
@click.argument("name")
@click.confirmation_option(prompt="Delete this data set and its files?")
def delete(name: str) -> None:
    """Delete the data set NAME."""
    from fer.data import delete_dataset

    delete_dataset(name)
    click.echo(f"Deleted {name}.")


def _parts(counts: dict[str, Any]) -> str:
    return ", ".join(f"{usage} {sum(by_label.values()):,}" for usage, by_label in counts.items())
