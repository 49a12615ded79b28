"""The routes themselves. Work that takes longer than a moment happens in threads."""

import asyncio
import errno
import functools
import sys
import threading
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from fer import __version__, bundles, data, home, images
from fer.api.bodies import Upload
from fer.api.gate import Endpoint, problem
from fer.api.openapi import document
from fer.api.predictors import predictor_for
from fer.api.uploads import IMPORT_LIMIT_BYTES, import_upload
from fer.data.store import checked_name
from fer.errors import BusyError, InputError, NotFoundError
from fer.inference import DETECTORS

# Threads of their own, so that nothing else waits behind pictures. Two keep two cores busy, and
# ten more pictures may wait: that is under a second's work.
PREDICTING_THREADS = 2
PREDICTIONS_PENDING = 12
IMPORTS_PENDING = 2

_drawing = threading.Lock()
_predicting = ThreadPoolExecutor(PREDICTING_THREADS, thread_name_prefix="fer-api")


class _Pending:
    """How many requests of one kind are under way; the one too many is turned away."""

    def __init__(self, limit: int, what: str) -> None:
        self.limit = limit
        self.what = what
        self.count = 0

    @asynccontextmanager
    async def slot(self) -> AsyncIterator[None]:
        if self.count >= self.limit:
            raise BusyError(f"{self.limit} {self.what} are under way; try again in a second.")
        self.count += 1
        try:
            yield
        finally:
            self.count -= 1


def routes() -> list[Route]:
    """All routes under /api, the last of which answers every unknown path there with JSON."""
    predictions = _Pending(PREDICTIONS_PENDING, "predictions")
    imports = _Pending(IMPORTS_PENDING, "imports")
    return [
        Route("/api/v1/health", Endpoint(GET=_health)),
        Route("/api/v1/models", Endpoint(GET=_models)),
        Route("/api/v1/predict", Endpoint(POST=functools.partial(_predict, predictions))),
        Route("/api/v1/datasets", Endpoint(POST=functools.partial(_import, imports))),
        Route("/api/v1/datasets/{name}/images/{index:int}.png", Endpoint(GET=_dataset_image)),
        Route("/api/v1/openapi.json", Endpoint(GET=_openapi)),
        Route("/api", _not_found),
        Route("/api/{path:path}", _not_found),
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


async def _predict(pending: _Pending, request: Request) -> Response:
    model = request.query_params.get("model") or None
    detector = request.query_params.get("detector") or None
    if detector not in (None, *DETECTORS):
        known = ", ".join(DETECTORS)
        raise InputError(f"There is no detector {detector!r}; use one of {known}.")
    async with pending.slot():
        upload = Upload(request, images.MAX_BYTES, "The picture")
        picture = await upload.read()
        work = functools.partial(_read_faces, picture, upload.name, model, detector)
        result = await asyncio.get_running_loop().run_in_executor(_predicting, work)
    return JSONResponse(result)


def _read_faces(
    picture: bytes, name: str, model: str | None, detector: str | None
) -> dict[str, Any]:
    predictor = predictor_for(model)
    reading = predictor.predict(picture, detector, name=name)
    return {"model": predictor.bundle.name, **reading.to_dict()}


async def _dataset_image(request: Request) -> Response:
    name, index = request.path_params["name"], request.path_params["index"]
    key, png = await asyncio.to_thread(_face_png, name, index)
    etag = f'"{key:016x}"'
    # An address with ?v= changes when the data set does, so its picture can be kept for good.
    keep = "private, max-age=31536000, immutable" if "v" in request.query_params else "no-cache"
    headers = {"ETag": etag, "Cache-Control": keep}
    if etag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(png, media_type="image/png", headers=headers)


def _face_png(name: str, index: int) -> tuple[int, bytes]:
    """Content key and picture of one face of a registered data set, or of the drawn faces."""
    if name == "drawn":
        with _drawing:
            dataset = _drawn_faces()
    elif (home.datasets_dir() / checked_name(name)).is_dir():
        dataset = data.open_dataset(name)
    else:
        raise NotFoundError(f"There is no data set {name!r} here; import it first.")
    if index >= len(dataset):
        raise NotFoundError(f"{name} has images 0 to {len(dataset) - 1}; there is no {index}.")
    return int(dataset.keys[index]), images.to_png(dataset.images[index])


@functools.cache
def _drawn_faces() -> data.FaceDataset:
    """The drawn faces, 5 MB, kept: drawing them takes a second, and a gallery asks for dozens."""
    return data.drawn_faces()


async def _import(pending: _Pending, request: Request) -> Response:
    name = request.query_params.get("name") or None
    replace = request.query_params.get("replace", "").lower() in ("1", "true", "yes")
    async with pending.slot():
        upload = Upload(request, IMPORT_LIMIT_BYTES, "upload.csv")
        try:
            info = await import_upload(upload, name, replace)
        except OSError as error:
            if error.errno not in (errno.ENOSPC, errno.EDQUOT):
                raise
            return problem(507, "disk_full", "The disk is full; make room and send it again.")
    return JSONResponse(info, 201)


async def _openapi(request: Request) -> Response:
    return JSONResponse(document(__version__))


_not_found = Endpoint()
