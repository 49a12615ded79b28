"""One training run on the page: its state in words, what can be done, its curves, its log."""

from collections.abc import Callable
from pathlib import Path

import streamlit as st

from fer import zoo
from fer.bundles import list_bundles
from fer.training import Metrics, MetricsReader, Run, RunConfig, RunStatus, start
from fer.training.comparison import changes
from pages import _charts as charts
from pages import _manage as manage
from pages import _once as once
from pages import _parts as parts
from pages import _settings as settings
from pages import _watched as watched

# Twice a second: a row of metrics comes at most that often.
REFRESH_S = 0.5
IDLE_REFRESH_S = 3.0

AT_ENDS = ("queued", "done")  # how many epochs are done need not be said

DEMO_NETWORK = "spec"

STATES = {
    "queued": (":material/hourglass_empty:", "Starting"),
    "running": (":material/play_circle:", "Running"),
    "stopped": (":material/pause_circle:", "Stopped"),
    "interrupted": (":material/power_off:", "Interrupted"),
    "failed": (":material/error:", "Failed"),
    "done": (":material/check_circle:", "Done"),
}


def offer_demo() -> None:
    """The first thing a visitor can try: a short training on the drawn faces, watched at once."""
    if st.button("Train on drawn faces", type="primary", icon=":material/play_arrow:",
                 key=once.key("demo")):  # fmt: skip
        recipe = zoo.get(DEMO_NETWORK).recipes["demo"]
        with parts.errors_shown():
            run = start(RunConfig(DEMO_NETWORK, "drawn", "demo", recipe, split="official"))
            once.done("demo")
            st.switch_page("train.py", query_params={"run": run.name})


def word(run: Run, status: RunStatus) -> str:
    """The state in one word."""
    if status.is_live and run.stop_requested:
        return "Stopping"
    if status.state == "queued" and status.message:
        return "Queued"
    return STATES[status.state][1]


def state_line(run: Run) -> str:
    """A run and its state, for a list."""
    status = run.status()
    done = f", epoch {status.epoch} of {status.epochs}" if status.state not in AT_ENDS else ""
    return f"{STATES[status.state][0]} {run.name}: {word(run, status).lower()}{done}"


def show(run: Run, go: Callable[[str | None], None]) -> None:
    """The run, kept up to date while a worker holds it.

    `go` shows a run of another name, or none, where this one was renamed or deleted.
    """
    st.caption(_described(run.config))
    if run.note:
        st.text(run.note)  # as it was typed
    status = run.status()
    # A run that is stopped may be resumed in another tab.
    manage.row(run, status, go)
    pace = REFRESH_S if status.is_live else IDLE_REFRESH_S if status.can_resume else None
    st.fragment(_live, run_every=pace)(run)


@st.cache_resource(max_entries=8, show_spinner=False)
def _reader(path: Path, created: float) -> MetricsReader:
    return MetricsReader(path)


def metrics(run: Run) -> Metrics:
    """What the run recorded, of which only what is new is read again."""
    # Another run may have got the name, and even the file's number, of one that was deleted.
    return _reader(run.metrics_path, run.recorded_status.created).read()


def _described(config: RunConfig) -> str:
    facts = [f"Network **{config.architecture}**", f"recipe **{config.recipe_name}**",
             f"data **{config.data}**", f"split **{config.split}**"]  # fmt: skip
    recipe = zoo.get(config.architecture).recipes.get(config.recipe_name)
    if recipe:
        facts += [settings.spelled(*change) for change in changes(config, recipe).items()]
    if config.seed:
        facts.append(f"seed {config.seed}")
    if config.init:
        facts.append(f"started from **{config.init}**")
    if config.teachers:
        teachers = ", ".join(config.teachers)
        facts.append(f"taught by **{teachers}**: training accuracy is agreement with them too")
    return " · ".join(facts)


def _live(run: Run) -> None:
    try:
        status = run.status()
    except FileNotFoundError:
        st.warning("This run was deleted or renamed in another tab.")
        return
    name, state = st.session_state.get("state_seen", ("", ""))
    st.session_state["state_seen"] = (run.name, status.state)
    if name == run.name and state != status.state:
        st.rerun()  # what stands around this fragment, and its pace, depend on the state
    st.progress(status.progress, _progress_text(run, status))
    if status.state == "failed":
        st.error(status.message, icon=":material/error:")
    with st.container(horizontal=True, vertical_alignment="center"):
        _actions(run, status)
    recorded = metrics(run)
    charts.show(run, status, recorded)
    watched.show(run, recorded.epochs, status.is_live)
    log = st.expander("Log", icon=":material/terminal:", key="log", on_change="rerun")
    if log.open:
        log.code(run.log_tail() or "Nothing yet.", language=None)


def _progress_text(run: Run, status: RunStatus) -> str:
    """One line: the state, how far, how fast, how long still, and what is special about it."""
    epoch = min(status.epoch + status.is_live, status.epochs)
    facts = [f"{STATES[status.state][0]} **{word(run, status)}**"]
    if status.state != "queued":
        facts.append(f"epoch {epoch} of {status.epochs}")
    if status.state == "running" and status.images_per_s and not status.message:
        facts.append(f"{status.images_per_s:,.0f} images/s")
        facts.append(f"about {parts.duration(status.seconds_left or 0)} left")
    if not status.is_live:
        facts.append(f"{parts.duration(status.elapsed_s)} of training")
    if status.precision:
        facts.append(status.precision)
    if status.state in ("queued", "running", "interrupted") and status.message:
        facts.append(status.message.rstrip("."))
    return " · ".join(facts)


def _actions(run: Run, status: RunStatus) -> None:
    """What can be done in this state."""
    if status.is_live:
        st.button("Stop", icon=":material/stop:", key="stop", disabled=run.stop_requested,
                  on_click=run.stop)  # fmt: skip
    if status.can_resume:
        label = "Try again" if status.state == "failed" else "Resume"
        if st.button(label, icon=":material/play_arrow:", key="resume", type="primary"):
            with parts.errors_shown():
                run.resume()
                st.rerun()
    if status.state == "done" and status.bundle:
        if status.bundle in (bundle.name for bundle in list_bundles()):
            if st.button("Read a face with it", icon=":material/face:", type="primary", key="use"):
                st.switch_page("predict.py", query_params={"model": status.bundle})
        else:
            st.caption(f"Its model {status.bundle} was deleted.", width="content")
    if test := status.metrics.get("test"):
        st.markdown(f"Accuracy on the test faces: {parts.accuracy(test)}")
