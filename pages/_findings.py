"""The findings of an audit as cards; the one that is open shows its faces, pairs side by side."""

from dataclasses import dataclass

import numpy as np
import streamlit as st

from fer.audit import Audit, Finding, rows_without
from fer.data import FaceDataset
from fer.labels import LABELS
from pages import _actions as actions
from pages import _parts as parts
from pages._gallery import gallery

WITHOUT_NAMES = {
    "twins": "test faces with a twin in Training",
    "near-twins": "test faces with a near twin",
    "repeats": "repeats",
    "near-repeats": "near repeats",
    "blank": "blank images",
    "low-contrast": "faint images",
    "not-a-face": "not a face (FER+)",
    "conflicting": "copies with several labels",
}


@dataclass(frozen=True)
class Card:
    """A finding as it is told: its kinds, the first of which is the one counted in the title."""

    title: str
    why: str
    keys: tuple[str, ...]


# Worst first: what makes a score wrong, then what makes a label wrong, then what is no use.
CARDS = (
    Card(
        "Test faces that are also in Training",
        "",
        ("twins_private", "twins_public", "twins_test", "near_twins_private",
         "near_twins_public", "near_twins_test"),
    ),
    Card("One picture, several labels", "At most one of the labels is right.",
         ("conflicting_labels",)),
    Card("No face in the picture", "Nothing there could be read.", ("not_a_face",)),
    Card("Blank or hardly visible", "Nobody could label these by what they show.",
         ("blank", "low_contrast")),
    Card("Pictures that are there twice", "They count more than others, and may fall on both sides "
         "of a split.", ("exact_repeats", "near_duplicates")),
)  # fmt: skip


def offer(dataset: FaceDataset, audit: Audit, stamp: str) -> np.ndarray:
    """Every finding; returns the rows of the one that is open."""
    shown = np.empty(0, np.intp)
    wanted = st.query_params.get("finding", "")
    cards = [card for card in CARDS if any(key in audit.findings for key in card.keys)]
    clean = [card for card in cards if not _found(audit, card)]
    for card in cards:
        if found := _found(audit, card):
            with st.container(border=True, key=f"card_{card.keys[0]}"):
                _tell(card, found, wanted)
                if wanted in [finding.key for finding in found]:
                    shown = _show(dataset, audit, found, audit.findings[wanted], stamp)
    for card in clean:
        st.markdown(f":material/check: {card.title}: none.")
    return shown


def _found(audit: Audit, card: Card) -> list[Finding]:
    known = [audit.findings[key] for key in card.keys if key in audit.findings]
    return [finding for finding in known if finding.count]


def _tell(card: Card, found: list[Finding], wanted: str) -> None:
    is_open = wanted in [finding.key for finding in found]
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{card.title}**", width="stretch")
        st.button(
            "Close" if is_open else "Look at them", key=f"look_{card.keys[0]}",
            icon=":material/close:" if is_open else ":material/visibility:",
            on_click=parts.put_in_url, args=("finding", "" if is_open else found[0].key),
        )  # fmt: skip
    st.markdown("\n".join(f"- {finding.sentence}" for finding in found))
    if card.why:
        st.caption(card.why)


def _show(
    dataset: FaceDataset, audit: Audit, found: list[Finding], finding: Finding, stamp: str
) -> np.ndarray:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if len(found) > 1:
            _choose(found, finding)
        if finding.without:
            with st.popover("Save a view without them", icon=":material/bookmark_add:"):
                st.write(f"Without {WITHOUT_NAMES[finding.without]}:")
                rows = rows_without(audit, [finding.without])
                wanted = f"{dataset.name}-without-{finding.without}"
                rule = f"{dataset.name} without {finding.without}"
                actions.save(dataset, rows, wanted, rule, f"without_{finding.without}")
    rows, texts, words = _faces(dataset, finding)
    gallery(dataset, rows, f"finding_{finding.key}", stamp=stamp, texts=texts, words=words)
    # Of pairs, a face may stand in several: to be walked through, each is there once.
    return np.array(list(dict.fromkeys(rows.ravel().tolist())), np.intp)


def _choose(found: list[Finding], finding: Finding) -> None:
    keys = [one.key for one in found]
    # Its key changes with what is open: the address says that, whoever changed it.
    chosen = st.pills("Kind", keys, default=finding.key, key=f"kind_{finding.key}", wrap=True,
                      format_func=lambda key: _name(found[keys.index(key)]), required=True,
                      label_visibility="collapsed")  # fmt: skip
    if chosen and chosen != finding.key:
        parts.put_in_url("finding", chosen)
        st.rerun()


def _name(finding: Finding) -> str:
    name = finding.key.replace("_private", " in PrivateTest").replace("_public", " in PublicTest")
    name = name.replace("_test", " in Test").replace("_", " ")
    return f"{name[0].upper()}{name[1:]} {finding.count:,}"


def _faces(
    dataset: FaceDataset, finding: Finding
) -> tuple[np.ndarray, np.ndarray | None, list[str]]:
    """Rows, or pairs of rows, those with unlike labels first; and what stands under each face."""
    if finding.pairs is None or not len(finding.pairs):
        return finding.rows, None, []
    pairs = finding.pairs
    labels = dataset.labels[pairs]
    unlike = (labels >= 0).all(axis=1) & (labels[:, 0] != labels[:, 1])
    likeness = np.ones(len(pairs)) if finding.correlation is None else finding.correlation
    order = np.lexsort((likeness, ~unlike))
    words = ["unlabelled", *LABELS]
    pairs = pairs[order]
    return pairs, (dataset.labels[pairs] + 1).astype(np.uint8), words
