"""Whether models err on different faces: each alone, and the mean of what all of them say.

    python scripts/together.py DATA MODEL MODEL ... [--split public]

A mean that reads no more faces than the best of them is not worth teaching to another network.
Only faces that none of them learned from count.
"""

import argparse
import sys
from functools import reduce
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from fer import bundles  # noqa: E402  (the checkout's own, installed or not)
from fer.evaluation import check_same_labels, open_for_evaluation, rows_of, score  # noqa: E402


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", metavar="DATA", help="a data set's name or a path")
    parser.add_argument("models", metavar="MODEL", nargs="+", help="names or folders, two or more")
    parser.add_argument("--split", default="public", help="as of evaluate; PublicTest by default")
    asked = parser.parse_args()
    dataset = open_for_evaluation(asked.data).dataset
    loaded = [bundles.load(name) for name in asked.models]
    for other in loaded[1:]:
        check_same_labels(loaded[0].labels, other.labels)
    read = [score(one, dataset, rows_of(one, dataset, asked.split)) for one in loaded]
    common = reduce(np.intersect1d, [scored.rows for scored in read])
    read = [scored.only(common) for scored in read]
    mean = np.mean([scored.probabilities for scored in read], axis=0).argmax(axis=1)
    width = max(map(len, asked.models))
    sys.stdout.write(f"{len(common):,} faces\n")
    for name, scored in zip(asked.models, read, strict=True):
        sys.stdout.write(f"{name:{width}}  {scored.correct.mean():.4f}\n")
    sys.stdout.write(f"{'their mean':{width}}  {(mean == read[0].truth).mean():.4f}\n")


if __name__ == "__main__":
    main()
