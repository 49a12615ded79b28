"""Writes the tables of README.md and docs/results.md from the cards of the shipped models.

    python scripts/scoreboard.py [--check]

With --check nothing is written, and the exit code is 1 where a file is out of date.
"""

import argparse
import re
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from fer import bundles, home, zoo  # noqa: E402  (the checkout's own, installed or not)
from fer.bundles import Bundle  # noqa: E402

FILES = ("README.md", "docs/results.md")


def scoreboard(models: list[Bundle]) -> Iterable[list[str]]:
    """What each model is and what it reaches on the test faces of its own split."""
    yield ["model", "network, recipe", "trained on", "test accuracy (95 % interval)", "n",
           "published", "parameters", "multiply-adds", "one face, one core", "seed"]  # fmt: skip
    for model in models:
        card, test = model.card, model.metrics["test"]
        data = card["data"]
        yield [
            f"`{model.name}`",
            f"{model.architecture}, {card['recipe_name']}",
            f"{data['name']}, split {data['split']} ({data['n_train']:,} faces{model.of_labels})",
            share(test),
            f"{test['n']:,}",
            f"{published:g}" if (published := zoo.get(model.architecture).published) else "–",
            f"{card['parameters']:,}",
            f"{card['multiply_adds'] / 1e6:.0f} M",
            f"{card['one_face_ms']:.1f} ms",
            str(card["seed"]),
        ]


def scores(models: list[Bundle]) -> Iterable[list[str]]:
    """The same test faces looked at in other ways."""
    yield ["model", "test", "with mirror images", "without twins", "without near twins",
           "where FER+ agrees", "balanced", "macro-F1", "ECE", "T"]  # fmt: skip
    for model in models:
        test = model.metrics["test"]
        cleaner = test["cleaner"]
        yield [
            named(model),
            share(test),
            share(model.metrics["test_with_mirror"]),
            *(
                f"{share(cleaner[name])}, n = {cleaner[name]['n']:,}" if name in cleaner else "–"
                for name in ("without_twins", "without_near_twins", "ferplus_agreed")
            ),
            f"{test['balanced_accuracy']:.4f}",
            f"{test['macro_f1']:.4f}",
            f"{test['ece']:.3f}",
            f"{model.card['temperature']:.2f}",
        ]


def robustness(models: list[Bundle]) -> Iterable[list[str]]:
    """Accuracy on the same test faces, changed."""
    changes = dict.fromkeys(name for model in models for name in model.card["robustness"])
    yield ["test faces", *map(named, models)]
    yield ["as they are", *(f"{model.metrics['test']['accuracy']:.3f}" for model in models)]
    for name in changes:
        yield [name, *(f"{model.card['robustness'][name]:.3f}" for model in models)]


def photographs(models: list[Bundle]) -> Iterable[list[str]]:
    """Photographs from elsewhere, for those that scripts/photographs.py measured."""
    yield ["model", "accuracy (95 % interval)", "balanced", "n", "no face found"]
    for model in models:
        if score := model.metrics.get("photographs"):
            yield [
                named(model),
                share(score),
                f"{score['balanced_accuracy']:.4f}",
                f"{score['n']:,}",
                f"{score.get('no_face', 0):,}",
            ]


TABLES = {
    "scoreboard": scoreboard,
    "scores": scores,
    "robustness": robustness,
    "photographs": photographs,
}


def named(model: Bundle) -> str:
    """What scores of fewer labels, which are easier to tell apart, are told to be."""
    return f"`{model.name}`{model.of_labels}"


def share(score: dict[str, Any]) -> str:
    low, high = score["interval"]
    return f"{score['accuracy']:.4f} ({low:.4f} to {high:.4f})"


def markdown(rows: Iterable[list[str]]) -> str:
    head, *body = rows
    return "".join(f"| {' | '.join(row)} |\n" for row in [head, ["---"] * len(head), *body])


def updated(text: str) -> str:
    """`text` with fresh tables between its markers."""
    models = [b for b in bundles.list_bundles() if b.path.parent == home.shipped_models_dir()]
    for name, table in TABLES.items():
        begin, end = f"<!-- {name} -->", f"<!-- /{name} -->"
        pattern = re.compile(f"{begin}.*?{end}", re.DOTALL)
        text = pattern.sub(f"{begin}\n{markdown(table(models))}{end}", text)
    return text


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true")
    check = parser.parse_args().check
    stale = []
    for name in FILES:
        path = ROOT / name
        text = path.read_text(encoding="utf-8")
        if updated(text) != text:
            stale.append(name)
            if not check:
                path.write_text(updated(text), encoding="utf-8")
    if check and stale:
        sys.stderr.write(f"out of date: {', '.join(stale)}; run python scripts/scoreboard.py\n")
    return int(check and bool(stale))


if __name__ == "__main__":
    sys.exit(main())
