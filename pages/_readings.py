"""A picture that is read, shown with its boxes beside the cards of its faces."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import cv2
import numpy as np
import streamlit as st

from fer.api.predictors import predictor_for
from fer.bundles import Bundle
from fer.errors import FerError
from fer.images import Box, crop_face, decode, to_jpeg, to_png
from fer.inference import FaceReading, Reading, annotate
from fer.inference.readings import Outcome
from pages import _parts as parts
from pages import _tables as tables
from pages._cards import Face, cards
from pages._downloads import Results

# Wide enough for a column of the page on a dense screen; a photo's own pixels would only cost time.
SHOWN_PX = 900
# More pictures at a time would be read again by every click.
KEPT = 100
SMALL_PX = 200  # a face of a data set, say


@dataclass(frozen=True)
class Picture:
    """A picture to read; no other content has its `key`. `truth` is its label where known."""

    key: str
    name: str
    content: bytes
    truth: str | None = None


@dataclass(frozen=True)
class Result:
    """A reading, and each face as read, (48, 48) uint8.

    `shown` is the picture with its boxes, encoded: a JPEG file of at most `SHOWN_PX`, or PNG where
    it `is_small`.
    """

    reading: Reading
    shown: bytes
    is_small: bool
    faces: tuple[np.ndarray, ...]


# Kept in memory and for the visitor's own session alone, so that a rerun does not read again.
@st.cache_data(scope="session", max_entries=3 * KEPT, show_spinner=False)
def read(
    key: str, _content: bytes, name: str, model: str, stamp: str, whole: bool, unsure_below: float
) -> Result:
    """Read one picture; `stamp` tells a model that was replaced from what it was before."""
    image = decode(_content, name)
    reading = predictor_for(model).predict(image, "none" if whole else None, name=name)
    faces = tuple(crop_face(image, face.box) for face in reading.faces)
    image, fitted = _fitted(image, reading)
    drawn = annotate(image, fitted, None, unsure_below) if has_boxes(reading) else image
    is_small = max(drawn.shape[:2]) < SMALL_PX
    return Result(reading, to_png(drawn) if is_small else to_jpeg(drawn), is_small, faces)


def show_all(pictures: Sequence[Picture], models: Sequence[Bundle]) -> list[Results]:
    """`show` each of the pictures; what came of them, a list a model."""
    read: list[Results] = [[] for _ in models]
    for picture in pictures:
        for results, outcome in zip(read, show(picture, models), strict=True):
            results.append((picture.name, outcome))
    return read


def show(picture: Picture, models: Sequence[Bundle]) -> list[Outcome]:
    """Read a picture by each of the models and show what was found; what came of it, a model each.

    The first model's detector finds the faces, and the others read the very same.
    """
    whole = st.session_state.setdefault("read_whole", set())
    bundle = models[0]
    try:
        result = read(picture.key, picture.content, picture.name, bundle.name,
                      tables.bundle_stamp(bundle), picture.key in whole,
                      bundle.unsure_below)  # fmt: skip
        others = [_read_again(result, other) for other in models[1:]]
    except FerError as error:
        st.error(str(error), icon=":material/broken_image:")
        return [error] * len(models)
    readings = [result.reading, *others]
    with st.container(border=True, key=f"picture_{picture.key}"):
        left, right = st.columns([2, 3], gap="medium")
        with left:
            _show_picture(picture, result, bundle)
        with right:
            if picture.truth:
                st.caption(f"Labelled {parts.emotion(picture.truth)} in the data")
            if not result.faces:
                _offer_whole(picture, whole)
            by_face = zip(*(reading.faces for reading in readings), strict=True)
            cards(
                [
                    Face(f"{picture.key}_{number}", crop, list(zip(models, said, strict=True)))
                    for number, (crop, said) in enumerate(
                        zip(result.faces, by_face, strict=True), start=1
                    )
                ]
            )
    return list(readings)


def _read_again(result: Result, bundle: Bundle) -> Reading:
    """The same faces, read by another model."""
    if not result.faces:
        return result.reading
    read = predictor_for(bundle.name).probabilities(np.stack(result.faces))
    faces = tuple(
        FaceReading(face.box, face.detection_score, dict(zip(bundle.labels, row, strict=True)))
        for face, row in zip(result.reading.faces, read.tolist(), strict=True)
    )
    return replace(result.reading, faces=faces)


def _show_picture(picture: Picture, result: Result, bundle: Bundle) -> None:
    st.image(result.shown, width=160 if result.is_small else "stretch", alt=picture.name)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption(picture.name, width="content")
        if has_boxes(result.reading):
            # Drawn in the picture's own size, once it is asked for.
            png = partial(annotated_png, picture, result.reading, bundle.unsure_below)
            parts.download("With boxes (png)", png, f"{Path(picture.name).stem}-annotated.png",
                           key=f"png_{picture.key}")  # fmt: skip


def annotated_png(picture: Picture, reading: Reading, unsure_below: float) -> bytes:
    """The picture in its own size with the boxes of its faces."""
    return to_png(annotate(decode(picture.content, picture.name), reading, None, unsure_below))


def _offer_whole(picture: Picture, whole: set[str]) -> None:
    st.info(
        "No face was found here. Is it small, turned away or covered? A drawing, or a face that "
        "fills the picture, can be read as it is.",
        icon=":material/search_off:",
    )
    st.button("Read the whole picture", key=f"whole_{picture.key}", on_click=whole.add,
              args=(picture.key,))  # fmt: skip


def has_boxes(reading: Reading) -> bool:
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
