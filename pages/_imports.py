"""Importing a data set from the browser: a file sent through the REST route, or a path read here.

A path is read in a thread of the server, so that the page can show how far it is; one at a time,
and known to the whole server, so that a refreshed or second tab shows the same.
"""

import os
import threading
from dataclasses import dataclass, field
from pathlib import Path

import streamlit as st

from fer.data import import_dataset
from fer.errors import BusyError, FerError
from pages._parts import errors_shown


@dataclass
class ImportJob:
    """One import under way or just ended: what the thread writes and the page reads."""

    path: str
    name: str | None
    replace: bool
    message: str
    share: float = 0.0
    imported: str | None = None  # the data set's name, once it is there
    error: str | None = None
    cancelled: threading.Event = field(default_factory=threading.Event)

    @property
    def ended(self) -> bool:
        return self.imported is not None or self.error is not None

    def run(self) -> None:
        try:
            self.imported = import_dataset(self.path, self.name, self.replace, self._note).name
        except FerError as error:
            self.error = str(error)
        except Exception as error:  # a thread has nobody above it: the page must learn of it
            self.error = f"{self.path} could not be imported ({type(error).__name__}: {error})."

    def _note(self, share: float, message: str) -> None:
        if self.cancelled.is_set():
            raise FerError("The import was cancelled; nothing of it was kept.")
        self.share, self.message = min(max(share, 0.0), 1.0), message


@st.cache_resource
def _current() -> list[ImportJob]:
    return []


def current() -> ImportJob | None:
    """The import under way, or the one that ended and was not yet shown."""
    return next(iter(_current()), None)


def start(path: str, name: str | None, replace: bool) -> None:
    """Start reading `path` in a thread."""
    job = current()
    if job and not job.ended:
        raise BusyError(f"{job.path} is being imported; wait until that is done.")
    job = ImportJob(path, name, replace, message=f"Reading {Path(path).name}")
    _current()[:] = [job]
    threading.Thread(target=job.run, name="import", daemon=True).start()


def forget() -> None:
    """The import that ended has been shown."""
    _current().clear()


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
    """The data set that was imported since the page was last drawn; says so, or keeps the error."""
    job = current()
    if job and job.ended:
        forget()
        st.session_state["import_error"] = job.error
        st.session_state["imported"] = job.imported
    name: str | None = st.session_state.pop("imported", None)
    if name:
        st.toast(f"{name} is imported.", icon=":material/check_circle:")
    return name


def offer_import() -> None:
    """Both ways to import, side by side, and under what name."""
    name = st.session_state.get("import_name", "")
    replace = st.session_state.get("import_replace", False)
    left, right = st.columns(2, gap="medium")
    with left:
        st.markdown("**A file from this browser**")
        if made := _upload_zone(name, replace):
            st.session_state["imported"] = made
            st.rerun()
    with right:
        st.markdown("**Or a path where the studio runs**")
        _import_by_path(name, replace)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        st.text_input("Name", placeholder="as the file", key="import_name", width=280)
        st.checkbox("Replace a data set of that name", key="import_replace")


def _import_by_path(name: str, replace: bool) -> None:
    job = current()
    if job and job.ended:
        st.rerun()  # ended since this run of the script began
    if job:
        _progress()
        return
    with st.form("import_path", border=False):
        path = st.text_input(
            "Path", placeholder="fer2013.csv, or a folder of class folders",
            key="import_path_text", label_visibility="collapsed",
        )  # fmt: skip
        if st.form_submit_button("Import", icon=":material/upload:") and path:
            st.session_state["import_error"] = None
            with errors_shown():
                start(path.strip(), name or None, replace)
                st.rerun()
    if error := st.session_state.get("import_error"):
        st.error(error, icon=":material/error:")


@st.fragment(run_every=0.3)
def _progress() -> None:
    job = current()
    if job is None or job.ended:
        st.rerun()
    st.progress(job.share, job.message)
    st.button("Cancel", key="cancel_import", on_click=job.cancelled.set)
