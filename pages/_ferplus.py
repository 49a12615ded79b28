"""Joining the FER+ votes to a data set, by a path or a file from this browser."""

import tempfile
from pathlib import Path

import streamlit as st

from fer.data import DatasetInfo, ferplus
from pages import _parts as parts

WHY = (
    "FER+ has ten people's votes on each face of FER-2013: from them come the faces that are no "
    "faces, and how far people agree with a label. They are joined to fer2013.csv by its rows and "
    "to other copies by the pixels of the faces, so not to pictures that were encoded again."
)
_ADDRESS = "https://github.com/microsoft/FERPlus"


def offer(info: DatasetInfo, key: str) -> None:
    """Join votes to the data set, or say why that cannot be done."""
    if info.votes:
        st.caption("FER+ votes are joined.")
        return
    st.caption(f"{WHY} The file is fer2013new.csv of [FERPlus]({_ADDRESS}).")
    if info.parent is not None:
        st.info(f"{info.name} is a view; join the votes to {info.parent}, and the view has them.")
        return
    with st.form(f"{key}_form", border=False, clear_on_submit=False):
        left, right = st.columns(2, gap="medium")
        path = left.text_input("Path of fer2013new.csv", key=f"{key}_path")
        file = right.file_uploader("Or a file from this browser", "csv", key=f"{key}_file")
        asked = st.form_submit_button("Join the votes", icon=":material/how_to_vote:")
    if asked and not (path.strip() or file):
        st.warning("Give the path of fer2013new.csv, or choose the file.")
    elif asked:
        with parts.errors_shown():
            _attach(info.name, path.strip(), file.getvalue() if file else b"")
            parts.rerun_saying(f"FER+ votes are joined to {info.name}.", ":material/check_circle:")


def _attach(name: str, path: str, content: bytes) -> None:
    if path:
        ferplus.attach(name, path)
        return
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "fer2013new.csv"
        file.write_bytes(content)
        ferplus.attach(name, file)
