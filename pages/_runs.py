"""One training run on the page: its state in words, what can be done, its curves, its log."""

import streamlit as st

from fer import plots, zoo
from fer.bundles import load
from fer.errors import FerError
from fer.training import Run, RunConfig, RunStatus, start
from pages import _parts as parts
from pages._curves import curves

# Twice a second: a row of metrics comes at most that often.
REFRESH_S = 0.5
IDLE_REFRESH_S = 3.0

DEMO_NETWORK = "spec"

STATES = {
    "queued": (":material/hourglass_empty:", "Starting"),
    "running": (":material/play_circle:", "Running"),
    "stopped": (":material/pause_circle:", "Stopped"),
    "interrupted": (":material/power_off:", "Interrupted"),
    "failed": (":material/error:", "Failed"),
    "done": (":material/check_circle:", "Done"),
}


def start_demo() -> Run:
    """The first thing a visitor can try: a short training on the drawn faces."""
    recipe = zoo.get(DEMO_NETWORK).recipes["demo"]
    return start(RunConfig(DEMO_NETWORK, "drawn", "demo", recipe, split="official"))


def state_line(run: Run) -> str:
    """A run and its state, for a list."""
    status = run.status()
    icon, word = STATES[status.state]
    done = f", epoch {status.epoch} of {status.epochs}" if status.state != "done" else ""
    return f"{icon} {run.name}: {word.lower()}{done}"


def show(run: Run) -> None:
    """The run, kept up to date while a worker holds it."""
    config = run.config
    st.caption(
        f"Network **{config.architecture}**, recipe **{config.recipe_name}**, data "
        f"**{config.data}**, split **{config.split}**, batches of {config.recipe.batch_size}, "
        f"learning rate {config.recipe.learning_rate:g}"
    )
    status = run.status()
    # A run that is stopped may be resumed in another tab.
    pace = REFRESH_S if status.is_live else IDLE_REFRESH_S if status.can_resume else None
    st.fragment(_live, run_every=pace)(run)
    log = st.expander("Log", icon=":material/terminal:", key="log", on_change="rerun")
    if log.open:
        with log:
            st.code(run.log_tail() or "Nothing yet.", language=None)


def _live(run: Run) -> None:
    status = run.status()
    name, state = st.session_state.get("state_seen", ("", ""))
    st.session_state["state_seen"] = (run.name, status.state)
    if name == run.name and state != status.state:
        st.session_state.pop("stopping", None)
        st.rerun()  # what stands around this fragment, and its pace, depend on the state
    st.progress(status.progress, _progress_text(run, status))
    with st.container(horizontal=True, vertical_alignment="center"):
        _actions(run, status)
    _draw_curves(run, status)


def _progress_text(run: Run, status: RunStatus) -> str:
    """One line: the state, how far, how fast, how long still, and what is special about it."""
    icon, word = STATES[status.state]
    if status.is_live and st.session_state.get("stopping") == run.name:
        word = "Stopping"
    epoch = min(status.epoch + status.is_live, status.epochs)
    facts = [f"{icon} **{word}**", f"epoch {epoch} of {status.epochs}"]
    if status.state == "running" and status.images_per_s and not status.message:
        facts.append(f"{status.images_per_s:,.0f} images/s")
        facts.append(f"about {parts.duration(status.seconds_left or 0)} left")
    if not status.is_live:
        facts.append(f"{parts.duration(status.elapsed_s)} of training")
    if status.state in ("queued", "running", "interrupted") and status.message:
        facts.append(status.message.rstrip("."))
    return " · ".join(facts)


def _actions(run: Run, status: RunStatus) -> None:
    """What can be done in this state."""
    if status.is_live:
        asked = st.session_state.get("stopping") == run.name
        st.button("Stop", icon=":material/stop:", key="stop", disabled=asked, on_click=_stop,
                  args=(run,))  # fmt: skip
    if status.state == "failed":
        st.error(status.message, icon=":material/error:")
    if status.can_resume:
        word = "Try again" if status.state == "failed" else "Resume"
        if st.button(word, icon=":material/play_arrow:", key="resume", type="primary"):
            with parts.errors_shown():
                run.resume()
                st.rerun()
    if status.state == "done" and status.bundle:
        if st.button("Read a face with it", icon=":material/face:", type="primary", key="use"):
            st.switch_page("predict.py", query_params={"model": status.bundle})
        _final_accuracy(status.bundle)


def _stop(run: Run) -> None:
    run.stop()
    st.session_state["stopping"] = run.name


def _final_accuracy(name: str) -> None:
    try:
        metrics = load(name).metrics
    except FerError as error:
        st.error(str(error))
        return
    if test := metrics.get("test"):
        st.markdown(f"Accuracy on the test faces: {parts.accuracy(test)}")


def _draw_curves(run: Run, status: RunStatus) -> None:
    metrics = run.metrics()
    curves(
        {
            f"Training and validation {quantity} by epoch": plots.learning_curve(
                metrics.steps,
                metrics.epochs,
                quantity,
                steps_per_epoch=max(1, status.steps_per_epoch),
                n_epochs=status.epochs,
                name=run.name,
            )
            for quantity in plots.QUANTITIES
        },
        key="curves",
    )
