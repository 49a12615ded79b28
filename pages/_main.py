"""The frame around every page: navigation, browser-tab title and theme menu."""

import streamlit as st

page = st.navigation(
    [
        st.Page("home.py", title=":material/home: Home", default=True),
        st.Page("dataset.py", title=":material/grid_view: Dataset"),
        st.Page("train.py", title=":material/show_chart: Train"),
        st.Page("predict.py", title=":material/face: Predict"),
        st.Page("about.py", title=":material/info: About"),
    ],
    position="top",
)
st.set_page_config(
    page_title=f"{page.title} · fer studio",
    page_icon="🙂",
    layout="wide" if page.url_path in {"dataset", "train"} else "centered",
    menu_items={"About": "fer studio reads the expression of a face. Nothing leaves this machine."},
)
page.run()
