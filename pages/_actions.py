"""What can be done with the faces that are shown, or with those that are marked: tag, export, keep
as a view."""

import csv
import io
import tempfile
from hashlib import blake2b
from pathlib import Path

import numpy as np
import streamlit as st

from fer.data import NO_USAGE, USAGES, FaceDataset, list_datasets, save_view, writers
from fer.data.tags import add_tag, list_tags, remove_tag
from fer.explore import BrowseTable
from fer.labels import LABELS
from fer.words import counted
from pages import _parts as parts
from pages import _tables as tables

# A face is 8 KB as csv; more than this is what `data export` is for.
EXPORT_LIMIT = 10_000


def offer(dataset: FaceDataset, table: BrowseTable, rows: np.ndarray, rule: str) -> None:
    """Popovers for `rows`; `rule` says how they were chosen."""
    with st.container(horizontal=True, gap="small"):
        with st.popover("Tag", icon=":material/label:", disabled=not len(rows)):
            _tag(dataset, rows)
        with st.popover("Export", icon=":material/download:", disabled=not len(rows)):
            _export(dataset, table, rows)
        with st.popover("Save as view", icon=":material/bookmark_add:", disabled=not len(rows)):
            save(dataset, rows, f"{dataset.name}-view", rule, "view")


def _tag(dataset: FaceDataset, rows: np.ndarray) -> None:
    st.write(f"{counted(len(rows), 'face')} of {dataset.name}, and every copy of them.")
    were_shown = _were_shown(dataset, rows, "tag")
    known = list(list_tags(dataset.name))
    tag = st.selectbox("Tag", known, index=None, key="tag_name", accept_new_options=True,
                       placeholder="choose one or type a new one")  # fmt: skip
    with st.container(horizontal=True):
        add = st.button("Add", type="primary", key="tag_add", disabled=not tag)
        remove = st.button("Remove", key="tag_remove", disabled=tag not in known)
    if tag and (add or remove) and were_shown:
        change = add_tag if add else remove_tag
        with parts.errors_shown():
            n = change(dataset.name, tag.strip(), dataset.keys[rows].tolist())
            parts.rerun_saying(f"Tagged {tag}: {counted(n, 'distinct face')}.", ":material/label:")


def _export(dataset: FaceDataset, table: BrowseTable, rows: np.ndarray) -> None:
    name = f"{dataset.name}-{len(rows)}"
    st.download_button("Table (csv)", lambda: as_table(dataset, table, rows), f"{name}-table.csv",
                       "text/csv", icon=":material/table:", key="export_table", on_click="ignore",
                       help="A row a face: label, Usage, votes, prediction; no pixels",
                       )  # fmt: skip
    if len(rows) > EXPORT_LIMIT:
        st.caption(
            f"Pixels of more than {EXPORT_LIMIT:,} faces are better written by the command line: "
            f"save a view, then `python -m fer data export NAME faces.csv` (or .zip, .parquet)."
        )
        return
    st.download_button("Faces with pixels (csv)", lambda: written(dataset, rows, ".csv"),
                       f"{name}.csv", "text/csv", icon=":material/grid_on:", key="export_csv",
                       on_click="ignore", help="In the form of fer2013.csv")  # fmt: skip
    st.download_button("Pictures (zip)", lambda: written(dataset, rows, ".zip"),
                       f"{name}.zip", "application/zip", icon=":material/folder_zip:",
                       key="export_zip", on_click="ignore",
                       help="PNG files in class folders")  # fmt: skip


def save(dataset: FaceDataset, rows: np.ndarray, wanted: str, rule: str, key: str) -> None:
    """Ask for a name and keep `rows` as a view under it."""
    _say_saved(key)
    st.write(f"{len(rows):,} of {len(dataset):,} faces; {dataset.name} itself stays as it is.")
    name = tables.free_name(wanted, [info.name for info in list_datasets()])
    chosen = st.text_input("Name", name, key=f"{key}_name_{name}")
    labels = choose_labels(key) if dataset.votes is not None else "fer"
    were_shown = _were_shown(dataset, rows, key)
    if st.button("Save", type="primary", key=f"{key}_save") and were_shown:
        with parts.errors_shown():
            by_votes = ", labelled by the majority of the FER+ votes" if labels != "fer" else ""
            saved = save_view(chosen.strip(), dataset.name, rows, rule + by_votes, labels=labels)
            st.session_state["saved_view"] = saved.name, key
            st.rerun()


