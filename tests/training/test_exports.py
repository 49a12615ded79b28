"""Models for other programs: each file reads as the served model does, by the snippet shown."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import onnxruntime
import pytest

from fer import bundles, home, zoo
from fer.bundles import AGREEMENT, Bundle
from fer.data import drawn_faces
from fer.errors import CorruptModelError, ExistsError, FerError, InputError
from fer.images import InputSpec, model_input, to_png
from fer.inference import Predictor
from fer.training import exports
from fer.training.exports import FORMATS, export, snippet

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def spec() -> Bundle:
    return bundles.load(home.shipped_models_dir() / "spec")


@pytest.fixture(scope="module")
def faces() -> np.ndarray:
    # Others than those that the export itself is checked with.
    return np.ascontiguousarray(drawn_faces(40, seed=3).images)


@pytest.fixture(scope="module")
def files(spec: Bundle, tmp_path_factory: pytest.TempPathFactory) -> dict[str, exports.Exported]:
    """`spec` in every form."""
    folder = tmp_path_factory.mktemp("exported")
    return {form: export(spec, form, folder) for form in FORMATS}


def run(code: str, folder: Path) -> str:
    """What a program prints in an interpreter that does not see this project."""
    command = [sys.executable, "-P", "-W", "ignore", "-c", code]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("form", FORMATS)
def test_the_snippet_reads_a_face_as_the_served_model_does(
    form: str, files: dict[str, exports.Exported], spec: Bundle, faces: np.ndarray
) -> None:
    done = files[form]
    assert done.path.name == f"spec{FORMATS[form]}"
    assert done.largest_difference <= AGREEMENT
    assert "fer" not in re.findall(r"^(?:import|from) (\w+)", done.snippet, re.MULTILINE)
    (done.path.parent / "face.png").write_bytes(to_png(faces[0]))
    printed = run(done.snippet, done.path.parent).strip().splitlines()[-1]
    read = json.loads(printed.replace("'", '"'))
    assert tuple(read) == spec.labels
    expected = Predictor(spec).probabilities(faces[:1])[0]
    np.testing.assert_allclose(list(read.values()), expected, atol=AGREEMENT)


def test_the_onnx_file_reads_batches_and_says_what_it_takes(
    files: dict[str, exports.Exported], spec: Bundle, faces: np.ndarray
) -> None:
    session = onnxruntime.InferenceSession(files["onnx"].path)
    x = model_input(faces, spec.input)
    (read,) = session.run(["probabilities"], {"face": x})
    np.testing.assert_allclose(read, Predictor(spec).probabilities(faces), atol=AGREEMENT)
    assert session.get_inputs()[0].shape == ["n", 48, 48, 1]
    about = session.get_modelmeta().custom_metadata_map
    assert json.loads(about["labels"]) == list(spec.labels)
    assert InputSpec(**json.loads(about["input"])) == spec.input


def test_opencv_reads_the_onnx_file(
    files: dict[str, exports.Exported], spec: Bundle, faces: np.ndarray
) -> None:
    network = cv2.dnn.readNetFromONNX(str(files["onnx"].path))
    network.setInput(model_input(faces[:1], spec.input))
    expected = Predictor(spec).probabilities(faces[:1])
    np.testing.assert_allclose(network.forward(), expected, atol=AGREEMENT)


@pytest.mark.parametrize("normalisation", ["unit", "signed", "standard"])
def test_snippets_normalise_as_the_model_was_trained(
    normalisation: str, tmp_path: Path, faces: np.ndarray
) -> None:
    given = InputSpec(48, normalisation)
    code = snippet("onnx", "model.onnx", ("happy",), given)
    start, end = code.index("face ="), code.index("model =")
    (tmp_path / "face.png").write_bytes(to_png(faces[0]))
    head = "import numpy as np\nfrom PIL import Image\n"
    run(f"{head}{code[start:end]}np.save('x.npy', x)", tmp_path)
    x = np.load(tmp_path / "x.npy")
    assert x.dtype == np.float32
    np.testing.assert_allclose(x, model_input(faces[:1], given), atol=1e-5)


def test_the_document_shows_the_snippets_of_spec(spec: Bundle) -> None:
    text = (ROOT / "docs" / "export.md").read_text(encoding="utf-8")
    shown = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    wanted = {f"spec{end}": form for form, end in FORMATS.items()}
    assert sorted(shown) == sorted(
        snippet(form, path, spec.labels, spec.input) for path, form in wanted.items()
    )
    assert f"{AGREEMENT:g}" in text.replace("1e-4", "0.0001")


def test_what_is_there_is_replaced_only_when_asked(spec: Bundle, tmp_path: Path) -> None:
    path = tmp_path / "mine.tflite"
    path.write_bytes(b"old")
    with pytest.raises(ExistsError, match=r"mine\.tflite exists"):
        export(spec, "litert", path)
    assert path.read_bytes() == b"old"
    export(spec, "litert", path, replace=True)
    assert path.read_bytes() == spec.served_path.read_bytes()
    assert list(tmp_path.iterdir()) == [path]


def test_weights_that_are_not_the_served_ones_are_not_handed_out(
    spec: Bundle, tmp_path: Path
) -> None:
    import keras

    keras.utils.set_random_seed(0)
    folder = Path(shutil.copytree(spec.path, tmp_path / "other"))
    zoo.build("spec").save(folder / "model.keras")
    bundles.write_card(folder, spec.card)
    with pytest.raises(CorruptModelError, match="other as onnx differs from the served model"):
        export(bundles.load(folder), "onnx", tmp_path / "model.onnx")
    assert not (tmp_path / "model.onnx").exists()


def test_what_cannot_be_done_is_told(spec: Bundle, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="keras, litert, onnx, not 'torch'"):
        export(spec, "torch", tmp_path)
    with pytest.raises(InputError, match=r"write to model\.h5\.keras"):
        export(spec, "keras", tmp_path / "model.h5")
    with pytest.raises(FerError, match="cannot be written"):
        export(spec, "litert", tmp_path / "no" / "model.tflite")
    (tmp_path / "file").touch()
    with pytest.raises(FerError, match="cannot be written"):
        export(spec, "litert", tmp_path / "file" / "model.tflite")
