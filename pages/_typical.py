"""What is usual in the data: mean faces and eigenfaces, pixel statistics, sizes of the splits."""

import numpy as np
import streamlit as st

from fer import plots
from fer.data import SPLITS, FaceDataset
from fer.explore import BrowseTable, TypicalFaces, saved_typical_faces
from fer.labels import LABELS
from pages import _jobs as jobs
from pages import _parts as parts
from pages import _tables as tables
from pages._filter_widgets import PARTS, part_rows, splits

QUANTITIES = {
    "brightness": "mean pixel (0 to 255)",
    "contrast": "standard deviation of the pixels",
    "sharpness": "standard deviation of the Laplacian",
}


def typical(dataset: FaceDataset, stamp: str) -> None:
    """Mean face of each class; the eigenfaces of one."""
    known = [label for code, label in enumerate(LABELS) if np.any(dataset.labels == code)]
    if not known:
        st.write("No face has a label.")
        return

    def work(progress: jobs.Progress) -> dict[str, TypicalFaces]:
        found = {}
        for done, label in enumerate(known):
            progress(done / len(known), f"Computing the typical face of {label}")
            found[label] = saved_typical_faces(dataset, label)
        return found

    job = jobs.at_once(f"typical {dataset.name} {stamp}", "Computing typical faces", work)
    if not jobs.wait_for(job, "cancel_typical"):
        return
    found: dict[str, TypicalFaces] = job.result
    st.subheader("Mean faces", anchor=False)
    st.html(
        parts.face_grid(
            np.stack([np.rint(typical.mean).astype(np.uint8) for typical in found.values()]),
            [parts.emotion(label) for label in found],
            [f"mean of {typical.n:,} {label} faces" for label, typical in found.items()],
            stretch=True,
        )
    )
    st.subheader("Eigenfaces", anchor=False)
    st.caption("The ways in which the faces of a class differ most, and the share of all "
               "differences that each explains.")  # fmt: skip
    label = parts.choice_in_url(
        "typical", known, known[0],
        lambda: st.pills("Class", known, key="typical", format_func=parts.emotion, wrap=True,
                         required=True, label_visibility="collapsed"),
    )  # fmt: skip
    _eigenfaces(found[label or known[0]])


def _eigenfaces(typical: TypicalFaces) -> None:
    if not len(typical.eigenfaces):
        st.write("One face alone differs from none.")
        return
    # Zero is middle grey; the strongest pixel of each is black or white.
    strongest = np.abs(typical.eigenfaces).max(axis=(1, 2), keepdims=True)
    pictures = np.rint(127.5 + 127.5 * typical.eigenfaces / strongest).astype(np.uint8)
    shares = [parts.percent(float(share)) for share in typical.explained]
    titles = [f"eigenface {number}: {share}" for number, share in enumerate(shares, start=1)]
    st.html(parts.face_grid(pictures, shares, titles, stretch=True))


def numbers(dataset: FaceDataset, stamp: str) -> None:
    """Sizes of the splits, and what the pixels are like."""
    st.subheader("Splits", anchor=False)
    names = splits(dataset)
    found = {name: parts.split(dataset.name, stamp, name) for name in names}
    table = {"split": names}
    for part in PARTS:
        table[part.lower()] = [f"{len(part_rows(split, part)):,}" for split in found.values()]
    st.table(table, border="horizontal", hide_index=True)
    # Not a column of the table: on a phone that would be a word wide.
    st.caption("  \n".join(f"**{name}**: {SPLITS[name]}." for name in names))
    st.subheader("Pixels", anchor=False)
    job = tables.full(dataset, stamp, None)
    if not jobs.wait_for(job, "cancel_numbers"):
        return
    rows = statistics(job.result)
    columns = {name: [row[name] for row in rows] for name in rows[0]}
    st.table(columns, border="horizontal", hide_index=True)
    st.caption("Medians of each class.")
    parts.download("Statistics (csv)", lambda: as_csv(rows), f"{dataset.name}-pixels.csv")
    name = st.segmented_control("Distribution of", list(QUANTITIES), default="brightness",
                                required=True, key="quantity") or "brightness"  # fmt: skip
    figure = plots.distribution(getattr(job.result, name), QUANTITIES[name])
    st.plotly_chart(figure, key="distribution", config={"displayModeBar": False},
                    alt=f"Distribution of {name}")  # fmt: skip
    (bars,) = figure.data
    bins = [{"from": low, "to": high, "faces": n}
            for (low, high), n in zip(bars.customdata, bars.y, strict=True)]  # fmt: skip
    parts.download("Distribution (csv)", parts.csv_text(bins), f"{dataset.name}-{name}.csv")


def statistics(table: BrowseTable) -> list[dict[str, str]]:
    """A row a class, and one for all: faces, and the median of each quantity."""
    groups = {label: table.label == code for code, label in enumerate(LABELS)}
    groups = {label: mine for label, mine in groups.items() if mine.any()}
    groups["all"] = np.ones(len(table), bool)
    return [
        {"class": label, "faces": f"{int(mine.sum()):,}"}
        | {name: f"{np.median(getattr(table, name)[mine]):.1f}" for name in QUANTITIES}
        for label, mine in groups.items()
    ]


def as_csv(rows: list[dict[str, str]]) -> str:
    return parts.csv_text(
        [{name: value.replace(",", "") for name, value in row.items()} for row in rows]
    )
