"""Models: which, how good, and how is that known? The models that are selected are in the URL."""

from typing import Any

import streamlit as st

from fer import bundles
from fer.bundles import Bundle, default_name, list_bundles
from pages import _model as model
from pages import _parts as parts
from pages import _picking as picking
from pages import _runs as runs
from pages import _versus as versus

PARAMETER = "models"
MAX_ARCHIVE_MB = 300


def main() -> None:
    st.title("Models")
    found = list_bundles()
    if not found:
        offer_training()
        return
    scoreboard(found)
    by_name = {bundle.name: bundle for bundle in found}
    asked = parts.words_in_url(PARAMETER)
    parts.say_unknown("model", asked, by_name)
    chosen = [by_name[name] for name in asked if name in by_name]
    if len(chosen) > 2:
        st.caption("Two at most are compared: these are the first of those selected.")
    if len(chosen) >= 2:
        versus.show(chosen[0], chosen[1])
    elif chosen:
        model.show(chosen[0], forget)
    else:
        st.caption("Tick the box at the left of a model to see how good it is and where it errs; "
                   "of two, to compare them.")  # fmt: skip


def offer_training() -> None:
    st.info("There is no model yet. Train one on drawn faces: it takes under a minute.")
    with st.container(horizontal=True):
        runs.offer_demo()
        add_model()


def scoreboard(found: list[Bundle]) -> None:
    """Every model; sorted by a click on a column's head."""
    picking.table(
        [row(bundle) for bundle in found], [bundle.name for bundle in found], PARAMETER,
        columns=columns(), alt="The models and what they reach",
    )  # fmt: skip
    with st.container(horizontal=True, vertical_alignment="center"):
        tests = {str(test_faces(bundle)) for bundle in found if bundle.metrics.get("test")}
        if len(tests) > 1:
            st.caption("Accuracies are of different faces, as each model's card says: to compare "
                       "two, select both.", width="stretch")  # fmt: skip
        else:
            st.space("stretch")
        add_model()


def test_faces(bundle: Bundle) -> tuple[object, ...]:
    """What tells one set of test faces from another."""
    data = bundle.card["data"]
    split = (data.get(key) for key in ("fingerprint", "split", "split_seed"))
    return (*split, sorted(bundle.labels))


def row(bundle: Bundle) -> dict[str, Any]:
    card, test = bundle.card, bundle.metrics.get("test", {})
    elsewhere = bundle.metrics.get("photographs", {})
    low, high = test.get("interval", (None, None))
    size = bundle.served_path.stat().st_size if bundle.served_path.exists() else 0
    data = card["data"]
    return {
        "Model": bundle.name + (" ★" if bundle.name == default_name() else ""),
        "Test": 100 * test["accuracy"] if test else None,
        "Interval": f"{100 * low:.1f}–{100 * high:.1f}" if test else "not measured",
        "Faces": test.get("n"),
        "Labels": len(bundle.labels),
        "Macro-F1": test.get("macro_f1"),
        "Balanced": 100 * test["balanced_accuracy"] if "balanced_accuracy" in test else None,
        "Photographs": 100 * elsewhere["accuracy"] if elsewhere else None,
        "ECE": test.get("ece"),
        "Network": bundle.architecture,
        "Parameters": card.get("parameters"),
        "Work": card["multiply_adds"] / 1e6 if "multiply_adds" in card else None,
        "Time": card.get("one_face_ms"),
        "Size": size / 1e6,
        "Learned from": f"{data.get('name', '?')}, {data.get('split', '?')} split",
    }


def columns() -> dict[str, Any]:
    config = st.column_config
    return {
        "Model": config.TextColumn(pinned=True, help="★ reads where none is chosen"),
        "Test": config.NumberColumn(
            "Test accuracy", format="%.1f %%", help="On the faces that its own split held out"
        ),
        "Interval": config.TextColumn("95 % interval"),
        "Faces": config.NumberColumn("Test faces", format="localized"),
        "Macro-F1": config.NumberColumn(format="%.3f"),
        "Balanced": config.NumberColumn(format="%.1f %%", help="Mean recall of the labels"),
        "Photographs": config.NumberColumn(
            format="%.1f %%", help="Accuracy on photographs from outside the data, where measured"
        ),
        "ECE": config.NumberColumn(format="%.3f", help="How far confidence is from accuracy"),
        "Parameters": config.NumberColumn(format="localized"),
        "Work": config.NumberColumn(
            "Multiply-adds", format="%.0f M", help="In convolutions and dense layers, a face"
        ),
        "Time": config.NumberColumn(
            "One face", format="%.1f ms", help="On one core of the machine that its card names"
        ),
        "Size": config.NumberColumn(format="%.1f MB", help="Of the file that is served"),
    }


def add_model() -> None:
    """Import a bundle that was downloaded here or elsewhere."""
    with st.popover("Add a model", icon=":material/upload:"):
        added = st.session_state.get("models_added", 0)
        file = st.file_uploader("A model's zip file, as Download makes it", ["zip"],
                                key=f"archive_{added}",
                                max_upload_size=MAX_ARCHIVE_MB)  # fmt: skip
        if file is None:
            return
        name = st.text_input("Name", file.name.removesuffix(".zip"), key=f"name_{file.file_id}")
        if st.button("Add", type="primary", key="add_model"):
            with parts.errors_shown():
                bundle = bundles.import_archive(file, name.strip())
                st.session_state["models_added"] = added + 1  # an uploader without the file
                parts.put_in_url(PARAMETER, bundle.name)
                parts.rerun_saying(f"{bundle.name} is added.", ":material/check_circle:")


def forget() -> None:
    parts.put_in_url(PARAMETER, "")
    st.rerun()


main()
