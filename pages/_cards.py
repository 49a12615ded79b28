"""A card for each face: what its expression looks like to each model, how sure, and why."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import streamlit as st

from fer.bundles import Bundle
from fer.images import to_png
from fer.inference import FaceReading
from pages import _flags
from pages import _parts as parts
from pages import _tables as tables
from pages._why import why

WIDTH_PX = 280


@dataclass(frozen=True, eq=False)
class Face:
    """A face on the page: its key there, (48, 48) uint8 as read, and what each model says."""

    key: str
    crop: np.ndarray
    readings: list[tuple[Bundle, FaceReading]]


def cards(faces: Sequence[Face]) -> None:
    """A card a face, numbered where there are several."""
    if len(faces) == 1:
        card(faces[0])
        return
    models = max((len(face.readings) for face in faces), default=1)
    grid = st.grid("auto", min_column_width=WIDTH_PX * models)
    for number, face in enumerate(faces, start=1):
        with grid.cell():
            with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                st.image(to_png(face.crop), width=56, alt=f"Face {number}")
                st.markdown(f"**Face {number}**", width="content")
            card(face)


def card(face: Face) -> None:
    """One face as the models read it, side by side."""
    if len(face.readings) == 1:
        answer(f"{face.key}_1", face.crop, *face.readings[0])
        return
    columns = st.columns(len(face.readings))
    for number, (bundle, reading) in enumerate(face.readings, start=1):
        with columns[number - 1]:
            st.caption(bundle.name)
            answer(f"{face.key}_{number}", face.crop, bundle, reading)


def answer(key: str, crop: np.ndarray, bundle: Bundle, reading: FaceReading) -> None:
    """What one model says of a face; what is opened stays open when another takes its place."""
    said = parts.answer(reading.emotion, reading.confidence, bundle.unsure_below)
    st.markdown(f"#### Expression looks like {said}")
    st.html(parts.probability_bars(reading.probabilities))
    why(key, crop, bundle.name, tables.bundle_stamp(bundle))
    _flags.offer(key, crop, bundle.name, reading)
