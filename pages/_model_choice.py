"""Which model reads: the same choice on every page that reads faces, kept in the URL."""

from collections.abc import Sequence

import streamlit as st

from fer.bundles import Bundle, default_name, list_bundles
from pages import _parts as parts
from pages import _runs as runs


def choose(compare: bool = False) -> list[Bundle]:
    """The model of ?model=, and with `compare`, where one is chosen, that of ?compare= after it.

    Empty where there is none yet; then one can be trained.
    """
    bundles = {bundle.name: bundle for bundle in list_bundles()}
    if not bundles:
        _offer_training()
        return []
    names = list(bundles)
    for key in ("model", "compare"):
        parts.say_unknown("model", [st.session_state.get(key) or st.query_params.get(key)], names)
    with st.container(horizontal=True):
        name = parts.choice_in_url(
            "model", names, default_name(),
            lambda: st.selectbox("Model", names, key="model", width=320),
        )  # fmt: skip
        chosen = [name or default_name()]
        if compare and (others := [other for other in names if other not in chosen]):
            second = parts.choice_in_url(
                "compare", others, None,
                lambda: st.selectbox("Compare with", others, key="compare", index=None,
                                     placeholder="no other", width=320),
            )  # fmt: skip
            chosen += [second] if second else []
    for bundle in map(bundles.__getitem__, chosen):
        line = f"Network {bundle.architecture}, learned from {bundle.card['data']['name']}."
        if test := bundle.metrics.get("test"):
            line += f" Accuracy on test faces{bundle.of_labels}: {parts.accuracy(test)}."
        st.caption(line if len(chosen) == 1 else f"{bundle.name}: {line}")
    return [bundles[name] for name in chosen]


def tell_limits(models: Sequence[Bundle]) -> None:
    """From where on the models are taken at their word, and what a reading is not."""
    below = " or ".join(dict.fromkeys(parts.percent(bundle.unsure_below) for bundle in models))
    st.caption(
        f'"Not sure" is said where no expression reaches {below}. This is how a face looks to a '
        "network, not what anyone feels."
    )


def _offer_training() -> None:
    st.info("There is no model yet. Train one on drawn faces: it takes under a minute.")
    runs.offer_demo()
