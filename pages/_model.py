"""One model: what it reaches on faces of one's choice, where it errs, and what it is."""

import json
from collections.abc import Callable

import pandas as pd
import streamlit as st

from fer import bundles
from fer.bundles import Bundle
from fer.curves import learning_curve
from pages import _mistakes as mistakes
from pages import _parts as parts
from pages import _report as report
from pages import _scoring as scoring
from pages._curves import curves

VIEWS = ("How good", "Mistakes", "Card")


def show(bundle: Bundle, gone: Callable[[], None]) -> None:
    """The model, under its name; `gone` is called when it was deleted."""
    st.subheader(bundle.name, anchor=False)
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        st.page_link("predict.py", label="Read a face with it", icon=":material/face:",
                     query_params={"model": bundle.name})  # fmt: skip
        parts.download("Download", bundle.archive, f"{bundle.name}.zip",
                       help="All of its files in one zip, which Add a model takes")  # fmt: skip
        if not bundle.is_shipped:
            with st.popover("Delete", icon=":material/delete:", type="tertiary"):
                _delete(bundle, gone)
    good, mistaken, card = st.tabs(VIEWS, key="view", on_change="rerun", bind="query-params")
    if card.open:
        with card:
            _card(bundle)
        return
    for view, shown in ((good, report.show), (mistaken, mistakes.show)):
        if view.open:
            with view:
                exam = scoring.choose(bundle)
                if scored := scoring.scored(bundle, exam):
                    shown(bundle, exam, scored)


def _delete(bundle: Bundle, gone: Callable[[], None]) -> None:
    st.write(f"Delete **{bundle.name}**? The run that made it, if any, stays.")
    if st.button("Delete it", type="primary", key="delete_model"):
        with parts.errors_shown():
            bundles.delete(bundle.name)
            gone()


def _card(bundle: Bundle) -> None:
    """How it was made, in a table; how it learned, in curves; all of it as a file."""
    card = bundle.card
    data, trained = card["data"], card.get("trained", {})
    facts = {
        "Network": f"{bundle.architecture}, {card.get('parameters', 0):,} parameters",
        "Labels": ", ".join(parts.emotion(label) for label in bundle.labels),
        "Input": f"{bundle.input.size_px} × {bundle.input.size_px} pixels, grey, "
                 f"scaled as “{bundle.input.normalisation}”",
        "Learned from": f"{data.get('name')} ({data.get('n', 0):,} faces), split "
                        f"{data.get('split')}: {data.get('n_train', 0):,} to train on, "
                        f"{data.get('n_validation', 0):,} to choose by, "
                        f"{data.get('n_test', 0):,} to test with",
        "Recipe": str(card.get("recipe_name", "")),
        "Started from": (card.get("init") or {"name": "random weights"})["name"],
        "Teachers": ", ".join(t["name"] for t in card.get("teachers", [])) or "none",
        "Seed": str(card.get("seed", "")),
        "Trained with": _versions(trained),
        **_measured(bundle),
    }  # fmt: skip
    st.table(pd.DataFrame({"": facts}))
    _robustness(bundle)
    history = card.get("history") or []
    if history and "step" in history[-1]:
        steps = max(1, history[0]["step"])
        curves(
            {
                f"{what.capitalize()} of {bundle.name} while it learned": learning_curve(
                    history, history, what, steps_per_epoch=steps, n_epochs=len(history),
                    name=bundle.name,
                )
                for what in ("loss", "accuracy")
            },
            key="history",
        )  # fmt: skip
    parts.download("Card (json)", lambda: json.dumps(card, indent=2), f"{bundle.name}-card.json")


def _measured(bundle: Bundle) -> dict[str, str]:
    """What was found out about it when it was made; a card of an older version has less."""
    card, facts = bundle.card, {}
    if "one_face_ms" in card:
        facts["Work"] = f"{card['multiply_adds'] / 1e6:.0f} million multiply-adds a face"
        facts["Time"] = (f"{card['one_face_ms']:.1f} ms a face on one core of: "
                         f"{card['measured_on']}")  # fmt: skip
    if "temperature" in card:
        facts["Temperature"] = (f"{card['temperature']:.2f}, fitted on its validation faces and "
                                "divided into its last layer")  # fmt: skip
    if mirrored := bundle.metrics.get("test_with_mirror"):
        facts["Test with mirror images"] = parts.accuracy(mirrored)
    if elsewhere := bundle.metrics.get("photographs"):
        facts["Photographs from elsewhere"] = parts.accuracy(elsewhere)
    facts["Not sure below"] = parts.percent(bundle.unsure_below)
    return facts


def _robustness(bundle: Bundle) -> None:
    found, test = bundle.card.get("robustness"), bundle.metrics.get("test")
    if found and test:
        st.markdown("**On its test faces, changed**")
        unchanged = {"as they are": test["accuracy"]}
        shares = {name: f"{100 * share:.1f} %" for name, share in (unchanged | found).items()}
        st.table(pd.DataFrame({"Accuracy": shares}))


def _versions(trained: dict) -> str:
    versions = ", ".join(f"{k} {v}" for k, v in trained.get("versions", {}).items())
    finished, machine = trained.get("finished", "")[:10], trained.get("machine", "")
    said = [trained.get("precision", ""), finished, machine, versions]
    return " · ".join(part for part in said if part)
