"""What every route does: errors as JSON, request ids, one line of log."""

import re
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from fer.api import predictions
from tests.api.answers import refused


def test_a_fault_of_ours_is_json_and_tells_no_file_names(
    client: TestClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(picture: bytes, name: str, *_: object) -> None:
        raise RuntimeError(f"cannot read {name}")

    monkeypatch.setattr(predictions, "_read_faces", broken)
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


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/api/v1/health"), ("POST", "/api/v1/predict"), ("GET", "/api/no"), ("PUT", "/api")],
)
def test_every_answer_has_a_request_id_of_its_own(
    client: TestClient, method: str, path: str
) -> None:
    ids = {client.request(method, path).headers["X-Request-ID"] for _ in range(3)}
    assert len(ids) == 3
    assert all(re.fullmatch(r"[0-9a-f]{16}", id_) for id_ in ids)


@pytest.mark.parametrize("given", ["job-7.frame_12", "A" * 64, "urn:uuid:1/2+3="])
def test_a_request_id_is_taken_from_the_client(client: TestClient, given: str) -> None:
    answer = client.get("/api/v1/health", headers={"X-Request-ID": given})
    assert answer.headers["X-Request-ID"] == given


@pytest.mark.parametrize("given", ["", "A" * 65, "a b", 'x"y', "nön"])
def test_a_request_id_that_is_none_is_replaced(
    client: TestClient, caplog: pytest.LogCaptureFixture, given: str
) -> None:
    caplog.set_level("INFO")
    answer = client.get("/api/v1/health", headers=[(b"X-Request-ID", given.encode())])
    assert re.fullmatch(r"[0-9a-f]{16}", answer.headers["X-Request-ID"])
    assert f"request_id={answer.headers['X-Request-ID']}" in caplog.text


def test_a_request_is_one_line_of_log_without_names(
    client: TestClient, caplog: pytest.LogCaptureFixture, astronaut: Path
) -> None:
    caplog.set_level("INFO", "fer")
    photo = astronaut.read_bytes()
    sent = {"files": {"file": ("jane-doe.png", photo)}, "headers": {"X-Request-ID": "one"}}
    client.post("/api/v1/predict?model=spec", **sent)
    client.post("/api/v1/predict?model=jane-doe", content=photo, headers={"X-Request-ID": "two"})
    client.get("/api/v1/datasets/jane-doe/images/7.png", headers={"X-Request-ID": "three"})
    client.get("/api/jane-doe", headers={"X-Request-ID": "four"})
    client.request("JANE-DOE", "/api/v1/health", headers={"X-Request-ID": "five"})
    lines = [record.getMessage() for record in caplog.records if record.name.startswith("fer")]
    expected = [
        "method=POST route=/api/v1/predict status=200 ms=# bytes=# faces=1 request_id=one",
        "method=POST route=/api/v1/predict status=404 ms=# bytes=# faces=0 request_id=two",
        "method=GET route=/api/v1/datasets/{name}/images/{index}.png status=404 ms=# bytes=# "
        "faces=0 request_id=three",
        "method=GET route=/api/{path} status=404 ms=# bytes=# faces=0 request_id=four",
        "method=other route=/api/v1/health status=405 ms=# bytes=# faces=0 request_id=five",
    ]
    assert [re.sub(r"(ms|bytes)=[\d.]+", r"\1=#", line) for line in lines] == expected
    received = [int(re.search(r"bytes=(\d+)", line)[1]) for line in lines]
    assert len(photo) < received[0] < len(photo) + 1000  # and a form around it
    assert received[1:] == [len(photo), 0, 0, 0]


def test_what_goes_well_on_our_own_pages_is_counted_but_not_logged(
    client: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    """A live camera asks twenty times a second."""
    caplog.set_level("INFO", "fer")
    ours = {"Sec-Fetch-Site": "same-origin"}
    assert client.get("/api/v1/health", headers=ours).status_code == 200
    assert caplog.messages == []
    line = 'fer_http_requests_total{method="GET",route="/api/v1/health",status="200"}'
    assert line in client.get("/api/v1/metrics", headers=ours).text
    client.get("/api/v1/jane-doe", headers=ours)
    assert "status=404" in caplog.text


def test_a_fault_is_found_in_the_log_by_its_request_id(
    client: TestClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "fer")
    monkeypatch.setattr(predictions, "_read_faces", lambda *_: 1 / 0)
    answer = client.post("/api/v1/predict", content=b"x", headers={"X-Request-ID": "mine"})
    assert answer.headers["X-Request-ID"] == "mine"
    fault, line = caplog.messages
    assert "ZeroDivisionError, request_id=mine" in fault
    assert "status=500" in line
