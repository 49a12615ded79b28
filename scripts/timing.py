"""Takes the time of one face anew with every model of models/, so that their cards can be compared.

    python scripts/timing.py

Each card tells the machine; leave it alone meanwhile. Takes seconds.
"""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from fer import bundles, home  # noqa: E402  (the checkout's own, installed or not)
from fer.evaluation import machine, one_face_ms  # noqa: E402


def main() -> None:
    for card in sorted(home.shipped_models_dir().glob(f"*/{bundles.CARD}")):
        bundle = bundles.load(card.parent)
        took_ms = one_face_ms(bundle)
        measured = {"one_face_ms": took_ms, "measured_on": machine()}
        bundles.write_card(bundle.path, bundle.card | measured)
        sys.stdout.write(f"{bundle.name}: {took_ms:.2f} ms\n")


if __name__ == "__main__":
    main()
