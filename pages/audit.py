"""Audit: can the data be trusted? Findings in plain words, worst first; each opens its faces and
has one action, to keep the data without them. The data set and the finding are in the address."""

import streamlit as st

from fer.audit import WITHOUT, Audit, rows_without
from fer.data import DatasetInfo, FaceDataset, list_datasets
from pages import _actions as actions
from pages import _data_choice as data_choice
from pages import _ferplus as ferplus
from pages import _findings as findings
from pages import _jobs as jobs
from pages import _label_errors as label_errors
from pages import _parts as parts
from pages import _sample as sample
from pages import _tables as tables

# What a clean view is made without, unless one says otherwise.
CLEAN = ("near-twins", "twins", "not-a-face", "blank")


def main() -> None:
    st.title("Audit")
    name, info = data_choice.choose(forget_choice)
    if not list_datasets():
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption("Drawn faces have few faults; real data has many.", width="content")
            st.page_link("dataset.py", label="Get FER-2013", icon=":material/cloud_download:",
                         query_params={"get": "fer2013"})  # fmt: skip
    with parts.errors_shown():
        show(parts.dataset(name, parts.stamp(info)), info)


def forget_choice() -> None:
    for key in ("finding", "face"):
        st.query_params.pop(key, None)


def show(faces: FaceDataset, info: DatasetInfo | None) -> None:
    stamp = parts.stamp(info)
    job = tables.audited(faces, stamp)
    if not jobs.wait_for(job, "cancel_audit"):
        return
    audit: Audit = job.result
    verdict(audit, info)
    shown = findings.offer(faces, audit, stamp)
    clean_view(faces, audit)
    not_checked(audit, info)
    ranked = label_errors.offer(faces, stamp)
    is_ranked = st.query_params.get("face", "") in map(str, set(ranked) - set(shown))
    sample.show_if_open(faces, stamp, ranked if is_ranked else shown)


def verdict(audit: Audit, info: DatasetInfo | None) -> None:
    """Published or not, and how the classes are balanced."""
    said = [f"{audit.n:,} faces"]
    if info and info.differences is not None:
        said.append("differs from the published FER-2013: " + "; ".join(info.differences)
                    if info.differences else "matches the published FER-2013")  # fmt: skip
    counts = {label: count for label, count in audit.class_counts.items() if count}
    if audit.imbalance and round(audit.imbalance) > 1:
        most, least = max(counts, key=counts.__getitem__), min(counts, key=counts.__getitem__)
        said.append(f"{audit.imbalance:.0f} {most} faces for each {least}")
    st.caption(". ".join(part[0].upper() + part[1:] for part in said) + ".")


def clean_view(faces: FaceDataset, audit: Audit) -> None:
    """One view without several kinds of faces."""
    possible = [name for name in WITHOUT if any(key in audit.findings for key in WITHOUT[name])]
    if not any(finding.count for finding in audit.findings.values()):
        return
    with st.expander("Save a clean view", icon=":material/cleaning_services:", key="clean"):
        chosen = st.pills(
            "Without", possible, selection_mode="multi", key=f"without_{faces.name}",
            default=[name for name in CLEAN if name in possible], wrap=True,
            format_func=lambda name: findings.WITHOUT_NAMES[name],
        )  # fmt: skip
        if chosen:
            with parts.errors_shown():
                rows = rows_without(audit, chosen)
                rule = f"{faces.name} without {', '.join(chosen)}"
                actions.save(faces, rows, f"{faces.name}-clean", rule, "clean")


def not_checked(audit: Audit, info: DatasetInfo | None) -> None:
    if not audit.not_checked:
        return
    st.subheader("Not checked", anchor=False)
    # Of several for the same reason, one line.
    reasons: dict[str, list[str]] = {}
    for key, reason in audit.not_checked.items():
        if key != "not_a_face":
            reasons.setdefault(reason, []).append(key.replace("_", " ").capitalize())
    for reason, keys in reasons.items():
        st.markdown(f"- {', '.join(keys)}: {reason}")
    if "not_a_face" in audit.not_checked:
        st.markdown("- Pictures without a face: that takes the FER+ votes.")
        if info:
            with st.expander("Add the FER+ votes", icon=":material/how_to_vote:"):
                ferplus.offer(info, "ferplus")


main()
