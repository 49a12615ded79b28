"""Buttons that act once: the second click of a double click finds another button."""

import streamlit as st


def key(name: str) -> str:
    """The key of such a button now."""
    return f"{name}_{st.session_state.get(f'{name}_times', 0)}"


def done(name: str) -> None:
    """To be called when it has acted; its key is another one from now on."""
    st.session_state[f"{name}_times"] = st.session_state.get(f"{name}_times", 0) + 1
