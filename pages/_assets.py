"""What the pages' own components fetch: scripts, from this studio and never from another site."""

from pathlib import Path

import plotly
from starlette.requests import Request
from starlette.responses import FileResponse
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

_PLOTLY = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"
_LIVE = Path(__file__).resolve().parent / "live_js"


def routes() -> list[BaseRoute]:
    """Plotly's script (see _curves.py), and the modules of Live (see _live.py)."""
    return [
        Route("/assets/plotly.js", _plotly_js),
        Mount("/assets/live/{version}", StaticFiles(directory=_LIVE)),
    ]


async def _plotly_js(request: Request) -> FileResponse:
    keep = {"Cache-Control": "public, max-age=31536000, immutable"}  # its address has its version
    return FileResponse(_PLOTLY, media_type="text/javascript", headers=keep)
