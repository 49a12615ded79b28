"""The OpenAPI document: complete, valid, and true of the answers."""

import json
import re

import jsonschema
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.schemas import APIOperation
from starlette.applications import Starlette
from starlette.testclient import TestClient

from fer import data
from fer.api import endpoints, routes
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


APP = Starlette(routes=routes())
SCHEMA = schemathesis.openapi.from_asgi("/api/v1/openapi.json", APP)
# Not by SCHEMA.parametrize, whose tests are all called the same: xdist would run one of them.
OPERATIONS = [found.ok() for found in SCHEMA.get_all_operations()]
FIXED = settings(
    max_examples=25, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck)
)


# Each of these is held against all of schemathesis's checks: no server errors, only statuses,
# content types, headers and bodies that the document tells, what it allows is accepted and what it
# does not allow is refused. `schemathesis run URL --max-examples 200` does the same for longer.
@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.label)
def test_answers_are_as_documented_whatever_is_asked(operation: APIOperation) -> None:
    @FIXED
    @given(case=operation.as_strategy())
    def holds(case: schemathesis.Case) -> None:
        case.call_and_validate()

    holds()


class Steps(SCHEMA.as_state_machine()):
    """Steps that use what steps before them made, such as a data set and then its images."""

    def setup(self) -> None:
        for info in data.list_datasets():
            data.delete_dataset(info.name)


def test_answers_are_as_documented_in_any_order() -> None:
    Steps.run(settings=settings(FIXED, stateful_step_count=6))


@pytest.mark.parametrize(("path", "status"), [("/predict", "200"), ("/datasets", "201")])
def test_an_answer_that_the_document_leaves_out_is_found(
    monkeypatch: pytest.MonkeyPatch, path: str, status: str
) -> None:
    told = document("1")
    del told["paths"][path]["post"]["responses"][status]
    monkeypatch.setattr(endpoints, "document", lambda version: told)
    schema = schemathesis.openapi.from_asgi("/api/v1/openapi.json", APP)

    @FIXED
    @given(schema[path]["POST"].as_strategy())
    def ask(case: schemathesis.Case) -> None:
        case.call_and_validate()

    with pytest.raises(BaseException, match="Undocumented status code"):
        ask()
