"""What every route does: errors as JSON, request ids, one line of log."""

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
