"""Where a model errs: the faces of a cell of the confusion matrix, the surest mistakes first."""

from typing import Any

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from fer import plots
from fer.bundles import Bundle
from fer.evaluation import Report, Scored
from fer.labels import ICONS
from fer.words import counted
from pages import _parts as parts
from pages import _sample as sample
from pages._gallery import gallery
from pages._scoring import Exam

ANY = "any"
KEY = "confusion"


def confusion(report: Report) -> None:
    """The matrix; a click on a cell opens its faces."""
    figure = plots.confusion(report.confusion, report.labels)
    # A heatmap's cells cannot be selected; unseen markers upon them can.
    heat = figure.data[0]
    cells = [(x, y) for y in heat.y for x in heat.x]
    figure.add_trace(
        go.Scatter(
            x=[x for x, _ in cells], y=[y for _, y in cells], mode="markers",
            marker={"size": 34, "opacity": 0, "symbol": "square"},
            customdata=[(a, b) for a in report.labels for b in report.labels],
            text=[f"{a} read as {b}: {n:,}" for a, row in zip(report.labels, report.confusion,
                                                              strict=True)
                  for b, n in zip(report.labels, row, strict=True)],
            hovertemplate="%{text}<extra></extra>", showlegend=False,
            unselected={"marker": {"opacity": 0}}, selected={"marker": {"opacity": 0}},
        )
    )  # fmt: skip
    st.plotly_chart(figure, key=KEY, on_select=_open_cell, selection_mode="points",
                    config={"displayModeBar": False},
                    alt="Confusion matrix; the same faces can be chosen under Mistakes",
                    )  # fmt: skip


def _open_cell() -> None:
    points = st.session_state[KEY].selection.points
    if points:
        truth, read = points[0]["customdata"]
        # The widgets of these keys keep the address in step, but a step of Back for each.
        st.session_state.update({"labelled": truth, "read": read, "view": "Mistakes"})
        st.query_params.update({"labelled": truth, "read": read})


def show(bundle: Bundle, exam: Exam, scored: Scored) -> None:
    """The faces that were labelled and read as the visitor chooses."""
    options = [ANY, *scored.labels]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        truth = _choose("labelled", "Labelled", options)
        read = _choose("read", "Read as", options)
    places = chosen(scored, truth, read)
    rows = scored.rows[places]
    wrong = ANY in (truth, read) or truth != read
    what = counted(len(rows), "mistake") if wrong else f"{counted(len(rows), 'face')} read right"
    st.markdown(f"**{what}**, the surest first")
    if not len(rows):
        st.write("None. Choose another label.")
        return
    texts, words = captions(scored, places)
    gallery(exam.dataset, rows, "mistakes", stamp=exam.stamp, texts=texts, words=words)
    sample.show_if_open(exam.dataset, exam.stamp, rows, bundle.name)


def _choose(key: str, title: str, options: list[str]) -> str:
    widget: Any = lambda: st.selectbox(  # noqa: E731
        title, options, key=key, width=200,
        format_func=lambda label: label if label == ANY else parts.emotion(label),
    )  # fmt: skip
    return parts.choice_in_url(key, options, ANY, widget) or ANY


def chosen(scored: Scored, truth: str, read: str) -> np.ndarray:
    """Positions in `scored`: of one cell, or of the mistakes that fit, the surest first."""
    if ANY not in (truth, read):
        return scored.read_as(truth, read)
    places = scored.mistakes()
    if truth != ANY:
        places = places[scored.truth[places] == scored.labels.index(truth)]
    if read != ANY:
        places = places[scored.predicted[places] == scored.labels.index(read)]
    return places


def captions(scored: Scored, places: np.ndarray) -> tuple[np.ndarray, list[str]]:
    """Under each face, what was read and how sure: codes, and the words they stand for."""
    percent = np.rint(100 * scored.confidence[places]).astype(int)
    said = [f"→ {ICONS[scored.labels[read]]} {share} %"
            for read, share in zip(scored.predicted[places], percent, strict=True)]  # fmt: skip
    words, codes = np.unique(said, return_inverse=True)
    return codes.astype(np.uint16), words.tolist()
