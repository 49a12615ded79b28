"""Who may call: the bearer token, and pages of other sites, refused but for chosen origins."""

import hmac
import os
import re

from starlette.requests import Request

from fer.errors import FerError, InputError

_ORIGIN = re.compile(r"https?://(?:[a-z0-9.-]+|\[[0-9a-f:]+\])(?::\d{1,5})?")
_PREFLIGHT_S = 600  # how long a browser need not ask again


class RefusedError(FerError):
    """The request comes from another site, or lacks the token that this server asks for."""

    def __init__(self, message: str, code: str, status: int) -> None:
        super().__init__(message)
        self.code = code
        self.status = status


def chosen_origins() -> frozenset[str]:
    """The origins whose pages may call, from FER_API_CORS ("https://a.example,http://b:8080").

    Raises:
        InputError: something there is no origin. `*` is none: it would let every page that its
            user visits work with the studio on the user's own machine.
    """
    given = os.environ.get("FER_API_CORS", "").split(",")
    origins = frozenset(origin.strip().rstrip("/").lower() for origin in given if origin.strip())
    for origin in origins:
        if not _ORIGIN.fullmatch(origin):
            raise InputError(
                f"FER_API_CORS lists origins such as https://example.org, and {origin!r} is none."
            )
    return origins


def refuse_other_sites(request: Request, origins: frozenset[str]) -> None:
    """Refuse what a browser sends on behalf of another site's page (these routes have no cookie).

    Browsers say so themselves (Sec-Fetch-Site, which no script can set); older ones send Origin.
    Programs that are no browser send neither.
    """
    site = request.headers.get("sec-fetch-site")
    origin = request.headers.get("origin")
    if origin in origins:
        return
    if site is not None:
        foreign = site not in ("same-origin", "none")
    else:
        foreign = origin is not None and origin.partition("://")[2] != request.headers.get("host")
    if foreign:
        raise RefusedError(
            "This route answers no pages of other sites; call it from the studio or a program.",
            "cross_site",
            403,
        )


def api_token() -> str:
    """What FER_API_TOKEN says, "" where it is not set; secrets in files often end in a newline.

    Raises:
        InputError: it has letters that a header cannot hold.
    """
    token = os.environ.get("FER_API_TOKEN", "").strip()
    if not token.isascii():
        raise InputError("FER_API_TOKEN may hold ASCII characters alone: choose another token.")
    return token


def refuse_without_token(request: Request) -> None:
    """Ask for the token of FER_API_TOKEN, where one is set."""
    token = api_token()
    if not token:
        return
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    right = hmac.compare_digest(given.strip().encode(errors="replace"), token.encode())
    if scheme.lower() != "bearer" or not right:
        raise RefusedError(
            "This server asks for a token: send the header Authorization: Bearer TOKEN.",
            "unauthorized",
            401,
        )


def cors_headers(request: Request, origins: frozenset[str]) -> dict[str, str]:
    """What an answer says so that the browser hands it to a page of a chosen origin."""
    if not origins:
        # Nor may such a page show a face as an image of its own.
        return {"Cross-Origin-Resource-Policy": "same-origin"}
    headers = {"Vary": "Origin"}
    origin = request.headers.get("origin")
    if origin in origins:
        headers["Access-Control-Allow-Origin"] = origin
        headers["Access-Control-Expose-Headers"] = "Retry-After, X-Request-ID"
    return headers


def preflight_headers(methods: str) -> dict[str, str]:
    """What a browser is told that asks before it sends."""
    return {
        "Access-Control-Allow-Methods": methods,
        "Access-Control-Allow-Headers": "Authorization, Content-Type, X-Request-ID",
        "Access-Control-Max-Age": str(_PREFLIGHT_S),
    }
