"""What every route does around its own work: methods, access, and errors as JSON."""

import hmac
import logging
import os
import traceback
from collections.abc import Awaitable, Callable, Mapping
from urllib.parse import urlsplit

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from fer.errors import BusyError, FerError

Handler = Callable[[Request], Awaitable[Response]]

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
        request = Request(scope, receive, send)
        try:
            response = await self._answer(request)
        except ClientDisconnect:
            return
        except FerError as error:
            response = error_response(error)
        except Exception as error:
            # The message is left out on purpose: it may hold a file's name, or what is in it.
            place = "".join(traceback.format_tb(error.__traceback__))
            _log.error("%s\n%s", type(error).__name__, place)
            response = problem(500, "internal", "Something went wrong here; the log says where.")
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
