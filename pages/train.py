"""Train: choose, start, watch, stop. The run that is shown is in the URL."""

import streamlit as st

from fer.errors import FerError
from fer.training import Run, get_run, list_runs
from pages import _runs as runs
from pages import _setup as setup

NEW = "new"
LAST = "run_last_shown"  # in the session


def main() -> None:
    st.title("Train")
    all_runs = list_runs()
    shown = run_in_url(all_runs)
    if all_runs:
        choose_run(all_runs, shown)
    if shown:
        runs.show(shown, show_run)
    else:
        setup.set_up(started)


def run_in_url(all_runs: list[Run]) -> Run | None:
    """The run of ?run=; without it, what this visitor looked at last, else one that is at work."""
    name = st.query_params.get("run")
    if not name and "clone" not in st.query_params:
        name = next((run.name for run in all_runs if run.name == st.session_state.get(LAST)), None)
    if name == NEW or "clone" in st.query_params:
        return None
    if name:
        try:
            return get_run(name)
        except FerError as error:
            st.warning(str(error))
            return None
    live = {run.status().state: run for run in all_runs if run.status().is_live}
    return live.get("running") or live.get("queued")


def choose_run(all_runs: list[Run], shown: Run | None) -> None:
    """Pick another run, or a new one; the URL follows, and so does a change of the URL."""
    names = [NEW, *(run.name for run in all_runs)]
    st.session_state["run_choice"] = shown.name if shown else NEW
    if shown:
        st.query_params["run"] = st.session_state[LAST] = shown.name
    with st.container(horizontal=True, vertical_alignment="center"):
        st.selectbox("Run", names, key="run_choice", on_change=follow_choice, width=280,
                     label_visibility="collapsed",
                     format_func=lambda name: "New run" if name == NEW else name)  # fmt: skip
        if shown:
            st.button("New run", icon=":material/add:", key="new_run", on_click=show_run,
                      args=(None,))  # fmt: skip
        st.page_link("runs.py", label="All runs", icon=":material/table_rows:")


def follow_choice() -> None:
    show_run(st.session_state["run_choice"])


def show_run(name: str | None) -> None:
    """Put a run, or the setting up of a new one, into the URL."""
    st.query_params.pop("clone", None)
    st.query_params["run"] = name or NEW


def started(run: Run) -> None:
    show_run(run.name)
    st.rerun()


main()
