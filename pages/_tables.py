"""What is known of each face, for filters: at once what needs no look at a pixel, the rest as soon
as it has been measured."""

from collections.abc import Sequence

import streamlit as st

from fer.audit import saved_audit
from fer.bundles import Bundle, list_bundles
from fer.data import FaceDataset
from fer.explore import BrowseTable, browse_table, plain_table, saved_map
from pages import _jobs as jobs


@st.cache_resource(max_entries=4, show_spinner=False)
def plain(_dataset: FaceDataset, name: str, stamp: str) -> BrowseTable:
    """Labels, Usage and votes."""
    return plain_table(_dataset)


def full(dataset: FaceDataset, stamp: str, model: str | None) -> jobs.Job:
    """The job whose result is the table with flags, pixel statistics and what `model` reads."""
    bundle = bundles().get(model or "")
    key = f"table {dataset.name} {stamp} {bundle_stamp(bundle)}"
    work = f"{bundle.name} reads the faces" if bundle else "Measuring the faces"
    return jobs.at_once(key, work, lambda tell: browse_table(dataset, bundle, tell))


def audited(dataset: FaceDataset, stamp: str) -> jobs.Job:
    """The job whose result is the audit."""
    key = f"audit {dataset.name} {stamp}"
    return jobs.at_once(key, "Looking at every face", lambda tell: saved_audit(dataset, tell))


def mapped(dataset: FaceDataset, stamp: str, model: str) -> jobs.Job:
    """The job whose result is where each face is on the map of `model`."""
    bundle = bundles()[model]
    key = f"map {dataset.name} {stamp} {bundle_stamp(bundle)}"
    return jobs.at_once(key, "Drawing the map", lambda tell: saved_map(dataset, bundle, tell))


def bundles() -> dict[str, Bundle]:
    """The models by name."""
    return {bundle.name: bundle for bundle in list_bundles()}


def bundle_stamp(*models: Bundle | None) -> str:
    """Changes with the models' files."""
    return " ".join(str(sorted(model.card["files"].items())) for model in models if model)


def free_name(wanted: str, taken: Sequence[str]) -> str:
    """`wanted`, with a number where the name is taken."""
    name, number = wanted, 2
    while name in taken:
        name, number = f"{wanted}-{number}", number + 1
    return name
