"""Work that takes longer than a page may wait: in a thread, with how far it is, and cancelled.

Jobs are known to the whole server by a key, so that a refreshed or second tab shows the same one,
and nothing is computed twice.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import streamlit as st

from fer.errors import FerError
from pages import _parts as parts

Progress = Callable[[float, str], None]

# Of jobs that ended, the results of so many are kept: a class that looks at models of its own must
# not wait again with every click. Tables of faces are a few MB each.
KEPT = 32
REFRESH_S = 0.3
# Where work takes no longer than this, nothing is shown of its progress.
AT_ONCE_S = 0.4
# From when on the time that is left is guessed from what has passed.
GUESS_AFTER_S = 4.0


class CancelledError(Exception):
    """The user pressed Cancel. No FerError: a download would go on with the next mirror."""


@dataclass(eq=False)
class Job:
    """One piece of work under way or ended: what its thread writes and the pages read."""

    key: str
    message: str
    share: float = 0.0
    began: float = field(default_factory=time.monotonic)
    result: Any = None
    error: str | None = None
    ended: threading.Event = field(default_factory=threading.Event)
    cancelled: threading.Event = field(default_factory=threading.Event)

    def run(self, work: Callable[[Progress], Any]) -> None:
        try:
            self.result = work(self._note)
        except CancelledError:
            self.error = ""
        except FerError as error:
            self.error = str(error)
        except Exception as error:  # a thread has nobody above it: the page must learn of it
            self.error = f"{self.message} failed ({type(error).__name__}: {error})."
        finally:
            self.ended.set()

    @property
    def at_work(self) -> bool:
        return not self.ended.is_set()

    @property
    def done(self) -> bool:
        return self.ended.is_set() and self.error is None

    def _note(self, share: float, message: str) -> None:
        if self.cancelled.is_set():
            raise CancelledError
        if share < self.share:
            self.began = time.monotonic()  # the next piece of the work
        self.share, self.message = min(max(share, 0.0), 1.0), message

    @property
    def text(self) -> str:
        """What is done, and as soon as one can tell how long it still takes."""
        passed = time.monotonic() - self.began
        if passed < GUESS_AFTER_S or not 0.02 < self.share < 1:
            return self.message
        left = parts.duration((1 - self.share) / self.share * passed)
        return f"{self.message}, about {left} left"


@st.cache_resource
def _known() -> OrderedDict[str, Job]:
    return OrderedDict()


@st.cache_resource
def _lock() -> threading.Lock:
    return threading.Lock()


def find(key: str) -> Job | None:
    """The job `key`, at work or ended and not yet forgotten."""
    return _known().get(key)


def start(key: str, message: str, work: Callable[[Progress], Any]) -> Job:
    """The job `key`: the one that is known, else `work` in a new thread."""
    with _lock():
        jobs = _known()
        job = jobs.get(key)
        if job is None:
            jobs[key] = job = Job(key, message)
            threading.Thread(target=job.run, args=(work,), name=key, daemon=True).start()
        jobs.move_to_end(key)
        ended = [name for name, known in jobs.items() if not known.at_work]
        for name in ended[:-KEPT]:
            del jobs[name]
    return job


def at_once(key: str, message: str, work: Callable[[Progress], Any]) -> Job:
    """`start`, and a moment for the work to end before anything is shown of it."""
    job = start(key, message, work)
    job.ended.wait(AT_ONCE_S)
    return job


def forget(key: str) -> None:
    """What came of the job `key` has been shown; the next start of it begins anew."""
    _known().pop(key, None)


def wait_for(job: Job, button: str = "cancel") -> bool:
    """Whether `job` is done; where not, shows how far it is or why it ended, and what to do.

    The page is run again once it has ended. `button` is the key of the button that cancels it.
    """
    if job.done:
        return True
    if job.at_work:
        st.fragment(_progress, run_every=REFRESH_S)(job, button)
        return False
    with st.container(horizontal=True, vertical_alignment="center"):
        if job.error:
            st.error(job.error, icon=":material/error:")
        else:
            st.write("Cancelled.")
        st.button("Try again", key=f"again_{button}", on_click=forget, args=(job.key,))
    return False


def _progress(job: Job, button: str) -> None:
    if not job.at_work:
        st.rerun()
    with st.container(horizontal=True, vertical_alignment="center"):
        st.progress(job.share, "Cancelling…" if job.cancelled.is_set() else job.text)
        st.button("Cancel", key=button, on_click=job.cancelled.set,
                  disabled=job.cancelled.is_set())  # fmt: skip
