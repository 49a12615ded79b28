"""The widgets that choose faces: each keeps what is chosen in the address."""

import numpy as np
import streamlit as st

from fer.data import FaceDataset, Split
from fer.data.splits import splits_for
from fer.data.tags import list_tags, tagged
from fer.explore import FLAGS
from pages import _parts as parts
from pages import _tables as tables

PARTS = ("Training", "Validation", "Test")
SORT_NAMES = {
    "row": "Order in the data",
    "-confidence": "Most confident first",
    "confidence": "Least confident first",
    "-loss": "Highest loss first",
    "loss": "Lowest loss first",
    "agreement": "Votes agree least first",
    "-brightness": "Brightest first",
    "brightness": "Darkest first",
    "contrast": "Lowest contrast first",
    "sharpness": "Blurred first",
}
NEEDS_MODEL = {"confidence", "loss"}
NEEDS_PIXELS = {"brightness", "contrast", "sharpness"}
FLAG_NAMES = {
    "twins": "twin in Training",
    "near-twins": "near twin in Training",
    "repeats": "repeat",
    "near-repeats": "near repeat",
    "blank": "blank",
    "low-contrast": "faint",
    "not-a-face": "not a face (FER+)",
    "conflicting": "conflicting labels",
}


def split_rows(dataset: FaceDataset, stamp: str) -> np.ndarray | None:
    usable = splits(dataset)
    part = parts.choice_in_url(
        "part", PARTS, None, lambda: st.pills("Part of a split", PARTS, key="part", wrap=True)
    )
    name = parts.choice_in_url(
        "split", usable, usable[0],
        lambda: st.selectbox("Split", usable, key="split", label_visibility="collapsed",
                             disabled=not part),
        unsaid=() if part else usable,
    )  # fmt: skip
    if not part or not name:
        return None
    return part_rows(parts.split(dataset.name, stamp, name), part)


def usages(dataset: FaceDataset) -> tuple[str, ...]:
    """Where the official split, which is by Usage, is not to be had."""
    known = dataset.usage_names()
    if not known or "official" in splits(dataset):
        return ()
    return parts.choices_in_url(
        "usage", known,
        lambda: st.pills("Usage", known, key="usage", selection_mode="multi", wrap=True),
    )  # fmt: skip


def splits(dataset: FaceDataset) -> list[str]:
    """The splits that this data set allows; "official" needs the Usages of FER-2013."""
    return splits_for(dataset.usage_names())


def part_rows(split: Split, part: str) -> np.ndarray:
    return {"Training": split.train, "Validation": split.validation, "Test": split.test}[part]


def tag_rows(dataset: FaceDataset) -> np.ndarray | None:
    tags = list_tags(dataset.name)
    if not tags:
        st.session_state.pop("tag", None)
        parts.put_in_url("tag", "")
        return None
    names = list(tags)
    tag = parts.choice_in_url(
        "tag", names, None,
        lambda: st.selectbox("Tag", names, key="tag", index=None, placeholder="any"),
    )  # fmt: skip
    return np.flatnonzero(tagged(dataset, tag)) if tag else None


def votes(dataset: FaceDataset) -> str:
    if dataset.votes is None:
        return ""
    names = {"agree": "agree with the label", "disagree": "say otherwise"}
    return parts.choice_in_url(
        "votes", list(names), None,
        lambda: st.pills("FER+ votes", list(names), key="votes", format_func=names.__getitem__,
                         wrap=True),
    ) or ""  # fmt: skip


def flags(dataset: FaceDataset) -> tuple[str, ...]:
    known = [flag for flag in FLAGS if flag != "not-a-face" or dataset.votes is not None]
    if not dataset.usage_names():
        known = [flag for flag in known if "twins" not in flag]
    return parts.choices_in_url(
        "flag", known,
        lambda: st.multiselect("Quality", known, key="flag", format_func=FLAG_NAMES.__getitem__,
                               placeholder="any"),
    )  # fmt: skip


def model() -> tuple[str | None, str, tuple[str, ...]]:
    found = tables.bundles()
    model = parts.choice_in_url(
        "model", list(found), None,
        lambda: st.selectbox("Read by a model", list(found), key="model", index=None,
                             placeholder="none", on_change=forget_outline),
    )  # fmt: skip
    if model is None:
        for key in ("verdict", "read", "lasso"):
            st.query_params.pop(key, None)
            st.session_state.pop(key, None)
        return None, "", ()
    verdicts = {"right": "is the label", "wrong": "is another"}
    verdict = parts.choice_in_url(
        "verdict", list(verdicts), None,
        lambda: st.pills("Its reading", list(verdicts), key="verdict", wrap=True,
                         format_func=verdicts.__getitem__),
    )  # fmt: skip
    labels = found[model].labels
    predicted = parts.choices_in_url(
        "read", labels,
        lambda: st.multiselect("It reads the face as", labels, key="read",
                               format_func=parts.emotion, placeholder="anything"),
    )  # fmt: skip
    return model, verdict or "", predicted


def forget_outline() -> None:
    """What was drawn on the map of one model means nothing on that of another."""
    parts.put_in_url("lasso", "")


def sort(has_model: bool, has_votes: bool) -> str:
    names = [
        name
        for name in SORT_NAMES
        if (has_model or name.removeprefix("-") not in NEEDS_MODEL)
        and (has_votes or name != "agreement")
    ]
    chosen = parts.choice_in_url(
        "sort", names, "row",
        lambda: st.selectbox("Order", names, key="sort", format_func=SORT_NAMES.__getitem__),
        unsaid=("row",),
    )  # fmt: skip
    return chosen or "row"
