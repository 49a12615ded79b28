"""Getting a data set: downloaded, sent from this browser, or read from a path where the studio is.

What takes a while runs as a job, one import at a time.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from fer.api.access import api_token
from fer.data import import_dataset, whole_picture
from fer.data.download import download
from fer.errors import BusyError
from fer.words import counted
from pages import _jobs as jobs
from pages import _parts as parts

JOB = "import"
FORMATS = (
    "fer2013.csv and its relatives, parquet as on the Hugging Face hub, a csv of paths and labels, "
    "or pictures in folders named after the expression; also as zip or tar.gz"
)


@dataclass(frozen=True)
class Arrived:
    """A data set that was just imported, and in how many of its photographs no face was found."""

    name: str
    no_face: int = 0

    def say(self) -> None:
        st.toast(f"{self.name} is imported.", icon=":material/check_circle:")
        if self.no_face:
            st.toast(f"In {counted(self.no_face, 'picture')} no face was found: taken whole.",
                     icon=":material/info:")  # fmt: skip


def start(path: str, name: str | None, replace: bool, crop: bool) -> None:
    """Start reading `path`; with `crop` the biggest face is cut out of each photograph."""

    def work(progress: jobs.Progress) -> Arrived:
        from fer.evaluation import BiggestFace  # what finds faces, which few imports need

        faces = BiggestFace()
        face_of = faces.face_of if crop else whole_picture
        made = import_dataset(path, name, replace, progress, face_of=face_of)
        return Arrived(made.name, faces.without)

    _start(f"Importing {Path(path).name}", work)


def start_download(name: str | None, replace: bool) -> None:
    """Start downloading FER-2013, or go on with a download that broke off."""

    def work(progress: jobs.Progress) -> Arrived:
        return Arrived(download(name=name, replace=replace, progress=progress).name)

    _start("Looking for FER-2013", work)


def _start(message: str, work: Callable[[jobs.Progress], Arrived]) -> None:
    job = jobs.find(JOB)
    if job and job.at_work:
        raise BusyError("Another data set is on its way; wait until that is done.")
    jobs.forget(JOB)
    job = jobs.start(JOB, message, work)
    st.session_state["import_seen"] = st.session_state["import_mine"] = job


_HERE = Path(__file__).parent
_upload = st.components.v2.component(
    "fer_dataset_upload",
    html=(_HERE / "_upload.html").read_text(encoding="utf-8"),
    css=(_HERE / "_upload.css").read_text(encoding="utf-8"),
    js=(_HERE / "_upload.js").read_text(encoding="utf-8"),
)


def _upload_zone(name: str, replace: bool, crop: bool) -> Arrived | None:
    """A drop zone that streams a file to the REST route; returns the data set it has just made."""
    result = _upload(
        key="upload",
        data={
            "address": "/api/v1/datasets",
            "name": name,
            "replace": replace,
            "crop": crop,
            "limit": 10**9,
            # Whoever sees this page may import anyhow, by a path.
            "token": api_token(),
        },
        on_imported_change=lambda: None,
    )
    return Arrived(**result.imported) if result.imported else None


def just_ended() -> str | None:
    """The data set of this visitor that arrived since the page was last drawn.

    Whoever saw it on its way is told, or why it did not arrive; but what others look at stays.
    """
    job = jobs.find(JOB)
    mine = True
    if job and job.at_work:
        st.session_state["import_seen"] = job
    elif job and st.session_state.pop("import_seen", None) is job:
        mine = st.session_state.pop("import_mine", None) is job
        st.session_state["import_error"] = job.error
        if job.error == "":
            st.toast("Cancelled.")
        st.session_state["imported"] = job.result
    arrived: Arrived | None = st.session_state.pop("imported", None)
    if arrived is None:
        return None
    arrived.say()
    return arrived.name if mine else None


def at_work() -> bool:
    """Whether a data set is on its way."""
    job = jobs.find(JOB)
    return job is not None and job.at_work


def waiting() -> bool:
    """Whether a data set is on its way, and how far it is; why the last one did not arrive."""
    job = jobs.find(JOB)
    if job and not job.at_work and st.session_state.get("import_seen") is job:
        st.rerun()  # ended since this run of the script began
    if job and job.at_work:
        jobs.wait_for(job, "cancel_import")
        return True
    if error := st.session_state.get("import_error"):
        st.error(error, icon=":material/error:")
    return False


def offer_import(has_fer2013: bool) -> None:
    """Every way to get a data set, and under what name."""
    if waiting():
        return
    # First, because a file that is dropped is on its way at once.
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        name = st.text_input("Name", placeholder="as the file", key="import_name", width=280)
        with st.container(width="content", gap=None):
            replace = st.checkbox("Replace a data set of that name", key="import_replace")
            crop = st.checkbox(
                "Cut the faces out of photographs", key="import_crop",
                help="The biggest face of each picture larger than 64 pixels. Otherwise pictures "
                     "are taken whole, as those that are faces already must be.",
            )  # fmt: skip
    # A place of its own, so that nothing below moves when it comes or goes.
    with st.container():
        if not has_fer2013 or replace:
            offer_download(name, replace)
    left, right = st.columns(2, gap="medium")
    with left:
        st.markdown("**A file from this browser**")
        if made := _upload_zone(name, replace, crop):
            st.session_state["imported"] = made
            st.rerun()
    with right:
        st.markdown("**Or a path where the studio runs**")
        _import_by_path(name, replace, crop)
    st.caption(f"Read are {FORMATS}.")


def offer_download(name: str = "", replace: bool = False) -> None:
    """FER-2013 in one click."""
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        if st.button("Download FER-2013", type="primary", icon=":material/cloud_download:",
                     key="download"):  # fmt: skip
            _try(lambda: start_download(name or None, replace))
        st.caption(
            "35,887 faces, about 60 MB, from the Hugging Face hub. What arrives is compared with "
            "the published data; a download that breaks off is gone on with.",
            width="stretch",
        )


def _import_by_path(name: str, replace: bool, crop: bool) -> None:
    with st.form("import_path", border=False):
        path = st.text_input(
            "Path", placeholder="fer2013.csv, or a folder of class folders",
            key="import_path_text", label_visibility="collapsed",
        )  # fmt: skip
        asked = st.form_submit_button("Import", icon=":material/upload:")
    if asked and not path.strip():
        st.warning("Give the path of a file or a folder.")
    elif asked:
        _try(lambda: start(path.strip(), name or None, replace, crop))


def _try(begin: Callable[[], None]) -> None:
    st.session_state["import_error"] = None
    with parts.errors_shown():
        begin()
        st.rerun()
