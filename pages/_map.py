"""The map of the faces, by what a model sees in them; a line drawn around some shows those."""

import numpy as np
import streamlit as st

from fer import plots
from fer.data import FaceDataset
from fer.explore import outline
from fer.labels import LABELS
from pages import _jobs as jobs
from pages import _parts as parts
from pages import _tables as tables
from pages._filters import Choice

KEY = "map"


def face_map(dataset: FaceDataset, stamp: str, choice: Choice) -> None:
    """The map of the faces that meet the filters."""
    if not choice.model:
        st.info("A map shows the faces as a model sees them: choose one under Read by a model.")
        return
    job = tables.mapped(dataset, stamp, choice.model)
    if not jobs.wait_for(job, "cancel_map"):
        return
    figure = plots.face_map(job.result, choice.table.label, choice.on_map(), choice.lasso)
    st.plotly_chart(
        figure, key=KEY, on_select=_drawn, selection_mode=("lasso", "box"),
        config={"displaylogo": False, "scrollZoom": True,
                "modeBarButtonsToRemove": ["toImage", "autoScale2d"]},
        alt="Map of the faces, coloured by label",
    )  # fmt: skip
    parts.download("Places (csv)", lambda: as_csv(job.result, choice), f"{dataset.name}-map.csv",
                   key="map_csv")  # fmt: skip
    st.caption(
        f"Near each other is what {choice.model} finds alike; distances across the map, and how "
        "large a patch is, mean little. Draw around some to show them below."
    )
    if "lasso" in st.query_params:
        st.button("Undo the outline", type="tertiary", icon=":material/undo:", key="lasso_away",
                  on_click=parts.put_in_url, args=("lasso", ""))  # fmt: skip


def as_csv(places: np.ndarray, choice: Choice) -> str:
    """A line a face of the map: its row, label and place."""
    rows = choice.on_map()
    return parts.csv_text([
        {"row": row, "label": LABELS[label] if label >= 0 else "", "x": f"{x:.4f}", "y": f"{y:.4f}"}
        for row, label, (x, y) in zip(rows.tolist(), choice.table.label[rows].tolist(),
                                      places[rows].tolist(), strict=True)
    ])  # fmt: skip


def _drawn() -> None:
    """Put what was drawn into the address."""
    selection = st.session_state[KEY].selection
    corners = None
    if selection.lasso:
        line = selection.lasso[-1]
        corners = np.column_stack([line["x"], line["y"]])
    elif selection.box:
        (x0, x1), (y0, y1) = selection.box[-1]["x"], selection.box[-1]["y"]
        corners = np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]])
    parts.put_in_url("lasso", outline(corners) if corners is not None else "")
