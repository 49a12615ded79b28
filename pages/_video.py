"""The video of Predict: chosen here, and read and shown by _film.py."""

from dataclasses import dataclass

import streamlit as st

from fer.inference.sources import VIDEO_SUFFIXES
from pages import _own

# In memory, once as it came and once annotated; a longer film is read on the command line.
MAX_MB = 200
EVERY = {1: "Every frame", 2: "Every 2nd", 5: "Every 5th"}


@dataclass(frozen=True)
class Upload:
    """A video as it came; kept, so that another model can read it too."""

    key: str
    name: str
    content: bytes


def section(model: str, stamp: str) -> None:
    """Upload, progress, result. What was uploaded stays until it is replaced or taken away."""
    upload: Upload | None = st.session_state.get("video_upload")
    with st.expander("A video", icon=":material/movie:", expanded=upload is not None):
        file = st.file_uploader("Video", [suffix[1:] for suffix in VIDEO_SUFFIXES], key="video",
                         on_change=take, max_upload_size=MAX_MB)  # fmt: skip
        every = st.segmented_control("Frames to read", list(EVERY), default=1, required=True,
                                     format_func=EVERY.__getitem__, key="video_every")  # fmt: skip
        if upload is None:
            st.caption("Faces are followed and charted, on this machine; nothing is kept.")
            return
        if file is None:  # the visitor was on another page: the uploader has forgotten it
            st.button(f"Put {upload.name} away", icon=":material/close:", type="tertiary",
                      key="away_video", on_click=put_away)  # fmt: skip
        # Only now: what reads videos takes memory that a server should not need without one.
        from pages import _film

        _film.section(upload, model, stamp, every)


def put_away() -> None:
    """The video and what came of it are let go."""
    _own.let_go("video")
    st.session_state["video_upload"] = None


def take() -> None:
    """The visitor chose a video, or took it away: the one before is let go."""
    file = st.session_state["video"]
    _own.let_go("video")
    st.session_state["video_upload"] = file and Upload(file.file_id, file.name, file.getvalue())
