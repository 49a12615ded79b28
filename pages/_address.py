"""What the address says counts: on a page that is come to, and where the browser went back."""

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

# Two pages of one choice: it goes with whoever goes from one to the other.
_CARRIED: dict[frozenset[str | None], set[str]] = {
    frozenset(("dataset", "audit")): {"data"},
    frozenset(("predict", "live")): {"model"},
}
# Bound to the address by Streamlit, or kept beside it (which model the faces were chosen for).
_BESIDE = {"view", "tta", "examined"}


def remember(key: str) -> None:
    """That the choice of the widget with this key is in the address, under the same name."""
    st.session_state.setdefault("in_address", set()).add(key)


def heed(page: str) -> None:
    """Drop the choices that the session has kept in place of those that the address names.

    To be called before a page is run. What was chosen on another page stays in the session for one
    run, in which it would hide what this page's address says.
    """
    before, st.session_state["page_before"] = st.session_state.get("page_before"), page
    context = get_script_run_ctx()
    went_back = context is not None and context.is_history_navigation
    if before == page and not went_back:
        return
    carried = _CARRIED.get(frozenset((before, page)), set()) if not went_back else set()
    for key in st.session_state.get("in_address", set()) | _BESIDE:
        if key not in carried or key in st.query_params:
            st.session_state.pop(key, None)
