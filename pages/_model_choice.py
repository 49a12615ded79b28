"""Which model reads: the same choice on every page that reads faces, kept in the URL."""

import streamlit as st

from fer.bundles import Bundle, default_name, list_bundles
from pages import _parts as parts
from pages import _runs as runs


def choose() -> Bundle | None:
    """The model chosen, ?model=; None where there is none yet, and one can be trained."""
    bundles = {bundle.name: bundle for bundle in list_bundles()}
    if not bundles:
        _offer_training()
        return None
    names = list(bundles)
    name = parts.choice_in_url(
        "model", names, default_name(), lambda: st.selectbox("Model", names, key="model", width=320)
    )
    assert name is not None  # without an empty choice there is always one
    bundle = bundles[name]
    learned = bundle.card["data"]["name"]
    line = f"Network {bundle.architecture}, learned from {learned}."
    if test := bundle.metrics.get("test"):
        line += f" Accuracy on test faces: {parts.accuracy(test)}."
    st.caption(line)
    return bundle


def _offer_training() -> None:
    st.info("There is no model yet. Train one on drawn faces: it takes under a minute.")
    if st.button("Train on drawn faces", type="primary", icon=":material/play_arrow:"):
        with parts.errors_shown():
            st.switch_page("train.py", query_params={"run": runs.start_demo().name})
