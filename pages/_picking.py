"""A table whose selected rows are in the address: for opening one thing, or comparing several."""

from collections.abc import Sequence
from typing import Any

import pandas as pd
import streamlit as st

from pages import _parts as parts


def table(
    rows: Sequence[dict[str, Any]], names: Sequence[str], parameter: str, *,
    columns: dict[str, Any], alt: str,
) -> None:  # fmt: skip
    """Show `rows`, called `names`; a selection goes into ?parameter=, and the page is run again."""
    wanted = parts.words_in_url(parameter)
    chosen = [number for number, name in enumerate(names) if name in wanted]
    # Rows are selected by number: where the rows are others, or the address was changed from
    # elsewhere, it is a new table, which begins with what the address says.
    version = f"{parameter}_table"
    key = f"{version}_{hash((tuple(names), st.session_state.setdefault(version, 0)))}"
    state = st.session_state.get(key)
    if state and sorted(state["selection"]["rows"]) != chosen:
        st.session_state[version] += 1
        st.rerun()
    st.dataframe(
        pd.DataFrame(rows),
        key=key,
        hide_index=True,
        selection_mode="multi-row",
        selection_default={"selection": {"rows": chosen}},
        on_select=lambda: _picked(key, names, parameter),
        column_config=columns,
        placeholder="",
        alt=alt,
    )
    if st.session_state.pop(f"{parameter}_picked", False):
        st.rerun()  # what stands below the table


def _picked(key: str, names: Sequence[str], parameter: str) -> None:
    """Put the selection into the address, in the order in which it was made."""
    rows = [names[number] for number in st.session_state[key]["selection"]["rows"]]
    before = [name for name in parts.words_in_url(parameter) if name in rows]
    after = [name for name in rows if name not in before]
    parts.put_in_url(parameter, ",".join(before + after))
    st.session_state[f"{parameter}_picked"] = True
