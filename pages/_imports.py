"""Getting a data set: downloaded, sent from this browser, or read from a path where the studio is.

What takes a while runs as a job, one import at a time.
"""

import os
from collections.abc import Callable
from pathlib import Path

import streamlit as st

from fer.data import import_dataset
from fer.data.download import download
from fer.errors import BusyError
from pages import _jobs as jobs
from pages._parts import errors_shown

JOB = "import"
FORMATS = (
    "fer2013.csv and its relatives, parquet as on the Hugging Face hub, a csv of paths and labels, "
    "or pictures in folders named after the expression; also as zip or tar.gz"
)


def start(path: str, name: str | None, replace: bool) -> None:
    """Start reading `path`."""

    def work(progress: jobs.Progress) -> str:
        return import_dataset(path, name, replace, progress).name

    _start(f"Importing {Path(path).name}", work)


def start_download(name: str | None, replace: bool) -> None:
    """Start downloading FER-2013, or go on with a download that broke off."""

    def work(progress: jobs.Progress) -> str:
        return download(name=name, replace=replace, progress=progress).name

    _start("Looking for FER-2013", work)


def _start(message: str, work: Callable[[jobs.Progress], str]) -> None:
    job = jobs.find(JOB)
    if job and job.at_work:
        raise BusyError("Another data set is on its way; wait until that is done.")
    jobs.forget(JOB)
    jobs.start(JOB, message, work)


_HERE = Path(__file__).parent
_upload = st.components.v2.component(
    "fer_dataset_upload",
    html=(_HERE / "_upload.html").read_text(encoding="utf-8"),
    css=(_HERE / "_upload.css").read_text(encoding="utf-8"),
    js=(_HERE / "_upload.js").read_text(encoding="utf-8"),
)


def _upload_zone(name: str, replace: bool) -> str | None:
    """A drop zone that streams a file to the REST route; returns the data set it has just made."""
    result = _upload(
        key="upload",
        data={
            "address": "/api/v1/datasets",
            "name": name,
            "replace": replace,
            "limit": 10**9,
            # Whoever sees this page may import anyhow, by a path.
            "token": os.environ.get("FER_API_TOKEN", ""),
        },
        on_imported_change=lambda: None,
    )
    return result.imported


def just_ended() -> str | None:
    """The data set that arrived since the page was last drawn; says so, or keeps the error."""
    job = jobs.find(JOB)
    if job and not job.at_work:
        jobs.forget(JOB)
        st.session_state["import_error"] = job.error
        if job.error == "":
            st.toast("Cancelled.")
        st.session_state["imported"] = job.result
    name: str | None = st.session_state.pop("imported", None)
    if name:
        st.toast(f"{name} is imported.", icon=":material/check_circle:")
    return name


def at_work() -> bool:
    """Whether a data set is on its way."""
    job = jobs.find(JOB)
    return job is not None and job.at_work


def waiting() -> bool:
    """Whether a data set is on its way, and how far it is; why the last one did not arrive."""
    job = jobs.find(JOB)
    if job and not job.at_work:
        st.rerun()  # ended since this run of the script began
    if job:
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
        replace = st.checkbox("Replace a data set of that name", key="import_replace")
    if not has_fer2013 or replace:
        offer_download(name, replace)
    left, right = st.columns(2, gap="medium")
    with left:
        st.markdown("**A file from this browser**")
        if made := _upload_zone(name, replace):
            st.session_state["imported"] = made
            st.rerun()
    with right:
        st.markdown("**Or a path where the studio runs**")
        _import_by_path(name, replace)
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


def _import_by_path(name: str, replace: bool) -> None:
    with st.form("import_path", border=False):
        path = st.text_input(
            "Path", placeholder="fer2013.csv, or a folder of class folders",
            key="import_path_text", label_visibility="collapsed",
        )  # fmt: skip
        if st.form_submit_button("Import", icon=":material/upload:") and path:
            _try(lambda: start(path.strip(), name or None, replace))


def _try(begin: Callable[[], None]) -> None:
    st.session_state["import_error"] = None
    with errors_shown():
        begin()
        st.rerun()
