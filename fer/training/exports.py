"""A model in a form that other programs run: Keras, LiteRT or ONNX, checked against the served one.

What needs TensorFlow is done in a process of its own.
"""

import json
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from fer import files
from fer.bundles import Bundle
from fer.data import drawn_faces
from fer.errors import CorruptModelError, InputError
from fer.images import InputSpec, model_input
from fer.inference import Predictor
from fer.inference.litert import LiteRtModel
from fer.inference.sources import printable
from fer.training.aside import run_aside

FORMATS = {"keras": ".keras", "litert": ".tflite", "onnx": ".onnx"}
_CHECKED_FACES = 28

_NORMALISED = {
    "unit": "x / 255",
    "signed": "x / 127.5 - 1",
    "standard": "(x - x.mean()) / max(x.std(), 1)",
}
_RUN = {
    "keras": """model = keras.models.load_model({path})
probabilities = model.predict(x, verbose=0)""",
    "litert": """model = Interpreter({path})
model.allocate_tensors()
model.set_tensor(model.get_input_details()[0]["index"], x)
model.invoke()
probabilities = model.get_tensor(model.get_output_details()[0]["index"])""",
    "onnx": """model = onnxruntime.InferenceSession({path})
(probabilities,) = model.run(None, {{"face": x}})""",
}
_IMPORTS = {
    "keras": "import keras\nimport numpy as np\nfrom PIL import Image",
    "litert": "import numpy as np\nfrom ai_edge_litert.interpreter import Interpreter\n"
    "from PIL import Image",
    "onnx": "import numpy as np\nimport onnxruntime\nfrom PIL import Image",
}
_SNIPPET = """{imports}

labels = {labels}
face = Image.open("face.png").convert("L").resize(({size}, {size}))  # a face, cut out
x = np.asarray(face, np.float32)[None, :, :, None]
x = {normalised}
{run}
print(dict(zip(labels, probabilities[0].tolist())))
"""


@dataclass(frozen=True)
class Exported:
    """A file that was written, and how far its probabilities are from the served model's.

    No probability differs by more than `tolerance`, the model's `Bundle.agreement`.
    """

    path: Path
    form: str
    largest_difference: float
    tolerance: float
    snippet: str

    def to_dict(self) -> dict[str, Any]:
        return {
            "path": printable(str(self.path)),
            "to": self.form,
            "bytes": self.path.stat().st_size,
            "largest_difference": self.largest_difference,
            "tolerance": self.tolerance,
            "snippet": self.snippet,
        }


def export(bundle: Bundle, form: str, dest: Path, replace: bool = False) -> Exported:
    """Write `bundle` as `form`, a key of `FORMATS`, to the file `dest`, or into it as a folder.

    The file appears once it has read faces as the served model does, within its `agreement`.

    Raises:
        InputError: there is no such form, or its files are not named so. ExistsError: the file is
        there and `replace` is False. CorruptModelError: the weights are not those of the served
        model. FerError: it cannot be converted or written.
    """
    if form not in FORMATS:
        raise InputError(f"A model is exported to {', '.join(FORMATS)}, not {form!r}.")
    path = dest / f"{bundle.name}{FORMATS[form]}" if dest.is_dir() else dest
    if form == "keras" and path.suffix != FORMATS[form]:
        raise InputError(f"Keras loads files named *.keras alone: write to {path.name}.keras.")
    files.check_free(path, replace)
    faces = np.ascontiguousarray(drawn_faces(_CHECKED_FACES).images)
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder) / f"model{FORMATS[form]}"
        read = _MAKERS[form](bundle, made, model_input(faces, bundle.input))
        worst = float(np.abs(read - Predictor(bundle).probabilities(faces)).max())
        if not worst <= bundle.agreement:
            raise CorruptModelError(
                f"{bundle.name} as {form} differs from the served model by {worst:.2g} (at most "
                f"{bundle.agreement:g} is allowed): fetch or train the model again."
            )
        with files.replacing(path) as beside:  # the place may be on another disk
            shutil.copyfile(made, beside)
    code = snippet(form, path.name, bundle.labels, bundle.input)
    return Exported(path, form, worst, bundle.agreement, code)


def snippet(form: str, path: str, labels: tuple[str, ...], spec: InputSpec) -> str:
    """A Python program that reads face.png with the exported file and no line of this project."""
    # JSON writes strings and lists as Python does, with the quotes that formatters prefer.
    return _SNIPPET.format(
        imports=_IMPORTS[form],
        labels=json.dumps(labels),
        size=spec.size_px,
        normalised=_NORMALISED[spec.normalisation],
        run=_RUN[form].format(path=json.dumps(path)),
    )


def _to_keras(bundle: Bundle, path: Path, x: np.ndarray) -> np.ndarray:
    given, read = path.with_name("x.npy"), path.with_name("probabilities.npy")
    np.save(given, x, allow_pickle=False)
    run_aside("fer.training.exports_worker", "keras", bundle.path.resolve(), path, given, read)
    return np.asarray(np.load(read, allow_pickle=False))


def _to_litert(bundle: Bundle, path: Path, x: np.ndarray) -> np.ndarray:
    shutil.copyfile(bundle.served_path, path)
    network = LiteRtModel(path.read_bytes(), bundle.input.size_px, len(bundle.labels))
    return network.probabilities(x)


def _to_onnx(bundle: Bundle, path: Path, x: np.ndarray) -> np.ndarray:
    run_aside("fer.training.exports_worker", "onnx", bundle.path.resolve(), path)
    network = cv2.dnn.readNetFromONNX(str(path))

    def read(face: np.ndarray) -> np.ndarray:
        network.setInput(face[None])
        return np.asarray(network.forward()[0])

    return np.stack([read(face) for face in x])


# Each writes the file and returns what it reads in x (n, s, s, 1), (n, k) float32.
_MAKERS: dict[str, Callable[[Bundle, Path, np.ndarray], np.ndarray]] = {
    "keras": _to_keras,
    "litert": _to_litert,
    "onnx": _to_onnx,
}
