"""Writes the scoreboard of README.md and docs/results.md from the cards of the shipped models.

    python scripts/scoreboard.py [--check]

With --check nothing is written, and the exit code is 1 where a file is out of date.
"""

import argparse
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from fer import bundles, home  # noqa: E402  (the checkout's own, installed or not)
from fer.bundles import Bundle  # noqa: E402

FILES = ("README.md", "docs/results.md")
BEGIN, END = "<!-- scoreboard -->", "<!-- /scoreboard -->"
HEADER = (
    "| model | network | parameters | trained on | test accuracy (95 % interval) | n | seed |\n"
    "|---|---|---|---|---|---|---|\n"
)


def row(bundle: Bundle) -> str:
    """A line of the table."""
    card, test = bundle.card, bundle.metrics["test"]
    data = card["data"]
    low, high = test["interval"]
    cells = (
        f"`{bundle.name}`",
        f"{bundle.architecture}, recipe {card['recipe_name']}",
        f"{card['parameters']:,}",
        f"{data['name']}, split {data['split']} ({data['n_train']:,} faces)",
        f"{test['accuracy']:.4f} ({low:.4f} to {high:.4f})",
        f"{test['n']:,}",
        str(card["seed"]),
    )
    return f"| {' | '.join(cells)} |\n"


def updated(text: str) -> str:
    """`text` with a fresh table between the markers."""
    shipped = [b for b in bundles.list_bundles() if b.path.parent == home.shipped_models_dir()]
    table = HEADER + "".join(row(bundle) for bundle in shipped)
    pattern = re.compile(f"{re.escape(BEGIN)}.*?{re.escape(END)}", re.DOTALL)
    return pattern.sub(f"{BEGIN}\n{table}{END}", text)


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
