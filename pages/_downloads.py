"""All that was read, to take away."""

import json

import streamlit as st

from fer.bundles import Bundle
from fer.inference.readings import Outcome, result_dict
from fer.inference.tables import readings_csv
from pages import _parts as parts

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

    with st.container(horizontal=True):
        for suffix, text in {"csv": as_csv, "json": as_json}.items():
            parts.download(f"All results ({suffix})", text, f"readings.{suffix}",
                           key=f"all_{suffix}")  # fmt: skip
