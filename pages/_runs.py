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
    st.fragment(_live, run_every=REFRESH_S if run.status().is_live else None)(run)
    log = st.expander("Log", icon=":material/terminal:", key="log", on_change="rerun")
    if log.open:
        with log:
            st.code(run.log_tail() or "Nothing yet.", language=None)


def _live(run: Run) -> None:
    status = run.status()
    seen = st.session_state.get("state_seen")
    st.session_state["state_seen"] = (run.name, status.state)
    if seen and seen[0] == run.name and seen[1] != status.state:
        st.rerun()  # what stands around this fragment, and its pace, depend on the state
    st.progress(status.progress, _progress_text(status))
    _state_and_actions(run, status)
    _draw_curves(run, status)


def _progress_text(status: RunStatus) -> str:
    icon, word = STATES[status.state]
    parts_of_it = [f"{icon} **{word}**"]
    if status.state == "queued":
        return f"{parts_of_it[0]}: TensorFlow is being loaded"
    parts_of_it.append(f"epoch {min(status.epoch + 1, status.epochs)} of {status.epochs}"
                       if status.is_live else f"{status.epoch} of {status.epochs} epochs")
    if status.state == "running":
        if status.images_per_s:
            parts_of_it.append(f"{status.images_per_s:,.0f} images/s")
        if status.seconds_left is not None:
            parts_of_it.append(f"about {parts.duration(status.seconds_left)} left")
    else:
        parts_of_it.append(f"{parts.duration(status.elapsed_s)} of training")
    return " · ".join(parts_of_it)


def _state_and_actions(run: Run, status: RunStatus) -> None:
    if status.state == "failed":
        st.error(status.message, icon=":material/error:")
    elif status.message:
        st.caption(status.message)
    with st.container(horizontal=True, vertical_alignment="center"):
        if status.is_live:
            if st.button("Stop", icon=":material/stop:", key="stop"):
                run.stop()
                st.toast("Stopping: what has been learned is kept.")
        if status.can_resume:
            word = "Try again" if status.state == "failed" else "Resume"
            if st.button(word, icon=":material/play_arrow:", key="resume", type="primary"):
                with parts.errors_shown():
                    run.resume()
                    st.rerun()
        if status.state == "done" and status.bundle:
            if st.button("Read a face with it", icon=":material/face:", type="primary",
                         key="to_predict"):  # fmt: skip
                st.switch_page("predict.py", query_params={"model": status.bundle})
            _final_accuracy(status.bundle)


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
