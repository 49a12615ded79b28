"""POST predict: a picture comes in within limits, waits for its turn, and is read in a thread."""

import asyncio
import functools
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from fer import images
from fer.api.bodies import Held, SlowError, Upload
from fer.api.metrics import Metrics
from fer.api.predictors import predictor_for
from fer.api.turns import Turns
from fer.errors import InputError
from fer.inference import DETECTORS
from fer.inference.litert import available_cores

# Sixteen pictures of 640x480 are a fifth of a second's work for two cores. No client may have more
# than twelve of those places, so that another always finds one.
WAITING, WAITING_EACH = 16, 12
# Of the pictures that come in and wait, together.
HELD_LIMIT_BYTES = 200_000_000
ARRIVAL_LIMIT_S = 60.0


class Predictions:
    """The handler of the route, with what it shares between requests."""

    def __init__(self, metrics: Metrics) -> None:
        # Threads of their own, so that nothing else waits behind pictures.
        cores = available_cores()
        self._threads = ThreadPoolExecutor(cores, thread_name_prefix="fer-api")
        self._turns = Turns(cores, WAITING, WAITING_EACH)
        self._held = Held(HELD_LIMIT_BYTES)
        metrics.waiting = lambda: self._turns.waiting

    async def predict(self, request: Request) -> Response:
        """Answer with the reading of the one picture that `request` brings."""
        model = request.query_params.get("model")
        detector = request.query_params.get("detector")
        if detector not in (None, *DETECTORS):
            known = ", ".join(DETECTORS)
            raise InputError(f"There is no detector {detector!r}; use one of {known}.")
        client = request.client.host if request.client else ""
        self._turns.check(client)  # before the picture has come, where there will be no room
        upload = Upload(request, images.MAX_BYTES, "The picture")
        with self._held.share() as share:
            try:
                async with asyncio.timeout(ARRIVAL_LIMIT_S):
                    picture = await upload.read(share)
            except TimeoutError as error:
                raise SlowError("The picture took over a minute to come; send it again.") from error
            async with self._turns.turn(client):
                if await request.is_disconnected():
                    raise ClientDisconnect
                work = functools.partial(_read_faces, picture, upload.name, model, detector)
                result = await asyncio.get_running_loop().run_in_executor(self._threads, work)
        request.state.visit.faces = len(result["faces"])
        return JSONResponse(result)


def _read_faces(
    picture: bytes, name: str, model: str | None, detector: str | None
) -> dict[str, Any]:
    predictor = predictor_for(model)
    reading = predictor.predict(picture, detector, name=name)
    return {"model": predictor.bundle.name, **reading.to_dict()}
