"""A server's life, started in either way: what it answers, what it logs, how it ends."""

import contextlib
import http.client
import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx2 as httpx
import psutil
import pytest

from tests.api.answers import png
from tests.conftest import Server, start_server, stop_server


@pytest.fixture(params=["streamlit", "uvicorn"])
def own_server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Server]:
    """A server for one test, which may end it."""
    (tmp_path / "home").mkdir()
    running = start_server(
        tmp_path / "home", tmp_path / "server.log", request.param, FER_API_TOKEN="s3cret"
    )
    yield running
    if running.process.poll() is None:
        stop_server(running)


def test_it_serves_pages_and_routes_and_ends_with_what_it_began(own_server: Server) -> None:
    url, log = urlsplit(own_server.url), own_server.log
    token = {"Authorization": "Bearer s3cret", "X-Request-ID": "jane"}
    home = own_server.url + "/predict?model=jane-doe"
    page = httpx.get(home, headers={"Accept": "text/html"})
    assert page.headers["Content-Type"].startswith("text/html")
    predict = own_server.url + "/api/v1/predict"
    assert httpx.post(predict, content=png()).status_code == 401
    assert httpx.post(predict, content=png(), headers=token).status_code == 200
    httpx.get(own_server.url + "/api/v1/datasets/jane-doe/images/7.png?v=jane-doe")
    assert "jane-doe" not in log.read_text()
    assert log.read_text().count("request_id=jane") == 1
    assert log.read_text().count("/predict status=") == 2

    picture = png()
    with contextlib.closing(http.client.HTTPConnection(url.hostname, url.port, 30)) as begun:
        begun.putrequest("POST", "/api/v1/predict")
        for name, value in {**token, "Content-Length": str(len(picture))}.items():
            begun.putheader(name, value)
        begun.endheaders(picture[:100])
        _wait_for(own_server, in_flight=2)  # the one that asks is the other
        own_server.process.terminate()
        _wait_until_closed(url.hostname, url.port)
        begun.send(picture[100:])
        assert begun.getresponse().status == 200
    own_server.process.wait(20)
    assert "Traceback" not in log.read_text()


def _wait_for(server: Server, in_flight: int) -> None:
    line = f"fer_http_requests_in_flight {in_flight}\n"
    while line not in httpx.get(server.url + "/api/v1/metrics").text:
        assert server.process.status() != psutil.STATUS_ZOMBIE


def _wait_until_closed(host: str | None, port: int | None) -> None:
    # Refused, or reset where it was in the queue that is closed with the door.
    with contextlib.suppress(ConnectionRefusedError, ConnectionResetError):
        while True:
            socket.create_connection((host, port), 5).close()
