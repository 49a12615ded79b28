"""Home: what this is, what is here, where to start."""

import streamlit as st

from fer.bundles import list_bundles
from fer.data import list_datasets
from fer.training import list_runs
from pages import _parts as parts
from pages import _runs as runs

DOORS = (
    ("dataset.py", ":material/grid_view:", "Browse",
     "Look at the faces, their classes and how they are split."),
    ("train.py", ":material/show_chart:", "Train",
     "Train a network and watch its loss and accuracy move."),
    ("predict.py", ":material/face:", "Predict",
     "Read the expression of a face from a photo or the camera."),
)  # fmt: skip


def main() -> None:
    st.title("Read facial expressions with networks you train yourself")
    doors = st.grid(3, min_column_width=200, border=True)
    for page, icon, name, text in DOORS:
        with doors.cell():
            st.subheader(f"{icon} {name}", anchor=False)
            st.write(text)
            st.page_link(page, label=f"Open {name.lower()}", icon=":material/arrow_forward:",
                         icon_position="right")  # fmt: skip
    st.subheader("What is here", anchor=False)
    state()


def state() -> None:
    facts = st.grid(3, min_column_width=200)
    with facts.cell(), parts.errors_shown():
        infos = list_datasets()
        st.markdown("**Data**")
        for info in infos:
            st.page_link("dataset.py", label=f"{info.name}: {info.n:,} faces",
                         query_params={"data": info.name})  # fmt: skip
        if not infos:
            st.page_link("dataset.py", label="Drawn faces, built in; import FER-2013")
    with facts.cell(), parts.errors_shown():
        st.markdown("**Models**")
        bundles = list_bundles()
        for bundle in bundles[:4]:
            st.page_link("predict.py", label=model_line(bundle),
                         query_params={"model": bundle.name})  # fmt: skip
        if not bundles:
            st.write("None yet.")
    with facts.cell(), parts.errors_shown():
        st.markdown("**Training**")
        recent = list_runs()[:3]
        for run in recent:
            st.page_link("train.py", label=f"{run.name}: {run.status().state}",
                         query_params={"run": run.name})  # fmt: skip
        if not any(run.status().state in runs.ALIVE for run in recent):
            st.write("Nothing is running.")
    if st.button("Train on drawn faces", type="primary", icon=":material/play_arrow:"):
        with parts.errors_shown():
            st.switch_page("train.py", query_params={"run": runs.start_demo().name})
    st.caption("Needs no data and takes under a minute.")


def model_line(bundle) -> str:
    test = bundle.metrics.get("test")
    return f"{bundle.name}: {test['accuracy']:.1%} on its test" if test else bundle.name


main()
