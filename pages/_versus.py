"""Two models on the same faces: who is right more often, is that chance, and on which faces."""

import json

import pandas as pd
import streamlit as st

from fer.bundles import Bundle
from fer.evaluation import Comparison, check_same_labels, compare
from pages import _parts as parts
from pages import _sample as sample
from pages import _scoring as scoring
from pages._gallery import gallery
from pages._scoring import Exam


def show(first: Bundle, second: Bundle) -> None:
    """The comparison, on faces that neither was trained on."""
    st.subheader(f"{first.name} and {second.name}", anchor=False)
    with parts.errors_shown():
        check_same_labels(first.labels, second.labels)
        exam = scoring.choose(first, second)
        one, other = scoring.scored(first, exam), scoring.scored(second, exam)
        if one is None or other is None:
            return
        found = compare(one, other)
        _verdict(first.name, second.name, found)
        reports = [scored.only(one.rows).only(other.rows).report() for scored in (one, other)]
        st.table(
            pd.DataFrame(
                {
                    "Accuracy (95 % interval)": [parts.accuracy(r.to_dict()) for r in reports],
                    "Balanced": [f"{100 * r.balanced_accuracy:.1f} %" for r in reports],
                    "Macro-F1": [f"{r.macro_f1:.3f}" for r in reports],
                    "ECE": [f"{r.ece:.3f}" for r in reports],
                },
                index=[first.name, second.name],
            )
        )
        told = {
            "data": exam.dataset.name,
            "split": exam.split,
            "mirror_images": exam.tta,
            **found.to_dict(),
            "models": [
                {"name": name, **report.to_dict()}
                for name, report in zip((first.name, second.name), reports, strict=True)
            ],
        }
        parts.download("Comparison (json)", lambda: json.dumps(told, indent=2),
                       f"{first.name}-{second.name}-{exam.dataset.name}.json")  # fmt: skip
        _faces(exam, first.name, second.name, found)


def _verdict(first: str, second: str, found: Comparison) -> None:
    """What the test says, in a sentence."""
    a, b = len(found.first_only), len(found.second_only)
    better, worse = (first, second) if a >= b else (second, first)
    if found.p_value < 0.05:
        said = f"**{better}** is better than {worse}, and hardly by chance"
    else:
        said = "Neither is shown to be better: a difference like this may well be chance"
    st.markdown(
        f"{said} (McNemar's exact test on {found.n:,} faces: {a:,} only {first} reads right, "
        f"{b:,} only {second}; p {_p(found.p_value)})."
    )


def _p(value: float) -> str:
    return "< 0.001" if value < 0.001 else f"= {value:.3f}"


def _faces(exam: Exam, first: str, second: str, found: Comparison) -> None:
    kinds = {f"Only {first} reads right": found.first_only,
             f"Only {second} reads right": found.second_only}  # fmt: skip
    kind = st.segmented_control("Faces", list(kinds), default=next(iter(kinds)), required=True,
                                key="only", label_visibility="collapsed")  # fmt: skip
    rows = kinds[kind or next(iter(kinds))]
    if not len(rows):
        st.write("None.")
        return
    gallery(exam.dataset, rows, f"only_{list(kinds).index(kind)}", stamp=exam.stamp)
    st.caption("First those of which the other was surest of something else.")
    sample.show_if_open(exam.dataset, exam.stamp, rows, first)
