"""What is done with a run as a whole: copy its settings, note, rename, download, delete."""

from collections.abc import Callable
from typing import Any

import streamlit as st

from fer.bundles import load
from fer.training import Run, RunStatus
from pages import _parts as parts

Go = Callable[[str | None], None]


def row(run: Run, status: RunStatus, go: Go) -> None:
    """All of it in one row; what needs the run to be at rest is left out while it works."""
    with st.container(horizontal=True, gap="medium", key="manage"):
        if st.button("Copy settings", icon=":material/content_copy:", key="clone", type="tertiary",
                     help="Set up a new run that begins with this one's settings."):  # fmt: skip
            # Asked for again, they are those of the run again, whatever was changed meanwhile.
            st.session_state["copies"] = st.session_state.get("copies", 0) + 1
            st.switch_page("train.py", query_params={"run": "new", "clone": run.name})
        with st.popover("Download", icon=":material/download:", type="tertiary"):
            _downloads(run, status)
        with st.popover("Note", icon=":material/edit_note:", type="tertiary"):
            _note(run)
        if not status.is_live:
            with st.popover("Rename", icon=":material/edit:", type="tertiary"):
                _rename(run, go)
            with st.popover("Delete", icon=":material/delete:", type="tertiary"):
                _delete(run, go)


def _note(run: Run) -> None:
    with st.form("note", border=False):
        text = st.text_area("Note", run.note, key=f"note_of_{run.name}",
                            placeholder="What is this run for? What came of it?")  # fmt: skip
        if st.form_submit_button("Save", type="primary"):
            run.write_note((text or "").strip())
            st.rerun()


def _rename(run: Run, go: Go) -> None:
    with st.form("rename", border=False):
        name = st.text_input("Name", run.name, key=f"name_of_{run.name}",
                             help="The model that it made keeps its own name.")  # fmt: skip
        if st.form_submit_button("Rename", type="primary") and name != run.name:
            with parts.errors_shown():
                go(run.rename((name or "").strip()).name)
                st.rerun()


def _delete(run: Run, go: Go) -> None:
    st.write(f"Delete **{run.name}**, its curves and checkpoints? A model it made stays.")
    if st.button("Delete it", type="primary", key="delete_run"):
        with parts.errors_shown():
            run.delete()
            go(None)
            st.rerun()


def _downloads(run: Run, status: RunStatus) -> None:
    """Files are made when they are asked for."""
    if status.state == "done" and status.bundle:
        bundle = status.bundle
        parts.download("Model and card (zip)", lambda: load(bundle).archive(), f"{bundle}.zip")
    parts.download("Epochs (csv)", lambda: as_csv(run.metrics().epochs), f"{run.name}-epochs.csv")
    parts.download("Steps (csv)", lambda: as_csv(run.metrics().steps), f"{run.name}-steps.csv")
    parts.download(
        "Confusion of each epoch (csv)", lambda: confusions(run), f"{run.name}-confusion.csv"
    )


def confusions(run: Run) -> str:
    """The validation faces of each label that were read as each label, a line a count."""
    labels = run.config.recipe.labels
    rows = [
        {"epoch": row["epoch"], "label": label, "read as": read, "faces": n}
        for row in run.metrics().epochs
        for label, counts in zip(labels, row.get("confusion") or [], strict=False)
        for read, n in zip(labels, counts, strict=True)
    ]
    return parts.csv_text(rows)


def as_csv(rows: list[dict[str, Any]]) -> str:
    """The numbers of rows, one line each; tables (the confusion matrix, say) are left out."""
    return parts.csv_text(
        [{name: n for name, n in row.items() if isinstance(n, int | float)} for row in rows]
    )
