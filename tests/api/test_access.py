"""Who may call: tokens, pages of other sites, CORS."""

from collections.abc import Iterator

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from fer.api import routes
from fer.errors import InputError
from tests.api.answers import png, refused


@pytest.mark.parametrize("path", ["/api/v1/predict", "/api/v1/datasets"])
@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://elsewhere.example"},
        {"Origin": "null"},
        {"Origin": "http://testserver:81"},
        {"Origin": "http://["},
        {"Origin": "testserver"},
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


def test_a_token_from_a_file_may_end_in_a_newline(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FER_API_TOKEN", "s3cret\n")
    headers = {"Authorization": "Bearer s3cret"}
    assert client.post("/api/v1/predict", content=png(), headers=headers).status_code == 200


def test_a_token_that_no_header_holds_is_said_at_the_start(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("FER_API_TOKEN", "пароль")
    with pytest.raises(InputError, match="FER_API_TOKEN may hold ASCII"):
        routes()


@pytest.fixture
def partner(monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    """The routes, with pages of two other sites let in."""
    monkeypatch.setenv("FER_API_CORS", "https://partner.example, http://Lab.local:8080/")
    with TestClient(Starlette(routes=routes())) as client:
        yield client


@pytest.mark.parametrize("origin", ["https://partner.example", "http://lab.local:8080"])
def test_pages_of_chosen_origins_are_served_and_may_read(partner: TestClient, origin: str) -> None:
    headers = {"Origin": origin, "Sec-Fetch-Site": "cross-site"}
    response = partner.post("/api/v1/predict", content=png(), headers=headers)
    assert response.status_code == 200
    assert response.headers["Access-Control-Allow-Origin"] == origin
    assert response.headers["Vary"] == "Origin"
    assert "X-Request-ID" in response.headers["Access-Control-Expose-Headers"]
    assert "Access-Control-Allow-Credentials" not in response.headers
    # Errors too, or the page could not say what is wrong.
    wrong = partner.post("/api/v1/predict", content=b"x", headers=headers)
    assert wrong.status_code == 415
    assert wrong.headers["Access-Control-Allow-Origin"] == origin


@pytest.mark.parametrize(
    "origin", ["https://partner.example.evil.example", "http://partner.example", "null"]
)
def test_pages_of_origins_not_chosen_are_still_refused(partner: TestClient, origin: str) -> None:
    headers = {"Origin": origin, "Sec-Fetch-Site": "cross-site"}
    response = partner.post("/api/v1/predict", content=png(), headers=headers)
    refused(response, 403, "cross_site")
    assert "Access-Control-Allow-Origin" not in response.headers
    assert partner.options("/api/v1/predict", headers=headers).status_code == 405


def test_browsers_of_chosen_origins_are_told_what_they_may_send(
    partner: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FER_API_TOKEN", "s3cret")  # a browser sends none with this question
    headers = {"Origin": "https://partner.example", "Access-Control-Request-Method": "POST"}
    response = partner.options("/api/v1/predict", headers=headers)
    assert response.status_code == 204
    assert response.headers["Access-Control-Allow-Origin"] == "https://partner.example"
    assert response.headers["Access-Control-Allow-Methods"] == "POST"
    assert "Authorization" in response.headers["Access-Control-Allow-Headers"]
    refused(partner.post("/api/v1/predict", content=png(), headers=headers), 401, "unauthorized")


def test_without_chosen_origins_no_answer_speaks_of_them(client: TestClient) -> None:
    headers = {"Origin": "https://partner.example"}
    for response in (
        client.get("/api/v1/health", headers=headers),
        client.options("/api/v1/predict", headers=headers),
    ):
        assert [name for name in response.headers if name.startswith("access-control")] == []
    refused(client.options("/api/v1/predict", headers=headers), 405, "method_not_allowed")


@pytest.mark.parametrize(
    "given", ["*", "partner.example", "https://a.example/path", "https://a.example b", "null"]
)
def test_what_is_no_origin_is_said_at_the_start(
    monkeypatch: pytest.MonkeyPatch, given: str
) -> None:
    monkeypatch.setenv("FER_API_CORS", f"https://fine.example,{given}")
    with pytest.raises(InputError, match="FER_API_CORS"):
        routes()
