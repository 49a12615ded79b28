"""Who may call: tokens, pages of other sites, CORS."""

import pytest
from starlette.testclient import TestClient

from tests.api.answers import png, refused


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
    refused(client.post(path, content=png(), headers=headers), 403, "cross_site")


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
    assert client.post("/api/v1/predict", content=png(), headers=headers).status_code == 200


@pytest.mark.parametrize("given", [None, "Bearer wrong", "Bearer ", "Basic s3cret", "s3cret"])
def test_posting_needs_the_token_where_one_is_set(
    client: TestClient, monkeypatch: pytest.MonkeyPatch, given: str | None
) -> None:
    monkeypatch.setenv("FER_API_TOKEN", "s3cret")
    headers = {"Authorization": given} if given else {}
    for path in ("/api/v1/predict", "/api/v1/datasets"):
        response = client.post(path, content=png(), headers=headers)
        refused(response, 401, "unauthorized")
        assert response.headers["WWW-Authenticate"] == "Bearer"


def test_the_right_token_opens(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FER_API_TOKEN", "s3cret")
    headers = {"Authorization": "Bearer s3cret"}
    assert client.post("/api/v1/predict", content=png(), headers=headers).status_code == 200
    assert client.get("/api/v1/health").status_code == 200
