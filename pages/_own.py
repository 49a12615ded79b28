"""Long work for one visitor: what comes of it is his alone, and it ends when he leaves."""

from collections.abc import Callable
from typing import Any

import streamlit as st

from pages import _jobs as jobs


def result(slot: str, key: str, message: str, work: Callable[[jobs.Progress], Any]) -> Any:
    """What `work` gave where it is done; None while it is at it, with how far it is on the page.

    Each `slot` of the page has one piece of work, named by a `key` that no other visitor can have;
    with another key the one before is cancelled and what it gave let go.
    """
    let_go(slot, key)
    if f"{slot}_result" not in st.session_state:
        _cancelled_on_leaving(key)
        job = jobs.start(key, message, work)
        if not jobs.wait_for(job, f"cancel_{slot}"):
            return None
        # From here on it is the visitor's own, and goes when he does.
        st.session_state[f"{slot}_result"] = job.result
        jobs.forget(key)
    return st.session_state[f"{slot}_result"]


def let_go(slot: str, key: str = "") -> None:
    """Cancel the work under way in the slot and drop its result, unless it is that of `key`."""
    before = st.session_state.get(f"{slot}_job", "")
    if before == key:
        return
    _cancel(before)
    st.session_state.pop(f"{slot}_result", None)
    st.session_state[f"{slot}_job"] = key


def _cancel(key: str) -> None:
    if job := jobs.find(key):
        job.cancelled.set()
        jobs.forget(key)


@st.cache_resource(scope="session", on_release=_cancel, show_spinner=False)
def _cancelled_on_leaving(key: str) -> str:
    """Has the work `key` cancelled when the visitor closes the tab."""
    return key
