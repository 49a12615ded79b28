"""Several runs side by side: their curves, what they reached, and where their settings differ."""

from typing import Any

import pandas as pd
import streamlit as st

from fer.curves import DASHES, SYMBOLS
from fer.training import Run
from fer.training.comparison import differences, same_test
from pages import _charts as charts
from pages import _parts as parts
from pages import _runs as runs
from pages import _settings as settings

SIGNS = dict(zip(SYMBOLS, "●■◆▲✕★", strict=True))
LINES = {"solid": "—", "dash": "- -", "dot": "···"}


def show(chosen: list[Run]) -> None:
    """Two to six runs."""
    if gone := [run.name for run in chosen if not run.exists]:
        st.warning(f"{' and '.join(gone)} was deleted or renamed in another tab.")
        chosen = [run for run in chosen if run.exists]
    recorded = {run.name: runs.metrics(run).epochs for run in chosen}
    steps = {run.name: max(1, run.status().steps_per_epoch) for run in chosen}
    charts.compare(recorded, steps)
    parts.download("Epochs of these runs (csv)", lambda: as_csv(recorded), "runs.csv",
                   key="runs_csv")  # fmt: skip
    configs = [run.config for run in chosen]
    st.subheader("What they reached", anchor=False)
    st.table(
        _frame({"In the charts": [sign(i) for i in range(len(chosen))]} | results(chosen), chosen)
    )
    if not same_test(configs):
        st.caption(
            "Their test accuracies are of different faces: they cannot be compared directly."
        )
    st.subheader("Where their settings differ", anchor=False)
    found = differences(configs)
    if found:
        st.table(_frame({settings.title(name): list(map(settings.value_text, values))
                         for name, values in found.items()}, chosen))  # fmt: skip
    else:
        st.write("Nowhere: the same settings and the same seed.")


def as_csv(recorded: dict[str, list[dict[str, Any]]]) -> str:
    """The numbers of each epoch of each run, a line each."""
    return parts.csv_text([
        {"run": name} | {key: n for key, n in row.items() if isinstance(n, int | float)}
        for name, rows in recorded.items() for row in rows
    ])  # fmt: skip


def sign(number: int) -> str:
    """How a run's line looks in the chart."""
    return f"{SIGNS[SYMBOLS[number]]} {LINES[DASHES[number]]}"


def results(chosen: list[Run]) -> dict[str, list[str]]:
    """What each run reached, as far as it got."""
    return {
        "Best validation accuracy": [best(run) for run in chosen],
        "Test accuracy (95 % interval)": [tested(run.status().metrics) for run in chosen],
        "Epochs": [f"{run.status().epoch} of {run.status().epochs}" for run in chosen],
        "Training time": [parts.duration(run.status().elapsed_s) for run in chosen],
    }


def best(run: Run) -> str:
    """The best validation accuracy, and after which epoch."""
    rows = runs.metrics(run).epochs
    if not rows:
        return ""
    row = max(rows, key=lambda row: row["val_accuracy"])
    return f"{100 * row['val_accuracy']:.1f} % (epoch {row['epoch']})"


def tested(metrics: dict[str, Any]) -> str:
    """Test accuracy with its interval; nothing where there is none yet."""
    test = metrics.get("test")
    if not test:
        return ""
    low, high = test["interval"]
    return f"{100 * test['accuracy']:.1f} % ({100 * low:.1f}–{100 * high:.1f}, n = {test['n']:,})"


def _frame(rows: dict[str, list[str]], chosen: list[Run]) -> pd.DataFrame:
    return pd.DataFrame.from_dict(rows, orient="index", columns=[run.name for run in chosen])
