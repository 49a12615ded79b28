"""A grid of faces that fetches what is in view, for any number of them; see _gallery.js."""

import base64
import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import streamlit as st

from fer.data import FaceDataset
from fer.labels import ICONS, LABELS
from pages import _parts as parts

CELL_PX = 72
HEIGHT_PX = 460

_HERE = Path(__file__).parent
_component = st.components.v2.component(
    "fer_gallery",
    html='<div class="scroll" role="listbox" aria-multiselectable="true"><div class="space"></div>'
    '</div><div class="failed" role="alert"></div>',
    css=(_HERE / "_gallery.css").read_text(encoding="utf-8"),
    js=(_HERE / "_gallery.js").read_text(encoding="utf-8"),
)
_NAMES = [{"icon": ICONS[label], "label": label} for label in LABELS]


def gallery(
    dataset: FaceDataset,
    rows: np.ndarray,
    key: str,
    *,
    stamp: str,
    texts: np.ndarray | None = None,
    words: Sequence[str] = (),
    picking: bool = False,
    height_px: int = HEIGHT_PX,
) -> np.ndarray:
    """Show the faces of `dataset` at `rows`, each above its label, or its label's icon and a text.

    A click on a face names it in the address (`parts.open_face`).

    Args:
        rows: (m,) row numbers, or (m, 2) for pairs that stand together.
        stamp: changes with the pictures: their addresses are kept by the browser.
        texts: the shape of `rows`, for each face an index into `words`.
        picking: whether faces can be marked.

    Returns:
        The rows that are marked, in their order.
    """
    per = 1 if rows.ndim == 1 else rows.shape[1]
    flat = rows.ravel()
    about = f"{dataset.name} {stamp} ".encode()
    result = _component(
        key=key,
        data={
            "address": f"/api/v1/datasets/{dataset.name}/sheet.png",
            "version": stamp,
            "selection": hashlib.blake2b(about + flat.tobytes(), digest_size=8).hexdigest(),
            "rows": _packed(flat.astype("<i4")),
            "labels": _packed(dataset.labels[flat]),
            "names": _NAMES,
            "texts": None if texts is None else _packed(texts.astype("<u2")),
            "words": list(words),
            "per": per,
            "picking": picking,
            "cell": CELL_PX,
            "height": height_px,
            "title": f"{len(rows):,} {'pairs' if per > 1 else 'faces'}",
        },
        on_opened_change=lambda: parts.open_face(st.session_state[key]["opened"]),
        on_picked_change=lambda: None,
    )
    picked = np.array(result.picked or [], np.intp)
    return picked[np.isin(picked, flat)]


def _packed(values: np.ndarray) -> str:
    return base64.b64encode(values.tobytes()).decode()
