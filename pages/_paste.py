"""A picture from the clipboard goes to an uploader; see _paste.js."""

from pathlib import Path

import streamlit as st

_HERE = Path(__file__).parent
_component = st.components.v2.component(
    "fer_paste",
    html='<div><button type="button">Paste a picture</button><span role="status"></span></div>',
    css=(_HERE / "_paste.css").read_text(encoding="utf-8"),
    js=(_HERE / "_paste.js").read_text(encoding="utf-8"),
)


def paste_button(uploader: str) -> None:
    """A button that gives the picture of the clipboard to the `st.file_uploader` of that key.

    So does pasting anywhere on the page.
    """
    _component(key=f"paste_{uploader}", data={"uploader": uploader})
