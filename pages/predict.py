"""Predict: what does this face show? Photos, the camera or example faces; nothing is kept."""

import json

import streamlit as st

from fer.bundles import Bundle
from fer.images import to_png
from pages import _examples, _readings, _video
from pages import _model_choice as model_choice
from pages import _parts as parts
from pages._readings import Picture

TYPES = ["jpg", "jpeg", "png", "webp", "avif", "bmp", "gif", "tif", "tiff", "ppm"]


def main() -> None:
    st.title("Predict")
    bundle = model_choice.choose()
    if bundle is None:
        return
    left, right = st.columns(2, gap="medium")
    with left:
        photos = from_files()
    with right:
        snapshot = from_camera()
    example = from_examples(bundle)
    groups = {"photos": photos, "camera": snapshot, "live": from_live(), "example": example}
    latest = st.session_state.get("latest", "photos")
    pictures = groups.pop(latest) + [picture for group in groups.values() for picture in group]
    results = [(p, _readings.show(p, bundle.name, stamp(bundle))) for p in pictures]
    if pictures:
        parts.unsure_note()
        offer_numbers(bundle, results)
    _video.section(bundle.name, stamp(bundle))


def from_files() -> list[Picture]:
    files = st.file_uploader("Photos", TYPES, accept_multiple_files=True, key="photos",
                             on_change=came_last, args=("photos",))  # fmt: skip
    return [Picture(file.file_id, file.name, file.getvalue()) for file in files]


def from_camera() -> list[Picture]:
    """The camera is asked for only once it is wanted."""
    if not st.toggle("Use the camera", key="camera_on"):
        st.caption("A snapshot is read on this machine and not kept.")
        return []
    shot = st.camera_input("Snapshot", key="camera", on_change=came_last, args=("camera",),
                           label_visibility="collapsed")  # fmt: skip
    return [Picture(shot.file_id, "Snapshot", shot.getvalue())] if shot else []


def from_live() -> list[Picture]:
    """The picture that the visitor last sent here from Live."""
    picture: Picture | None = st.session_state.get("live_picture")
    return [picture] if picture else []


def from_examples(bundle: Bundle) -> list[Picture]:
    """Faces of known label as buttons; the one last clicked is read."""
    seed = st.session_state.setdefault("examples_seed", 0)
    with parts.errors_shown():
        found = _examples.examples(bundle, _examples.data_available(), seed)
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.caption(found.about, width="content")
            st.button("Other faces", key="other_faces", type="tertiary", on_click=next_examples)
        st.html(PICTURE_BUTTONS)
        with st.container(horizontal=True, gap="xsmall", key="examples"):
            for face, label in zip(found.faces, found.labels, strict=True):
                st.button(f"![{label}]({parts.data_url(face)}) {parts.emotion(label)}",
                          key=f"example_{label}", on_click=pick_example,
                          args=(to_png(face), label))  # fmt: skip
    picked = st.session_state.get("example")
    return [Picture(f"example_{picked[1]}", "Example", *picked)] if picked else []


# Buttons that show a face above its label.
PICTURE_BUTTONS = """<style>
.st-key-examples button { padding: .35rem .5rem; }
.st-key-examples button p { display: flex; flex-direction: column; align-items: center; }
.st-key-examples button img { max-height: none !important; margin: 0; border-radius: .25rem; }
</style>"""


def came_last(source: str) -> None:
    st.session_state["latest"] = source


def pick_example(png: bytes, label: str) -> None:
    st.session_state["example"] = (png, label)
    came_last("example")


def next_examples() -> None:
    st.session_state["examples_seed"] += 1


def stamp(bundle: Bundle) -> str:
    """Changes when the model is replaced."""
    return str(bundle.card["files"])


def offer_numbers(bundle: Bundle, results: list[tuple[Picture, _readings.Result | None]]) -> None:
    """All numbers, in the form that the command line and REST give them."""
    rows = [
        {"source": picture.name, **result.reading.to_dict()}
        for picture, result in results
        if result
    ]
    text = json.dumps({"model": bundle.name, "results": rows}, indent=2)
    st.download_button("Numbers (json)", text, "readings.json", "application/json",
                       type="tertiary", icon=":material/download:")  # fmt: skip


main()
