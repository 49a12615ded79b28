"""What every route does around its own work: access, errors as JSON, an id, a line of log, counts.

Nothing that names a person or a file gets into the log: of an address, the route's template.
"""

import logging
import re
import secrets
import time
import traceback
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from starlette.datastructures import MutableHeaders
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.types import Message, Receive, Scope, Send

from fer.api.access import (
    cors_headers,
    preflight_headers,
    refuse_other_sites,
    refuse_without_token,
)
from fer.api.metrics import Metrics
from fer.errors import BusyError, FerError

Handler = Callable[[Request], Awaitable[Response]]

CLIENT_LEFT = 499  # no status that is ever sent: what the log and the counts say

_log = logging.getLogger("fer.api")
# A client may invent methods; each would be a line of its own in the counts, for ever.
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_REQUEST_ID = re.compile(r"[\w.:/+=-]{1,64}", re.ASCII)


@dataclass
class Visit:
    """One request on its way through; handlers find theirs in `request.state.visit`."""

    id: str
    started: float = field(default_factory=time.perf_counter)
    status: int = CLIENT_LEFT
    received_bytes: int = 0
    faces: int = 0
    from_page: bool = False


class Endpoint:
    """One path: an ASGI app that hands each method to its handler and turns errors into JSON.

    Handlers that change something, or cost something, are those of POST: they are refused to pages
    of other sites than `origins`, and ask for the bearer token where FER_API_TOKEN is set. An
    endpoint without handlers is a path that does not exist.
    """

    def __init__(
        self,
        route: str,
        metrics: Metrics,
        origins: frozenset[str] = frozenset(),
        **handlers: Handler,
    ) -> None:
        self.route = route
        self.metrics = metrics
        self.origins = origins
        self.handlers: Mapping[str, Handler] = handlers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        given = request.headers.get("x-request-id", "")
        visit = Visit(given if _REQUEST_ID.fullmatch(given) else secrets.token_hex(8))
        headers = {"X-Request-ID": visit.id, **cors_headers(request, self.origins)}

        async def counted() -> Message:
            message = await receive()
            visit.received_bytes += len(message.get("body", b""))
            return message

        async def marked(message: Message) -> None:
            if message["type"] == "http.response.start":
                visit.status = message["status"]
                MutableHeaders(scope=message).update(headers)
            await send(message)

        request = Request(scope, counted)
        request.state.visit = visit
        visit.from_page = request.headers.get("sec-fetch-site") == "same-origin"
        self.metrics.in_flight += 1
        try:
            response = await self._response(request, visit)
            if response is not None:
                await response(scope, counted, marked)
        finally:
            self.metrics.in_flight -= 1
            self._note(request.method, visit)

    async def _response(self, request: Request, visit: Visit) -> Response | None:
        try:
            return await self._answer(request)
        except ClientDisconnect:
            return None
        except FerError as error:
            return error_response(error)
        except Exception as error:
            # The message is left out on purpose: it may hold a file's name, or what is in it.
            place = "".join(traceback.format_tb(error.__traceback__))
            _log.error("%s, request_id=%s\n%s", type(error).__name__, visit.id, place)
            return problem(500, "internal", "Something went wrong here; the log says where.")

    async def _answer(self, request: Request) -> Response:
        method = "GET" if request.method == "HEAD" else request.method
        if not self.handlers:
            return problem(404, "not_found", "No such path; GET /api/v1/openapi.json lists them.")
        handler = self.handlers.get(method)
        allowed = ", ".join(self.handlers)
        if method == "OPTIONS" and request.headers.get("origin") in self.origins:
            return Response(status_code=204, headers=preflight_headers(allowed))
        if handler is None:
            message = f"{request.method} is not possible here; use {allowed}."
            return problem(405, "method_not_allowed", message, {"Allow": allowed})
        if method != "GET":
            refuse_other_sites(request, self.origins)
            refuse_without_token(request)
        return await handler(request)

    def _note(self, method: str, visit: Visit) -> None:
        seconds = time.perf_counter() - visit.started
        method = method if method in _METHODS else "other"
        self.metrics.answered(method, self.route, visit.status, seconds, visit.faces)
        # What goes well on the studio's own pages is only counted: a live camera alone would fill
        # the terminal with twenty lines a second.
        _log.log(
            logging.DEBUG if visit.from_page and visit.status < 400 else logging.INFO,
            "method=%s route=%s status=%d ms=%.1f bytes=%d faces=%d request_id=%s",
            method,
            self.route,
            visit.status,
            seconds * 1e3,
            visit.received_bytes,
            visit.faces,
            visit.id,
        )


def problem(
    status: int, code: str, message: str, headers: Mapping[str, str] | None = None
) -> JSONResponse:
    """The one form in which an error leaves: `{"error": {"code", "message"}}`."""
    return JSONResponse({"error": {"code": code, "message": message}}, status, headers)


def error_response(error: FerError) -> JSONResponse:
    """`error` as the client sees it, with what its status obliges to say."""
    headers: dict[str, str] = {}
    if isinstance(error, BusyError):
        headers["Retry-After"] = "1"
    if error.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    return problem(error.status, error.code, str(error), headers)
