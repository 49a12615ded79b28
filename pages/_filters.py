"""Which faces are shown, in which order; all of it is kept in the address."""

from dataclasses import dataclass, replace

import numpy as np
import streamlit as st

from fer.data import FaceDataset
from fer.errors import FerError
from fer.explore import (
    UNLABELLED,
    BrowseTable,
    Filters,
    corners_of,
    inside,
    select,
)
from fer.labels import LABELS
from pages import _filter_widgets as widgets
from pages import _jobs as jobs
from pages import _parts as parts
from pages import _tables as tables

CLASSES = (*LABELS, UNLABELLED)
KEYS = (
    "class",
    "split",
    "part",
    "usage",
    "votes",
    "flag",
    "model",
    "verdict",
    "read",
    "tag",
    "lasso",
)
MORE = ("part", "usage", "votes", "flag", "tag")  # of KEYS, those behind "More filters"


@dataclass(frozen=True)
class Choice:
    """What was chosen.

    Attributes:
        filters: all but the classes, which are `labels`, and the outline on the map.
        sort: a key of `_filter_widgets.SORT_NAMES`.
        table: what the filters are applied to.
        lasso: rows inside the outline on the map; None where there is none.
        reading: the job in which a model is still reading the faces, on which no filter hangs yet.
    """

    filters: Filters
    labels: tuple[str, ...]
    sort: str
    table: BrowseTable
    model: str | None
    lasso: np.ndarray | None
    reading: jobs.Job | None = None

    def counts(self) -> dict[str, int]:
        """Faces by label, of those that meet all filters but that of the class."""
        labels = self.table.label[self._inside(select(self.table, self.filters))]
        counts = {label: int(np.sum(labels == code)) for code, label in enumerate(LABELS)}
        return counts | {UNLABELLED: int(np.sum(labels < 0))}

    def on_map(self) -> np.ndarray:
        """The rows that meet all filters but the outline on the map."""
        return select(self.table, replace(self.filters, labels=self.labels))

    def rows(self) -> np.ndarray:
        """The rows to show, in order."""
        chosen = replace(self.filters, labels=self.labels)
        return self._inside(select(self.table, chosen, self.sort))

    def _inside(self, rows: np.ndarray) -> np.ndarray:
        return rows if self.lasso is None else rows[np.isin(rows, self.lasso)]


def toggle_class(label: str) -> None:
    """Show a class, or no longer; what the address names is what is shown."""
    chosen = parts.words_in_url("class")
    chosen = [*chosen, label] if label not in chosen else [c for c in chosen if c != label]
    parts.put_in_url("class", ",".join(c for c in CLASSES if c in chosen))


def clear() -> None:
    """Back to all faces."""
    for key in KEYS:
        if key not in ("split", "model"):
            st.query_params.pop(key, None)
            st.session_state.pop(key, None)


def any_set() -> bool:
    """Whether some faces are left out."""
    return any(key in st.query_params for key in KEYS if key not in ("split", "model"))


def choose(dataset: FaceDataset, stamp: str) -> Choice | jobs.Job:
    """The filters, and the table to apply them to; the job that has to be waited for."""
    labels = tuple(label for label in parts.words_in_url("class") if label in CLASSES)
    some = any(key in st.query_params for key in MORE)
    with st.expander("More filters", icon=":material/tune:", expanded=some, key="more_filters"):
        rows = [widgets.split_rows(dataset, stamp), widgets.tag_rows(dataset)]
        usages = widgets.usages(dataset)
        votes = widgets.votes(dataset)
        flags = widgets.flags(dataset)
    model, verdict, predicted = widgets.model()
    sort = widgets.sort(model is not None, dataset.votes is not None)
    by = sort.removeprefix("-")
    needs_pixels = bool(flags) or by in widgets.NEEDS_PIXELS
    needs_model = (
        bool(verdict or predicted) or by in widgets.NEEDS_MODEL or "lasso" in st.query_params
    )
    table, reading = tables.plain(dataset, dataset.name, stamp), None
    if model or needs_pixels:
        job = tables.full(dataset, stamp, model)
        if job.done:
            table = job.result
        elif needs_pixels or needs_model:
            return job
        else:
            model, reading = None, job
    lasso = None
    if model and "lasso" in st.query_params:
        job = tables.mapped(dataset, stamp, model)
        if not job.done:
            return job
        lasso = _lasso_rows(job.result)
    filters = Filters(
        usages=usages,
        flags=flags,
        predicted=predicted,
        verdict=verdict,
        votes=votes,
        rows=_common(rows),
    )
    return Choice(filters, labels, sort, table, model, lasso, reading)


def _lasso_rows(places: np.ndarray) -> np.ndarray | None:
    """The faces inside the outline of the address, on the map."""
    try:
        return inside(places, corners_of(st.query_params["lasso"]))
    except FerError as error:
        st.error(str(error), icon=":material/error:")
        return None


def _common(chosen: list[np.ndarray | None]) -> np.ndarray | None:
    known = [rows for rows in chosen if rows is not None]
    if not known:
        return None
    common = known[0]
    for rows in known[1:]:
        common = np.intersect1d(common, rows)
    return common


def rule(name: str, picked: bool) -> str:
    """How the faces were chosen, for the view that they may become."""
    if picked:
        return f"marked faces of {name}"
    chosen = [f"{key} {st.query_params[key]}" for key in KEYS if key in st.query_params]
    return f"faces of {name}" + (f" with {', '.join(chosen)}" if chosen else "")
