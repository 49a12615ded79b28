"""`data`: import, download, list, export, ferplus, delete.

What loads pyarrow or scikit-learn is imported where it is needed.
"""

from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from fer.cli.output import as_json, print_json, print_table, progress_bar
from fer.data import (
    DatasetInfo,
    dataset_info,
    delete_dataset,
    import_dataset,
    list_datasets,
    open_dataset,
    tags,
    whole_picture,
)
from fer.data import ferplus as votes
from fer.errors import InputError
from fer.words import counted


@click.group()
def data() -> None:
    """Get, import, list and export face data sets."""


@data.command("import")
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--name", help="What to call it; by default named after the file.")
@click.option("--replace", is_flag=True, help="Replace a data set of that name.")
@click.option("--classes", help="Only these (happy,sad,...), or a number: the most frequent ones.")
@click.option("--crop", is_flag=True, help="Cut the biggest face out of photographs.")
@as_json
def import_(
    path: Path, name: str | None, replace: bool, classes: str | None, crop: bool, as_json: bool
) -> None:
    """Import PATH: a csv, parquet files, class folders, or a zip, tar.gz or gz of these."""
    from fer.evaluation import BiggestFace

    faces = BiggestFace() if crop else None
    with progress_bar() as progress:
        dataset = import_dataset(
            path,
            name,
            replace,
            progress,
            face_of=faces.face_of if faces else whole_picture,
            classes=_classes(classes),
        )
    info = dataset_info(dataset.name)
    if as_json:
        print_json(asdict(info) | ({"no_face": faces.without} if faces else {}))
        return
    click.echo(f"Imported {counted(info.n, 'face')} as {info.name} ({verdict(info)}).")
    if faces and faces.without:
        click.echo(f"In {counted(faces.without, 'picture')} no face was found; taken whole.")


@data.command("download")
@click.argument("what", default="fer2013")
@click.option(
    "--from",
    "source",
    default="hub",
    show_default=True,
    help="hub, or kaggle (that takes pip install kagglehub and a token).",
)
@click.option("--name", help="What to call it; by default fer2013.")
@click.option("--replace", is_flag=True, help="Replace a data set of that name.")
@as_json
def download(what: str, source: str, name: str | None, replace: bool, as_json: bool) -> None:
    """Download FER-2013; one that broke off is gone on with."""
    from fer.data.download import download as fetch

    with progress_bar() as progress:
        dataset = fetch(what, source, name, replace, progress)
    info = dataset_info(dataset.name)
    if as_json:
        print_json(asdict(info))
    else:
        click.echo(f"Downloaded {counted(info.n, 'face')} as {info.name} ({verdict(info)}).")


@data.command("list")
@as_json
def list_(as_json: bool) -> None:
    """List the data sets and views."""
    infos = list_datasets()
    if as_json:
        print_json({"datasets": [asdict(info) for info in infos]})
    elif not infos:
        click.echo(
            'No data set yet: get one with "data download" or "data import PATH", or train on '
            '"drawn".'
        )
    else:
        rows = [[i.name, f"{i.n:,}", _origin(i), _parts(i.counts), verdict(i)] for i in infos]
        print_table("Data sets", ["name", "faces", "source", "parts", "FER-2013"], rows)


@data.command("export")
@click.argument("name")
@click.argument("dest", type=click.Path(path_type=Path))
@click.option("--tag", help="Only the faces with this tag.")
@click.option("--replace", is_flag=True, help="Replace a file that is there.")
def export(name: str, dest: Path, tag: str | None, replace: bool) -> None:
    """Write the data set NAME to DEST: .csv, .zip of class folders, .parquet, or a folder."""
    from fer.data import writers
    from fer.inference.sources import printable

    dataset = open_dataset(name)
    if tag is not None:
        dataset = dataset.subset(tags.tagged(dataset, tag).nonzero()[0])
        if not len(dataset):
            raise InputError(f"No face of {name} has the tag {tag!r}.")
    with progress_bar() as progress:
        writers.write(dataset, dest, progress, replace)
    click.echo(f"Wrote {counted(len(dataset), 'face')} to {printable(str(dest))}.")


@data.command("ferplus")
@click.argument("name")
@click.argument("path", type=click.Path(path_type=Path))
@as_json
def ferplus(name: str, path: Path, as_json: bool) -> None:
    """Join the FER+ votes in PATH (fer2013new.csv) to the FER-2013 that is called NAME.

    In another order than the published one its faces are found by their pixels.
    """
    dataset = votes.attach(name, path)
    assert dataset.votes is not None
    has_votes = int(dataset.votes.any(axis=1).sum())
    voted = int((votes.majority(dataset.votes) >= 0).sum())
    agreeing = int(votes.agreement(dataset).sum())
    strangers = int(votes.not_a_face(dataset).sum())
    if as_json:
        counts = {
            "has_votes": has_votes,
            "majority": voted,
            "agreeing": agreeing,
            "not_a_face": strangers,
        }
        print_json({"name": name, "n": len(dataset), **counts})
        return
    click.echo(
        f"Joined votes to {has_votes:,} of the {len(dataset):,} faces of {name}: {voted:,} have a "
        f"majority for one emotion, for {agreeing:,} it is their label; {strangers:,} are no faces."
    )


@data.command("delete")
@click.argument("name")
@click.confirmation_option(prompt="Delete this data set and its files?")
def delete(name: str) -> None:
    """Delete the data set or view NAME."""
    delete_dataset(name)
    click.echo(f"Deleted {name}.")


def verdict(info: DatasetInfo) -> str:
    """How a data set stands to the published FER-2013, in words."""
    if info.parent is not None:
        return f"a view of {info.parent}"
    if info.differences is None:
        return "another set than FER-2013"
    if info.differences:
        shown = "; ".join(info.differences[:4])
        more = len(info.differences) - 4
        return f"differs from the published FER-2013: {shown}" + (
            f"; and {more} more" if more > 0 else ""
        )
    if info.published:
        return "matches the published FER-2013"
    merged = "Test" in info.counts
    parts = "its two tests merged into one" if merged else "without its parts (Usage)"
    return f"matches the published FER-2013, {parts}"


def _classes(text: str | None) -> list[str] | int | None:
    if text is None:
        return None
    return int(text) if text.strip().isdecimal() else [name.strip() for name in text.split(",")]


def _origin(info: DatasetInfo) -> str:
    return info.description if info.parent is not None else info.source


def _parts(counts: dict[str, Any]) -> str:
    return ", ".join(f"{usage} {sum(by_label.values()):,}" for usage, by_label in counts.items())
