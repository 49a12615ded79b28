"""Which faces are shown, in which order: widgets, all of them kept in the address."""

from dataclasses import dataclass, replace

import numpy as np
import streamlit as st

from fer.data import SPLITS, FaceDataset, Split
from fer.data.tags import list_tags, tagged
from fer.errors import FerError
from fer.explore import (
    FLAGS,
    UNLABELLED,
    BrowseTable,
    Filters,
    corners_of,
    inside,
    select,
)
from fer.labels import LABELS
from pages import _jobs as jobs
from pages import _parts as parts
from pages import _tables as tables

PARTS = ("Training", "Validation", "Test")
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
SORT_NAMES = {
    "row": "Order in the data",
    "-confidence": "Most confident first",
    "confidence": "Least confident first",
    "-loss": "Highest loss first",
    "loss": "Lowest loss first",
    "agreement": "Votes agree least first",
    "-brightness": "Brightest first",
    "brightness": "Darkest first",
    "contrast": "Lowest contrast first",
    "sharpness": "Blurred first",
}
NEEDS_MODEL = {"confidence", "loss"}
NEEDS_PIXELS = {"brightness", "contrast", "sharpness"}
FLAG_NAMES = {
    "twins": "twin in Training",
    "near-twins": "near twin in Training",
    "repeats": "repeat",
    "near-repeats": "near repeat",
    "blank": "blank",
    "low-contrast": "faint",
    "not-a-face": "not a face (FER+)",
    "conflicting": "conflicting labels",
}


@dataclass(frozen=True)
class Choice:
    """What was chosen.

    Attributes:
        filters: all but the classes, which are `labels`, and the outline on the map.
        sort: a key of `SORT_NAMES`.
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
        rows = [_split_rows(dataset, stamp), _tag_rows(dataset)]
        usages = _usages(dataset)
        votes = _votes(dataset)
        flags = _flags(dataset)
    model, verdict, predicted = _model()
    sort = _sort(model is not None, dataset.votes is not None)
    by = sort.removeprefix("-")
    needs_pixels = bool(flags) or by in NEEDS_PIXELS
    needs_model = bool(verdict or predicted) or by in NEEDS_MODEL or "lasso" in st.query_params
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


def _split_rows(dataset: FaceDataset, stamp: str) -> np.ndarray | None:
    usable = splits(dataset)
    part = parts.choice_in_url(
        "part", PARTS, None, lambda: st.pills("Part of a split", PARTS, key="part", wrap=True)
    )
    name = parts.choice_in_url(
        "split", usable, usable[0],
        lambda: st.selectbox("Split", usable, key="split", label_visibility="collapsed",
                             disabled=not part),
    )  # fmt: skip
    if not part or not name:
        parts.put_in_url("split", "")
        return None
    return part_rows(parts.split(dataset.name, stamp, name), part)


def _usages(dataset: FaceDataset) -> tuple[str, ...]:
    """Where the official split, which is by Usage, is not to be had."""
    known = dataset.usage_names()
    if not known or "official" in splits(dataset):
        return ()
    return parts.choices_in_url(
        "usage", known,
        lambda: st.pills("Usage", known, key="usage", selection_mode="multi", wrap=True),
    )  # fmt: skip


def splits(dataset: FaceDataset) -> list[str]:
    """The splits that this data set allows; "official" needs the Usages of FER-2013."""
    has = {"Training", "PublicTest", "PrivateTest"} <= set(dataset.usage_names())
    return [name for name in SPLITS if name != "official" or has]


def part_rows(split: Split, part: str) -> np.ndarray:
    return {"Training": split.train, "Validation": split.validation, "Test": split.test}[part]


def _tag_rows(dataset: FaceDataset) -> np.ndarray | None:
    tags = list_tags(dataset.name)
    if not tags:
        st.session_state.pop("tag", None)
        return None
    names = list(tags)
    tag = parts.choice_in_url(
        "tag", names, None,
        lambda: st.selectbox("Tag", names, key="tag", index=None, placeholder="any"),
    )  # fmt: skip
    return np.flatnonzero(tagged(dataset, tag)) if tag else None


def _votes(dataset: FaceDataset) -> str:
    if dataset.votes is None:
        return ""
    names = {"agree": "agree with the label", "disagree": "say otherwise"}
    return parts.choice_in_url(
        "votes", list(names), None,
        lambda: st.pills("FER+ votes", list(names), key="votes", format_func=names.__getitem__,
                         wrap=True),
    ) or ""  # fmt: skip


def _flags(dataset: FaceDataset) -> tuple[str, ...]:
    known = [flag for flag in FLAGS if flag != "not-a-face" or dataset.votes is not None]
    if not dataset.usage_names():
        known = [flag for flag in known if "twins" not in flag]
    return parts.choices_in_url(
        "flag", known,
        lambda: st.multiselect("Quality", known, key="flag", format_func=FLAG_NAMES.__getitem__,
                               placeholder="any"),
    )  # fmt: skip


def _model() -> tuple[str | None, str, tuple[str, ...]]:
    names = list(tables.bundles())
    model = parts.choice_in_url(
        "model", names, None,
        lambda: st.selectbox("Read by a model", names, key="model", index=None,
                             placeholder="none"),
    )  # fmt: skip
    if model is None:
        for key in ("verdict", "read"):
            st.query_params.pop(key, None)
            st.session_state.pop(key, None)
        return None, "", ()
    verdicts = {"right": "is the label", "wrong": "is another"}
    verdict = parts.choice_in_url(
        "verdict", list(verdicts), None,
        lambda: st.pills("Its reading", list(verdicts), key="verdict", wrap=True,
                         format_func=verdicts.__getitem__),
    )  # fmt: skip
    predicted = parts.choices_in_url(
        "read", LABELS,
        lambda: st.multiselect("It reads the face as", LABELS, key="read",
                               format_func=parts.emotion, placeholder="anything"),
    )  # fmt: skip
    return model, verdict or "", predicted


def _sort(has_model: bool, has_votes: bool) -> str:
    names = [
        name
        for name in SORT_NAMES
        if (has_model or name.removeprefix("-") not in NEEDS_MODEL)
        and (has_votes or name != "agreement")
    ]
    chosen = parts.choice_in_url(
        "sort", names, "row",
        lambda: st.selectbox("Order", names, key="sort", format_func=SORT_NAMES.__getitem__),
    )  # fmt: skip
    if chosen in (None, "row"):
        parts.put_in_url("sort", "")
    return chosen or "row"


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