def _were_shown(dataset: FaceDataset, rows: np.ndarray, key: str) -> bool:
    """Whether these are the faces that were there when a button was clicked; said where not.

    Another tab may have replaced the data since, or changed what the filters go by.
    """
    now = blake2b(dataset.name.encode() + dataset.keys[rows].tobytes()).hexdigest()
    before = st.session_state.get(f"{key}_acts_on")
    st.session_state[f"{key}_acts_on"] = now
    clicked = any(st.session_state.get(f"{key}_{name}") for name in ("add", "remove", "save"))
    if before not in (None, now) and clicked:
        st.warning("These faces changed meanwhile: look at them, then click again.",
                   icon=":material/sync_problem:")  # fmt: skip
        return False
    return True


def choose_labels(key: str) -> str:
    """Where the labels of a view come from."""
    names = {"fer": "as they are here", "ferplus": "majority of FER+"}
    return st.segmented_control(
        "Labels", list(names), default="fer", required=True, key=f"{key}_labels",
        format_func=names.__getitem__,
        help="A majority counts where most votes agree on one of the seven; the other faces "
        "(contempt, unknown, not a face, a tie) have no label and are left out of training.",
    ) or "fer"  # fmt: skip


def _say_saved(key: str) -> None:
    """What was saved here in the run before, and where to go with it."""
    name, where = st.session_state.get("saved_view", ("", ""))
    if where != key:
        return
    del st.session_state["saved_view"]
    st.success(f"Saved **{name}**. It can be browsed, trained and evaluated on like any data set.",
               icon=":material/check_circle:")  # fmt: skip
    with st.container(horizontal=True):
        st.page_link("dataset.py", label=f"Browse {name}", icon=":material/grid_view:",
                     query_params={"data": name, "open": "1"})  # fmt: skip
        st.page_link("train.py", label="Train on it", icon=":material/show_chart:",
                     query_params={"run": "new", "data": name})  # fmt: skip


def as_table(dataset: FaceDataset, table: BrowseTable, rows: np.ndarray) -> str:
    """A csv line a face, of what is known; columns of which nothing is are left out."""
    columns: dict[str, list[object]] = {"row": rows.tolist()}
    columns["label"] = [_label(code) for code in table.label[rows]]
    if dataset.usage is not None:
        usage = dataset.usage[rows]
        columns["usage"] = ["" if code == NO_USAGE else USAGES[code] for code in usage]
    if dataset.votes is not None:
        columns["votes_majority"] = [_label(code) for code in table.majority[rows]]
        columns["votes_for_label"] = _rounded(table.agreement[rows])
    if table.probabilities is not None:
        columns["predicted"] = [_label(code) for code in table.predicted[rows]]
        columns["confidence"] = _rounded(table.confidence[rows])
        columns["loss"] = _rounded(table.loss[rows])
        columns["seen_in_training"] = table.seen[rows].astype(int).tolist()
    for flag, marked in table.flags.items():
        columns[flag] = marked[rows].astype(int).tolist()
    text = io.StringIO()
    lines = csv.writer(text)
    lines.writerow(columns)
    lines.writerows(zip(*columns.values(), strict=True))
    return text.getvalue()


def _label(code: int) -> str:
    return LABELS[code] if code >= 0 else ""


def _rounded(values: np.ndarray) -> list[object]:
    return ["" if np.isnan(value) else round(float(value), 4) for value in values]


def written(dataset: FaceDataset, rows: np.ndarray, suffix: str) -> bytes:
    """The faces as the file that `suffix` names."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"faces{suffix}"
        writers.write(dataset.subset(rows), path)
        return path.read_bytes()
