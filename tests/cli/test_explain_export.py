"""`explain` and `export`."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fer.data import delete_dataset, save_dataset
from fer.images import decode, to_png
from fer.inference import Predictor
from fer.labels import LABELS
from tests.trained import Trained, faces

Run = Callable[..., Any]


@pytest.fixture
def photo(tmp_path: Path, astronaut: Path) -> Path:
    return Path(shutil.copy(astronaut, tmp_path / "me.png"))


@pytest.fixture
def face(tmp_path: Path) -> Path:
    path = tmp_path / "face.png"
    path.write_bytes(to_png(faces().images[5]))
    return path


def test_explain_as_json(run: Run, photo: Path) -> None:
    told = run("explain", photo, "--model", "spec", "--json").json
    (read,) = Predictor("spec").predict(photo).faces
    assert told["model"] == "spec"
    assert told["source"] == str(photo)
    assert told["face"] == read.to_dict()
    assert told["label"] == "happy"
    covered = told["occlusion"]
    assert np.shape(covered["drops"]) == (12, 12)
    assert covered["drop"] == np.max(covered["drops"])
    assert covered["place"] == "lower middle"
    assert "grad_cam" not in told


def test_any_label_can_be_asked_about(run: Run, photo: Path) -> None:
    told = run("explain", photo, "--model", "spec", "--label", "neutral", "--json").json
    assert told["label"] == "neutral"
    assert np.min(told["occlusion"]["drops"]) < -0.05
    refused = run("explain", photo, "--model", "spec", "--label", "bored", "--json")
    assert (refused.code, refused.stdout) == (1, "")
    assert "one of angry" in refused.error


def test_explain_for_people_and_as_a_picture(run: Run, photo: Path, tmp_path: Path) -> None:
    out = tmp_path / "why.png"
    done = run("explain", photo, "--model", "spec", "--output", out)
    assert "in the lower middle of the face" in done.stdout
    assert all(label in done.stdout.splitlines()[0] for label in LABELS)
    drawn = decode(out)
    assert min(drawn.shape[:2]) > 400
    assert (drawn[..., 0].astype(int) - drawn[..., 2] > 60).mean() > 0.005  # orange is there
    before = photo.read_bytes()
    refused = run("explain", photo, "--model", "spec", "--output", photo)
    assert "exists: replace it" in refused.error
    assert photo.read_bytes() == before
    assert run("explain", photo, "--model", "spec", "--output", out, "--replace").code == 0
    refused = run("explain", photo, "--model", "spec", "--output", photo, "--replace")
    assert "what is to be read" in refused.error
    assert photo.read_bytes() == before
    refused = run("explain", photo, "--model", "spec", "--output", tmp_path / "no" / "why.png")
    assert "cannot be written" in refused.error


def test_similar_training_faces_of_its_own_data(run: Run, trained: Trained, face: Path) -> None:
    given = ("--model", trained.bundle.name, "--data", "faces", "--json")
    similar = run("explain", face, *given).json["similar"]
    assert len(similar) == 8
    seen = trained.bundle.training_rows().seen(faces())
    assert all(seen[one["row"]] for one in similar)
    likeness = [one["similarity"] for one in similar]
    assert likeness == sorted(likeness, reverse=True)
    unlabelled = replace(faces(), labels=np.full(len(faces()), -1, np.int8))
    save_dataset(unlabelled, "unlabelled")
    given = ("--model", trained.bundle.name, "--data", "unlabelled")
    assert {one["label"] for one in run("explain", face, *given, "--json").json["similar"]} == {
        None
    }
    assert run("explain", face, *given).stdout.count("unlabelled (row") == 8
    delete_dataset("unlabelled")
    refused = run("explain", face, "--model", trained.bundle.name, "--data", "drawn", "--json")
    assert "trained on none of the faces of drawn" in refused.error


def test_the_gradient_can_be_asked_for(run: Run, trained: Trained, face: Path) -> None:
    told = run("explain", face, "--model", trained.bundle.name, "--grad-cam", "--json").json
    assert np.max(told["grad_cam"]["map"]) == 1
    assert told["grad_cam"]["layer"].startswith("batch_normalization")


def test_a_picture_without_such_a_face_is_told(run: Run, photo: Path, tmp_path: Path) -> None:
    wall = tmp_path / "wall.png"
    wall.write_bytes(to_png(np.full((200, 300, 3), 90, np.uint8)))
    assert "0 faces found in" in run("explain", wall, "--model", "spec").error
    assert run("explain", wall, "--model", "spec", "--detector", "none").code == 0
    error = run("explain", photo, "--model", "spec", "--face", 2).error
    assert "1 face found in" in error
    assert "give --face 1." in error
    assert "gone.png does not exist" in run("explain", tmp_path / "gone.png").error


def test_export_as_json(run: Run, trained: Trained, tmp_path: Path) -> None:
    name = trained.bundle.name
    told = run("export", name, "--to", "litert", tmp_path, "--json").json
    path = tmp_path / f"{name}.tflite"
    assert told["path"] == str(path)
    assert told["bytes"] == path.stat().st_size
    assert told["labels"] == list(LABELS)
    assert told["input"] == {"size_px": 48, "normalisation": "unit"}
    assert told["largest_difference"] <= told["tolerance"]
    assert path.name in told["snippet"]
    refused = run("export", name, "--to", "litert", path, "--json")
    assert (refused.code, refused.stdout) == (1, "")
    assert "exists" in refused.error
    assert run("export", name, "--to", "litert", path, "--replace").code == 0


def test_export_for_people_prints_the_program(run: Run, trained: Trained, tmp_path: Path) -> None:
    done = run("export", trained.bundle.name, "--to", "onnx", tmp_path / "mine.onnx")
    assert done.code == 0
    code = done.stdout.partition("\n\n")[2]
    compile(code, "snippet", "exec")
    assert 'onnxruntime.InferenceSession("mine.onnx")' in code
    assert json.dumps(list(LABELS)) in code


def test_a_form_that_is_not_known_is_not_understood(run: Run, tmp_path: Path) -> None:
    assert run("export", "spec", "--to", "torch", tmp_path).code == 2
    assert run("export", "spec", tmp_path).code == 2
