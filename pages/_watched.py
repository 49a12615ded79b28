"""What a network makes of the validation faces after an epoch: recall, confusion, sixteen faces."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import numpy as np
import streamlit as st

from fer.data import list_datasets, make_split
from fer.errors import FerError
from fer.labels import COLOURS, LABELS
from fer.plots import confusion
from fer.training import Run, RunConfig
from fer.training.validation import WATCHED
from pages import _parts as parts
from pages._curves import curves

Row = Mapping[str, Any]


def show(run: Run, epochs: Sequence[Row], is_live: bool) -> None:
    """The newest epoch, or with a run that is over the one that the visitor chooses."""
    rows = [row for row in epochs if row.get("confusion")]
    if not rows:
        return
    config, index = run.config, len(rows) - 1
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader("Validation faces", anchor=False, width="content")
        if not is_live and len(rows) > 1:
            numbers = [row["epoch"] for row in rows]
            index = numbers.index(
                st.select_slider("After epoch", numbers, numbers[-1], width=260,
                                 key=f"epoch_shown_{run.name}_{len(rows)}")
            )  # fmt: skip
        else:
            st.caption(f"after epoch {rows[index]['epoch']}", width="content")
    labels = config.recipe.labels
    row = rows[index]
    before = rows[index - 1]["confusion"] if index else None
    left, right = st.columns([3, 2], gap="medium", vertical_alignment="center")
    with left:
        what = f"Confusion matrix after epoch {row['epoch']}"
        curves({what: confusion(row["confusion"], labels)}, key="confusion")
    with right:
        st.caption("Recall: the faces of each label that were read as such. "
                   + ("A line marks the epoch before." if before else ""))  # fmt: skip
        st.html(recall_bars(labels, row["confusion"], before))
    if row.get("watched"):
        _faces(run, config, row["watched"])


def recall_bars(
    labels: Sequence[str], counts: list[list[int]], before: list[list[int]] | None
) -> str:
    """HTML of each label's recall as a bar; a line marks where it was an epoch before."""
    now, past = _recall(counts), _recall(before) if before else None
    rows = []
    for i, label in enumerate(labels):
        mark = (
            f'<span style="position:absolute;left:{past[i]:.2%};top:-.15rem;bottom:-.15rem;'
            f'width:2px;background:currentColor"></span>'
            if past
            else ""
        )
        change = f", {100 * past[i]:.0f} % an epoch before" if past else ""
        rows.append(
            f'<div title="{label}: {counts[i][i]:,} of {sum(counts[i]):,}{change}" '
            f'style="display:flex;align-items:center;gap:.5rem;line-height:1.9">'
            f'<span style="width:6.5rem;flex:none">{escape(parts.emotion(label))}</span>'
            f'<span style="position:relative;flex:1;height:.7rem;border-radius:.35rem;'
            f'background:color-mix(in srgb,currentColor 10%,transparent)">'
            f'<span style="display:block;height:100%;border-radius:.35rem;width:{now[i]:.2%};'
            f'background:{COLOURS[label]}"></span>{mark}</span>'
            f'<span style="width:3.2rem;flex:none;text-align:right;'
            f'font-variant-numeric:tabular-nums">{100 * now[i]:.0f} %</span></div>'
        )
    spoken = ", ".join(f"{label} {100 * now[i]:.0f} %" for i, label in enumerate(labels))
    return f'<div role="img" aria-label="Recall: {spoken}">{"".join(rows)}</div>'


def _recall(counts: list[list[int]]) -> list[float]:
    return [row[i] / max(1, sum(row)) for i, row in enumerate(counts)]


def _faces(run: Run, config: RunConfig, probabilities: list[list[float]]) -> None:
    try:
        images, truths = _watched_faces(config, _stamp(run, config.data))
    except FerError as error:
        st.caption(f"The watched faces cannot be shown: {error}")
        return
    st.caption("The same faces after each epoch: ✓ read as labelled, ✗ not; a bar shows how sure.")
    labels = config.recipe.labels
    cells = "".join(
        _cell(image, truth, dict(zip(labels, shares, strict=True)))
        for image, truth, shares in zip(images, truths, probabilities, strict=False)
    )
    # Eight in a row, four on a phone.
    st.html('<div style="display:grid;gap:.75rem;grid-template-columns:'
            f'repeat(auto-fill,minmax(max(4.9rem,11.1%),1fr))">{cells}</div>')  # fmt: skip


def _cell(image: str, truth: str, probabilities: dict[str, float]) -> str:
    read = max(probabilities, key=probabilities.__getitem__)
    share = probabilities[read]
    ranked = sorted(probabilities.items(), key=lambda item: -item[1])
    title = escape(f"Labelled {truth}; read as {parts.spoken(ranked)}")
    return (
        f'<figure style="margin:0" title="{title}">'
        f'<img src="{image}" alt="{title}" '
        f'style="width:100%;border-radius:.35rem;display:block">'
        f'<figcaption style="font-size:.8rem;line-height:1.6;white-space:nowrap">'
        f"{'✓' if read == truth else '✗'} {escape(parts.emotion(read))}"
        f'<span style="display:block;height:.3rem;border-radius:.15rem;'
        f'background:color-mix(in srgb,currentColor 10%,transparent)">'
        f'<span style="display:block;height:100%;border-radius:.15rem;width:{share:.1%};'
        f'background:{COLOURS[read]}"></span></span></figcaption></figure>'
    )


def _stamp(run: Run, data: str) -> str:
    """Of the data set as it is; an error where it is no longer the one that was trained on.

    Other faces than those which were read would make the predictions look wrong, or right.
    """
    info = next((info for info in list_datasets() if info.name == data), None)
    if info and info.created > run.recorded_status.created:
        raise FerError(f"{data} was replaced since the run began.")
    return parts.stamp(info)


@st.cache_resource(max_entries=8, show_spinner="Opening the validation faces…",
                   hash_funcs={RunConfig: lambda c: str((c.data, c.split, c.split_seed,
                                                         c.recipe.labels))})  # fmt: skip
def _watched_faces(config: RunConfig, stamp: str) -> tuple[list[str], list[str]]:
    """The faces as data: URLs, and their labels: the first of the split's validation rows."""
    dataset = parts.dataset(config.data, stamp).only(config.recipe.labels)
    rows = make_split(dataset, config.split, config.split_seed).validation[:WATCHED]
    images = [parts.data_url(np.asarray(dataset.images[row])) for row in rows]
    return images, [LABELS[dataset.labels[row]] for row in rows]
