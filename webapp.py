"""The studio's ASGI app: the Streamlit pages and the REST routes, in one process.

Start it with `streamlit run webapp.py`, or from this folder with any ASGI server:
`uvicorn webapp:app`.
"""

import logging
from pathlib import Path

import cv2
import plotly
import streamlit as st
from PIL import Image
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from streamlit import config

from fer.api import ApiFirst, log_to_terminal, routes
from fer.errors import FerError

_log = logging.getLogger("fer")
_PAGES = Path(__file__).resolve().parent / "pages"
_PLOTLY = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"


async def _plotly_js(request: Request) -> FileResponse:
    """The script that the live curves of the Train page draw with (see pages/_curves.py)."""
    keep = {"Cache-Control": "public, max-age=31536000, immutable"}  # its address has its version
    return FileResponse(_PLOTLY, media_type="text/javascript", headers=keep)


def _said(error: Exception) -> bool:
    """Show what went wrong on a page as a sentence; the traceback is for the terminal."""
    if isinstance(error, FerError):
        st.error(str(error), icon=":material/error:")
    else:
        _log.error("a page failed", exc_info=error)
        st.error(
            f"Something unexpected happened ({type(error).__name__}); the terminal where the "
            "studio runs says more. Reload the page to go on.",
            icon=":material/error:",
        )
    return True


app = st.App(
    _PAGES / "_main.py",
    routes=[
        Route("/assets/plotly.js", _plotly_js),
        Mount("/assets/live/{version}", StaticFiles(directory=_PAGES / "live_js")),
    ],
    middleware=[Middleware(ApiFirst, routes=routes())],
    on_script_error=_said,
)

# As in config.toml, which only `streamlit run` finds wherever it is started.
config.set_option("browser.gatherUsageStats", False)

# Pictures are read one in each thread, and threads of OpenCV's own would only take turns with them.
cv2.setNumThreads(1)
# Memory that was asked for in pieces as large as this goes back to the system with the picture.
Image.core.set_block_size(64 * 2**20)  # type: ignore[attr-defined]

log_to_terminal()
