"""Why one face is read as it is: nothing is computed before it is opened."""

import threading
from functools import partial

import numpy as np
import streamlit as st

from fer.api.predictors import predictor_for
from fer.bundles import Bundle
from fer.data import list_datasets
from fer.explore import Neighbours, saved_embedding, similar_training_faces
from fer.images import FACE_SIZE_PX
from fer.inference import explain
from fer.inference.features import contact_sheet, feature_maps, first_filters
from fer.labels import LABELS
from fer.training.gradcam import GradCam, grad_cam
from pages import _jobs as jobs
from pages import _parts as parts

PARTS, LAYERS, ALIKE = "Parts", "Layers", "Similar faces"
IMAGE_PX = 124
SIMILAR = 8
# One process with TensorFlow at a time: each takes half a gigabyte.
_keras = threading.Lock()


@st.fragment
def why(key: str, face: np.ndarray, model: str, stamp: str) -> None:
    """The explanation of `face` (48, 48) uint8 by `model`, closed at first; `key` is the face's."""
    opened = st.expander("Why?", key=f"why_{key}", type="compact", on_change="rerun")
    if not opened.open:
        return
    with opened, parts.errors_shown():
        bundle = predictor_for(model).bundle
        view = st.segmented_control("Why", [PARTS, LAYERS, ALIKE], default=PARTS, required=True,
                                    key=f"view_{key}", label_visibility="collapsed")  # fmt: skip
        if view == PARTS:
            what_counts(key, face, bundle, stamp)
        elif view == LAYERS:
            layers(key, face, bundle)
        else:
            training_faces(key, face, bundle, stamp)


def what_counts(key: str, face: np.ndarray, bundle: Bundle, stamp: str) -> None:
    """Which parts of the face speak for a label: by covering them, and by the gradient."""
    covered = occlusion(face, bundle.name, stamp)
    maps = {"Covered parts": covered.drops}
    ranked = [covered.labels[index] for index in np.argsort(-covered.probabilities)]
    label = st.selectbox("What speaks for", ranked, format_func=parts.emotion, width=200,
                         key=f"label_{key}")  # fmt: skip
    st.markdown(covered.sentence(label))
    with st.container(horizontal=True, gap="small"):
        st.image(grown(face), "As the network sees it", IMAGE_PX)
        st.image(explain.overlay(face, covered.heat(label)), "Covered part by part", IMAGE_PX)
        if bundle.has_weights and st.session_state.get(f"gradient_{key}"):
            with st.spinner("Loading Keras for the gradient, some seconds"):
                found = gradient(face, bundle.name, stamp)
            st.image(explain.overlay(face, found.heat(label)), "Grad-CAM", IMAGE_PX)
            maps["Grad-CAM"] = found.maps.transpose(1, 2, 0)
    st.caption(f"Orange speaks for {label}: without it, it is less probable. Blue speaks against.")
    with st.container(horizontal=True):
        for name, cells in maps.items():
            file_name = f"{name.lower().replace(' ', '-')}.csv"
            parts.download(f"{name} (csv)", partial(as_csv, cells, covered.labels), file_name,
                           key=f"{file_name}_{key}")  # fmt: skip
    if bundle.has_weights:
        st.toggle("Grad-CAM too (takes some seconds)", key=f"gradient_{key}")
    else:
        st.caption(f"Grad-CAM takes a Keras file, without which {bundle.name} comes, to be small.")


def as_csv(cells: np.ndarray, labels: tuple[str, ...]) -> str:
    """A row a cell of (rows, columns, k) floats: where it begins in the face, and each label's."""
    height, width, _ = cells.shape
    rounded = cells.astype(np.float64).round(6)
    return parts.csv_text(
        [
            {
                "top_px": round(row * FACE_SIZE_PX / height, 2),
                "left_px": round(column * FACE_SIZE_PX / width, 2),
                **dict(zip(labels, rounded[row, column].tolist(), strict=True)),
            }
            for row, column in np.ndindex(height, width)
        ]
    )


def layers(key: str, face: np.ndarray, bundle: Bundle) -> None:
    """The filters that see the face first, and what a convolution makes of it."""
    filters = first_filters(bundle)
    st.caption(f"The {len(filters)} filters of the first convolution, the same for every face")
    st.image(contact_sheet(filters), alt="Filters", width="stretch")
    maps = {one.title: one.maps for one in feature_maps(bundle, face)}
    title = st.selectbox("What they make of it", list(maps), key=f"layer_{key}",
                         format_func=str.capitalize, width=280)  # fmt: skip
    st.image(contact_sheet(maps[title]), alt=f"Feature maps of {title}", width="stretch")


def training_faces(key: str, face: np.ndarray, bundle: Bundle, stamp: str) -> None:
    """The faces that the model learned from and finds most like this one, where they are here."""
    found = learned_data(bundle)
    if found is None:
        name = bundle.card["data"]["name"]
        st.info(f"{bundle.name} learned from {name}, which is not here. Import it to see this.")
        st.page_link("dataset.py", label="Go to Dataset", icon=":material/arrow_forward:")
        return
    name, data_stamp = found
    dataset = parts.dataset(name, data_stamp)
    job = jobs.at_once(
        f"embedding {name} {data_stamp} {stamp}",
        f"{bundle.name} reads the faces of {name}, once",
        lambda tell: saved_embedding(dataset, bundle, tell),
    )
    if jobs.wait_for(job, f"cancel_alike_{key}"):
        alike = similar(face, bundle.name, stamp, name, data_stamp)
        labels = [LABELS[label] if label >= 0 else "" for label in dataset.labels[alike.rows]]
        captions = [
            f"{parts.emotion(label) if label else 'unlabelled'} {value:.2f}"
            for label, value in zip(labels, alike.similarity, strict=True)
        ]
        titles = [
            f"{label or 'unlabelled'}, row {row} of {name}"
            for label, row in zip(labels, alike.rows, strict=True)
        ]
        st.html(parts.face_grid(dataset.images[alike.rows], captions, titles))
        st.caption(
            f"Faces of {name} that {bundle.name} learned from, with their labels and how alike it "
            "finds them (1 is the same)."
        )


def learned_data(bundle: Bundle) -> tuple[str, str] | None:
    """Name and stamp of the data that the model learned from; None where it is not here."""
    learned = bundle.card["data"]
    same = [info for info in list_datasets() if info.fingerprint == learned["fingerprint"]]
    if same:
        return same[0].name, parts.stamp(same[0])
    drawn = learned["name"] == "drawn" and parts.dataset("drawn").fingerprint
    return ("drawn", "") if drawn == learned["fingerprint"] else None


def grown(face: np.ndarray) -> np.ndarray:
    """A face as large as its overlay, without colour."""
    return explain.overlay(face, np.zeros((1, 1), np.float32))


# Kept for the visitor alone: a face is his own.
@st.cache_data(scope="session", max_entries=16, show_spinner=False)
def occlusion(face: np.ndarray, model: str, stamp: str) -> explain.Occlusion:
    return explain.occlusion(predictor_for(model), face)


@st.cache_data(scope="session", max_entries=16, show_spinner=False)
def gradient(face: np.ndarray, model: str, stamp: str) -> GradCam:
    with _keras:
        return grad_cam(predictor_for(model).bundle, face)


@st.cache_data(scope="session", max_entries=16, show_spinner=False)
def similar(face: np.ndarray, model: str, stamp: str, name: str, data_stamp: str) -> Neighbours:
    dataset = parts.dataset(name, data_stamp)
    return similar_training_faces(predictor_for(model).bundle, dataset, face, SIMILAR)
