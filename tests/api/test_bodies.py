"""How a file comes in: as a body or in a form, within limits of size and time."""

from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from fer import images
from tests.api.answers import png, refused


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
    files = [("note", (None, b"a field before")), ("file", ("face.png", png())), ("file", b"2nd")]
    assert client.post("/api/v1/predict?detector=none", files=files).status_code == 200
