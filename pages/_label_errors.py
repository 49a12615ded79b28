"""Labels that are likely wrong: ranked in the background, as that takes minutes."""

import numpy as np
import streamlit as st

from fer.audit import LabelErrors, find_label_errors
from fer.data import FaceDataset
from fer.data.tags import add_tag
from fer.labels import ICONS, LABELS
from pages import _actions as actions
from pages import _jobs as jobs
from pages import _parts as parts
from pages import _tables as tables
from pages._gallery import gallery

TAG = "likely label error"


def offer(dataset: FaceDataset, stamp: str) -> np.ndarray:
    """The step, once it is asked for; returns the rows that are shown."""
    st.subheader("Labels that are likely wrong", anchor=False)
    judges = "the FER+ votes, and " if dataset.votes is not None else ""
    st.caption(
        f"Asked are {judges}a classifier that is trained on this data five times over, each time "
        "without the faces it then judges; and models of yours on faces they were not trained on. "
        "That takes a minute or more, and what was found is kept."
    )
    found = tables.bundles()
    models = st.multiselect("Ask these models too", list(found), key="asked", placeholder="none",
                            width=420)  # fmt: skip
    bundles = [found[name] for name in models]
    key = f"labels {dataset.name} {stamp} {tables.bundle_stamp(*bundles)}"
    job = jobs.find(key)
    if job is None:
        if st.button("Rank likely label errors", icon=":material/sort:", key="rank"):
            jobs.start(key, "Asking about every label",
                       lambda tell: find_label_errors(dataset, bundles, tell))  # fmt: skip
            st.rerun()
        return np.empty(0, np.intp)
    if not jobs.wait_for(job, "cancel_labels"):
        return np.empty(0, np.intp)
    return _show(dataset, job.result, stamp)


def _show(dataset: FaceDataset, errors: LabelErrors, stamp: str) -> np.ndarray:
    judged = " and ".join(
        f"{'the votes' if name == 'votes' else 'models'} on {n:,}"
        for name, n in errors.judged.items()
    )
    st.markdown(
        f"**{len(errors.rows):,} labels are doubtful**, the likeliest errors first; asked were "
        f"{judged} faces. {errors.note}"
    )
    if not len(errors.rows):
        return errors.rows
    with st.container(horizontal=True):
        st.download_button("List (csv)", lambda: as_csv(errors), f"{dataset.name}-labels.csv",
                           "text/csv", icon=":material/download:", key="labels_csv",
                           on_click="ignore")  # fmt: skip
        with st.popover("Tag them", icon=":material/label:"):
            _tag(dataset, errors)
        with st.popover("Save a view without them", icon=":material/bookmark_add:"):
            kept = np.setdiff1d(np.arange(len(dataset)), errors.rows)
            actions.save(dataset, kept, f"{dataset.name}-without-label-errors",
                         f"{dataset.name} without likely label errors", "labels")  # fmt: skip
    words = [f"→ {ICONS[label]} {label}" for label in LABELS]
    gallery(dataset, errors.rows, "label_errors", stamp=stamp, words=words,
            texts=errors.suggested.astype(np.uint8))  # fmt: skip
    return errors.rows


def _tag(dataset: FaceDataset, errors: LabelErrors) -> None:
    n = st.number_input("The first", 1, len(errors.rows), min(500, len(errors.rows)), key="first")
    if st.button("Tag", type="primary", key="tag_labels"):
        with parts.errors_shown():
            add_tag(dataset.name, TAG, dataset.keys[errors.rows[:n]].tolist())
            parts.rerun_saying(f"Tagged as {TAG}.", ":material/label:")


def as_csv(errors: LabelErrors) -> str:
    """A line a row: label, suggestion, score, who objects."""
    return parts.csv_text([
        {"row": row["row"], "label": row["given"], "rather": row["suggested"],
         "score": round(row["score"], 4), "by": " ".join(row["by"])}
        for row in errors.to_dict()["ranked"]
    ])  # fmt: skip
