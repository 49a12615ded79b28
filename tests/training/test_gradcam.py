"""Grad-CAM, in a process of its own."""

import io
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from fer import bundles, home, zoo
from fer.bundles import Bundle
from fer.errors import FerError, InputError
from fer.images import crop_face, decode, model_input
from fer.inference import Predictor
from fer.training import aside, gradcam
from fer.training.gradcam import grad_cam


@pytest.fixture(scope="module")
def spec() -> Bundle:
    return bundles.load(home.shipped_models_dir() / "spec")


def test_the_maps_come_back_from_a_process_of_its_own(spec: Bundle, astronaut: Path) -> None:
    picture = decode(astronaut)
    crop = crop_face(picture, Predictor(spec).predict(picture).faces[0].box)
    found = grad_cam(spec, crop)
    assert found.maps.shape == (7, 6, 6)
    assert (found.maps.min(), found.maps.max()) == (0, 1)
    assert set(found.maps.max(axis=(1, 2))) <= {0, 1}
    assert found.heat("happy").max() == 1
    with pytest.raises(InputError, match="one of angry"):
        found.heat("bored")


def test_a_network_whose_maps_are_known() -> None:
    """Pooling and one dense layer: the weight of a map is the dense layer's own."""
    import keras

    from fer.training.gradcam_worker import class_maps

    keras.utils.set_random_seed(3)
    inputs = keras.Input((10, 10, 1))
    found = keras.layers.Conv2D(3, 3, activation="relu", name="last")(inputs)
    pooled = keras.layers.GlobalAveragePooling2D()(found)
    logits = keras.layers.Dense(2, name="logits")(pooled)
    network = keras.Model(inputs, keras.layers.Softmax()(logits))
    x = np.random.default_rng(0).normal(size=(1, 10, 10, 1)).astype(np.float32)
    layer, maps = class_maps(network, x)
    assert layer == "last"
    places = keras.Model(inputs, found)(x).numpy()[0]
    expected = np.maximum(places @ network.get_layer("logits").kernel.numpy(), 0)
    highest = expected.max(axis=(0, 1))
    assert highest.max() > 0
    expected /= np.where(highest > 0, highest, 1)
    np.testing.assert_allclose(maps, expected.transpose(2, 0, 1), atol=1e-5)


@pytest.mark.parametrize("name", zoo.names())
def test_every_network_has_maps_of_places(name: str) -> None:
    from fer.training.gradcam_worker import class_maps

    size = zoo.get(name).input.size_px
    face = np.random.default_rng(0).integers(0, 256, (1, size, size), np.uint8)
    _, maps = class_maps(zoo.build(name), model_input(face, zoo.get(name).input))
    assert maps.shape[0] == 7
    assert min(maps.shape[1:]) >= 4
    assert np.isfinite(maps).all()


def test_the_face_is_not_on_disk(spec: Bundle, monkeypatch: pytest.MonkeyPatch) -> None:
    face = np.arange(48 * 48, dtype=np.uint8).reshape(48, 48)

    def child(module: str, folder: Path, made: Path, given: bytes) -> None:
        assert list(made.parent.iterdir()) == []
        np.testing.assert_array_equal(np.load(io.BytesIO(given)), face)
        np.savez(made, layer=np.array("last"), maps=np.ones((7, 6, 6), np.float32))

    monkeypatch.setattr(gradcam, "run_aside", child)
    assert grad_cam(spec, face).layer == "last"


def test_what_went_wrong_there_is_told(spec: Bundle, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(spec.path, tmp_path / "cut"))
    bundle = Bundle(folder, spec.card)
    (folder / "model.keras").write_bytes(b"no weights")
    with pytest.raises(FerError, match=r"^model\.keras of the model cut is damaged"):
        grad_cam(bundle, np.zeros((48, 48), np.uint8))


def test_a_child_that_breaks_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "breaks.py").write_text("raise ValueError('of this')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with pytest.raises(FerError, match=r"breaks ended unexpectedly.*ValueError: of this"):
        aside.run_aside("breaks")
    (tmp_path / "hangs.py").write_text("import time; time.sleep(60)")
    monkeypatch.setattr(aside, "_LIMIT_S", 1)
    with pytest.raises(FerError, match="took longer than 1 s"):
        aside.run_aside("hangs")


def test_asking_loads_no_tensorflow() -> None:
    code = (
        "import sys, fer.training.gradcam, fer.training.exports;"
        "sys.exit(', '.join({'tensorflow', 'keras', 'onnx'} & set(sys.modules)) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
