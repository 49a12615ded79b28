"""On which faces a model is scored, and its readings of them: computed once, in the background."""

from dataclasses import dataclass
from typing import cast

import streamlit as st

from fer.bundles import Bundle
from fer.data import FaceDataset, list_datasets
from fer.evaluation import EVALUATION_SPLITS, Scored, rows_of, score
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
USAGES = {"private": "PrivateTest", "public": "PublicTest", "training": "Training"}


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
    learned = models[0].card["data"].get("name")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = parts.choice_in_url(
            "data", names, learned if learned in names else names[0],
            lambda: st.selectbox("Faces of", names, key="data", width=240),
        ) or names[0]  # fmt: skip
        faces = parts.dataset(name, parts.stamp(infos.get(name)))
        there = [split for split in EVALUATION_SPLITS
                 if split not in USAGES or USAGES[split] in faces.usage_names()]  # fmt: skip
        first = "test" if name == learned else "all"
        split = parts.choice_in_url(
            "split", there, first,
            lambda: st.selectbox("Which", there, key="split", width=240,
                                 format_func=NAMES.__getitem__),
        ) or first  # fmt: skip
        tta = st.toggle("Average with the mirror image", key="tta", bind="query-params",
                        help="Test-time augmentation: twice the work, a little more accurate.",
                        )  # fmt: skip
    if learned == "fer2013" and name == "drawn":
        st.caption("It learned from photographs, and misreads many drawn faces: import the data "
                   "that it learned from to see what it reaches.")  # fmt: skip
    return Exam(faces, parts.stamp(infos.get(name)), split, tta)


def scored(bundle: Bundle, exam: Exam) -> Scored | None:
    """The model's readings of the faces; None, with how far it is, until they are there."""
    faces, split = exam.dataset, exam.split
    key = " ".join(["score", faces.name, exam.stamp, split, str(exam.tta),
                    tables.bundle_stamp(bundle)])  # fmt: skip
    job = jobs.at_once(
        key, f"{bundle.name} reads the faces",
        lambda tell: score(bundle, faces, rows_of(bundle, faces, split), exam.tta, progress=tell),
    )  # fmt: skip
    if not jobs.wait_for(job, f"cancel_{bundle.name}"):
        return None
    return cast(Scored, job.result)
