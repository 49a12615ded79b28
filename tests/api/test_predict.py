"""POST predict: pictures in, readings out, and what is no picture."""

import io
import json
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import pytest
from PIL import Image
from starlette.testclient import TestClient

from fer import data, images
from fer.inference import Predictor
from fer.labels import LABELS
from tests.api.answers import conforms, png, refused

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("form", [True, False], ids=["form", "body"])
def test_predict_reads_a_photograph(client: TestClient, astronaut: Path, form: bool) -> None:
    photo = astronaut.read_bytes()
    sent = {"files": {"file": ("astronaut.png", photo)}} if form else {"content": photo}
    response = client.post("/api/v1/predict", **sent)
    assert response.status_code == 200, response.text
    answer = response.json()
    conforms(answer, "Reading")
    assert (answer["width"], answer["height"]) == (512, 512)
    [face] = answer["faces"]
    assert face["emotion"] == "happy"
    assert set(face["probabilities"]) == set(LABELS)
    assert sum(face["probabilities"].values()) == pytest.approx(1, abs=1e-4)
    assert face["confidence"] == face["probabilities"]["happy"]


def test_rest_python_and_command_line_give_the_same_numbers(
    client: TestClient, grace_hopper: Path
) -> None:
    sent = {"file": ("grace_hopper.jpg", grace_hopper.read_bytes())}
    answer = client.post("/api/v1/predict", files=sent).json()
    reading = Predictor().predict(grace_hopper).to_dict()
    assert {key: answer[key] for key in reading} == reading

    command = [sys.executable, "-m", "fer", "predict", str(grace_hopper), "--json"]
    output = subprocess.run(command, cwd=ROOT, check=True, capture_output=True).stdout
    told = json.loads(output)
    assert told["model"] == answer["model"]
    [result] = told["results"]
    assert {key: result[key] for key in reading} == reading


def test_predict_takes_the_model_and_the_detector(client: TestClient) -> None:
    face = images.to_png(data.drawn_faces(1).images[0])
    answer = client.post("/api/v1/predict?model=spec&detector=none", content=face).json()
    assert answer["model"] == "spec"
    assert answer["faces"][0]["box"] == {"x": 0, "y": 0, "width": 48, "height": 48}


def test_no_face_is_an_empty_list(client: TestClient) -> None:
    blank = io.BytesIO()
    Image.new("RGB", (320, 240), "white").save(blank, "PNG")
    response = client.post("/api/v1/predict", content=blank.getvalue())
    assert response.status_code == 200
    assert response.json()["faces"] == []


@pytest.mark.parametrize(
    "model",
    [
        "",
        "nosuch",
        "../models/spec",
        "/etc",
        ".",
        "C:spec",
        "~",
        "~nobody-at-all",
        "docs",
        "a" * 300,
    ],
)
def test_predict_takes_no_unknown_model_and_no_path(client: TestClient, model: str) -> None:
    refused(
        client.post("/api/v1/predict", params={"model": model}, content=png()), 404, "not_found"
    )


@pytest.mark.parametrize("detector", ["", "magic"])
def test_predict_takes_no_unknown_detector(client: TestClient, detector: str) -> None:
    response = client.post(f"/api/v1/predict?detector={detector}", content=png())
    assert "yunet" in refused(response, 422, "bad_input")


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        (b"hello, I am no picture", 415, "not_an_image"),
        (b"", 415, "not_an_image"),
        (b"GIF89a", 415, "not_an_image"),
    ],
    ids=["text", "empty", "stub"],
)
def test_predict_names_the_file_that_is_no_picture(
    client: TestClient, content: bytes, status: int, code: str
) -> None:
    response = client.post("/api/v1/predict", files={"file": ("holiday.jpg", content)})
    assert "holiday.jpg" in refused(response, status, code)


def test_a_truncated_picture_is_refused(client: TestClient, astronaut: Path) -> None:
    half = astronaut.read_bytes()[:50_000]
    response = client.post("/api/v1/predict", files={"file": ("half.png", half)})
    assert response.status_code in (415, 422)
    assert "half.png" in response.json()["error"]["message"]


def test_a_picture_of_900_megapixels_is_refused_unread(client: TestClient) -> None:
    response = client.post("/api/v1/predict", files={"file": ("huge.png", _png_header(30_000))})
    assert "huge.png" in refused(response, 413, "too_large")


def test_nothing_of_a_prediction_is_stored(client: TestClient, fer_home: Path) -> None:
    client.post("/api/v1/predict", content=png())
    assert [path for path in fer_home.rglob("*") if path.is_file()] == []


def _png_header(side_px: int) -> bytes:
    """A PNG that says it is that large, and has no more than a few bytes of pixels."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        checksum = zlib.crc32(kind + content)
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", checksum)

    size = struct.pack(">IIBBBBB", side_px, side_px, 8, 0, 0, 0, 0)
    pixels = zlib.compress(bytes(1000))
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", size) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
    )
