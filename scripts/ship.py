"""Puts a trained model into models/, its served file and the figures of its card made afresh.

    python scripts/ship.py MODEL --data fer2013 [--as NAME] [--half] [--served-alone]

For networks whose size matters: with --half the served file has float16 weights, with
--served-alone the Keras file is left out; of a model without one, the figures alone are made
afresh. Leave the machine alone meanwhile: the time for one face is taken too.
scripts/photographs.py comes next.
"""

import argparse
import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from fer import bundles, files, home  # noqa: E402  (the checkout's own, installed or not)
from fer.data import open_dataset  # noqa: E402


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", help="a name, or a folder")
    parser.add_argument("--data", required=True, help="the data set that it was trained on")
    parser.add_argument("--as", dest="name", help="its name in models/; by default as it is called")
    parser.add_argument("--half", action="store_true", help="float16 weights in the served file")
    parser.add_argument("--served-alone", action="store_true", help="no Keras file")
    asked = parser.parse_args()
    bundle = bundles.load(asked.model)
    dataset = open_dataset(asked.data)
    if dataset.fingerprint != bundle.card["data"]["fingerprint"]:
        raise SystemExit(f"{bundle.name} was trained on other data than {asked.data}.")
    if asked.half and not bundle.has_weights and bundle.card.get("served_weights") != "float16":
        raise SystemExit(f"{bundle.name} has no Keras file to make a smaller served file of.")
    # Only now: it takes seconds to load.
    from fer.training import conversion, exporter

    target = home.shipped_models_dir() / (asked.name or bundle.name)
    with files.staging(target.parent, ".exporting-") as staging:
        shutil.copy(bundle.path / bundles.ROWS, staging)
        if bundle.has_weights:
            model = conversion.keras_model(bundle)
            # What was shipped once stays as it is, unless it is to be smaller.
            half = asked.half or bundle.card.get("served_weights") == "float16"
            exporter.write(staging, model, bundle.card, dataset, told, half, asked.served_alone)
        else:
            shutil.copy(bundle.served_path, staging)
            bundles.write_card(staging, bundle.card)
            exporter.measure(staging, bundle.card, dataset, told)
        shutil.rmtree(target, ignore_errors=True)
        staging.rename(target)
    size = sum(path.stat().st_size for path in target.iterdir()) / 1e6
    sys.stdout.write(f"{target}: {size:.1f} MB\n")


def told(doing: str) -> None:
    sys.stderr.write(f"{doing}\n")


if __name__ == "__main__":
    main()
