"""The OpenAPI 3.1 document of the routes, by hand; a test holds answers and paths against it."""

from typing import Any

from fer import images
from fer.inference import MAX_FACES
from fer.labels import LABELS

_STRING = {"type": "string"}
_NUMBER = {"type": "number"}
_INTEGER = {"type": "integer"}
_COUNT = {"type": "integer", "minimum": 0}
_ROWS = {**_STRING, "pattern": "^[0-9]{1,9}(-[0-9]{1,9})?(,[0-9]{1,9}(-[0-9]{1,9})?)*$"}
_NAME = {**_STRING, "pattern": "^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"}


def document(version: str) -> dict[str, Any]:
    """The whole document."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "fer studio",
            "version": version,
            "summary": "Reads facial expressions from pictures.",
            "description": (
                "What a face looks like is not what a person feels. Pictures sent to predict are "
                "not kept. POST routes ask for a bearer token where the server sets FER_API_TOKEN. "
                "Every answer has an X-Request-ID, the client's own where it sends one of at most "
                "64 letters, digits and marks."
            ),
        },
        "servers": [{"url": "/api/v1"}],
        "paths": _paths(),
        "components": {
            "schemas": _schemas(),
            "headers": _headers(),
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def _paths() -> dict[str, Any]:
    return {
        "/health": {
            "get": {
                "summary": "Whether the server is up, and what it has",
                "responses": {"200": _json("Up", _ref("Health"))},
            }
        },
        "/models": {
            "get": {
                "summary": "The models that can predict",
                "responses": {"200": _json("The models", _ref("Models"))},
            }
        },
        "/predict": {"post": _predict()},
        "/datasets": {"post": _import()},
        "/datasets/{name}/images/{index}.png": {"get": _image()},
        "/datasets/{name}/sheet.png": {"get": _sheet()},
        "/metrics": {
            "get": {
                "summary": "Counts of requests, their durations, memory: for Prometheus",
                "responses": {"200": _answer("Counts", {"text/plain": {"schema": _STRING}})},
            }
        },
        "/openapi.json": {
            "get": {
                "summary": "This document",
                "responses": {"200": _json("OpenAPI 3.1", {"type": "object"})},
            }
        },
    }


def _predict() -> dict[str, Any]:
    return {
        "summary": "Find the faces of a picture and read their expressions",
        "description": (
            f"A picture of at most {images.MAX_BYTES // 10**6} MB and {images.MAX_PIXELS // 10**6} "
            "million pixels, in a minute. Of more faces than "
            f"{MAX_FACES} the biggest are read."
        ),
        "security": [{}, {"token": []}],
        "parameters": [
            _query("model", _STRING, "Name of a model; without it, the default one"),
            _query(
                "detector",
                {"enum": ["yunet", "haar", "none"]},
                "none reads the whole picture as one face; without it, yunet, and none for "
                "pictures of at most 64 pixels a side",
            ),
        ],
        "requestBody": _file("image/*", "image/*"),
        "responses": {
            "200": _json("The faces, none being an empty list", _ref("Reading")),
            **_errors(401, 403, 404, 408, 413, 415, 422, 429, 500),
        },
    }


def _import() -> dict[str, Any]:
    return {
        "summary": "Import a data set, such as fer2013.csv, of up to 1 GB",
        "security": [{}, {"token": []}],
        "parameters": [
            _query("name", _NAME, "Name for the data set; without it, from the file's name"),
            _query("replace", {"type": "boolean"}, "Replace a data set of that name"),
            _query("crop", {"type": "boolean"}, "Cut the biggest face out of each photograph"),
        ],
        "requestBody": _file("text/csv", "text/csv, application/zip, application/octet-stream"),
        "responses": {
            "201": _json("Imported", _ref("Dataset")),
            **_errors(400, 401, 403, 408, 409, 413, 415, 422, 429, 500, 507),
        },
    }


def _image() -> dict[str, Any]:
    return {
        "summary": "One face of a data set",
        "parameters": [
            _dataset_name(),
            {"name": "index", "in": "path", "required": True, "schema": _COUNT},
            _query("v", _STRING, "Anything that changes with the data: the answer is then cached"),
        ],
        "responses": {
            "200": _answer("48x48 grey", {"image/png": {}}, "ETag"),
            "304": {"description": "Still the same"},
            **_errors(404, 422),
        },
    }


def _sheet() -> dict[str, Any]:
    return {
        "summary": "Many faces of a data set on one picture, eight beside each other",
        "parameters": [
            _dataset_name(),
            {**_query("rows", _ROWS, "At most 128 rows, such as 0-47,60"), "required": True},
            _query("v", _STRING, "Anything that changes with the data: the answer is then cached"),
        ],
        "responses": {
            "200": _answer("48x48 grey each", {"image/png": {}}, "ETag"),
            "304": {"description": "Still the same"},
            **_errors(404, 422),
        },
    }


def _schemas() -> dict[str, Any]:
    box = dict.fromkeys(("x", "y", "width", "height"), _INTEGER)
    counts = {"type": "object", "additionalProperties": _INTEGER}
    return {
        "Error": _object(error=_object(code=_STRING, message=_STRING)),
        "Health": _object(
            status={"const": "ok"},
            version=_STRING,
            models={"type": "array", "items": _STRING},
            tensorflow_loaded={"type": "boolean"},
        ),
        "Models": _object(
            default={"type": ["string", "null"]}, models={"type": "array", "items": _ref("Model")}
        ),
        "Model": _object(
            name=_STRING,
            architecture=_STRING,
            labels={"type": "array", "items": {"enum": list(LABELS)}},
            input=_object(size_px=_COUNT, normalisation={"enum": list(images.NORMALISATIONS)}),
            metrics={"type": "object"},
        ),
        "Reading": _object(
            model=_STRING,
            width=_INTEGER,
            height=_INTEGER,
            faces={"type": "array", "items": _ref("Face"), "maxItems": MAX_FACES},
        ),
        "Face": _object(
            box=_object(**box),
            detection_score={"type": ["number", "null"]},
            emotion={"enum": list(LABELS)},
            confidence={**_NUMBER, "minimum": 0, "maximum": 1},
            probabilities={
                "type": "object",
                "additionalProperties": {**_NUMBER, "minimum": 0, "maximum": 1},
            },
        ),
        "Dataset": _object(
            optional={"no_face": _INTEGER},
            name=_STRING,
            n=_INTEGER,
            source=_STRING,
            counts={"type": "object", "additionalProperties": counts},
            fingerprint=_STRING,
            published={"type": "boolean"},
            created=_NUMBER,
            differences={"type": ["array", "null"], "items": _STRING},
            votes={"type": "boolean"},
            parent={"type": ["string", "null"]},
            description=_STRING,
        ),
    }


def _object(*, optional: dict[str, Any] | None = None, **properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties | (optional or {}),
        "required": list(properties),
    }


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def _answer(description: str, content: dict[str, Any], *headers: str) -> dict[str, Any]:
    named = {name: {"$ref": f"#/components/headers/{name}"} for name in ("X-Request-ID", *headers)}
    return {"description": description, "headers": named, "content": content}


def _json(description: str, schema: dict[str, Any], *headers: str) -> dict[str, Any]:
    return _answer(description, {"application/json": {"schema": schema}}, *headers)


def _headers() -> dict[str, Any]:
    described = {
        "X-Request-ID": ("Names the request in the server's log", _STRING),
        "Retry-After": ("Seconds after which to try again", _COUNT),
        "WWW-Authenticate": ("Bearer", _STRING),
        "ETag": ("Changes with the picture", _STRING),
    }
    return {
        name: {"description": text, "required": True, "schema": schema}
        for name, (text, schema) in described.items()
    }


def _dataset_name() -> dict[str, Any]:
    return {
        "name": "name",
        "in": "path",
        "required": True,
        "schema": _NAME,
        "description": "A registered data set, or drawn",
    }


def _query(name: str, schema: dict[str, Any], description: str) -> dict[str, Any]:
    return {"name": name, "in": "query", "schema": schema, "description": description}


def _file(body: str, part: str) -> dict[str, Any]:
    """A file as the body itself, of type `body`, or as the field `file`, of the types `part`."""
    binary = {"type": "string", "format": "binary"}
    return {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": _object(file=binary),
                "encoding": {"file": {"contentType": part}},
            },
            body: {"schema": binary},
        },
    }


def _errors(*statuses: int) -> dict[str, Any]:
    reasons = {
        400: "It could not be done; the message says why",
        401: "The token is missing or wrong",
        403: "Sent by a page of another site",
        404: "No such thing",
        408: "The client stopped sending",
        409: "The name is taken",
        413: "Too large",
        415: "Not a picture in a format that is read",
        422: "It cannot be used; the message says why",
        429: "Busy; try again after Retry-After seconds",
        500: "A fault of the server; its log has the request's id",
        507: "The disk is full",
    }
    headers = {401: ["WWW-Authenticate"], 429: ["Retry-After"]}
    return {
        str(status): _json(reasons[status], _ref("Error"), *headers.get(status, []))
        for status in statuses
    }
