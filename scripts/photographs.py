"""Puts into the cards of models/ what they reach on photographs that none of them learned from.

    python scripts/photographs.py PHOTOGRAPHS [MODEL ...]

PHOTOGRAPHS is whatever data can be imported from, such as a zip of one folder a label. Faces are
found and cut as in prediction. Without a MODEL it is done for all of them.
"""

import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from fer import bundles, home  # noqa: E402  (the checkout's own, installed or not)
from fer.evaluation import evaluate, open_for_evaluation  # noqa: E402


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("photographs", help="a folder or an archive")
    parser.add_argument("models", nargs="*", metavar="MODEL", help="names in models/")
    asked = parser.parse_args()
    shipped = home.shipped_models_dir()
    names = asked.models or sorted(card.parent.name for card in shipped.glob(f"*/{bundles.CARD}"))
    faces = open_for_evaluation(asked.photographs)
    for name in names:
        bundle = bundles.load(shipped / name)
        report = evaluate(bundle, faces.dataset, "all", no_face=faces.no_face)
        metrics = bundle.metrics | {"photographs": report.to_dict()}
        bundles.write_card(bundle.path, {**bundle.card, "metrics": metrics})
        sys.stdout.write(f"{name}: {report.accuracy:.4f} of {report.n:,}\n")


if __name__ == "__main__":
    main()
