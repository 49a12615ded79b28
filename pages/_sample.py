"""One face: its pixels enlarged, and all that is said of it."""

from html import escape

import numpy as np
import streamlit as st

from fer.api.predictors import predictor_for
from fer.bundles import Bundle, default_name
from fer.data import NO_USAGE, USAGES, FaceDataset
from fer.data.ferplus import COLUMNS
from fer.data.tags import add_tag, list_tags, remove_tag, tags_of
from fer.errors import FerError
from fer.labels import LABELS
from pages import _alike as alike
from pages import _parts as parts
from pages import _tables as tables


def show_if_open(
    dataset: FaceDataset, stamp: str, rows: np.ndarray, model: str | None = None
) -> None:
    """The face of ?face= in a dialog; `rows` are those it can be left for by Next and Previous.

    It is read by `model` unless another is chosen there.
    """
    if "face" not in st.query_params:
        return
    if _row(dataset) is None:
        st.warning(f"{dataset.name} has no face {st.query_params['face']}.")
        return
    # Named anew each time, so that closing one does not close the next.
    dialog = st.dialog("One face", width="large", on_dismiss=_close)
    dialog(_show)(dataset, stamp, rows, model)


def _close() -> None:
    st.query_params.pop("face", None)


def _row(dataset: FaceDataset) -> int | None:
    given = st.query_params.get("face", "")
    return int(given) if given.isdecimal() and int(given) < len(dataset) else None


def _show(dataset: FaceDataset, stamp: str, rows: np.ndarray, model: str | None) -> None:
    row = _row(dataset)
    if row is None:
        return
    _walk(row, rows)
    left, right = st.columns([2, 3], gap="medium")
    with left:
        title = escape(_title(dataset, row))
        st.html(
            f'<img src="{parts.data_url(dataset.images[row])}" alt="{title}" style="width:100%;'
            'max-width:384px;image-rendering:pixelated;border-radius:.5rem;display:block">'
        )
        _tags(dataset, row)
    with right:
        st.markdown(f"**{_title(dataset, row)}**")
        _numbers(dataset, row)
        reader = _reading(dataset, row, model)
        if dataset.votes is not None:
            st.markdown("**FER+ votes**")
            st.html(_vote_bars(dataset.votes[row]))
    alike.twins(dataset, stamp, row)
    alike.neighbours(dataset, stamp, row, reader)


def _walk(row: int, rows: np.ndarray) -> None:
    """Previous and next among the faces that were shown."""
    (place,) = np.flatnonzero(rows == row)[:1].tolist() or [None]
    with st.container(horizontal=True, vertical_alignment="center"):
        for label, step in (("Previous", -1), ("Next", 1)):
            other = None if place is None else place + step
            there = other is not None and 0 <= other < len(rows)
            st.button(
                label, key=f"walk_{step}", disabled=not there,
                on_click=parts.open_face, args=(int(rows[other]) if there else row,),
                shortcut="Left" if step < 0 else "Right",
            )  # fmt: skip
        if place is not None:
            st.caption(f"{place + 1:,} of {len(rows):,}", width="content")


def _title(dataset: FaceDataset, row: int) -> str:
    label = dataset.labels[row]
    name = parts.emotion(LABELS[label]) if label >= 0 else "unlabelled"
    if dataset.usage is None or dataset.usage[row] == NO_USAGE:
        return f"Row {row:,}: {name}"
    return f"Row {row:,}: {name}, {USAGES[dataset.usage[row]]}"


def _numbers(dataset: FaceDataset, row: int) -> None:
    pixels = dataset.images[row]
    st.caption(
        f"Pixels {pixels.min()} to {pixels.max()}, mean {pixels.mean():.0f}, standard deviation "
        f"{pixels.std():.0f}. Content key {int(dataset.keys[row]):016x}."
    )


def _tags(dataset: FaceDataset, row: int) -> None:
    key, face = f"tags_{row}", int(dataset.keys[row])
    has = tags_of(dataset.name, face)
    # What another tab did since is shown, and stays. The widget forgets where it was not shown.
    if key not in st.session_state or st.session_state.get(f"{key}_shown") != (dataset.name, has):
        st.session_state[f"{key}_shown"], st.session_state[key] = (dataset.name, has), has
    known = sorted({*list_tags(dataset.name), *has})
    st.multiselect("Tags", known, key=key, accept_new_options=True, on_change=_tagged,
                   args=(dataset.name, face, key, set(has)),
                   placeholder="none; type a new one")  # fmt: skip
    if error := st.session_state.pop("tag_error", None):
        st.error(error, icon=":material/error:")


def _tagged(name: str, face: int, key: str, shown: set[str]) -> None:
    """Add and remove what the visitor added and removed, and nothing else."""
    wanted = {tag.strip() for tag in st.session_state[key]}
    try:
        for tag in wanted - shown:
            add_tag(name, tag, [face])
        for tag in shown - wanted:
            remove_tag(name, tag, [face])
    except FerError as error:
        st.session_state["tag_error"] = str(error)
        st.session_state.pop(f"{key}_shown", None)


def _reading(dataset: FaceDataset, row: int, model: str | None) -> Bundle | None:
    """What a model reads in the face: at first `model`, else the one that reads by default."""
    found = tables.bundles()
    if not found:
        return None
    names = list(found)
    name = st.selectbox("Read by", names, key="face_model",
                        index=names.index(model if model in names else default_name()),
                        )  # fmt: skip
    bundle = found[name]
    with parts.errors_shown():
        said = predictor_for(name).probabilities(
            np.ascontiguousarray(dataset.images[row : row + 1])
        )[0]
        st.html(parts.probability_bars(dict(zip(bundle.labels, map(float, said), strict=True))))
        if bundle.training_rows().seen(dataset.subset(np.array([row])))[0]:
            st.caption(f"{name} was trained on this face.")
    return bundle


def _vote_bars(votes: np.ndarray) -> str:
    cast = int(votes.sum())
    if not cast:
        return "No votes."
    kinds = {name: int(n) for name, n in zip(COLUMNS, votes, strict=True) if n}
    shown = sorted(kinds.items(), key=lambda kind: -kind[1])
    names = {"NF": "not a face"}
    rows = "".join(
        f'<div style="display:flex;gap:.5rem;align-items:center;line-height:1.7">'
        f'<span style="width:6.5rem">{names.get(name, name)}</span><span style="flex:1">'
        f'<span style="display:block;height:.7rem;border-radius:.35rem;background:currentColor;'
        f'opacity:.45;width:{n / cast:.0%}"></span></span><span>{n}</span></div>'
        for name, n in shown
    )
    return f'<div role="img" aria-label="FER+ votes">{rows}</div>'
