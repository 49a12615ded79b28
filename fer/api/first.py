"""The REST routes as a middleware, so that they answer before anything that is there for pages."""

from collections.abc import Sequence

from starlette.routing import BaseRoute, Router
from starlette.types import ASGIApp, Receive, Scope, Send


class ApiFirst:
    """ASGI middleware that serves every path under /api by `routes`, and hands on the rest.

    Behind Streamlit's own middleware an odd path is refused in plain text, and each answer goes
    through the session's cookie and gzip for nothing.
    """

    def __init__(self, app: ASGIApp, routes: Sequence[BaseRoute]) -> None:
        self.app = app
        self.api = Router(routes)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        ours = scope["type"] == "http" and (path == "/api" or path.startswith("/api/"))
        await (self.api if ours else self.app)(scope, receive, send)
