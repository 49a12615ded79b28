"""Which data set is looked at: the same choice on Dataset and Audit, kept in the address."""

from collections.abc import Callable

import streamlit as st

from fer.data import DatasetInfo, list_datasets
from pages import _parts as parts


def choose(forget: Callable[[], None]) -> tuple[str, DatasetInfo | None]:
    """The name in ?data=, else the first there is, and what is known of it: None for drawn faces.

    `forget` drops what was chosen of another data set.
    """
    infos = {info.name: info for info in list_datasets()}
    names = [*infos, "drawn"]
    if st.query_params.pop("open", None):
        # A link leads to the data that it names, whatever was shown here before.
        forget()
        st.session_state.pop("data", None)
    _stop_if_gone(names, forget)
    if "data" not in st.session_state:
        parts.say_unknown("data set", [st.query_params.get("data")], names)
    name = parts.choice_in_url(
        "data", names, names[0],
        lambda: st.selectbox("Data set", names, key="data", on_change=forget, width=280,
                             label_visibility="collapsed"),
    ) or names[0]  # fmt: skip
    return name, infos.get(name)


def _stop_if_gone(names: list[str], forget: Callable[[], None]) -> None:
    """Where the data set that was shown was deleted elsewhere, no click may act on another."""
    shown = st.session_state.get("data")
    if shown is None or shown in names:
        return
    del st.session_state["data"]
    parts.put_in_url("data", "")
    forget()
    st.warning(f"{shown} was deleted, here or in another tab.", icon=":material/link_off:")
    st.button(f"Show {names[0]}", key="show_another")
    st.stop()
