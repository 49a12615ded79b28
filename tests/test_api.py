"""The REST routes: in process for each answer, and once more in the server as users start it."""

import asyncio
import contextlib
import http.client
import io
import json
import re
import struct
import subprocess
import sys
import threading
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2 as httpx
import jsonschema
import numpy as np
import pytest
from PIL import Image
from starlette.applications import Starlette
from starlette.testclient import TestClient

from fer import data, images
from fer.api import endpoints, routes, uploads
from fer.api.openapi import document
from fer.inference import Predictor
from fer.labels import LABELS

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture
def client() -> Iterator[TestClient]:
    with TestClient(Starlette(routes=routes())) as client:
        yield client


@pytest.fixture
def csv_text() -> str:
    """A small fer2013.csv: two faces of each label, of Training and of PrivateTest."""
    faces = data.drawn_faces(14, seed=3)
    rows = [
        f"{index % 7},{' '.join(map(str, image.ravel()))},{('Training', 'PrivateTest')[index // 7]}"
        for index, image in enumerate(faces.images)
    ]
    return "\n".join(["emotion,pixels,Usage", *rows]) + "\n"


def conforms(answer: Any, schema: str) -> None:
    """Hold `answer` against a schema of the OpenAPI document."""
    rules = {"$ref": f"#/components/schemas/{schema}", "components": document("0")["components"]}
    jsonschema.validate(answer, rules)


def refused(response: httpx.Response, status: int, code: str) -> str:
    """Assert one refusal, in the one form that errors have; returns its sentence."""
    assert response.status_code == status, response.text
    answer = response.json()
    conforms(answer, "Error")
    assert answer["error"]["code"] == code
    return str(answer["error"]["message"])


def left_over(home: Path) -> list[Path]:
    """Whatever an upload left on disk."""
    return [path for path in (home / "uploads").rglob("*") if path.is_file()]


def test_health_says_what_there_is(client: TestClient) -> None:
    answer = client.get("/api/v1/health").json()
    conforms(answer, "Health")
    assert "spec" in answer["models"]


def test_models_lists_each_with_its_labels(client: TestClient) -> None:
    answer = client.get("/api/v1/models").json()
    conforms(answer, "Models")
    spec = next(model for model in answer["models"] if model["name"] == "spec")
    assert spec["labels"] == list(LABELS)
    assert answer["default"] in [model["name"] for model in answer["models"]]


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


@pytest.mark.parametrize("model", ["nosuch", "../models/spec", "/etc", ".", "C:spec"])
def test_predict_takes_no_unknown_model_and_no_path(client: TestClient, model: str) -> None:
    refused(
        client.post("/api/v1/predict", params={"model": model}, content=_png()), 404, "not_found"
    )


def test_predict_takes_no_unknown_detector(client: TestClient) -> None:
    response = client.post("/api/v1/predict?detector=magic", content=_png())
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


@pytest.mark.parametrize("announced", [True, False])
def test_a_body_over_the_limit_is_refused_while_it_comes(
    client: TestClient, monkeypatch: pytest.MonkeyPatch, announced: bool
) -> None:
    monkeypatch.setattr(images, "MAX_BYTES", 100_000)
    sent = 0

    def body() -> Iterator[bytes]:
        nonlocal sent
        for _ in range(1000):
            sent += 1000
            yield bytes(1000)

    response = client.post("/api/v1/predict", content=bytes(10**6) if announced else body())
    refused(response, 413, "too_large")


def test_a_form_over_the_limit_is_refused(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(images, "MAX_BYTES", 100_000)
    response = client.post("/api/v1/predict", files={"file": ("big.png", bytes(120_000))})
    refused(response, 413, "too_large")


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("multipart/form-data", b"--x"),
        ("multipart/form-data; boundary=x", b"not a form"),
        ("multipart/form-data; boundary=x", b'--x\r\nContent-Disposition: form-data; name="a"\r\n'),
        (
            "multipart/form-data; boundary=x",
            b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\n\r\nabc',
        ),
    ],
    ids=["no boundary", "no form", "no file", "cut short"],
)
def test_broken_forms_are_refused(client: TestClient, kind: str, body: bytes) -> None:
    response = client.post("/api/v1/predict", content=body, headers={"Content-Type": kind})
    refused(response, 422, "bad_input")


