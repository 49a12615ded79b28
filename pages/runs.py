"""Runs: what was tried, and what won. The runs that are selected are in the URL."""

from datetime import datetime
from pathlib import Path
from typing import Any

import streamlit as st

from fer.training import Run, RunStatus, list_runs
from pages import _compare as compare
from pages import _parts as parts
from pages import _picking as picking
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
    asked = parts.words_in_url("runs")
    parts.say_unknown("run", asked, by_name)
    chosen = [by_name[name] for name in asked if name in by_name]
    if len(chosen) > AT_MOST:
        st.caption(f"{AT_MOST} at most are compared: these are the first of those selected.")
        chosen = chosen[:AT_MOST]
    if not chosen:
        st.caption(
            "Tick the box at the left of a run to open it, or of two to six to compare them."
        )
    elif len(chosen) == 1:
        st.subheader(chosen[0].name, anchor=False)
        runs.show(chosen[0], lambda name: parts.put_in_url("runs", name or ""))
    else:
        st.fragment(compare.show, run_every=REFRESH_S if at_work else None)(chosen)


def offer_start() -> None:
    st.info("No runs yet. Train a network on drawn faces: it takes under a minute.")
    with st.container(horizontal=True, vertical_alignment="center"):
        runs.offer_demo()
        st.page_link("train.py", label="Choose network and data", icon=":material/tune:",
                     query_params={"run": "new"})  # fmt: skip


def table() -> None:
    """Every run, newest first; a selection goes into the URL."""
    found = list_runs()
    unused = {} if any(run.note for run in found) else {"Note": None}
    picking.table(
        [row(run, run.status()) for run in found], [run.name for run in found], "runs",
        columns=columns() | unused, alt="The training runs, newest first",
    )  # fmt: skip


def row(run: Run, status: RunStatus) -> dict[str, Any]:
    """A line of the table."""
    config = run.config
    size = run.metrics_path.stat().st_size if run.metrics_path.exists() else 0
    curve = validation(str(run.path), status.created, size)
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
def validation(path: str, created: float, size: int) -> list[float]:
    """The validation accuracy after each epoch; `size` tells that there are more of this run."""
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
