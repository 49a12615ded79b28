"""The routes in the server as users start it, in a process of its own."""

import contextlib
import http.client
from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest

from tests.api.answers import refused


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
