"""On which faces a model is scored, and its readings of them: computed once, in the background."""

from dataclasses import dataclass
from typing import cast

import streamlit as st

from fer.bundles import Bundle
from fer.data import FaceDataset, list_datasets
from fer.evaluation import Scored, available_splits, rows_of, score
from pages import _jobs as jobs
from pages import _parts as parts
from pages import _tables as tables

NAMES = {
    "test": "held out by the model",
    "private": "PrivateTest",
    "public": "PublicTest",
    "training": "Training",
    "all": "all faces",
}


@dataclass(frozen=True)
class Exam:
    """Faces to score on."""

    dataset: FaceDataset
    stamp: str
    split: str
    tta: bool


def choose(*models: Bundle) -> Exam:
    """Data set, split and test-time augmentation, as the visitor chooses; kept in the address."""
    infos = {info.name: info for info in list_datasets()}
    names = [*infos, "drawn"]
    learned = models[0].card["data"]
    same = [name for name, info in infos.items() if info.fingerprint == learned["fingerprint"]]
    first = next(iter(same), learned["name"] if learned["name"] in names else names[0])
    if st.session_state.setdefault("examined", models[0].name) != models[0].name:
        st.session_state["examined"] = models[0].name
        _forget("data", "split")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = parts.choice_in_url(
            "data", names, first,
            lambda: st.selectbox("Faces of", names, key="data", width=240,
                                 on_change=_forget, args=("split",)),
        ) or names[0]  # fmt: skip
        faces = parts.dataset(name, parts.stamp(infos.get(name)))
        is_learned = faces.fingerprint == learned["fingerprint"]
        # Of other data no part was held out by the model.
        there = [split for split in available_splits(faces) if is_learned or split != "test"]
        first = "test" if is_learned else "all"
        split = parts.choice_in_url(
            "split", there, first,
            lambda: st.selectbox("Which", there, key="split", width=240,
                                 format_func=NAMES.__getitem__),
        ) or first  # fmt: skip
        tta = st.toggle("Average with the mirror image", key="tta", bind="query-params",
                        help="Test-time augmentation: twice the work, mostly a little more "
                        "accurate, and less sure than it is right.")  # fmt: skip
    if not is_learned:
        of_drawn = " and misreads many drawn faces" if name == "drawn" else ""
        st.caption(f"{models[0].name} learned from {learned['name']}{of_drawn}: what it reaches on "
                   "faces that it held out is seen where that very data is here.")  # fmt: skip
    return Exam(faces, parts.stamp(infos.get(name)), split, tta)


def _forget(*keys: str) -> None:
    """Another model, or other data: what was chosen for the one before means nothing."""
    for key in keys:
        parts.put_in_url(key, "")
        st.session_state.pop(key, None)


def scored(bundle: Bundle, exam: Exam) -> Scored | None:
    """The model's readings of the faces; None, with how far it is, until they are there."""
    faces, split = exam.dataset, exam.split
    if split == "test" and bundle.card["data"]["fingerprint"] != faces.fingerprint:
        # Beside a model that learned from these faces and held out some, it held out none.
        split = "all"
    key = " ".join(["score", faces.name, exam.stamp, split, str(exam.tta),
                    tables.bundle_stamp(bundle)])  # fmt: skip
    job = jobs.at_once(
        key, f"{bundle.name} reads the faces",
        lambda tell: score(bundle, faces, rows_of(bundle, faces, split), exam.tta, progress=tell),
    )  # fmt: skip
    if not jobs.wait_for(job, f"cancel_{bundle.name}"):
        return None
    return cast(Scored, job.result)
