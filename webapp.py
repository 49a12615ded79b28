"""The studio's ASGI app: the Streamlit pages and the REST routes, in one process.

Start it with `streamlit run webapp.py`, or from this folder with any ASGI server:
`uvicorn webapp:app`.
"""

from pathlib import Path

import streamlit as st
from streamlit import config

from fer.api import routes

app = st.App(Path(__file__).resolve().parent / "pages" / "_main.py", routes=routes())

# .streamlit/config.toml says this too, but servers other than `streamlit run` find it only if
# started in this folder; that nothing is reported to anyone holds wherever they are started.
config.set_option("browser.gatherUsageStats", False)
