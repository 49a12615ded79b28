"""Answers that the visitor says are wrong: in his session's memory alone, and only if he agrees."""

import hashlib

import numpy as np
import streamlit as st

from fer.inference import FaceReading
from fer.inference.corrections import Correction, corrections_csv
from fer.labels import LABELS
from fer.words import counted
from pages import _parts as parts


@st.fragment
def offer(key: str, face: np.ndarray, model: str, reading: FaceReading) -> None:
    """Ask which label of `face` (48, 48) uint8 is right; `key` is the answer's on the page."""
    if st.session_state.pop("flagged_now", False):
        st.rerun()  # `section` is told
    content = hashlib.blake2b(face.tobytes(), digest_size=8).hexdigest()
    name = f"{content} {model}"  # the same face is flagged once, wherever it stands
    before = _flagged().get(name)
    label = f"Flagged: {parts.emotion(before.label)}" if before else "Wrong?"
    opened = st.expander(label, key=f"wrong_{key}", type="compact", on_change="rerun")
    if not opened.open:
        return
    with opened:
        others = [label for label in LABELS if label != reading.emotion]
        right = st.pills("It shows", others, format_func=parts.emotion, key=f"right_{key}")
        agreed = st.checkbox(
            "Keep this face, 48 x 48 grey pixels, in memory until I clear it or leave, so that I "
            "can download it. It is not written to disk.",
            key=f"agreed_{key}",
        )

        def keep() -> None:
            assert right
            _flagged()[name] = Correction(face, right, model, reading.probabilities)
            st.session_state[f"wrong_{key}"] = False
            st.session_state["flagged_now"] = True

        st.button("Flag", key=f"keep_{key}", disabled=not (right and agreed), on_click=keep)


def section() -> None:
    """What was flagged, to take away or to clear; nothing where there is none."""
    flagged = list(_flagged().values())
    if not flagged:
        return
    with st.container(border=True):
        st.markdown(f"**{counted(len(flagged), 'answer')} flagged as wrong**")
        captions = [f"{one.label}, not {one.prediction}" for one in flagged]
        faces = np.stack([one.face for one in flagged])
        st.html(parts.face_grid(faces, captions, captions))
        with st.container(horizontal=True, vertical_alignment="center"):
            parts.download("Flagged faces (csv)", lambda: corrections_csv(flagged), "flagged.csv",
                           key="flagged_csv")  # fmt: skip
            with st.popover("Clear", type="tertiary", icon=":material/delete:"):
                st.write("Forget these faces? They are nowhere else.")
                st.button("Forget them", key="clear_flags", type="primary",
                          on_click=_flagged().clear)  # fmt: skip
        st.caption("In memory, for you alone. Dataset imports the file as a data set.")


def _flagged() -> dict[str, Correction]:
    flagged: dict[str, Correction] = st.session_state.setdefault("flags", {})
    return flagged
