"""`export`."""

from pathlib import Path

import click

from fer import bundles
from fer.cli.output import as_json, print_json, progress_bar, quiet_libraries
from fer.training.exports import FORMATS
from fer.training.exports import export as write


@click.command()
@click.argument("model")
@click.option("--to", "form", type=click.Choice(list(FORMATS)), required=True)
@click.argument("dest", type=click.Path(path_type=Path))
@click.option("--replace", is_flag=True, help="Replace a file that is there.")
@as_json
def export(model: str, form: str, dest: Path, replace: bool, as_json: bool) -> None:
    """Write MODEL for other programs to DEST, a file or a folder, and say how it is run there.

    The file is checked: it reads faces as the served model does.
    """
    bundle = bundles.load(model)
    with progress_bar() as progress, quiet_libraries():
        progress(0, f"Writing {bundle.name} as {form}")
        done = write(bundle, form, dest, replace)
    if as_json:
        labels = {"labels": list(bundle.labels), "input": bundle.input.to_dict()}
        print_json({"model": bundle.name, **labels, **done.to_dict()})
        return
    click.echo(
        f"Wrote {done.path} ({done.path.stat().st_size:,} bytes). Its probabilities differ from "
        f"the served model's by at most {done.largest_difference:.1g} (allowed: "
        f"{done.tolerance:g}). To run it:\n"
    )
    click.echo(done.snippet, nl=False)
