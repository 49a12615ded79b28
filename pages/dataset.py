"""Dataset: what is in it. Getting one, browsing it, its map, what is usual in it. Every filter, and
the face that is open, is in the address."""

import numpy as np
import streamlit as st

from fer.bundles import default_name, list_bundles
from fer.data import DatasetInfo, FaceDataset, delete_dataset, list_datasets
from fer.labels import ICONS, LABELS
from fer.words import counted
from pages import _actions as actions
from pages import _data_choice as data_choice
from pages import _ferplus as ferplus
from pages import _filters as filters
from pages import _imports as imports
from pages import _jobs as jobs
from pages import _parts as parts
from pages import _sample as sample
from pages import _typical as typical
from pages._filters import Choice
from pages._gallery import gallery
from pages._histogram import histogram
from pages._map import face_map

VIEWS = ("Faces", "Map", "Typical faces", "Numbers")


def main() -> None:
    st.title("Dataset")
    if imported := imports.just_ended():
        forget_choice()
        st.session_state["data"] = imported
        st.session_state["imports_ended"] = st.session_state.get("imports_ended", 0) + 1
    with st.container(horizontal=True, vertical_alignment="center"):
        name, info = data_choice.choose(forget_choice)
        if info:
            offer_delete(name)
            st.page_link("audit.py", label="Audit", icon=":material/fact_check:",
                         query_params={"data": name})  # fmt: skip
    get_data([one.name for one in list_datasets()])
    with parts.errors_shown():
        show(parts.dataset(name, parts.stamp(info)), info)


def get_data(names: list[str]) -> None:
    if not names:
        st.info(
            "These are drawn faces, built in to try everything with. Get FER-2013, or faces of "
            "your own, below.",
            icon=":material/draw:",
        )
    asked = "get" in st.query_params
    # Its key changes with an import of the visitor's, which closes it, and with nothing else: what
    # is on its way would lose its progress.
    key = f"import_{st.session_state.get('imports_ended', 0)}"
    with st.expander("Get or import a data set", icon=":material/upload:",
                     expanded=asked or imports.at_work(), key=key):  # fmt: skip
        imports.offer_import(has_fer2013="fer2013" in names)


def offer_delete(name: str) -> None:
    # Keys of its own: a second click must not reach the data set that is shown next.
    with st.popover("Delete", icon=":material/delete:", key=f"delete_{name}"):
        st.write(f"Delete **{name}** from the studio? The file it came from stays where it is.")
        if st.button("Delete it", type="primary", key=f"delete_it_{name}"):
            with parts.errors_shown():
                delete_dataset(name)
                forget_choice()
                st.session_state.pop("data", None)
                parts.put_in_url("data", "")
                st.rerun()


def forget_choice() -> None:
    """Another data set: what was chosen of the one before means nothing."""
    filters.clear()
    for key in ("face", "get", "split", "model"):
        st.query_params.pop(key, None)
        st.session_state.pop(key, None)


def show(faces: FaceDataset, info: DatasetInfo | None) -> None:
    st.caption(describe(faces, info))
    if info and info.published and not info.votes:
        with st.expander("Add the FER+ votes", icon=":material/how_to_vote:"):
            ferplus.offer(info, "ferplus")
    stamp = parts.stamp(info)
    views = st.tabs(VIEWS, key="view", on_change="rerun", bind="query-params")
    browse_view, map_view, typical_view, numbers_view = views
    if browse_view.open:
        with browse_view:
            browse(faces, stamp, with_map=False)
    elif map_view.open:
        with map_view:
            browse(faces, stamp, with_map=True)
    elif typical_view.open:
        with typical_view:
            typical.typical(faces, stamp)
    elif numbers_view.open:
        with numbers_view:
            typical.numbers(faces, stamp)


def describe(faces: FaceDataset, info: DatasetInfo | None) -> str:
    text = f"{len(faces):,} faces of 48 × 48 pixels"
    if faces.usage is not None:
        parted = {usage: sum(counts.values()) for usage, counts in faces.counts().items()}
        text += ": " + ", ".join(f"{usage} {n:,}" for usage, n in parted.items())
    text += "." if info is None else f". From {faces.source}."
    if info is not None and info.parent is not None:
        return f"{text} A view of {info.parent}: {info.description}."
    if info is None or info.differences is None:
        return text
    if info.differences:
        return f"{text} Differs from the published FER-2013: {'; '.join(info.differences)}."
    return f"{text} Matches the published FER-2013."


def browse(faces: FaceDataset, stamp: str, with_map: bool) -> None:
    """Filters at the left; at the right the faces that meet them, and above these the map."""
    if with_map and not st.query_params.get("model") and list_bundles():
        st.session_state["model"] = default_name()
    left, right = st.columns([3, 7], gap="medium")
    with left:
        classes = st.container()
        choice = filters.choose(faces, stamp)
    if isinstance(choice, jobs.Job):
        with right:
            jobs.wait_for(choice)
        return
    with classes:
        histogram(choice.counts(), choice.labels, "classes", filters.toggle_class)
    with right:
        if choice.reading:
            jobs.wait_for(choice.reading)
        elif with_map:
            face_map(faces, stamp, choice)
        # One gallery each: what is marked in one is not to be seen in the other.
        faces_shown(faces, stamp, choice, "map_faces" if with_map else "faces")


def faces_shown(faces: FaceDataset, stamp: str, choice: Choice, key: str) -> None:
    """The gallery, what can be done with it, and the face that is open."""
    rows = choice.rows()
    heading = st.container(horizontal=True, vertical_alignment="center")
    if len(rows):
        texts, words = captions(choice, rows)
        marked = gallery(faces, rows, key, stamp=stamp, texts=texts, words=words, picking=True,
                         height_px=620)  # fmt: skip
        chosen = marked if len(marked) else rows
    else:
        st.write("No face meets all of these filters.")
        chosen = rows
    with heading:
        said = counted(len(rows), "face")
        if len(chosen) < len(rows):
            said = f"{len(chosen):,} of {said} marked"
        st.markdown(f"**{said}**", width="content")
        if filters.any_set():
            st.button("Show all", type="tertiary", icon=":material/filter_alt_off:",
                      key="show_all", on_click=filters.clear)  # fmt: skip
        actions.offer(
            faces, choice.table, chosen, filters.rule(faces.name, len(chosen) < len(rows))
        )
    sample.show_if_open(faces, stamp, rows, st.query_params.get("model"))


def captions(choice: Choice, rows: np.ndarray) -> tuple[np.ndarray | None, list[str]]:
    """Under each face: by what the faces are ordered, or what the model reads; else its label."""
    by = choice.sort.removeprefix("-")
    if by == "row":
        if choice.model is None:
            return None, []
        names = ["?", *(f"→ {ICONS[label]}" for label in LABELS)]
        return (choice.table.predicted[rows] + 1).astype(np.uint8), names
    values = getattr(choice.table, by)[rows]
    if by in ("confidence", "agreement"):
        codes = np.where(np.isnan(values), 101, np.rint(100 * values))
        return codes.astype(np.uint8), [*(f"{n} %" for n in range(101)), "–"]
    # As fine as 250 steps are between the least and the most.
    top = max(float(np.nanmax(values, initial=0)), 1e-6)
    codes = np.where(np.isnan(values), 251, np.rint(np.nan_to_num(values) / top * 250))
    digits = 2 if by == "loss" else 0
    return codes.astype(np.uint8), [*(f"{n * top / 250:.{digits}f}" for n in range(251)), "–"]


main()
