"""What several pages show the same way: emotions, probabilities, faces, errors; and the caches."""

import base64
import csv
import io
import mimetypes
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from html import escape
from urllib.parse import urlsplit

import numpy as np
import streamlit as st

from fer import images
from fer.data import DatasetInfo, FaceDataset, Split, make_split, open_dataset
from fer.errors import FerError
from fer.labels import COLOURS, ICONS
from pages import _address


def emotion(label: str) -> str:
    """The icon and the name of a label, as they stand together everywhere."""
    return f"{ICONS.get(label, '')} {label}".strip()


def answer(label: str, confidence: float, unsure_below: float) -> str:
    """The expression, and whether the model is not sure of it."""
    return emotion(label) + (", not sure" if confidence < unsure_below else "")


def percent(share: float) -> str:
    """0.873 as "87 %"; tenths are shown only below 1 %."""
    if share < 0.0005:
        return "< 0.1 %"
    return f"{100 * share:.1f} %" if share < 0.0095 else f"{100 * share:.0f} %"


def accuracy(metrics: Mapping[str, float | list[float]]) -> str:
    """Accuracy with its 95 % interval and n, from a bundle's metrics."""
    low, high = metrics["interval"]  # type: ignore[misc]
    value = f"{100 * float(metrics['accuracy']):.1f} %"  # type: ignore[arg-type]
    return f"{value} (95 % interval {100 * low:.1f}–{100 * high:.1f}, n = {metrics['n']:,})"