def test_other_fields_of_a_form_are_passed_over(client: TestClient) -> None:
    files = [("note", (None, b"a field before")), ("file", ("face.png", _png())), ("file", b"2nd")]
    assert client.post("/api/v1/predict?detector=none", files=files).status_code == 200


def test_nothing_of_a_prediction_is_stored(client: TestClient, fer_home: Path) -> None:
    client.post("/api/v1/predict", content=_png())
    assert [path for path in fer_home.rglob("*") if path.is_file()] == []


def test_the_surplus_is_turned_away_and_others_are_served(monkeypatch: pytest.MonkeyPatch) -> None:
    go_on = threading.Event()
    monkeypatch.setattr(endpoints, "PREDICTIONS_PENDING", 3)
    monkeypatch.setattr(endpoints, "_read_faces", lambda *_: go_on.wait(20) and {"faces": []})

    async def scene() -> tuple[list[int], httpx.Response, httpx.Response]:
        transport = httpx.ASGITransport(Starlette(routes=routes()))
        async with httpx.AsyncClient(transport=transport, base_url="http://studio") as client:
            waiting = [
                asyncio.create_task(client.post("/api/v1/predict", content=b"x")) for _ in range(3)
            ]
            await asyncio.sleep(0.2)
            surplus = await client.post("/api/v1/predict", content=b"x")
            health = await asyncio.wait_for(client.get("/api/v1/health"), 10)
            go_on.set()
            return [(await task).status_code for task in waiting], surplus, health

    statuses, surplus, health = asyncio.run(scene())
    assert statuses == [200, 200, 200]
    refused(surplus, 429, "busy")
    assert int(surplus.headers["Retry-After"]) >= 1
    assert health.status_code == 200


def test_a_fault_of_ours_is_json_and_tells_no_file_names(
    client: TestClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(picture: bytes, name: str, *_: object) -> None:
        raise RuntimeError(f"cannot read {name}")

    monkeypatch.setattr(endpoints, "_read_faces", broken)
    response = client.post("/api/v1/predict", files={"file": ("secret.png", b"x")})
    assert "secret" not in refused(response, 500, "internal")
    assert "RuntimeError" in caplog.text
    assert "secret" not in caplog.text


@pytest.mark.parametrize(
    "path", ["/api", "/api/", "/api/v1", "/api/v1/nosuch", "/api/v2/health", "/api/v1/health/x"]
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_unknown_paths_are_a_json_404(client: TestClient, method: str, path: str) -> None:
    refused(client.request(method, path), 404, "not_found")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", "/api/v1/predict", "POST"),
        ("POST", "/api/v1/health", "GET"),
        ("DELETE", "/api/v1/datasets", "POST"),
        ("PUT", "/api/v1/datasets/drawn/images/0.png", "GET"),
    ],
)
def test_wrong_methods_are_a_json_405(
    client: TestClient, method: str, path: str, allowed: str
) -> None:
    response = client.request(method, path)
    refused(response, 405, "method_not_allowed")
    assert response.headers["Allow"] == allowed


@pytest.mark.parametrize("path", ["/api/v1/predict", "/api/v1/datasets"])
@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://elsewhere.example"},
        {"Origin": "null"},
        {"Origin": "http://testserver:81"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site", "Origin": "http://testserver:81"},
    ],
)
def test_pages_of_other_sites_are_refused(
    client: TestClient, path: str, headers: dict[str, str]
) -> None:
    refused(client.post(path, content=_png(), headers=headers), 403, "cross_site")


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://testserver"},
        # Behind a proxy the studio may know itself by another name; the browser knows better.
        {"Origin": "https://studio.example", "Sec-Fetch-Site": "same-origin"},
        {"Sec-Fetch-Site": "none"},
    ],
)
def test_the_studio_s_own_pages_are_served(client: TestClient, headers: dict[str, str]) -> None:
    assert client.post("/api/v1/predict", content=_png(), headers=headers).status_code == 200


@pytest.mark.parametrize("given", [None, "Bearer wrong", "Bearer ", "Basic s3cret", "s3cret"])
def test_posting_needs_the_token_where_one_is_set(
    client: TestClient, monkeypatch: pytest.MonkeyPatch, given: str | None
) -> None:
    monkeypatch.setenv("FER_API_TOKEN", "s3cret")
    headers = {"Authorization": given} if given else {}
    for path in ("/api/v1/predict", "/api/v1/datasets"):
        response = client.post(path, content=_png(), headers=headers)
        refused(response, 401, "unauthorized")
        assert response.headers["WWW-Authenticate"] == "Bearer"


