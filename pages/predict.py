"""Predict: what does this face show? Photos, the camera or example faces; nothing is kept."""

from zlib import crc32

import streamlit as st

from fer.bundles import Bundle
from fer.images import PICTURE_SUFFIXES, to_png
from fer.inference import Reading
from pages import _downloads, _examples, _flags, _readings, _video, _zips
from pages import _model_choice as model_choice
from pages import _parts as parts
from pages import _tables as tables
from pages._paste import paste_button
from pages._readings import Picture

TYPES = [suffix.removeprefix(".") for suffix in PICTURE_SUFFIXES]
MAX_MB = 200  # of a zip; a picture may have 50


def main() -> None:
    st.title("Predict")
    models = model_choice.choose(compare=True)
    if not models:
        return
    left, right = st.columns(2, gap="medium")
    with left:
        photos, archives = from_files()
    with right:
        snapshot = from_camera()
    # The answer stands next to what it answers.
    above, buttons, below = st.container(), st.container(), st.container()
    with buttons:
        groups = {"photos": photos, "camera": snapshot, "example": from_examples(models[0]),
                  "live": from_live()}  # fmt: skip
    latest = st.session_state.get("latest", "photos")
    pictures = groups.pop(latest) + [picture for group in groups.values() for picture in group]
    with below if latest == "example" else above:
        read = _readings.show_all(pictures, models)
        for results, packed in zip(read, _zips.show(archives, models), strict=True):
            results += packed
        if read[0]:
            tell_agreement(models, read)
            model_choice.tell_limits(models)
            _downloads.offer(list(zip(models, read, strict=True)))
    _flags.section()
    _video.section(models[0].name, tables.bundle_stamp(models[0]))


def tell_agreement(models: list[Bundle], read: list[_downloads.Results]) -> None:
    """In how many faces two models see the same; what one face shows needs no telling."""
    said = [
        [face.emotion for _, outcome in results if isinstance(outcome, Reading)
         for face in outcome.faces]
        for results in read
    ]  # fmt: skip
    if len(models) == 2 and len(said[0]) == len(said[1]) > 1:
        same = sum(one == other for one, other in zip(*said, strict=True))
        names = " and ".join(bundle.name for bundle in models)
        st.markdown(f"{names} agree on {same} of {len(said[0])} faces.")


def from_files() -> tuple[list[Picture], list[_zips.Archive]]:
    files = st.file_uploader("Photos, or a zip of them", [*TYPES, "zip"], key="photos",
                             accept_multiple_files=True, max_upload_size=MAX_MB,
                             on_change=take_photos)  # fmt: skip
    paste_button("photos")
    given = st.session_state.get("given", [])
    if given and not files:  # the visitor was on another page: the uploader has forgotten them
        put_away(f"Put {given[0][1] if len(given) == 1 else 'the files'} away", "given")
    is_zip = [name.lower().endswith(".zip") for _, name, _ in given]
    pictures = [Picture(*file) for file, packed in zip(given, is_zip, strict=True) if not packed]
    if len(pictures) > _readings.KEPT:
        st.warning(f"Of {len(pictures):,} pictures the first {_readings.KEPT} are read: put so "
                   "many into a zip, which is read in the background.")  # fmt: skip
        pictures = pictures[: _readings.KEPT]
    archives = [_zips.Archive(*file) for file, packed in zip(given, is_zip, strict=True) if packed]
    return pictures, archives


def from_camera() -> list[Picture]:
    """The camera is asked for only once it is wanted."""
    if not st.toggle("Use the camera", key="camera_on"):
        st.caption("A snapshot is read on this machine and not kept.")
        return []
    if not parts.camera_is_lent(st.context.url):
        st.info("Browsers lend the camera only to pages on https or on this very machine. A "
                "telephone takes a picture by the button for photos.")  # fmt: skip
        return []
    shot = st.camera_input("Snapshot", key="camera", on_change=came_last, args=("camera",),
                           label_visibility="collapsed")  # fmt: skip
    return [Picture(shot.file_id, "Snapshot", shot.getvalue())] if shot else []


def from_live() -> list[Picture]:
    """The picture that the visitor last sent here from Live."""
    picture: Picture | None = st.session_state.get("live_picture")
    if picture is None:
        return []
    put_away("Put the snapshot of Live away", "live_picture")
    return [picture]


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
    if picked is None:
        return []
    put_away("Put the example away", "example")
    return [Picture(f"example_{crc32(picked[0])}", "Example", *picked)]


# Buttons that show a face above its label.
PICTURE_BUTTONS = """<style>
.st-key-examples button { padding: .35rem .5rem; }
.st-key-examples button p { display: flex; flex-direction: column; align-items: center; }
.st-key-examples button img { max-height: none !important; margin: 0; border-radius: .25rem; }
</style>"""


def put_away(words: str, key: str) -> None:
    """A button that forgets what the session keeps under `key`."""
    st.button(words, icon=":material/close:", type="tertiary", key=f"away_{key}",
              on_click=st.session_state.pop, args=(key, None))  # fmt: skip


def came_last(source: str) -> None:
    st.session_state["latest"] = source


def take_photos() -> None:
    files = st.session_state["photos"]
    st.session_state["given"] = [(file.file_id, file.name, file.getvalue()) for file in files]
    came_last("photos")


def pick_example(png: bytes, label: str) -> None:
    st.session_state["example"] = (png, label)
    came_last("example")


def next_examples() -> None:
    st.session_state["examples_seed"] += 1


main()
