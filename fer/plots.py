"""Data to Plotly figures; the pages, reports and documents all draw with these.

Figures set no colours but those of the emotions, so that the other lines take the two colours of
whatever theme shows them. Each can be read without colour: by labels, dashes and markers.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import plotly.graph_objects as go

from fer.labels import COLOURS, ICONS, LABELS

# About as many points as a curve is wide in pixels on a phone; more are averaged.
MAX_POINTS = 400

QUANTITIES: tuple[Literal["loss", "accuracy"], ...] = ("loss", "accuracy")


def learning_curve(
    steps: Sequence[Mapping[str, Any]],
    epochs: Sequence[Mapping[str, Any]],
    quantity: Literal["loss", "accuracy"],
    *,
    steps_per_epoch: int,
    n_epochs: int,
    name: str = "run",
) -> go.Figure:
    """Training and validation loss, or accuracy, against epochs.

    Args:
        steps: rows with "step" (done so far, over the whole run), "epoch" (from 1) and `quantity`
            (its mean over the epoch so far), in order.
        epochs: rows with "step" (at the epoch's end) and "val_" + `quantity`, in order.
        quantity: what to draw; accuracy is a fraction, shown as a percentage.
        steps_per_epoch: turns steps into epochs.
        n_epochs: the right end of the axis, so that it stands still while the curve grows.
        name: as long as it is the same, a zoom survives an update of the curve.
    """
    # The last batch of an epoch is smaller than the others; the epoch's own row stands for it.
    inner = [row for row in steps if row["step"] % steps_per_epoch]
    x, y = averaged(
        [row["step"] / steps_per_epoch for row in inner],
        since_last_row(inner, quantity, steps_per_epoch),
    )
    shown = [row for row in epochs if row.get(f"val_{quantity}") is not None]
    number = ":.1%" if quantity == "accuracy" else ":.3f"
    figure = go.Figure(
        [
            go.Scatter(
                x=x, y=y, name="training", mode="lines", line={"width": 2},
                hovertemplate=f"epoch %{{x:.2f}}: %{{y{number}}}",
            ),
            go.Scatter(
                x=[row["step"] / steps_per_epoch for row in shown],
                y=[row[f"val_{quantity}"] for row in shown],
                name="validation", mode="lines+markers", cliponaxis=False,
                line={"width": 1.5, "dash": "dot"}, marker={"size": 8, "symbol": "diamond"},
                hovertemplate=f"epoch %{{x:.0f}}: %{{y{number}}}",
            ),
        ]
    )  # fmt: skip
    figure.update_layout(
        title={"text": f"<b>{quantity.capitalize()}</b>", "x": 0, "font": {"size": 15}},
        height=300,
        margin={"l": 44, "r": 12, "t": 44, "b": 40},
        showlegend=True,
        legend={"orientation": "h", "x": 1, "xanchor": "right", "y": 1.02, "yanchor": "bottom"},
        xaxis={
            "title": "epoch",
            "range": [0, n_epochs],
            "tickformat": "d",
            "nticks": min(n_epochs, 10) + 1,
        },
        yaxis=(
            {"range": [0, 1.02], "tickformat": ".0%"}
            if quantity == "accuracy"
            else {"rangemode": "tozero"}
        ),
        uirevision=name,
        hovermode="closest",
    )
    return figure


def class_histogram(counts: Mapping[str, int]) -> go.Figure:
    """How many faces show each expression: one bar a label, in its colour, with count and share."""
    labels = [label for label in LABELS if label in counts]
    total = sum(counts[label] for label in labels) or 1
    figure = go.Figure(
        go.Bar(
            x=[counts[label] for label in labels],
            y=[f"{ICONS[label]} {label}" for label in labels],
            orientation="h",
            marker={"color": [COLOURS[label] for label in labels]},
            text=[f"{counts[label]:,} · {counts[label] / total:.1%}" for label in labels],
            textposition="outside",
            textfont={"size": 13},
            cliponaxis=False,
            hovertemplate="%{y}: %{x:,}<extra></extra>",
        )
    )
    figure.update_layout(
        height=40 + 32 * len(labels),
        margin={"l": 8, "r": 8, "t": 8, "b": 8},
        # Room at the right for what is written behind the longest bar.
        xaxis={"visible": False, "range": [0, 1.45 * max([1, *map(counts.__getitem__, labels)])]},
        yaxis={"autorange": "reversed", "ticks": ""},
        bargap=0.25,
    )
    return figure


def since_last_row(
    rows: Sequence[Mapping[str, Any]], quantity: str, steps_per_epoch: int
) -> list[float]:
    """The mean of `quantity` over the steps since the row before, of rows with means since the
    epoch's start: those jump where an epoch begins, and hardly move where it ends."""
    values = []
    before: tuple[int, int, float] = (0, 0, 0.0)  # epoch, steps into it, sum over them
    for row in rows:
        steps = row["step"] - (row["epoch"] - 1) * steps_per_epoch
        total = steps * row[quantity]
        same = before[0] == row["epoch"] and before[1] < steps
        values.append((total - before[2]) / (steps - before[1]) if same else row[quantity])
        before = (row["epoch"], steps, total)
    return values


def averaged(
    x: Sequence[float], y: Sequence[float], max_points: int = MAX_POINTS
) -> tuple[list[float], list[float]]:
    """`x` and `y` averaged over blocks of equal length, so that at most `max_points` remain.

    The length of a block is a power of two: as values are added at the end, the earlier points stay
    where they are, and a live curve does not tremble.
    """
    block = 1
    while len(x) > block * max_points:
        block *= 2
    starts = range(0, len(x), block)
    return (
        [sum(x[i : i + block]) / len(x[i : i + block]) for i in starts],
        [sum(y[i : i + block]) / len(y[i : i + block]) for i in starts],
    )
