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


@dataclass
class ImportJob:
    """One import under way or just ended: what the thread writes and the page reads."""

    path: str
    name: str | None
    replace: bool
    share: float = 0.0
    message: str = "Reading"
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
    job = ImportJob(path, name, replace)
    _current()[:] = [job]
    threading.Thread(target=job.run, name="import", daemon=True).start()


def forget() -> None:
    """The import that ended has been shown."""
    _current().clear()


_HERE = Path(__file__).parent
_upload = st.components.v2.component(
    "fer_dataset_upload",
    **{kind: (_HERE / f"_upload.{kind}").read_text(encoding="utf-8") for kind in ("html", "css", "js")},
)


def upload_zone(name: str, replace: bool) -> str | None:
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