def test_the_right_token_opens(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FER_API_TOKEN", "s3cret")
    headers = {"Authorization": "Bearer s3cret"}
    assert client.post("/api/v1/predict", content=_png(), headers=headers).status_code == 200
    assert client.get("/api/v1/health").status_code == 200


def test_import_by_form_then_its_images(client: TestClient, csv_text: str, fer_home: Path) -> None:
    response = client.post("/api/v1/datasets", files={"file": ("My faces.csv", csv_text)})
    assert response.status_code == 201, response.text
    answer = response.json()
    conforms(answer, "Dataset")
    assert answer["n"] == 14
    assert answer["counts"]["Training"]["happy"] == 1
    assert left_over(fer_home) == []

    [info] = data.list_datasets()
    assert info.name == answer["name"] == "My-faces"
    picture = client.get(f"/api/v1/datasets/{info.name}/images/5.png")
    assert picture.headers["Content-Type"] == "image/png"
    shown = np.asarray(Image.open(io.BytesIO(picture.content)))
    np.testing.assert_array_equal(shown, data.drawn_faces(14, seed=3).images[5])


def test_import_of_a_plain_body(client: TestClient, csv_text: str) -> None:
    headers = {"Content-Disposition": 'attachment; filename="../../évil/faces.csv"'}
    response = client.post("/api/v1/datasets?name=tiny", content=csv_text, headers=_latin(headers))
    assert response.status_code == 201, response.text
    assert response.json()["name"] == "tiny"


def test_import_to_a_taken_name_needs_replace(
    client: TestClient, csv_text: str, fer_home: Path
) -> None:
    def send(query: str) -> httpx.Response:
        return client.post(f"/api/v1/datasets{query}", files={"file": ("faces.csv", csv_text)})

    assert send("").status_code == 201
    refused(send(""), 409, "exists")
    refused(send("?name=faces"), 409, "exists")
    assert send("?name=faces&replace=1").status_code == 201
    assert [info.name for info in data.list_datasets()] == ["faces"]
    assert left_over(fer_home) == []


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda text: text.replace("emotion,pixels", "emotion,points"), "pixels"),
        (lambda text: re.sub(r"\n3,", "\n9,", text, count=1), "line 5"),
        (lambda text: re.sub(r"\n3,\d+ ", "\n3,", text, count=1), "line 5"),
        (lambda text: "", "faces.csv"),
    ],
    ids=["missing column", "label 9", "short row", "empty"],
)
def test_a_bad_file_is_refused_in_the_reader_s_words(
    client: TestClient, csv_text: str, fer_home: Path, change: Any, named: str
) -> None:
    files = {"file": ("faces.csv", change(csv_text))}
    message = refused(client.post("/api/v1/datasets", files=files), 422, "bad_input")
    assert "faces.csv" in message
    assert named in message
    assert str(fer_home) not in message
    assert data.list_datasets() == []
    assert left_over(fer_home) == []


