"""Runs: what was tried, and what won. The runs that are selected are in the URL."""

from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

from fer.training import Run, RunStatus, list_runs
from pages import _compare as compare
from pages import _parts as parts
from pages import _runs as runs

AT_MOST = 6
REFRESH_S = 3.0


def main() -> None:
    st.title("Runs")
    found = list_runs()
    if not found:
        offer_start()
        return
    at_work = any(run.status().is_live for run in found)
    st.fragment(table, run_every=REFRESH_S if at_work else None)()
    by_name = {run.name: run for run in found}
    chosen = [by_name[name] for name in selected() if name in by_name]
    if len(chosen) > AT_MOST:
        st.caption(f"{AT_MOST} at most are compared: these are the first of those selected.")
        chosen = chosen[:AT_MOST]
    if not chosen:
        st.caption("Select a run to open it, or two to six to compare them.")
    elif len(chosen) == 1:
        st.subheader(chosen[0].name, anchor=False)
        runs.show(chosen[0], lambda name: select([name] if name else []))
    else:
        st.fragment(compare.show, run_every=REFRESH_S if at_work else None)(chosen)


def offer_start() -> None:
    st.info("No runs yet. Train a network on drawn faces: it takes under a minute.")
    with st.container(horizontal=True, vertical_alignment="center"):
        if st.button("Train on drawn faces", type="primary", icon=":material/play_arrow:"):
            with parts.errors_shown():
                st.switch_page("train.py", query_params={"run": runs.start_demo().name})
        st.page_link("train.py", label="Choose network and data", icon=":material/tune:",
                     query_params={"run": "new"})  # fmt: skip


def selected() -> list[str]:
    """The names of the runs in the URL."""
    return [name for name in st.query_params.get("runs", "").split(",") if name]


def select(names: list[str]) -> None:
    if names:
        st.query_params["runs"] = ",".join(names)
    else:
        st.query_params.pop("runs", None)


def table() -> None:
    """Every run, newest first; a selection goes into the URL."""
    found = list_runs()
    names = [run.name for run in found]
    wanted = selected()
    rows = [number for number, name in enumerate(names) if name in wanted]
    # Rows are selected by number: where the runs are others, or the URL was changed from elsewhere,
    # it is a new table, which begins with what the URL says.
    key = f"table_{hash((tuple(names), st.session_state.setdefault('table', 0)))}"
    state = st.session_state.get(key)
    if state and sorted(state["selection"]["rows"]) != rows:
        st.session_state["table"] += 1
        st.rerun()
    st.dataframe(
        pd.DataFrame([row(run, run.status()) for run in found]),
        key=key,
        hide_index=True,
        selection_mode="multi-row",
        selection_default={"selection": {"rows": rows}},
        on_select=lambda: picked(key, names),
        column_config=columns(),
        placeholder="",
        alt="The training runs, newest first",
    )
    if st.session_state.pop("picked", False):
        st.rerun()  # what stands below the table


def picked(key: str, names: list[str]) -> None:
    """Put the selection into the URL, in the order in which it was made."""
    rows = [names[number] for number in st.session_state[key]["selection"]["rows"]]
    before = [name for name in selected() if name in rows]
    select(before + [name for name in rows if name not in before])
    st.session_state["picked"] = True


def row(run: Run, status: RunStatus) -> dict[str, Any]:
    """A line of the table."""
    config = run.config
    curve = validation(str(run.path), run.metrics_path.stat().st_size
                       if run.metrics_path.exists() else 0)  # fmt: skip
    return {
        "Run": run.name,
        "State": runs.word(run, status),
        "Validation": curve,
        "Best": 100 * max(curve) if curve else None,
        "Test": compare.tested(status.metrics),
        "Epochs": f"{status.epoch} / {status.epochs}",
        "Time": parts.duration(status.elapsed_s),
        "Network, recipe": f"{config.architecture}, {config.recipe_name}",
        "Data": config.data,
        "Note": run.note,
        "Started": datetime.fromtimestamp(status.created),
    }


@st.cache_data(max_entries=500, show_spinner=False)
def validation(path: str, size: int) -> list[float]:
    """The validation accuracy after each epoch; `size` tells that there are more."""
    return [epoch["val_accuracy"] for epoch in Run(Path(path)).metrics().epochs]


def columns() -> dict[str, Any]:
    config = st.column_config
    return {
        "Run": config.TextColumn(pinned=True),
        "Validation": config.LineChartColumn("Validation accuracy", y_min=0, y_max=1, width=130),
        "Best": config.NumberColumn(format="%.1f %%", help="Best validation accuracy"),
        "Test": config.TextColumn("Test accuracy", help="With its 95 % interval"),
        "Note": config.TextColumn(width=160),
        "Started": config.DatetimeColumn(format="D MMM, HH:mm"),
    }


main()
