"""`models` and `evaluate`."""

from typing import TYPE_CHECKING, Any

import click

from fer import bundles
from fer.bundles import Bundle
from fer.cli.output import (
    accuracy,
    as_json,
    percent,
    print_json,
    print_table,
    progress_bar,
    quiet_libraries,
)
from fer.errors import NotFoundError
from fer.inference import Predictor
from fer.words import counted

if TYPE_CHECKING:
    from fer.evaluation import Report

_CLEANER = {
    "without_twins": "no pixel-equal face was trained on",
    "without_near_twins": "nor one that is nearly the same",
    "ferplus_agreed": "FER+'s people see what the label says",
}


@click.command()
@as_json
def models(as_json: bool) -> None:
    """List the models: the shipped ones and yours."""
    found = bundles.list_bundles()
    if as_json:
        print_json({"models": [model_as_json(bundle) for bundle in found]})
    elif not found:
        click.echo('No models yet: train one with "train --data drawn --recipe demo".')
    else:
        rows = [_row(bundle) for bundle in found]
        print_table("Models", ["name", "network", "parameters", "trained on", "test"], rows)


@click.command()
@click.argument("model")
@click.option("--data", required=True, help='A data set\'s name, "drawn", or a path.')
@click.option(
    "--split",
    help="test: what the model held out (the default); training, public, private: that Usage; all: "
    "every labelled face (the default of a path).",
)
@click.option("--tta", is_flag=True, help="Average each face with its mirror image.")
@click.option("--include-seen", is_flag=True, help="Count rows that the model was trained on too.")
@click.option("--robustness", is_flag=True, help="Also on blurred, dark, tilted, small faces.")
@as_json
def evaluate(
    model: str,
    data: str,
    split: str | None,
    tta: bool,
    include_seen: bool,
    robustness: bool,
    as_json: bool,
) -> None:
    """Measure MODEL (a name or a folder) on a data set, from the file that is served."""
    from fer.evaluation import evaluate as measure
    from fer.evaluation import open_for_evaluation, rows_of
    from fer.evaluation import robustness as measure_robustness

    bundle = bundles.load(model)
    with progress_bar() as progress:
        faces = open_for_evaluation(data, progress)
        chosen = split or ("all" if faces.is_path else "test")
        with quiet_libraries():
            Predictor(bundle)
        report = measure(bundle, faces.dataset, chosen, tta, include_seen, progress, faces.no_face)
        changed: dict[str, float] = {}
        if robustness:
            tested = rows_of(bundle, faces.dataset, chosen)
            changed = measure_robustness(bundle, faces.dataset, tested, tta, include_seen, progress)
    if as_json:
        print_json(report.to_dict() | ({"robustness": changed} if robustness else {}))
        return
    some = f" Only faces{bundle.of_labels} were scored." if bundle.of_labels else ""
    click.echo(
        f"{bundle.name} on {faces.dataset.name} ({chosen}): {accuracy(report.to_dict())}; balanced "
        f"{percent(report.balanced_accuracy)}, macro-F1 {report.macro_f1:.3f}, "
        f"ECE {report.ece:.3f}. {report.seen_in_training:,} seen in training were left out.{some}"
        if not include_seen
        else f"{bundle.name}: {accuracy(report.to_dict())}, of which "
        f"{counted(report.seen_in_training, 'row was', 'rows were')} seen in training.{some}"
    )
    learned = bundle.card["data"]
    if chosen == "test" and learned["fingerprint"] != faces.dataset.fingerprint:
        click.echo(
            f"It learned from {learned['name']}: these are what it would have held out of "
            f"{faces.dataset.name}. --split all takes all that it did not learn from."
        )
    _print_tables(report, changed)


def _print_tables(report: "Report", changed: dict[str, float]) -> None:
    by_class = [
        [label, *(percent(s[k]) for k in ("precision", "recall", "f1")), f"{s['support']:,}"]
        for label, s in report.per_class.items()
    ]
    print_table("By class", ["label", "precision", "recall", "F1", "faces"], by_class)
    if report.cleaner:
        cleaner = [[_CLEANER[name], accuracy(score)] for name, score in report.cleaner.items()]
        print_table("On cleaner faces", ["faces", "accuracy"], cleaner)
    if changed:
        unchanged = {"as they are": report.accuracy}
        changes = [[name, percent(share)] for name, share in (unchanged | changed).items()]
        print_table("On changed faces", ["faces", "accuracy"], changes)


def model_as_json(bundle: Bundle) -> dict[str, Any]:
    """A bundle as `models --json` gives it."""
    test = bundle.metrics.get("test", {})
    return {
        "name": bundle.name,
        "architecture": bundle.architecture,
        "parameters": bundle.card.get("parameters"),
        "labels": list(bundle.labels),
        "input": bundle.input.to_dict(),
        "shipped": bundle.is_shipped,
        "default": bundle.name == _default(),
        "data": bundle.card.get("data"),
        "test": {key: test[key] for key in ("n", "accuracy", "interval") if key in test},
    }


def _default() -> str | None:
    try:
        return bundles.default_name()
    except NotFoundError:
        return None


def _row(bundle: Bundle) -> list[str]:
    test = bundle.metrics.get("test")
    score = accuracy(test) + bundle.of_labels if test else "not measured"
    data = bundle.card.get("data", {})
    trained_on = f"{data.get('name', '?')}, {data.get('split', '?')} split"
    parameters = f"{bundle.card.get('parameters', 0):,}"
    return [bundle.name, bundle.architecture, parameters, trained_on, score]
