"""The frame around every page: navigation, browser-tab title and theme menu."""

import streamlit as st

from pages import _address
from pages import _parts as parts
from pages._settled import settle

# Pages have no icons: Streamlit would fetch each as the tab's icon from another site.
page = st.navigation(
    [
        st.Page("home.py", title="Home", default=True),
        st.Page("dataset.py", title="Dataset"),
        st.Page("audit.py", title="Audit"),
        st.Page("train.py", title="Train"),
        st.Page("runs.py", title="Runs"),
        st.Page("models.py", title="Models"),
        st.Page("predict.py", title="Predict"),
        st.Page("live.py", title="Live"),
        st.Page("about.py", title="About"),
    ],
    position="top",
)
st.set_page_config(
    page_title=f"{page.title} · fer studio",
    page_icon="🙂",
    layout="wide",
    menu_items={"About": "fer studio reads the expression of a face. Nothing leaves this machine."},
)
# Lines that can be read, and charts that need not be walked along, on a wide screen.
WIDTH_PX = {
    "dataset": 1180,
    "audit": 1180,
    "train": 1180,
    "runs": 1180,
    "models": 1180,
    "live": 1180,
    "about": 760,
}
with (
    st.container(horizontal_alignment="center"),
    st.container(width=WIDTH_PX.get(page.url_path, 980)),
):
    _address.heed(page.url_path)
    parts.say_what_was_kept()
    page.run()
settle()
