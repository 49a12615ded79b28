"""Faces to try a model with, whose true label is known and which it did not learn from."""

from dataclasses import dataclass

import numpy as np
import streamlit as st

from fer.bundles import Bundle
from fer.data import DatasetInfo, list_datasets
from fer.evaluation import rows_of
from fer.labels import LABELS
from pages import _parts as parts


@dataclass(frozen=True)
class Examples:
    """One face of each label that the model knows, as far as there is one, drawn by a seed.

    `about` says where they are from.
    """

    faces: tuple[np.ndarray, ...]  # each (48, 48) uint8
    labels: tuple[str, ...]
    about: str


@st.cache_data(max_entries=16, show_spinner=False, hash_funcs={Bundle: lambda b: str(b.card)})
def examples(bundle: Bundle, available: tuple[str, ...], seed: int) -> Examples:
    """Test faces of the data that the model learned from; failing that, of other data."""
    info = _matching(bundle)
    learned = bundle.card["data"]
    name = info.name if info else "drawn"
    whole = parts.dataset(name, parts.stamp(info))
    dataset = whole.only(bundle.labels)
    # A split may have copies of a training face in its test.
    unknown = ~bundle.training_rows().twins(dataset) & (dataset.labels >= 0)
    if whole.fingerprint == learned["fingerprint"]:
        test = rows_of(bundle, dataset, "test")
        rows = test[unknown[test]]
        about = f"Test faces of {name}: the model has not learned from them."
    else:
        rows = np.flatnonzero(unknown)
        about = "Drawn faces."
        if learned["name"] != "drawn":
            about += (
                f" The model learned from photographs ({learned['name']}), so it misreads many; "
                "import that data to see its test faces here."
            )
    rng = np.random.default_rng(seed)
    chosen = [
        rng.choice(of_label)
        for index in range(len(LABELS))
        if len(of_label := rows[dataset.labels[rows] == index])
    ]
    return Examples(
        tuple(np.array(dataset.images[row]) for row in chosen),
        tuple(LABELS[dataset.labels[row]] for row in chosen),
        about,
    )


def data_available() -> tuple[str, ...]:
    """What the choice of examples depends on besides the model."""
    return tuple(map(parts.stamp, list_datasets()))


def _matching(bundle: Bundle) -> DatasetInfo | None:
    """The registered data set that the model learned from; None stands for drawn faces.

    No other data: it may be a visitor's own photographs, and this is for everybody.
    """
    learned = bundle.card["data"]["fingerprint"]
    return next((info for info in list_datasets() if info.fingerprint == learned), None)
