"""Dataset: what is in it. Import, counts, split sizes and a gallery; every filter is in the URL."""

import csv
import io

import numpy as np
import streamlit as st

from fer import plots
from fer.data import NO_USAGE, SPLITS, USAGES, FaceDataset, Split, delete_dataset, list_datasets
from fer.errors import FerError
from fer.labels import LABELS
from pages import _imports as imports
from pages import _parts as parts

FACES_A_PAGE = 60
PARTS = ("All", "Training", "Validation", "Test")


def main() -> None:
    st.title("Dataset")
    if imported := imports.just_ended():
        st.session_state["data"] = imported
        to_first_page()
    infos = {info.name: info for info in list_datasets()}
    names = [*infos, "drawn"]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        choice = parts.choice_in_url(
            "data",
            names,
            names[0],
            lambda: st.selectbox("Data set", names, key="data", on_change=to_first_page, width=280),
        )
        name = choice or names[0]
        if name in infos:
            offer_delete(name)
    if not infos:
        st.info(
            "These are drawn faces, built in to try everything with. Import FER-2013, or faces of "
            "your own, below.",
            icon=":material/draw:",
        )
    # Its key changes with an import, which closes it.
    with st.expander("Import a data set", icon=":material/upload:", key=f"import_{len(infos)}"):
        imports.offer_import()
    fingerprint = infos[name].fingerprint if name in infos else ""
    with parts.errors_shown():
        show(parts.dataset(name, fingerprint), fingerprint)


def offer_delete(name: str) -> None:
    with st.popover("Delete", icon=":material/delete:"):
        st.write(f"Delete **{name}** from the studio? The file it came from stays where it is.")
        if st.button("Delete it", type="primary", key="delete"):
            with parts.errors_shown():
                delete_dataset(name)
                st.session_state.pop("data", None)
                st.rerun()


def show(faces: FaceDataset, fingerprint: str) -> None:
    usable, splits = possible_splits(faces, fingerprint)
    st.caption(describe(faces))
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        choice = st.selectbox("Split", usable, key="split", bind="query-params",
                              on_change=to_first_page, width=180)  # fmt: skip
        part = st.segmented_control("Part", PARTS, default="All", required=True, key="part",
                                    bind="query-params", on_change=to_first_page)  # fmt: skip
    st.caption(f"{choice}: {SPLITS[choice]}.")
    rows = part_rows(splits[choice], part or "All", len(faces))
    counts = count(faces.labels[rows])
    left, right = st.columns([3, 2], gap="large")
    with left:
        st.subheader("Classes")
        st.plotly_chart(plots.class_histogram(counts), key="classes",
                        config={"displayModeBar": False}, alt="Faces of each class")  # fmt: skip
        st.download_button("Counts (csv)", as_csv(counts), f"{faces.name}-{part}.csv", "text/csv",
                           type="tertiary", icon=":material/download:")  # fmt: skip
    with right:
        st.subheader("Splits")
        st.table(split_table(splits), border="horizontal", hide_index=True)
    gallery(faces, rows, f"{choice} {part}")


def gallery(faces: FaceDataset, rows: np.ndarray, choice: str) -> None:
    st.subheader("Faces")
    label = parts.choice_in_url(
        "class",
        LABELS,
        None,
        lambda: st.pills(
            "Class", LABELS, key="class", format_func=parts.emotion, wrap=True,
            on_change=to_first_page, label_visibility="collapsed",
        ),
    )  # fmt: skip
    if label:
        rows = rows[faces.labels[rows] == LABELS.index(label)]
    if not len(rows):
        st.write("No faces here.")
        return
    page = page_in_url(-(-len(rows) // FACES_A_PAGE), f"{faces.name} {choice} {label}")
    shown = rows[(page - 1) * FACES_A_PAGE : page * FACES_A_PAGE]
    captions = [parts.emotion(LABELS[i]) if i >= 0 else "unlabelled" for i in faces.labels[shown]]
    titles = [f"row {row}: {title(faces, row)}" for row in shown]
    st.html(parts.face_grid(faces.images[shown], captions, titles))


def describe(faces: FaceDataset) -> str:
    text = f"{len(faces):,} faces of 48 × 48 pixels. {faces.source}."
    if faces.is_published_fer2013:
        text += " The counts match the published FER-2013."
    return text


def possible_splits(faces: FaceDataset, fingerprint: str) -> tuple[list[str], dict[str, Split]]:
    """The splits that this data set allows; "official" needs the Usages of FER-2013."""
    splits = {}
    for name in SPLITS:
        try:
            splits[name] = parts.split(faces.name, fingerprint, name)
        except FerError:
            continue
    return list(splits), splits


def part_rows(split: Split, part: str, n: int) -> np.ndarray:
    known = {"Training": split.train, "Validation": split.validation, "Test": split.test}
    return known.get(part, np.arange(n))


def split_table(splits: dict[str, Split]) -> dict[str, list[str]]:
    columns = {"split": list(splits)}
    for part in PARTS[1:]:
        columns[part.lower()] = [f"{len(part_rows(s, part, 0)):,}" for s in splits.values()]
    return columns


def count(labels: np.ndarray) -> dict[str, int]:
    return {label: int(np.sum(labels == index)) for index, label in enumerate(LABELS)}


def title(faces: FaceDataset, row: int) -> str:
    label = LABELS[faces.labels[row]] if faces.labels[row] >= 0 else "unlabelled"
    if faces.usage is None or faces.usage[row] == NO_USAGE:
        return label
    return f"{label}, {USAGES[faces.usage[row]]}"


def as_csv(counts: dict[str, int]) -> str:
    text = io.StringIO()
    csv.writer(text).writerows([("label", "faces"), *counts.items()])
    return text.getvalue()


def page_in_url(n_pages: int, gallery_key: str) -> int:
    """The page of the gallery; another choice of faces begins at its first page."""
    given = st.query_params.get("page", "")
    wanted = min(int(given), n_pages) if given.isdecimal() and int(given) else 1
    if n_pages == 1:
        return 1
    page = st.pagination(n_pages, default=wanted, key=f"page {gallery_key} {n_pages}")
    st.query_params["page"] = str(page)
    return page


def to_first_page() -> None:
    st.query_params.pop("page", None)


main()
