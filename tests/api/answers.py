"""What the tests of the routes share: how answers are held against the document."""

from pathlib import Path
from typing import Any

import httpx2 as httpx
import jsonschema

from fer import data, images
from fer.api.openapi import document


def conforms(answer: Any, schema: str) -> None:
    """Hold `answer` against a schema of the OpenAPI document: it has that, and nothing else."""
    components = closed(document("0")["components"])
    rules = {"$ref": f"#/components/schemas/{schema}", "components": components}
    jsonschema.validate(answer, rules)


def closed(schema: Any) -> Any:
    """`schema` where each object has the properties that it names and no others."""
    if isinstance(schema, list):
        return [closed(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    inner = {name: closed(part) for name, part in schema.items()}
    return {"additionalProperties": False, **inner} if "required" in schema else inner


def refused(response: httpx.Response, status: int, code: str) -> str:
    """Assert one refusal, in the one form that errors have; returns its sentence."""
    assert response.status_code == status, response.text
    answer = response.json()
    conforms(answer, "Error")
    assert answer["error"]["code"] == code
    return str(answer["error"]["message"])


def left_over(home: Path) -> list[Path]:
    """Whatever an upload left on disk."""
    return [path for path in (home / "uploads").rglob("*") if path.is_file()]


def png() -> bytes:
    """A drawn face."""
    return images.to_png(data.drawn_faces(1).images[0])