def test_an_import_over_the_limit_leaves_nothing(
    client: TestClient, csv_text: str, fer_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(endpoints, "IMPORT_LIMIT_BYTES", 1000)
    pieces = (csv_text[start : start + 500].encode() for start in range(0, len(csv_text), 500))
    refused(client.post("/api/v1/datasets", content=pieces), 413, "too_large")
    assert left_over(fer_home) == []


def test_a_full_disk_is_said(
    client: TestClient, csv_text: str, fer_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def full(*_: object) -> Path:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(uploads, "_save", full)
    refused(client.post("/api/v1/datasets", content=csv_text), 507, "disk_full")
    assert left_over(fer_home) == []


@pytest.mark.parametrize("name", ["drawn", "a b", "..", "x" * 65])
def test_import_takes_no_impossible_name(client: TestClient, csv_text: str, name: str) -> None:
    response = client.post("/api/v1/datasets", params={"name": name}, content=csv_text)
    refused(response, 422, "bad_input")


def test_what_a_killed_server_left_goes_with_the_next_import(
    client: TestClient, csv_text: str, fer_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stale = fer_home / "uploads" / "old" / "half.csv"
    stale.parent.mkdir(parents=True)
    stale.write_text("emotion,pix")
    monkeypatch.setattr(uploads, "STALE_S", -1)
    client.post("/api/v1/datasets", content=csv_text)
    assert left_over(fer_home) == []


def test_images_are_revalidated_by_their_content(client: TestClient) -> None:
    first = client.get("/api/v1/datasets/drawn/images/3.png")
    assert first.headers["Cache-Control"] == "no-cache"
    etag = {"If-None-Match": first.headers["ETag"]}
    again = client.get("/api/v1/datasets/drawn/images/3.png", headers=etag)
    assert (again.status_code, again.content) == (304, b"")
    assert client.get("/api/v1/datasets/drawn/images/4.png", headers=etag).status_code == 200
    kept = client.get("/api/v1/datasets/drawn/images/3.png?v=1")
    assert "immutable" in kept.headers["Cache-Control"]


@pytest.mark.parametrize("place", ["nosuch/images/0.png", "drawn/images/999999.png"])
def test_images_that_are_not_there(client: TestClient, place: str) -> None:
    refused(client.get(f"/api/v1/datasets/{place}"), 404, "not_found")


def test_images_come_from_registered_sets_only(
    client: TestClient, csv_text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "here.csv").write_text(csv_text)
    monkeypatch.chdir(tmp_path)
    refused(client.get("/api/v1/datasets/here.csv/images/0.png"), 404, "not_found")


def test_the_document_lists_the_routes() -> None:
    described = {
        (f"/api/v1{path}", method.upper())
        for path, methods in document("1")["paths"].items()
        for method in methods
    }
    served = {
        (route.path.replace(":int", ""), method)
        for route in routes()
        for method in route.endpoint.handlers
    }
    assert described == served


def test_the_document_s_references_exist(client: TestClient) -> None:
    answer = client.get("/api/v1/openapi.json").json()
    named = set(re.findall(r'"#/components/schemas/(\w+)"', json.dumps(answer)))
    assert named <= set(answer["components"]["schemas"])
    for schema in answer["components"]["schemas"].values():
        jsonschema.Draft202012Validator.check_schema(schema)


def test_the_server_serves_routes_and_pages(server: Any, astronaut: Path) -> None:
    with httpx.Client(base_url=server.url, timeout=60) as client:
        health = client.get("/api/v1/health").json()
        assert health["status"] == "ok"
        assert "fer studio" in client.get("/api/v1/openapi.json").text
        assert client.get("/predict").headers["Content-Type"].startswith("text/html")
        refused(client.get("/api/v1/nosuch"), 404, "not_found")
        photo = {"file": ("astronaut.png", astronaut.read_bytes())}
        assert client.post("/api/v1/predict", files=photo).json()["faces"][0]["emotion"] == "happy"


@pytest.mark.parametrize(
    ("path", "status"), [("/api/v1/predict", 413), ("/api/v1/datasets", 403), ("/api/v1/no", 404)]
)
def test_a_refusal_reaches_a_client_that_sends_all_before_it_listens(
    server: Any, path: str, status: int
) -> None:
    connection = http.client.HTTPConnection(server.url.removeprefix("http://"), timeout=60)
    origin = {"Origin": "https://elsewhere.example"} if status == 403 else {}
    with contextlib.closing(connection):
        connection.request("POST", path, bytes(60_000_000), origin)
        assert connection.getresponse().status == status


def test_the_server_never_loads_tensorflow(server: Any, astronaut: Path) -> None:
    with httpx.Client(base_url=server.url, timeout=60) as client:
        for detector in ("yunet", "haar", "none"):
            sent = {"params": {"detector": detector}, "content": astronaut.read_bytes()}
            assert client.post("/api/v1/predict", **sent).status_code == 200
        assert client.get("/api/v1/health").json()["tensorflow_loaded"] is False
    mapped = [part.path for part in server.process.memory_maps()]
    assert any("ai_edge_litert" in path for path in mapped)  # or this test sees nothing
    assert [path for path in mapped if "/tensorflow/" in path or "libtensorflow" in path] == []


def _png() -> bytes:
    return images.to_png(data.drawn_faces(1).images[0])


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


def _latin(headers: dict[str, str]) -> dict[str, bytes]:
    return {name: value.encode() for name, value in headers.items()}