def duration(seconds: float) -> str:
    """Seconds in words for a waiting person: "40 s", "6 min", "2 h 05 min"."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60:02d} min"


def rerun_saying(text: str, icon: str) -> None:
    """Draw the page anew and say `text` on it: a toast before a rerun is never seen."""
    st.session_state["to_say"] = text, icon
    st.rerun()


def say_what_was_kept() -> None:
    """Show the toast of `rerun_saying`."""
    if kept := st.session_state.pop("to_say", None):
        text, icon = kept
        st.toast(text, icon=icon)


@contextmanager
def errors_shown() -> Iterator[None]:
    """Show a FerError as its sentence in place of what could not be done."""
    try:
        yield
    except FerError as error:
        st.error(str(error), icon=":material/error:")


def probability_bars(probabilities: Mapping[str, float]) -> str:
    """HTML of all probabilities, ranked: icon, name, a bar in the label's colour, per cent.

    Plain HTML rather than a chart: it is there at once, for any number of faces, at any width.
    """
    ranked = sorted(probabilities.items(), key=lambda item: -item[1])
    rows = "".join(
        f'<div style="display:flex;align-items:center;gap:.5rem;line-height:1.75">'
        f'<span style="width:6.5rem;flex:none">{escape(emotion(label))}</span>'
        f'<span style="flex:1;height:.7rem;border-radius:.35rem;'
        f'background:color-mix(in srgb,currentColor 10%,transparent)">'
        f'<span style="display:block;height:100%;border-radius:.35rem;width:{share:.2%};'
        f'background:{COLOURS.get(label, "gray")}"></span></span>'
        f'<span style="width:3.2rem;flex:none;text-align:right;'
        f'font-variant-numeric:tabular-nums">{percent(share)}</span></div>'
        for label, share in ranked
    )
    return f'<div role="img" aria-label="{escape(spoken(ranked))}">{rows}</div>'


def spoken(ranked: Iterable[tuple[str, float]]) -> str:
    """The probabilities as one line of text."""
    return ", ".join(f"{label} {percent(share)}" for label, share in ranked)


def face_grid(
    faces: np.ndarray, captions: Iterable[str], titles: Iterable[str], *, stretch: bool = False
) -> str:
    """HTML of (n, s, s) uint8 faces as a grid, a caption under each; `stretch` fills one row.

    The pictures travel inside the HTML: one message draws the page, with no request for each face.
    """
    cells = "".join(
        f'<figure style="margin:0" title="{escape(title)}">'
        f'<img src="{data_url(face)}" alt="{escape(title)}" loading="lazy" '
        f'style="width:100%;border-radius:.35rem;display:block">'
        f'<figcaption style="font-size:.8rem;line-height:1.6;white-space:nowrap;overflow:hidden;'
        f'text-overflow:ellipsis">{escape(caption)}</figcaption></figure>'
        for face, caption, title in zip(faces, captions, titles, strict=True)
    )
    return (
        '<div style="display:grid;gap:.6rem;'
        f"grid-template-columns:repeat({'auto-fit' if stretch else 'auto-fill'},"
        f'minmax(4.9rem,1fr))">{cells}</div>'
    )


def data_url(face: np.ndarray) -> str:
    """A uint8 picture as a data: URL of a PNG."""
    return "data:image/png;base64," + base64.b64encode(images.to_png(face)).decode()


def csv_text(rows: Sequence[Mapping[str, object]]) -> str:
    """A table with a header, a line a row; empty where a row lacks a column."""
    text = io.StringIO()
    table = csv.DictWriter(text, dict.fromkeys(name for row in rows for name in row))
    table.writeheader()
    table.writerows(rows)
    return text.getvalue()


def download(
    label: str,
    content: str | bytes | Callable[[], str | bytes],
    name: str,
    *,
    key: str | None = None,
    help: str | None = None,
) -> None:
    """A button for a file to take away, made when it is asked for where `content` is a function."""
    st.download_button(label, content, name, mimetypes.guess_type(name)[0], key=key, help=help,
                       type="tertiary", icon=":material/download:", on_click="ignore")  # fmt: skip


def camera_is_lent(url: str | None) -> bool:
    """Whether a browser gives a page at this address the camera: not over http from elsewhere."""
    address = urlsplit(url or "https:")
    return address.scheme == "https" or address.hostname in ("localhost", "127.0.0.1", "::1")


@st.cache_resource(max_entries=4, show_spinner="Opening the faces…")
def dataset(name: str, stamp: str = "") -> FaceDataset:
    """An open data set; its `stamp` tells one that changed from what it was."""
    return open_dataset(name)


def stamp(info: DatasetInfo | None) -> str:
    """Changes with the faces, labels and votes of a registered data set; "" for the drawn faces."""
    if info is None:
        return ""
    # Its fingerprint is the same for any order of its rows, by which much is kept.
    return f"{info.fingerprint}-{info.created}{'-votes' if info.votes else ''}"


@st.cache_resource(max_entries=16, show_spinner="Splitting…")
def split(name: str, stamp: str, split_name: str) -> Split:
    """A split of the data set `name`; drawn once, then kept."""
    return make_split(dataset(name, stamp), split_name)


def choice_in_url(
    key: str,
    options: Sequence[str],
    default: str | None,
    widget: Callable[[], str | None],
    unsaid: Sequence[str] = (),
) -> str | None:
    """The choice of `widget`, whose key is `key`, kept in the URL as the bare option.

    Those that are `unsaid` are what is meant where the URL says nothing.

    (`bind="query-params"` would put the label there, icon and all, and leave out the default, which
    may be another one where the link is opened.)
    """
    wanted = st.session_state.get(key, st.query_params.get(key))
    st.session_state[key] = wanted if wanted in options else default
    chosen = widget()
    _address.remember(key)
    put_in_url(key, "" if chosen is None or chosen in unsaid else chosen)
    return chosen


def say_unknown(kind: str, asked: Iterable[str | None], known: Collection[str]) -> None:
    """Name what is asked for, by a link or from before, and is not here (any more)."""
    for name in asked:
        if name and name not in known:
            st.warning(f"There is no {kind} {name} here.", icon=":material/link_off:")


def choices_in_url(
    key: str, options: Sequence[str], widget: Callable[[], Sequence[str]]
) -> tuple[str, ...]:
    """The choices of `widget`, whose key is `key`, kept in the URL with commas between them."""
    wanted = st.session_state.get(key)
    if wanted is None:
        wanted = words_in_url(key)
    st.session_state[key] = [choice for choice in wanted if choice in options]
    chosen = tuple(widget())
    _address.remember(key)
    put_in_url(key, ",".join(chosen))
    return chosen


def words_in_url(key: str) -> list[str]:
    """What stands between the commas of ?key=."""
    return [word for word in st.query_params.get(key, "").split(",") if word]


def put_in_url(key: str, value: str) -> None:
    """Set ?key=value; an empty value takes it out."""
    if value:
        st.query_params[key] = value
    else:
        st.query_params.pop(key, None)


def open_face(row: int) -> None:
    """Name a face of the data set in the address; the page Dataset then shows it."""
    put_in_url("face", str(row))
