"""A card for each face of a picture: what its expression looks like, how sure, and why."""

import numpy as np
import streamlit as st

from fer.images import to_png
from fer.inference import FaceReading
from pages import _parts as parts
from pages._why import why


def cards(
    key: str, faces: tuple[FaceReading, ...], crops: tuple[np.ndarray, ...], model: str, stamp: str
) -> None:
    """The faces of the picture `key`; `crops` are theirs, (48, 48) uint8, as `model` read them."""
    if len(faces) == 1:
        card(f"{key}_1", faces[0], crops[0], model, stamp)
        return
    grid = st.grid("auto", min_column_width=280)
    for number, (face, crop) in enumerate(zip(faces, crops, strict=True), 1):
        with grid.cell():
            with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                st.image(to_png(crop), width=56, alt=f"Face {number}")
                st.markdown(f"**Face {number}**", width="content")
            card(f"{key}_{number}", face, crop, model, stamp)


def card(key: str, face: FaceReading, crop: np.ndarray, model: str, stamp: str) -> None:
    """One face, whose name on the page is `key`."""
    if face.confidence < parts.UNSURE_BELOW:
        st.markdown(f"#### Not sure, nearest is {parts.emotion(face.emotion)}")
    else:
        st.markdown(f"#### Expression looks like {parts.emotion(face.emotion)}")
    st.html(parts.probability_bars(face.probabilities))
    why(key, crop, model, stamp)
