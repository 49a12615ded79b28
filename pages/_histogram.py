"""How many faces of each class, as bars that are clicked to show a class alone."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import streamlit as st

from fer.explore import UNLABELLED
from fer.labels import COLOURS
from pages import _parts as parts

_HERE = Path(__file__).parent
_component = st.components.v2.component(
    "fer_histogram",
    html='<div class="bars" role="group" aria-label="Faces of each class; click to filter"></div>',
    css=(_HERE / "_histogram.css").read_text(encoding="utf-8"),
    js=(_HERE / "_histogram.js").read_text(encoding="utf-8"),
)


def histogram(
    counts: Mapping[str, int], chosen: Sequence[str], key: str, toggled: Callable[[str], None]
) -> None:
    """Bars of `counts` by label; `toggled` is called with the label of one that is clicked."""
    total, most = max(1, sum(counts.values())), max(1, *counts.values())
    bars = [
        {
            "label": label,
            "name": parts.emotion(label),
            "colour": COLOURS.get(label, "gray"),
            "count": f"{count:,}",
            "share": f"{count / total:.1%}".replace("%", " %"),
            "length": count / most,
            "on": label in chosen,
        }
        for label, count in counts.items()
        if label != UNLABELLED or count
    ]
    _component(
        key=key, data=bars, on_toggled_change=lambda: toggled(st.session_state[key]["toggled"])
    )
