"""Measures a model again, as the end of its training did, and rewrites its files.

    python scripts/measure.py MODEL --data fer2013

For a model of an earlier version of this repository: its weights stay (but for the temperature,
fitted anew on its validation faces), its served file and the figures in its card are made again.
"""

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from fer import bundles  # noqa: E402  (the checkout's own, installed or not)
from fer.data import open_dataset  # noqa: E402
from fer.training import exporter  # noqa: E402


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", help="a name, or a folder")
    parser.add_argument("--data", required=True, help="the data set that it was trained on")
    asked = parser.parse_args()
    bundle = bundles.load(asked.model)
    dataset = open_dataset(asked.data)
    if dataset.fingerprint != bundle.card["data"]["fingerprint"]:
        raise SystemExit(f"{bundle.name} was trained on other data than {asked.data}.")
    staging = Path(tempfile.mkdtemp(dir=bundle.path.parent, prefix=".exporting-"))
    try:
        shutil.copy(bundle.path / bundles.ROWS, staging)
        model = exporter.keras_model(bundle)
        exporter.write(staging, model, bundle.card, dataset.only(bundle.labels))
        for path in staging.iterdir():
            path.replace(bundle.path / path.name)
    finally:
        shutil.rmtree(staging, ignore_errors=True)


if __name__ == "__main__":
    main()
