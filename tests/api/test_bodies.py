"""How a file comes in: as a body or in a form, within limits of size and time."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx2 as httpx
import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from fer import images
from fer.api import predictions, routes
from fer.api.bodies import Upload
from fer.images import Box
from fer.inference import MAX_FACES, Detection, predictor
from tests.api.answers import conforms, png, refused
from tests.api.loops import run_alone


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
        ("multipart/form-data; boundary=" + "x" * 257, b"--x"),
        ("multipart/form-data; boundary=x", b"not a form"),
        ("multipart/form-data; boundary=x", b'--x\r\nContent-Disposition: form-data; name="a"\r\n'),
        (
            "multipart/form-data; boundary=x",
            b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\n\r\nabc',
        ),
    ],
    ids=["no boundary", "endless boundary", "no form", "no file", "cut short"],
)
def test_broken_forms_are_refused(client: TestClient, kind: str, body: bytes) -> None:
    response = client.post("/api/v1/predict", content=body, headers={"Content-Type": kind})
    refused(response, 422, "bad_input")


def test_other_fields_of_a_form_are_passed_over(client: TestClient) -> None:
    files = [("note", (None, b"a field before")), ("file", ("face.png", png())), ("file", b"2nd")]
    assert client.post("/api/v1/predict?detector=none", files=files).status_code == 200


def test_a_form_of_countless_fields_is_refused(client: TestClient) -> None:
    field = b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\nb\r\n'
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    response = client.post("/api/v1/predict", content=field * 101 + b"--x", headers=headers)
    assert "100 fields" in refused(response, 422, "bad_input")


def test_a_picture_that_comes_too_slowly_is_given_up(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(predictions, "ARRIVAL_LIMIT_S", 0.3)
    taken = 0

    async def slow(self: Upload) -> AsyncIterator[bytes]:
        nonlocal taken
        while True:
            await asyncio.sleep(0.05)
            taken += 1
            yield b"x"

    monkeypatch.setattr(Upload, "chunks", slow)
    refused(client.post("/api/v1/predict", content=b"x"), 408, "timeout")
    assert 2 <= taken <= 6


def test_pictures_that_come_in_together_have_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(predictions, "HELD_LIMIT_BYTES", 100_000)
    go_on = asyncio.Event()

    async def half() -> AsyncIterator[bytes]:
        yield bytes(60_000)
        await go_on.wait()

    async def scene() -> list[httpx.Response]:
        transport = httpx.ASGITransport(Starlette(routes=routes()))
        async with httpx.AsyncClient(transport=transport, base_url="http://studio") as client:
            first = asyncio.create_task(client.post("/api/v1/predict", content=half()))
            await asyncio.sleep(0.1)
            second = await client.post("/api/v1/predict", content=bytes(60_000))
            go_on.set()
            await first
            return [second, await client.post("/api/v1/predict", content=bytes(60_000))]

    second, after = run_alone(scene())
    refused(second, 429, "busy")
    refused(after, 415, "not_an_image")  # what the first held was given back


def test_no_more_than_the_biggest_faces_are_read(
    client: TestClient, monkeypatch: pytest.MonkeyPatch, astronaut: Path
) -> None:
    crowd = [Detection(Box(i % 500, i // 500, 9, 9), 0.9) for i in range(MAX_FACES + 50)]
    monkeypatch.setattr(predictor, "detect", lambda *_: crowd)
    answer = client.post("/api/v1/predict", content=astronaut.read_bytes()).json()
    conforms(answer, "Reading")
    assert len(answer["faces"]) == MAX_FACES
