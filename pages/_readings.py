"""A picture that is read, shown with its boxes beside the cards of its faces."""

from dataclasses import dataclass, replace

import cv2
import numpy as np
import streamlit as st

from fer.api.predictors import predictor_for
from fer.errors import FerError
from fer.images import Box, crop_face, decode
from fer.inference import Reading, annotate
from pages import _parts as parts
from pages._cards import cards

# Wide enough for a column of the page on a dense screen; a photo's own pixels would only cost time.
SHOWN_PX = 900


@dataclass(frozen=True)
class Picture:
    """A picture to read, its `key` unique on the page; `truth` is its label where that is known."""

    key: str
    name: str
    content: bytes
    truth: str | None = None


@dataclass(frozen=True)
class Result:
    """A reading, the picture as shown (boxes drawn), and each face as read, (48, 48) uint8."""

    reading: Reading
    shown: np.ndarray
    faces: tuple[np.ndarray, ...]


# Kept in memory and for the visitor's own session alone, so that a rerun does not read again.
@st.cache_data(scope="session", max_entries=32, show_spinner=False)
def read(content: bytes, name: str, model: str, stamp: str, whole: bool) -> Result:
    """Read one picture; `stamp` tells a model that was replaced from what it was before."""
    image = decode(content, name)
    reading = predictor_for(model).predict(image, "none" if whole else None, name=name)
    faces = tuple(crop_face(image, face.box) for face in reading.faces)
    image, fitted = _fitted(image, reading)
    drawn = annotate(image, fitted) if _has_boxes(reading) else image
    return Result(reading, drawn, faces)


def show(picture: Picture, model: str, stamp: str) -> Result | None:
    """Read a picture and show what was found; None where it could not be read."""
    whole = st.session_state.setdefault("read_whole", set())
    try:
        result = read(picture.content, picture.name, model, stamp, picture.key in whole)
    except FerError as error:
        st.error(str(error), icon=":material/broken_image:")
        return None
    with st.container(border=True, key=f"picture_{picture.key}"):
        left, right = st.columns([2, 3], gap="medium")
        small = max(result.shown.shape[:2]) < 200
        left.image(result.shown, width=160 if small else "stretch", output_format="JPEG",
                   alt=picture.name)  # fmt: skip
        left.caption(picture.name)
        with right:
            if picture.truth:
                st.caption(f"Labelled {parts.emotion(picture.truth)} in the data")
            if not result.reading.faces:
                _offer_whole(picture, whole)
            cards(picture.key, result.reading.faces, result.faces, model, stamp)
    return result


def _offer_whole(picture: Picture, whole: set[str]) -> None:
    st.info(
        "No face was found here. Is it small, turned away or covered? A drawing, or a face that "
        "fills the picture, can be read as it is.",
        icon=":material/search_off:",
    )
    st.button("Read the whole picture", key=f"whole_{picture.key}", on_click=whole.add,
              args=(picture.key,))  # fmt: skip


def _has_boxes(reading: Reading) -> bool:
    """Whether faces were looked for; a picture read whole has only its own frame as a box."""
    everything = Box(0, 0, reading.width, reading.height)
    return any(face.box != everything for face in reading.faces)


def _fitted(image: np.ndarray, reading: Reading) -> tuple[np.ndarray, Reading]:
    """The picture and its boxes, scaled down to what the page shows."""
    scale = SHOWN_PX / max(image.shape[:2])
    if scale >= 1:
        return image, reading
    height, width = (max(1, round(side * scale)) for side in image.shape[:2])
    boxes = [Box(*(round(value * scale) for value in face.box.to_dict().values()))
             for face in reading.faces]  # fmt: skip
    faces = tuple(replace(face, box=box) for face, box in zip(reading.faces, boxes, strict=True))
    small = cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)
    return small, Reading(width, height, faces)
