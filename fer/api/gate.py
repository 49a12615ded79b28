"""What every route does around its own work: methods, access, and errors as JSON."""

import asyncio
import hmac
import logging
import os
import traceback
from collections.abc import Awaitable, Callable, Mapping
from urllib.parse import urlsplit

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.types import Message, Receive, Scope, Send

from fer.errors import BusyError, FerError

Handler = Callable[[Request], Awaitable[Response]]

# A client that is still sending when its request is refused would see a broken connection and not
# the reason. So what it sends is thrown away for this long, or up to this much, before the answer.
DRAIN_LIMIT_S = 2.0
DRAIN_LIMIT_BYTES = 128 * 2**20

_log = logging.getLogger(__name__)


class RefusedError(FerError):
    """The request comes from another site, or lacks the token that this server asks for."""

    def __init__(self, message: str, code: str, status: int) -> None:
        super().__init__(message)
        self.code = code
        self.status = status


class Endpoint:
    """One path: an ASGI app that hands each method to its handler and turns errors into JSON.

    Handlers that change something, or cost something, are those of POST: they are refused to pages
    of another site, and ask for the bearer token where FER_API_TOKEN is set. An endpoint without
    handlers is a path that does not exist.
    """

    def __init__(self, **handlers: Handler) -> None:
        self.handlers: Mapping[str, Handler] = handlers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        incoming = _Incoming(receive)
        request = Request(scope, incoming, send)
        try:
            response = await self._answer(request)
        except ClientDisconnect:
            return
        except FerError as error:
            response = error_response(error)
        except Exception as error:
            # The message is left out on purpose: it may hold a file's name, or what is in it.
            place = "".join(traceback.format_tb(error.__traceback__))
            _log.error("%s %s: %s\n%s", request.method, scope["path"], type(error).__name__, place)
            response = problem(500, "internal", "Something went wrong here; the log says where.")
        if response.status_code >= 400 and "expect" not in request.headers:
            await incoming.drain()
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        method = "GET" if request.method == "HEAD" else request.method
        if not self.handlers:
            return problem(404, "not_found", "No such path; GET /api/v1/openapi.json lists them.")
        handler = self.handlers.get(method)
        if handler is None:
            allowed = ", ".join(self.handlers)
            message = f"{request.method} is not possible here; use {allowed}."
            return problem(405, "method_not_allowed", message, {"Allow": allowed})
        if method != "GET":
            _refuse_other_sites(request)
            _refuse_without_token(request)
        return await handler(request)


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


def _refuse_other_sites(request: Request) -> None:
    """Refuse what a browser sends on behalf of another site's page (these routes have no cookie).

    Browsers say so themselves (Sec-Fetch-Site, which no script can set); older ones send Origin.
    Programs that are no browser send neither.
    """
    site = request.headers.get("sec-fetch-site")
    origin = request.headers.get("origin")
    if site is not None:
        foreign = site not in ("same-origin", "none")
    else:
        foreign = origin is not None and urlsplit(origin).netloc != request.headers.get("host")
    if foreign:
        raise RefusedError(
            "This route answers no pages of other sites; call it from the studio or a program.",
            "cross_site",
            403,
        )


def _refuse_without_token(request: Request) -> None:
    token = os.environ.get("FER_API_TOKEN")
    if not token:
        return
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    right = hmac.compare_digest(given.strip().encode(), token.encode())
    if scheme.lower() != "bearer" or not right:
        raise RefusedError(
            "This server asks for a token: send the header Authorization: Bearer TOKEN.",
            "unauthorized",
            401,
        )


class _Incoming:
    """The request's body on its way in; knows whether all of it has come."""

    def __init__(self, receive: Receive) -> None:
        self.receive = receive
        self.finished = False

    async def __call__(self) -> Message:
        message = await self.receive()
        self.finished = not message.get("more_body", False)
        return message

    async def drain(self) -> None:
        """Take in and forget what the client is still sending, within limits."""
        received = 0
        try:
            async with asyncio.timeout(DRAIN_LIMIT_S):
                while not self.finished and received < DRAIN_LIMIT_BYTES:
                    received += len((await self()).get("body", b""))
        except TimeoutError:
            return
