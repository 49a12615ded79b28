"""Home: what this is, what is here, where to start."""

import numpy as np
import streamlit as st

from fer.bundles import Bundle, default_name, list_bundles
from fer.data import list_datasets
from fer.data.drawn import draw_face
from fer.labels import LABELS
from fer.training import list_runs
from pages import _imports as imports
from pages import _parts as parts
from pages import _runs as runs

SHOWN = 3  # of each kind: the rest is one click away
# Links that are longer than their door go on in a second line; Streamlit cuts them.
WHOLE_LINKS = """<style>
[data-testid="stPageLink-NavLink"] :is(span, div, p) { white-space: normal; }
</style>"""


def main() -> None:
    st.title("Read facial expressions")
    st.write("Browse faces, train a network on them and watch it learn, then let it read a face.")
    st.html(seven_faces())
    if not list_runs():
        offer_demo()
    st.html(WHOLE_LINKS)
    doors = st.grid(3, min_column_width=210, border=True)
    with doors.cell(), parts.errors_shown():
        browse_door()
    with doors.cell():
        at_work = any(run.status().is_live for run in list_runs())
        st.fragment(train_door, run_every=2 if at_work else None)()
    with doors.cell(), parts.errors_shown():
        predict_door()


@st.cache_data(show_spinner=False)
def seven_faces() -> str:
    """A drawn face of each expression: what all this is about, at a glance."""
    faces = np.stack([draw_face(label, seed=10, index=0, side_px=128) for label in LABELS])
    return parts.face_grid(faces, map(parts.emotion, LABELS), LABELS, stretch=True)


def offer_demo() -> None:
    """The first thing to do on a fresh machine."""
    with st.container(horizontal=True, vertical_alignment="center"):
        runs.offer_demo()
        st.caption("No data needed, done in under a minute.", width="content")


def browse_door() -> None:
    st.subheader(":material/grid_view: Browse", anchor=False)
    infos = list_datasets()
    for info in infos[:SHOWN]:
        st.page_link("dataset.py", label=f"{info.name}, {info.n:,} faces",
                     query_params={"data": info.name})  # fmt: skip
    if not infos:
        st.write("Drawn faces are built in; FER‑2013 has 35,887 real ones.")
        if st.button("Download FER-2013", icon=":material/cloud_download:", key="download"):
            imports.start_download(None, replace=False)
            st.switch_page("dataset.py", query_params={"get": "fer2013"})
        st.page_link("dataset.py", label="Import faces of your own", icon=":material/upload:",
                     query_params={"get": "own"})  # fmt: skip
    st.page_link("dataset.py", label="**Open the data**", icon=":material/arrow_forward:")


def train_door() -> None:
    st.subheader(":material/show_chart: Train", anchor=False)
    recent = list_runs()[:SHOWN]
    for run in recent:
        st.page_link("train.py", label=runs.state_line(run), query_params={"run": run.name})
    if not recent:
        st.write("Nothing has been trained yet.")
    st.page_link("train.py", label="**Start a run**", icon=":material/arrow_forward:",
                 query_params={"run": "new"})  # fmt: skip


def likeliest_first(bundles: list[Bundle]) -> list[Bundle]:
    """The model that reads by default, yours, newest first, then the shipped ones, best first."""
    default = default_name() if bundles else ""

    def place(bundle: Bundle) -> tuple[int, int, float]:
        if bundle.name == default or not bundle.is_shipped:
            return (int(bundle.name != default), 0, 0.0)
        # Fewer labels are easier to tell apart: such a model is not the better one.
        return (2, -len(bundle.labels), -bundle.metrics["test"]["accuracy"])

    return sorted(bundles, key=place)


def predict_door() -> None:
    st.subheader(":material/face: Predict", anchor=False)
    bundles = likeliest_first(list_bundles())
    for bundle in bundles[:SHOWN]:
        line = bundle.name
        if test := bundle.metrics.get("test"):
            low, high = test["interval"]
            share = f"{100 * test['accuracy']:.0f} % ({100 * low:.0f}–{100 * high:.0f})"
            line += f", accuracy {share}{bundle.of_labels}"
        st.page_link("predict.py", label=line, query_params={"model": bundle.name})
    if not bundles:
        st.write("There is no model yet: train one first.")
    st.page_link("predict.py", label="**Read a face**", icon=":material/arrow_forward:")
    st.page_link("live.py", label="**From the camera, live**", icon=":material/videocam:")


main()
