"""Learning curves as Plotly figures: of one run as it trains, and of several side by side.

Figures set no colours, so that the lines take the two colours of whatever theme shows them. Each
can be read without colour: by labels, dashes and markers.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import plotly.graph_objects as go

# About as many points as a curve is wide in pixels on a phone; more are averaged.
MAX_POINTS = 400

# Of the runs in a comparison, in this order.
SYMBOLS = ("circle", "square", "diamond", "triangle-up", "x", "star")
DASHES = ("solid", "solid", "dash", "dash", "dot", "dot")

Axis = Literal["epoch", "step", "time"]


@dataclass(frozen=True)
class Quantity:
    """Something that is recorded while a network trains; `name` is its key in the rows."""

    name: str
    title: str
    number: str  # how Plotly writes a value
    yaxis: Mapping[str, Any]
    height: int


QUANTITIES: dict[str, Quantity] = {
    quantity.name: quantity
    for quantity in (
        Quantity("loss", "Loss", ":.3f", {"rangemode": "tozero"}, 300),
        Quantity("accuracy", "Accuracy", ":.1%", {"range": [0, 1.02], "tickformat": ".0%"}, 300),
        Quantity("macro_f1", "Macro-F1", ":.3f", {"range": [0, 1.02], "tickformat": ".1f"}, 220),
        Quantity(
            "learning_rate", "Learning rate", ":.3~g",
            {"rangemode": "tozero", "tickformat": "~g", "nticks": 5}, 220,
        ),
    )
}  # fmt: skip


def learning_curve(
    steps: Sequence[Mapping[str, Any]],
    epochs: Sequence[Mapping[str, Any]],
    quantity: str,
    *,
    steps_per_epoch: int,
    n_epochs: int,
    axis: Axis = "epoch",
    smoothing: float = 0.0,
    name: str = "run",
) -> go.Figure:
    """How a quantity of `QUANTITIES` went, in training and on the validation faces.

    Args:
        steps: rows with "step" (done so far, over the whole run), "epoch" (from 1), "time_s" and,
            for loss and accuracy, the mean over the epoch so far; in order.
        epochs: rows with "step" (at the epoch's end), "time_s" and "val_" + `quantity`, in order.
        quantity: a key of `QUANTITIES`; accuracy is a fraction, shown as a percentage.
        steps_per_epoch: turns steps into epochs.
        n_epochs: the right end of the axis, so that it stands still while the curve grows; that of
            a long run is doubled when the curve reaches it, so that its beginning can be seen.
        axis: epochs, steps, or the time that training took.
        smoothing: of the training line, from 0 (none) to under 1.
        name: as long as it is the same, a zoom survives an update of the curve.
    """
    shown = QUANTITIES[quantity]
    # The last batch of an epoch was smaller than the others in earlier versions; the epoch's own
    # row stands for it.
    # Where there are no others, as on a model's card, they are all that is known.
    known = [row for row in steps if quantity in row]
    inner = [row for row in known if row["step"] % steps_per_epoch] or known
    ends = [row for row in epochs if row.get(f"val_{quantity}") is not None]
    scale = _Scale.of(axis, steps_per_epoch, [*inner[-1:], *ends[-1:]])
    is_mean = quantity in ("loss", "accuracy")
    values = (
        since_last_row(inner, quantity, steps_per_epoch)
        if is_mean
        else [row[quantity] for row in inner]
    )
    x, y = averaged([scale.place(row) for row in inner], values)
    steps_done = max((row["step"] for row in [*inner[-1:], *ends[-1:]]), default=0)
    room = _room(steps_done / steps_per_epoch, n_epochs)
    end = scale.place({"step": room * steps_per_epoch}) if axis != "time" else None
    return go.Figure(
        [
            go.Scatter(
                x=x, y=smoothed(y, smoothing) if is_mean else y, name="training", mode="lines",
                line={"width": 2}, showlegend=is_mean,
                hovertemplate=f"{scale.hover}: %{{y{shown.number}}}",
            ),
            go.Scatter(
                x=[scale.place(row) for row in ends],
                y=[row[f"val_{quantity}"] for row in ends],
                name="validation", mode="lines+markers", cliponaxis=False,
                showlegend=quantity != "learning_rate",
                line={"width": 1.5, "dash": "dot"}, marker={"size": 8, "symbol": "diamond"},
                hovertemplate=f"{scale.hover}: %{{y{shown.number}}}",
            ),
        ],
        # Not by update_layout, which takes four times as long: this is drawn twice a second.
        {**_frame(shown, scale, end), "uirevision": f"{name} {axis}"},
    )  # fmt: skip


def compared(
    runs: Mapping[str, Sequence[Mapping[str, Any]]],
    quantity: str,
    *,
    steps_per_epoch: Mapping[str, int],
    axis: Axis = "epoch",
) -> go.Figure:
    """A validation quantity of two to six runs in one chart.

    Args:
        runs: name of a run to its epoch rows, as `learning_curve` takes them.
        quantity: a key of `QUANTITIES`.
        steps_per_epoch: of each run.
        axis: epochs, steps, or the time that training took.
    """
    shown = QUANTITIES[quantity]
    ends = {
        name: [row for row in rows if row.get(f"val_{quantity}") is not None]
        for name, rows in runs.items()
    }
    last = [row for rows in ends.values() for row in rows[-1:]]
    scales = {name: _Scale.of(axis, steps_per_epoch[name], last) for name in runs}
    places = {name: [scales[name].place(row) for row in rows] for name, rows in ends.items()}
    figure = go.Figure(
        [
            go.Scatter(
                x=places[name], y=[row[f"val_{quantity}"] for row in rows], name=name,
                mode="lines+markers", cliponaxis=False,
                # Two colours by turns, as the theme has them: dashes and symbols tell them apart.
                line={"width": 2, "dash": DASHES[number % len(DASHES)]},
                marker={"size": 7, "symbol": SYMBOLS[number % len(SYMBOLS)]},
                hovertemplate=f"{scales[name].hover}: %{{y{shown.number}}}",
            )
            for number, (name, rows) in enumerate(ends.items())
        ]
    )  # fmt: skip
    end = max((place for of_run in places.values() for place in of_run), default=1.0)
    figure.update_layout(_frame(shown, next(iter(scales.values())), end))
    figure.update_layout(
        title_text=f"<b>Validation {shown.title.lower()}</b>",
        uirevision=f"{list(runs)} {axis}",
        height=340 + 20 * len(runs),
        legend={"orientation": "v", "x": 0, "xanchor": "left", "y": -0.2, "yanchor": "top"},
        margin_b=60 + 20 * len(runs),
    )
    return figure


@dataclass(frozen=True)
class _Scale:
    """Where a row of metrics stands on the horizontal axis."""

    axis: Axis
    title: str
    hover: str
    unit: float  # steps an epoch, or seconds a unit of time

    @classmethod
    def of(cls, axis: Axis, steps_per_epoch: int, last: Sequence[Mapping[str, Any]]) -> "_Scale":
        """`last` are the rows with the latest times, which choose the unit of time."""
        if axis == "epoch":
            return cls(axis, "epoch", "epoch %{x:.4~g}", steps_per_epoch)
        if axis == "step":
            return cls(axis, "step", "step %{x:,.0f}", 1)
        latest = max((row["time_s"] for row in last), default=0)
        unit, word = (1, "s") if latest < 120 else (60, "min") if latest < 7200 else (3600, "h")
        return cls(axis, f"time ({word})", f"%{{x:.3~g}} {word}", unit)

    def place(self, row: Mapping[str, Any]) -> float:
        return float(row["time_s" if self.axis == "time" else "step"] / self.unit)


def _room(done: float, n_epochs: int) -> int:
    """So many epochs the axis has when `done` of `n_epochs` are over."""
    room = 4
    while room < done:
        room *= 2
    return n_epochs if n_epochs <= 2 * room else room


def _frame(shown: Quantity, scale: _Scale, end: float | None) -> dict[str, Any]:
    """What is around the lines; with an `end`, the axis stands still while they grow."""
    xaxis: dict[str, Any] = {"title": scale.title, "rangemode": "tozero", "nticks": 6}
    if scale.axis == "epoch":
        xaxis |= {"tickformat": "d", "nticks": min(math.ceil(end or 1), 10) + 1}
    elif scale.axis == "step":
        xaxis |= {"tickformat": ",d"}
    if end is not None:
        xaxis |= {"range": [0, end]}
    return {
        "title": {"text": f"<b>{shown.title}</b>", "x": 0, "font": {"size": 15}},
        "height": shown.height,
        "margin": {"l": 48, "r": 12, "t": 44, "b": 40},
        "showlegend": True,
        "legend": {"orientation": "h", "x": 1, "xanchor": "right", "y": 1.02, "yanchor": "bottom"},
        "xaxis": xaxis,
        "yaxis": dict(shown.yaxis),
        "hovermode": "closest",
    }


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


def smoothed(values: Sequence[float], amount: float) -> list[float]:
    """A moving average that weighs older values by `amount`, `amount` squared and so on.

    `amount` is 0 (nothing changes) to under 1. The first values are not drawn towards 0.
    """
    out, total, weight = [], 0.0, 0.0
    for value in values:
        total, weight = amount * total + value, amount * weight + 1
        out.append(total / weight)
    return out
