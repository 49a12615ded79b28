"""The part of `fer.training.exports` that needs Keras, run as `python -m`.

keras BUNDLE PATH X.npy PROBABILITIES.npy    write PATH, load it again, and read X with it
onnx BUNDLE PATH                             write PATH
"""

import json
from pathlib import Path

import keras
import numpy as np
import onnx

from fer import bundles
from fer.bundles import Bundle
from fer.training.aside import main_aside
from fer.training.conversion import keras_model, planned


def main(arguments: list[str]) -> None:
    form, bundle, path = arguments[0], bundles.load(arguments[1]), Path(arguments[2])
    model = keras_model(bundle)
    if form == "onnx":
        write_onnx(model, bundle, path)
        return
    model.save(path)
    x = np.load(arguments[3], allow_pickle=False)
    # With Keras alone, as whoever gets the file will.
    read = keras.models.load_model(path).predict_on_batch(x)
    np.save(arguments[4], np.asarray(read), allow_pickle=False)


def write_onnx(model: keras.Model, bundle: Bundle, path: Path) -> None:
    """Convert to ONNX: "face" (n, s, s, 1) float32 to "probabilities" (n, k) float32."""
    flat = planned(model)
    # Keras exports only what has been called.
    flat(np.zeros((1, *model.input_shape[1:]), np.float32))
    flat.export(str(path), format="onnx", verbose=False)
    made = onnx.load(path)
    _rename(made.graph, made.graph.output[0].name, "probabilities")
    for tensor in (made.graph.input[0], made.graph.output[0]):
        tensor.type.tensor_type.shape.dim[0].dim_param = "n"
    onnx.helper.set_model_props(
        made,
        {
            "model": bundle.name,
            "labels": json.dumps(bundle.labels),
            "input": json.dumps(bundle.input.to_dict()),
        },
    )
    onnx.checker.check_model(made)
    onnx.save(made, path)


def _rename(graph: onnx.GraphProto, old: str, new: str) -> None:
    for names in [node.input for node in graph.node] + [node.output for node in graph.node]:
        for index, name in enumerate(names):
            if name == old:
                names[index] = new
    graph.output[0].name = new


if __name__ == "__main__":
    main_aside(main)
