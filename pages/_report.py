"""How good a model is: scores with their interval, by label, by certainty, on cleaner faces."""

import json
from dataclasses import replace
from typing import Any

import pandas as pd
import streamlit as st

from fer import plots
from fer.audit import rows_without
from fer.bundles import Bundle
from fer.evaluation import Report, Scored, cleaner_scores
from pages import _jobs as jobs
from pages import _mistakes as mistakes
from pages import _parts as parts
from pages import _tables as tables
from pages._scoring import Exam


def show(bundle: Bundle, exam: Exam, scored: Scored) -> None:
    """All of the report."""
    report = scored.report()
    st.markdown(f"**Accuracy {parts.accuracy(report.to_dict())}.**" + _left_out(bundle, report))
    _scores(report)
    left, right = st.columns([3, 2], gap="medium")
    with left:
        st.markdown("**Confusion**: rows are labels, columns what was read. Click a cell to see "
                    "its faces.")  # fmt: skip
        mistakes.confusion(report)
    with right:
        st.markdown("**By label**")
        _by_label(report)
    left, right = st.columns(2, gap="medium")
    with left:
        st.markdown("**How sure, and how often right**")
        st.plotly_chart(plots.reliability(report.reliability), key="reliability",
                        config={"displayModeBar": False},
                        alt=f"Reliability diagram; ECE {report.ece:.3f}")  # fmt: skip
        st.caption("On the dotted line a model is as sure as it is right; below it, too sure.")
    with right:
        st.markdown("**If it may say “not sure”**")
        st.plotly_chart(plots.coverage(report.coverage), key="coverage",
                        config={"displayModeBar": False},
                        alt="Accuracy over the share of faces that are answered")  # fmt: skip
        st.caption(f"Answering only where it is sure enough, it is right more often. "
                   f"{_answered(bundle, scored)}")  # fmt: skip
    cleaner = _cleaner(bundle, exam, scored, report)
    if cleaner is None:
        return
    whole = replace(report, cleaner=cleaner)
    about = {"model": bundle.name, "data": exam.dataset.name, "split": exam.split,
             "mirror_images": exam.tta}  # fmt: skip
    mirrored = "-mirrored" if exam.tta else ""
    parts.download("Report (json)", lambda: json.dumps(about | whole.to_dict(), indent=2),
                   f"report-{bundle.name}-{exam.dataset.name}-{exam.split}{mirrored}.json",
                   )  # fmt: skip


def _left_out(bundle: Bundle, report: Report) -> str:
    told = f" Only faces{bundle.of_labels} are scored." if bundle.of_labels else ""
    if report.seen_in_training:
        told += f" {report.seen_in_training:,} faces that it was trained on are left out."
    return told


def _scores(report: Report) -> None:
    told = {
        "Balanced accuracy": (f"{100 * report.balanced_accuracy:.1f} %", "Mean recall of labels"),
        "Macro-F1": (f"{report.macro_f1:.3f}", "Mean F1 of the labels"),
        "Among the first two": (f"{100 * report.top2:.1f} %", "The two likeliest hold the label"),
        "ECE": (f"{report.ece:.3f}", "Expected calibration error, 15 bins"),
        "NLL": (f"{report.nll:.3f}", "Mean negative log-likelihood"),
        "Brier score": (f"{report.brier:.3f}", "Squared distance to the truth, 0 to 2"),
    }  # fmt: skip
    grid = st.grid(6, min_column_width=140)
    for name, (value, meaning) in told.items():
        grid.metric(name, value, help=meaning)


def _by_label(report: Report) -> None:
    rows = [
        {
            "Label": parts.emotion(label),
            "Precision": 100 * scores["precision"],
            "Recall": 100 * scores["recall"],
            "F1": scores["f1"],
            "Faces": scores["support"],
        }
        for label, scores in report.per_class.items()
    ]
    share = st.column_config.NumberColumn(format="%.0f %%")
    st.dataframe(
        pd.DataFrame(rows), hide_index=True, height="content",
        column_config={
            "Precision": share, "Recall": share,
            "F1": st.column_config.NumberColumn(format="%.2f"),
            "Faces": st.column_config.NumberColumn(format="localized"),
        },
    )  # fmt: skip


def _answered(bundle: Bundle, scored: Scored) -> str:
    """How much it answers, and how well, where the pages let it say "not sure"."""
    sure = scored.confidence >= bundle.unsure_below
    told = f"At {parts.percent(bundle.unsure_below)}, below which pages say “not sure”, it answers "
    if not sure.any():
        return f"{told}nothing here."
    right = scored.correct[sure].mean()
    return f"{told}{parts.percent(sure.mean())} and is right in {parts.percent(right)} of these."


CLEANER = {
    "without_twins": "without twins of faces it learned from",
    "without_near_twins": "without near twins of them",
    "ferplus_agreed": "where FER+ agrees with the label",
}


def _cleaner(
    bundle: Bundle, exam: Exam, scored: Scored, report: Report
) -> dict[str, dict[str, Any]] | None:
    """The same readings, without faces that make a score look better or worse than it is.

    Returned too; None while the data set is being audited.
    """
    st.markdown("**On cleaner faces**")
    # What tells near twins takes seconds, and the audit measures it.
    job = tables.audited(exam.dataset, exam.stamp)
    if not jobs.wait_for(job, "cancel_audit"):
        return None
    scores = cleaner_scores(bundle, exam.dataset, scored)
    found = {"as above": report.to_dict()}
    found |= {CLEANER[name]: score for name, score in scores.items()}
    if "conflicting_labels" in job.result.findings:
        fewer = scored.only(rows_without(job.result, ["conflicting"]))
        if len(fewer.rows):
            found["without copies that are labelled otherwise"] = fewer.report().to_dict()
    column = [parts.accuracy(score) for score in found.values()]
    st.table(pd.DataFrame({"Accuracy (95 % interval)": column}, index=list(found)))
    if "without_near_twins" not in scores:
        st.caption("Near twins are told only where all that it learned from is here.")
    return scores
