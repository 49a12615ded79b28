"""The curves of a run, with what they are drawn against and how smooth they are."""

from typing import cast

import streamlit as st

from fer.curves import QUANTITIES, Axis, compared, learning_curve
from fer.training import Metrics, Run, RunStatus
from pages._curves import curves

AXES = {"epoch": "Epochs", "step": "Steps", "time": "Time"}
SMOOTHEST = 0.95


def show(run: Run, status: RunStatus, recorded: Metrics) -> None:
    """Loss, accuracy, macro-F1 and learning rate, as far as the run recorded them."""
    with st.container(horizontal=True, vertical_alignment="top", gap="medium"):
        axis = choose_axis()
        smoothing = st.slider("Smoothing", 0.0, SMOOTHEST, 0.0, 0.05, key="smoothing", width=200,
                              persist_state="session",
                              help="Of the training lines; the dots are as measured.")  # fmt: skip
    rows = [*recorded.steps[-1:], *recorded.epochs[-1:]]
    there = {key.removeprefix("val_") for row in rows for key in row} | {"loss", "accuracy"}
    if status.state != "done":  # a chart that came later would move those below it
        there |= QUANTITIES.keys()
    curves(
        {
            f"{quantity.title} by {axis}": learning_curve(
                recorded.steps,
                recorded.epochs,
                quantity.name,
                steps_per_epoch=max(1, status.steps_per_epoch),
                n_epochs=max(1, status.epochs),
                axis=axis,
                smoothing=smoothing,
                name=run.name,
            )
            for quantity in QUANTITIES.values()
            if quantity.name in there
        },
        key="curves",
    )


def compare(recorded: dict[str, list[dict]], steps_per_epoch: dict[str, int]) -> None:
    """The validation accuracy and loss of several runs, each pair in one chart."""
    axis = choose_axis()
    curves(
        {
            f"Validation {quantity} of {', '.join(recorded)} by {axis}": compared(
                recorded, quantity, steps_per_epoch=steps_per_epoch, axis=axis
            )
            for quantity in ("accuracy", "loss")
        },
        key="compared",
    )


def choose_axis() -> Axis:
    """What the curves are drawn against."""
    chosen = st.segmented_control(
        "Against", list(AXES), default="epoch", required=True, key="axis",
        format_func=AXES.__getitem__, persist_state="session",
    )  # fmt: skip
    return cast(Axis, chosen)
