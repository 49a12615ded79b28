"""`data audit` and `data view`."""

from typing import TYPE_CHECKING

import click

from fer.cli.datasets import verdict
from fer.cli.output import (
    as_json,
    percent,
    print_json,
    print_table,
    progress_bar,
    quiet_libraries,
)

if TYPE_CHECKING:
    from fer.audit import Audit, LabelErrors

_SHOWN = 20
# One JSON object should stay one that a person can open.
_MAX_JSON_ROWS = 1000


def add_to(group: click.Group) -> None:
    """Give the group `data` these commands."""
    group.add_command(audit_command)
    group.add_command(view)


@click.command("audit")
@click.argument("data")
@click.option("--label-errors", is_flag=True, help="Also rank likely label errors: takes longer.")
@click.option(
    "--model",
    "models",
    multiple=True,
    help="Ask this model for label errors too, on faces it was not trained on. Several may be.",
)
@as_json
def audit_command(data: str, label_errors: bool, models: tuple[str, ...], as_json: bool) -> None:
    """Say what is wrong with DATA: a data set's name, "drawn", or a path."""
    from fer import bundles
    from fer.audit import find_label_errors, saved_audit
    from fer.data import open_dataset

    if models and not label_errors:
        raise click.UsageError("--model is asked for label errors: add --label-errors.")
    asked = [bundles.load(model) for model in models]
    dataset = open_dataset(data)
    with progress_bar() as progress:
        found = saved_audit(dataset, progress)
        with quiet_libraries():
            errors = find_label_errors(dataset, asked, progress) if label_errors else None
    if as_json:
        more = {"label_errors": errors.to_dict(_MAX_JSON_ROWS)} if errors else {}
        print_json(found.to_dict() | more)
        return
    _print(found, data)
    if errors:
        _print_errors(errors)


@click.command()
@click.argument("name")
@click.option("--of", "parent", required=True, help="The data set to make a view of.")
@click.option(
    "--without", default="", help="What to leave out of those above, such as twins,blank."
)
@click.option("--tag", help="Only the faces with this tag.")
@click.option(
    "--labels",
    type=click.Choice(["fer", "ferplus"]),
    default="fer",
    show_default=True,
    help="As they are in the data, or the majority of the FER+ votes.",
)
@click.option("--replace", is_flag=True, help="Replace a data set of that name.")
@as_json
def view(
    name: str,
    parent: str,
    without: str,
    tag: str | None,
    labels: str,
    replace: bool,
    as_json: bool,
) -> None:
    """Save some faces of a data set, or all with other labels, as the view NAME.

    The data set itself is not changed.

    Of twins and near-twins the test face goes; of repeats and near-repeats all but the first; blank
    and low-contrast images, not-a-face by FER+ votes, and all copies with conflicting labels go.
    """
    import numpy as np

    from fer.audit import rows_without, saved_audit
    from fer.data import open_dataset, tags
    from fer.data.views import save_view

    left_out = [word.strip() for word in without.split(",") if word.strip()]
    if not left_out and tag is None and labels == "fer":
        raise click.UsageError("Which faces? Give --without, --tag or --labels.")
    dataset, description = open_dataset(parent), f"faces of {parent}"
    rows = np.arange(len(dataset))
    if tag is not None:
        rows = tags.tagged(dataset, tag).nonzero()[0]
        description += f" tagged {tag}"
    if left_out:
        with progress_bar() as progress:
            kept = rows_without(saved_audit(dataset, progress), left_out)
        rows = np.intersect1d(rows, kept)
        description += f" without {', '.join(left_out)}"
    if labels == "ferplus":
        description += ", labelled by the majority of the FER+ votes"
    saved = save_view(name, parent, rows, description, replace, labels)
    if as_json:
        removed = len(dataset) - len(saved)
        print_json({"name": name, "of": parent, "n": len(saved), "removed": removed})
        return
    click.echo(f"Saved {name}: {len(saved):,} of the {len(dataset):,} faces of {parent}.")


def _print(found: "Audit", data: str) -> None:
    from fer.data import list_datasets

    # Of a path nothing was recorded, though it may be named like a data set.
    about = "".join(f"; {verdict(info)}" for info in list_datasets() if info.name == data)
    click.echo(f"{found.name}: {found.n:,} faces{about}.")
    for finding in found.findings.values():
        click.echo(f"- {finding.sentence}")
    for key, reason in found.not_checked.items():
        click.echo(f"- {key.replace('_', ' ')}: not checked, {reason}")
    labelled = max(1, sum(found.class_counts.values()))
    rows = [
        [label, f"{count:,}", percent(count / labelled)]
        for label, count in found.class_counts.items()
    ]
    balance = f", imbalance {found.imbalance:.1f} to 1" if found.imbalance else ""
    print_table(f"Classes{balance}", ["label", "faces", "share"], rows)


def _print_errors(errors: "LabelErrors") -> None:
    shown = errors.to_dict(_SHOWN)["ranked"]
    rows = [
        [f"{e['row']:,}", e["given"], e["suggested"], f"{e['score']:.2f}", ", ".join(e["by"])]
        for e in shown
    ]
    title = f"Likely label errors: the first {len(rows)} of {len(errors.rows):,}"
    print_table(title, ["row", "label", "rather", "score", "by"], rows)
    if errors.note:
        click.echo(errors.note)
