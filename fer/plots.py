"""Data to Plotly figures; the pages, reports and documents all draw with these.

Figures set no colours but those of the emotions, so that the other lines take the two colours of
whatever theme shows them. Each can be read without colour, by its labels. Learning curves are in
`fer.curves`.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from fer.labels import COLOURS, ICONS, LABELS


def confusion(counts: Sequence[Sequence[int]], labels: Sequence[str]) -> go.Figure:
    """A confusion matrix: rows true, columns predicted, each cell the share of its row.

    Args:
        counts: (classes, classes) whole numbers.
        labels: of the classes, in the order of `counts`.
    """
    shares = [[n / max(1, sum(row)) for n in row] for row in counts]
    names = [f"{ICONS.get(label, '')} {label}" for label in labels]
    figure = go.Figure(
        go.Heatmap(
            z=shares, x=[ICONS.get(label, label) for label in labels], y=names,
            customdata=[[[n, sum(row), labels[j]] for j, n in enumerate(row)] for row in counts],
            zmin=0, zmax=1, showscale=False, xgap=2, ygap=2,
            text=[[f"{share:.0%}" if share else "" for share in row] for row in shares],
            texttemplate="%{text}", textfont={"size": 12},
            hovertemplate="%{y} read as %{customdata[2]}: %{customdata[0]:,} of "
            "%{customdata[1]:,}<extra></extra>",
        )
    )  # fmt: skip
    figure.update_layout(
        height=60 + 40 * len(labels),
        margin={"l": 84, "r": 8, "t": 8, "b": 52},
        xaxis={"title": "read as", "ticks": "", "fixedrange": True},
        yaxis={"autorange": "reversed", "ticks": "", "fixedrange": True},
    )
    return figure


def reliability(bins: Sequence[Mapping[str, float]]) -> go.Figure:
    """Claimed against right: a point a bin, as large as it has faces, beside the diagonal.

    Args:
        bins: each with "n", "confidence" and "accuracy" (fractions), as in a report.
    """
    most = max([1.0, *(row["n"] for row in bins)])
    figure = go.Figure(
        [
            go.Scatter(
                x=[0, 1], y=[0, 1], mode="lines", line={"dash": "dot", "width": 1},
                hoverinfo="skip", name="as sure as right",
            ),
            go.Scatter(
                x=[row["confidence"] for row in bins], y=[row["accuracy"] for row in bins],
                mode="lines+markers", name="faces",
                marker={"size": [6 + 18 * (row["n"] / most) ** 0.5 for row in bins]},
                customdata=[row["n"] for row in bins],
                hovertemplate="sure %{x:.0%}, right %{y:.0%} of %{customdata:,}<extra></extra>",
            ),
        ]
    )  # fmt: skip
    share = {"range": [-0.02, 1.02], "tickformat": ".0%", "fixedrange": True}
    return _square(figure, share | {"title": "how sure"}, share | {"title": "how often right"})


def coverage(rows: Sequence[Mapping[str, float]]) -> go.Figure:
    """What a model answers if it may say "not sure", and how often it is right then.

    Args:
        rows: each with "threshold", "coverage" and "accuracy" (fractions), as in a report.
    """
    figure = go.Figure(
        go.Scatter(
            x=[row["coverage"] for row in rows], y=[row["accuracy"] for row in rows],
            mode="lines+markers", customdata=[row["threshold"] for row in rows],
            hovertemplate="from %{customdata:.0%} on: %{x:.0%} answered, %{y:.1%} of them right"
            "<extra></extra>",
        )
    )  # fmt: skip
    share = {"tickformat": ".0%", "fixedrange": True}
    # From a whole tenth to all: by itself the axis may be narrower than its labels tell apart.
    low = math.floor(10 * min([0.9, *(row["accuracy"] for row in rows)])) / 10
    edge = 0.02 * (1 - low)
    return _square(
        figure,
        share | {"title": "faces answered", "range": [-0.02, 1.02]},
        share | {"title": "right among these", "range": [low - edge, 1 + edge]},
    )


def _square(figure: go.Figure, xaxis: dict[str, Any], yaxis: dict[str, Any]) -> go.Figure:
    figure.update_layout(
        height=320, margin={"l": 56, "r": 8, "t": 8, "b": 44}, showlegend=False,
        xaxis=xaxis, yaxis=yaxis,
    )  # fmt: skip
    return figure


def face_map(
    places: np.ndarray, labels: np.ndarray, rows: np.ndarray, chosen: np.ndarray | None = None
) -> go.Figure:
    """Faces as points in the colour of their label, one trace a label, to be drawn around.

    Args:
        places: (n, 2), -1 to 1, as `fer.explore.saved_map` gives them. labels: (n,) codes, -1
            unlabelled. rows: (m,) the faces to show.
        chosen: rows to stand out from the others.
    """
    figure = go.Figure()
    for code, label in [*enumerate(LABELS), (-1, "unlabelled")]:
        shown = rows[labels[rows] == code]
        if len(shown):
            figure.add_trace(
                go.Scattergl(
                    x=places[shown, 0], y=places[shown, 1], mode="markers", customdata=shown,
                    name=f"{ICONS.get(label, '')} {label}".strip(),
                    marker={"size": 4, "opacity": 0.7, "color": COLOURS.get(label, "gray")},
                    hovertemplate="row %{customdata}<extra>" + label + "</extra>",
                    unselected={"marker": {"opacity": 0.08}},
                    selectedpoints=(
                        None if chosen is None else np.flatnonzero(np.isin(shown, chosen))
                    ),
                )
            )  # fmt: skip
    # As wide as it is high, whatever is shown; the axes mean nothing.
    axis = {"visible": False, "range": [-1.05, 1.05], "autorange": False}
    figure.update_layout(
        height=560,
        margin={"l": 0, "r": 0, "t": 30, "b": 0},
        xaxis=axis,
        yaxis=axis | {"scaleanchor": "x"},
        legend={"orientation": "h", "x": 0, "y": 1, "yanchor": "bottom", "itemsizing": "constant"},
        modebar={"orientation": "v"},
        dragmode="lasso",
        uirevision="map",
    )
    return figure


def distribution(values: np.ndarray, title: str) -> go.Figure:
    """How `values` (n,) are distributed: a histogram."""
    counts, edges = np.histogram(values, bins=60)
    figure = go.Figure(
        go.Bar(
            x=(edges[:-1] + edges[1:]) / 2, y=counts, width=np.diff(edges),
            customdata=np.column_stack([edges[:-1], edges[1:]]),
            hovertemplate="%{customdata[0]:.0f} to %{customdata[1]:.0f}: %{y:,}<extra></extra>",
        )
    )  # fmt: skip
    figure.update_layout(
        height=240,
        margin={"l": 48, "r": 8, "t": 8, "b": 40},
        xaxis={"title": title},
        yaxis={"title": "faces"},
        bargap=0.04,
    )
    return figure


# Solid, dashes and dots tell the lines apart without colour.
_DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot", "6px,2px,2px,2px")


def timeline(times_s: np.ndarray, probabilities: np.ndarray, labels: Sequence[str]) -> go.Figure:
    """The expressions of one face over time: a line a label, in its colour.

    Args:
        times_s: (n,) seconds. probabilities: (n, k) 0 to 1, a row of NaN where the face was away.
        labels: of the columns.
    """
    figure = go.Figure()
    for column, label in enumerate(labels):
        dash = _DASHES[LABELS.index(label) if label in LABELS else column % len(_DASHES)]
        figure.add_trace(
            go.Scatter(
                x=times_s, y=probabilities[:, column],
                # Unseen markers, because a line without them cannot be clicked.
                mode="lines+markers", marker={"size": 9, "opacity": 0},
                name=f"{ICONS.get(label, '')} {label}".strip(),
                line={"color": COLOURS.get(label, "gray"), "dash": dash, "width": 2},
                hovertemplate="%{y:.0%}",
            )
        )  # fmt: skip
    figure.update_layout(
        height=380,  # on a telephone four lines of it are the legend
        margin={"l": 48, "r": 8, "t": 8, "b": 40},
        xaxis={"title": "seconds", "rangemode": "tozero", "hoverformat": ".1f"},
        yaxis={"range": [-0.02, 1.02], "tickformat": ".0%", "fixedrange": True},
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom"},
        hovermode="x unified",
    )
    return figure
