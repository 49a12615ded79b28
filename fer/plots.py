"""Data to Plotly figures; the pages, reports and documents all draw with these.

Figures set no colours but those of the emotions, so that the other lines take the two colours of
whatever theme shows them. Each can be read without colour, by its labels. Learning curves are in
`fer.curves`.
"""

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from fer.labels import COLOURS, ICONS, LABELS


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
            texttemplate="%{z:.0%}", textfont={"size": 12},
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
