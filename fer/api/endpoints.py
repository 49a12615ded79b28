"""The routes themselves. Work that takes longer than a moment happens in threads."""

import asyncio
import functools
import re
import sys
from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from fer import __version__, bundles, files
from fer.api.access import api_token, chosen_origins
from fer.api.bodies import Upload
from fer.api.faces import face_png, sheet_png
from fer.api.gate import Endpoint, Handler
from fer.api.metrics import CONTENT_TYPE, Metrics
from fer.api.openapi import document
from fer.api.predictions import Predictions
from fer.api.uploads import IMPORT_LIMIT_BYTES, import_upload
from fer.errors import BusyError, InputError, NotFoundError

IMPORTS_PENDING = 2


def routes() -> list[Route]:
    """All routes under /api, the last of which answers every unknown path there with JSON."""
    metrics, origins = Metrics(), chosen_origins()
    api_token()  # what is wrong with it is said at the start
    predictions = Predictions(metrics)
    imports = asyncio.Semaphore(IMPORTS_PENDING)

    def route(path: str, **handlers: Handler) -> Route:
        name = re.sub(r":\w+}", "}", path)
        return Route(path, Endpoint(name, metrics, origins, **handlers))

    return [
        route("/api/v1/health", GET=_health),
        route("/api/v1/models", GET=_models),
        route("/api/v1/predict", POST=predictions.predict),
        route("/api/v1/datasets", POST=functools.partial(_import, imports)),
        route("/api/v1/datasets/{name}/images/{index}.png", GET=_dataset_image),
        route("/api/v1/datasets/{name}/sheet.png", GET=_dataset_sheet),
        route("/api/v1/metrics", GET=functools.partial(_metrics, metrics)),
        route("/api/v1/openapi.json", GET=_openapi),
        route("/api"),
        route("/api/{path:path}"),
    ]


async def _health(request: Request) -> Response:
    found = await asyncio.to_thread(bundles.list_bundles)
    return JSONResponse(
        {
            "status": "ok",
            "version": __version__,
            "models": [bundle.name for bundle in found],
            # TensorFlow belongs to the training process; here it would cost half a gigabyte.
            "tensorflow_loaded": "tensorflow" in sys.modules,
        }
    )


async def _models(request: Request) -> Response:
    return JSONResponse(await asyncio.to_thread(_described_models))


def _described_models() -> dict[str, Any]:
    found = bundles.list_bundles()
    return {
        "default": bundles.default_name() if found else None,
        "models": [
            {
                "name": bundle.name,
                "architecture": bundle.architecture,
                "labels": list(bundle.labels),
                "input": bundle.input.to_dict(),
                "metrics": bundle.metrics,
            }
            for bundle in found
        ],
    }


async def _dataset_image(request: Request) -> Response:
    name, index = request.path_params["name"], request.path_params["index"]
    if not (index.isascii() and index.isdecimal() and len(index) < 10):
        raise NotFoundError(f"{name} has no face {index[:20]!r}; faces are numbered from 0.")
    return await _picture(request, functools.partial(face_png, name, int(index)))


async def _dataset_sheet(request: Request) -> Response:
    rows = request.query_params.get("rows", "")
    return await _picture(request, functools.partial(sheet_png, request.path_params["name"], rows))


async def _picture(request: Request, make: Callable[[], tuple[str, bytes]]) -> Response:
    """What `make` returns, a tag of the content and a PNG, kept by the client while it holds."""
    tag, png = await asyncio.to_thread(make)
    etag = f'"{tag}"'
    # An address with ?v= changes when the data set does, so its picture can be kept for good.
    keep = "private, max-age=31536000, immutable" if "v" in request.query_params else "no-cache"
    headers = {"ETag": etag, "Cache-Control": keep}
    if etag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(png, media_type="image/png", headers=headers)


async def _import(pending: asyncio.Semaphore, request: Request) -> Response:
    name = request.query_params.get("name")
    replace, crop = _flag(request, "replace"), _flag(request, "crop")
    if pending.locked():
        raise BusyError(f"{IMPORTS_PENDING} imports are under way; try again in a second.")
    async with pending:
        upload = Upload(request, IMPORT_LIMIT_BYTES, "upload.csv")
        try:
            info = await import_upload(upload, name, replace, crop)
        except OSError as error:
            raise files.not_written("The data set could not be saved", error) from error
    return JSONResponse(info, 201)


def _flag(request: Request, name: str) -> bool:
    given = request.query_params.get(name, "false").lower()
    if given not in ("1", "true", "yes", "0", "false", "no"):
        raise InputError(f"{name} is true or false, not {given[:40]!r}.")
    return given in ("1", "true", "yes")


async def _openapi(request: Request) -> Response:
    return JSONResponse(document(__version__))


async def _metrics(metrics: Metrics, request: Request) -> Response:
    return Response(metrics.text(), media_type=CONTENT_TYPE)
