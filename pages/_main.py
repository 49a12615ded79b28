"""The frame around every page: navigation, browser-tab title and theme menu."""

import streamlit as st

page = st.navigation(
    [
        st.Page("home.py", title="Home", icon=":material/home:", default=True),
        st.Page("dataset.py", title="Dataset", icon=":material/grid_view:"),
        st.Page("train.py", title="Train", icon=":material/show_chart:"),
        st.Page("predict.py", title="Predict", icon=":material/face:"),
        st.Page("about.py", title="About", icon=":material/info:"),
    ],
    position="top",
)
st.set_page_config(
    page_title=f"{page.title} · fer studio",
    page_icon=":material/mood:",
    layout="wide" if page.url_path in {"dataset", "train"} else "centered",
    menu_items={"About": "fer studio reads the expression of a face. Nothing leaves this machine."},
)
page.run()
