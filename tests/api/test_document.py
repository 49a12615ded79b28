"""The OpenAPI document: complete, valid, and true of the answers."""

import json
import re

import jsonschema
from starlette.testclient import TestClient

from fer.api import routes
from fer.api.openapi import document


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
