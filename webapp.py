"""The studio's ASGI app: the Streamlit pages and the REST routes, in one process.

Start it with `streamlit run webapp.py`, or from this folder with any ASGI server:
`uvicorn webapp:app`.
"""

import logging
from pathlib import Path

import cv2
import streamlit as st
from PIL import Image
from starlette.middleware import Middleware
from streamlit import config

from fer.api import ApiFirst, log_to_terminal, routes
from fer.errors import FerError
from pages import _assets

_log = logging.getLogger("fer")


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
    Path(__file__).resolve().parent / "pages" / "_main.py",
    routes=_assets.routes(),
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
