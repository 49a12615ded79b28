"""The studio's ASGI app: the Streamlit pages and the REST routes, in one process.

Start it with `streamlit run webapp.py`, or with any ASGI server: `uvicorn webapp:app`.
"""

from pathlib import Path

import streamlit as st

from fer.api import routes

app = st.App(Path(__file__).resolve().parent / "pages" / "_main.py", routes=routes())
