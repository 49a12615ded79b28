"""The camera of the page Live. Its script, live_js/, talks to the REST route, not to it."""

import base64
import hashlib
from pathlib import Path

import streamlit as st

from fer.api.access import api_token
from fer.bundles import Bundle
from fer.labels import COLOURS, ICONS

# Of the faces, in the order in which they come; none is the colour of an emotion.
FACE_COLOURS = ("#7668dd", "#7a9a01", "#c2185b", "#8d5524", "#00838f", "#3f51b5")

_HERE = Path(__file__).parent
_SCRIPTS = sorted((_HERE / "live_js").glob("*.js"))
# In the path and not behind a question mark, so that the modules that it imports have it too.
_VERSION = hashlib.blake2b(
    b"".join(path.read_bytes() for path in _SCRIPTS), digest_size=6
).hexdigest()
_component = st.components.v2.component(
    "fer_live",
    html=(_HERE / "_live.html").read_text(encoding="utf-8"),
    css=(_HERE / "_live.css").read_text(encoding="utf-8"),
    js=(_HERE / "_live.js").read_text(encoding="utf-8"),
)


def camera(bundle: Bundle) -> bytes | None:
    """Show the camera and what `bundle` reads; while it runs, the script of the page does not.

    Returns a picture (JPEG) in the one run in which the visitor sends it to Predict.
    """
    result = _component(
        key="live",
        data={
            "script": f"/assets/live/{_VERSION}/live.js",
            "address": "/api/v1/predict",
            # Whoever sees this page may have pictures read anyhow, on Predict.
            "token": api_token(),
            "model": bundle.name,
            "labels": [
                {"label": label, "icon": ICONS.get(label, ""), "colour": COLOURS.get(label, "gray")}
                for label in bundle.labels
            ],
            "colours": FACE_COLOURS,
            "unsure": bundle.unsure_below,
        },
        on_snapshot_change=lambda: None,
    )
    return base64.b64decode(result.snapshot) if result.snapshot else None
