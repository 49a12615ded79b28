"""All that was read, to take away."""

import json

import streamlit as st

from fer.bundles import Bundle
from fer.inference.readings import Outcome, result_dict
from fer.inference.tables import readings_csv

Results = list[tuple[str, Outcome]]  # of one model: what came of each picture, by its name


def offer(models: list[tuple[Bundle, Results]]) -> None:
    """The files; the json of one model is that of the command line and of REST."""

    def as_json() -> str:
        told = [
            {"model": bundle.name, "results": [result_dict(*result) for result in results]}
            for bundle, results in models
        ]
        return json.dumps(told[0] if len(told) == 1 else {"models": told}, indent=2)

    def as_csv() -> str:
        return readings_csv(models)

    # Written once they are asked for.
    files = {"csv": (as_csv, "text/csv"), "json": (as_json, "application/json")}
    with st.container(horizontal=True):
        for suffix, (text, mime) in files.items():
            st.download_button(f"All results ({suffix})", text, f"readings.{suffix}", mime,
                               key=f"all_{suffix}", type="tertiary", icon=":material/download:",
                               on_click="ignore")  # fmt: skip
