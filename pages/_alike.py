"""Faces like one face: its twins, and those most alike by pixels or as a model sees them."""

import numpy as np
import streamlit as st

from fer.bundles import Bundle
from fer.data import FaceDataset
from fer.explore import (
    Neighbours,
    embedding_neighbours,
    pixel_neighbours,
    saved_embedding,
    twins_of,
)
from fer.words import counted
from pages import _jobs as jobs
from pages import _parts as parts
from pages import _tables as tables
from pages._gallery import gallery

NEIGHBOURS = 12


def twins(dataset: FaceDataset, stamp: str, row: int) -> None:
    same = twins_of(dataset, row)
    if len(same):
        st.markdown(f"**{counted(len(same), 'twin')}** (the same pixels)")
        _small_gallery(dataset, same, f"twins_{row}", stamp)


def neighbours(dataset: FaceDataset, stamp: str, row: int, bundle: Bundle | None) -> None:
    kinds = ["by pixels", *([f"as {bundle.name} sees them"] if bundle else [])]
    kind = st.segmented_control("Most alike", kinds, default=kinds[0], required=True, key="alike")
    with parts.errors_shown():
        by_model = bundle if kind != kinds[0] else None
        alike = alike_to(dataset, stamp, row, by_model)
        if alike is None:
            return
        texts = np.arange(len(alike.rows), dtype=np.uint8)
        words = [f"{value:.2f}" for value in alike.similarity]
        _small_gallery(dataset, alike.rows, f"alike_{row}_{kind}", stamp, texts, words)


@st.cache_resource(max_entries=200, show_spinner=False)
def alike_by_pixels(_dataset: FaceDataset, stamp: str, row: int) -> Neighbours:
    return pixel_neighbours(_dataset, row, NEIGHBOURS)


def alike_to(
    dataset: FaceDataset, stamp: str, row: int, bundle: Bundle | None
) -> Neighbours | None:
    """By pixels, or by what a model sees: None as long as it has not read every face."""
    if bundle is None:
        return alike_by_pixels(dataset, stamp, row)
    job = tables.full(dataset, stamp, bundle.name)
    if not jobs.wait_for(job, "cancel_alike"):
        return None
    return embedding_neighbours(saved_embedding(dataset, bundle).points, row, NEIGHBOURS)


def _small_gallery(
    dataset: FaceDataset,
    rows: np.ndarray,
    key: str,
    stamp: str,
    texts: np.ndarray | None = None,
    words: list[str] | tuple[str, ...] = (),
) -> None:
    gallery(dataset, rows, key, stamp=stamp, texts=texts, words=words, height_px=220)
