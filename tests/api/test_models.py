"""What the server says of itself and its models."""

from starlette.testclient import TestClient

from fer.labels import LABELS
from tests.api.answers import conforms


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
