"""`networks`: what `train` has to choose from."""

from dataclasses import asdict
from typing import Any

import click

from fer import zoo
from fer.cli.output import as_json, print_json, print_table
from fer.data import SPLITS
from fer.zoo import Architecture, Recipe


@click.command()
@click.argument("network", required=False)
@as_json
def networks(network: str | None, as_json: bool) -> None:
    """List the networks, their recipes and the splits; of NETWORK, what each recipe sets."""
    entries = [zoo.get(name) for name in ([network] if network else zoo.names())]
    if as_json:
        print_json({"networks": [_described(entry) for entry in entries], "splits": SPLITS})
    elif network:
        _show(entries[0])
    else:
        rows = [[e.name, f"{e.parameters:,}", ", ".join(_recipes(e)), e.title] for e in entries]
        print_table("Networks", ["name", "parameters", "recipes", "what it is"], rows)
        print_table("Splits", ["name", "faces"], [[name, what] for name, what in SPLITS.items()])
        click.echo('The first recipe is taken where none is chosen; "networks NAME" tells of each.')


def _recipes(entry: Architecture) -> list[str]:
    """The default first."""
    return sorted(entry.recipes, key=lambda name: name != entry.default_recipe)


def _show(entry: Architecture) -> None:
    click.echo(f"{entry.name}: {entry.title}, {entry.parameters:,} parameters.")
    click.echo(f"Source: {entry.source}.")
    names = _recipes(entry)
    for name in names:
        click.echo(f"\n{name}: {entry.recipes[name].summary}")
    all_settings = {name: _settings(entry.recipes[name]) for name in names}
    rows = [
        [key, *(_spelled(all_settings[name][key]) for name in names)]
        for key in all_settings[names[0]]
    ]
    click.echo()
    print_table("Settings, for --set KEY=VALUE", ["key", *names], rows)


def _settings(recipe: Recipe) -> dict[str, Any]:
    return {key: value for key, value in asdict(recipe).items() if key != "summary"}


def _spelled(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:g}"
    return " ".join(value) if isinstance(value, tuple) else str(value)


def _described(entry: Architecture) -> dict[str, Any]:
    return {
        "name": entry.name,
        "title": entry.title,
        "source": entry.source,
        "parameters": entry.parameters,
        "default_recipe": entry.default_recipe,
        "recipes": {name: recipe.to_dict() for name, recipe in entry.recipes.items()},
    }
