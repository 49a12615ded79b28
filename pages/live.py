"""Live: what does it show now? The camera's picture with boxes, bars and the last minute."""

from uuid import uuid4

import streamlit as st

from pages import _live
from pages import _model_choice as model_choice
from pages._readings import Picture


def main() -> None:
    st.title("Live")
    models = model_choice.choose()
    if not models:
        return
    bundle = models[0]
    picture = _live.camera(bundle)
    model_choice.tell_limits(models)
    if picture:
        st.session_state["live_picture"] = Picture(uuid4().hex, "Snapshot of Live", picture)
        st.session_state["latest"] = "live"
        st.switch_page("predict.py", query_params={"model": bundle.name})


main()
