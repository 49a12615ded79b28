"""Plotly figures that are redrawn in place, for curves that grow while one looks at them.

`st.plotly_chart` takes every new figure for a new chart: the old one is thrown away, and with it
what the viewer zoomed into, which flickers twice a second. This component hands each new figure to
`Plotly.react`, which moves the lines that are there. The script is the one of the plotly package,
from a route of _assets.py.
"""

from collections.abc import Mapping
from pathlib import Path

import plotly
import plotly.graph_objects as go
import streamlit as st

SCRIPT = f"/assets/plotly.js?v={plotly.__version__}"

_HERE = Path(__file__).parent
_component = st.components.v2.component(
    "fer_curves",
    html='<div class="fer-curves"></div>',
    css=(_HERE / "_curves.css").read_text(encoding="utf-8"),
    js=(_HERE / "_curves.js").read_text(encoding="utf-8"),
    isolate_styles=False,  # Plotly puts its styles into the document's head
)


def curves(figures: Mapping[str, go.Figure], key: str) -> None:
    """Draw `figures`, each under what it is called for those who cannot see it, side by side."""
    drawn = [{"alt": alt, **_plain(figure)} for alt, figure in figures.items()]
    _component(key=key, data={"figures": drawn, "script": SCRIPT})


def _plain(figure: go.Figure) -> dict[str, object]:
    """The figure without its template: the script takes the colours of the page's theme instead."""
    plain: dict[str, object] = figure.to_plotly_json()
    layout = dict(plain["layout"])  # type: ignore[call-overload]
    layout.pop("template", None)
    return {"data": plain["data"], "layout": layout}
