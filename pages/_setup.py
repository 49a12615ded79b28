"""Setting up a run: network, recipe, data, settings, and the button that starts it."""

from collections.abc import Callable
from typing import Any

import pandas as pd
import streamlit as st

from fer import training
from fer.bundles import list_bundles
from fer.data import SPLITS, DatasetInfo, list_datasets
from fer.data.splits import splits_for
from fer.training import Run, RunConfig, list_runs
from fer.words import counted
from fer.zoo import Architecture, Recipe
from pages import _imports as imports
from pages import _once as once
from pages import _parts as parts
from pages import _settings as settings
from pages._beginning import Beginning, begin

IN_FRONT = ("epochs", "batch_size", "learning_rate")
FER2013 = "fer2013"  # what a download is called


def set_up(started: Callable[[Run], None]) -> None:
    """All that a run needs, and the button that starts it; `started` shows the run."""
    imports.just_ended()
    infos = {info.name: info for info in list_datasets()}
    beginning = begin(infos)
    data, split = choose_data(beginning, infos)
    is_here = data != FER2013 or FER2013 in infos
    if not is_here and not imports.waiting():
        imports.offer_download()
    changed = settings.edit(beginning.recipe, list(IN_FRONT), beginning.key)
    with st.expander("Advanced settings", icon=":material/tune:"):
        changed |= settings.edit_by_group(beginning.recipe, IN_FRONT, beginning.key)
        extra = this_run(beginning, changed)
    with st.expander("Layers", icon=":material/layers:", key="layers"):
        show_layers(beginning.network)
    recipe = settings.changed_recipe(beginning.recipe, changed)
    note = st.text_input("Note", key=f"note_{beginning.key}", placeholder="Why this run?",
                         persist_state="session")  # fmt: skip
    was_meant = not was_deleted(data, infos)
    ready = recipe is not None and is_here and has_votes(recipe, data, infos)
    with st.container(horizontal=True, vertical_alignment="center"):
        pressed = st.button("Start training", type="primary", icon=":material/play_arrow:",
                            key=once.key("start"), disabled=not ready)  # fmt: skip
        waiting = sum(run.status().is_live for run in list_runs())
        if waiting:
            st.caption(f"It waits for its turn behind {counted(waiting, 'run')}.",
                       width="content")  # fmt: skip
    if pressed and was_meant and recipe:
        with parts.errors_shown():
            run = training.start(
                RunConfig(beginning.network.name, data, beginning.recipe_name, recipe, split=split,
                          **extra)
            )  # fmt: skip
            if note.strip():
                run.write_note(note.strip())
            once.done("start")
            started(run)


def choose_data(beginning: Beginning, infos: dict[str, DatasetInfo]) -> tuple[str, str]:
    """The data set and how it is divided: as the recipe is meant, where the data allows it."""
    cloned, key = beginning.cloned, beginning.key
    names = [*infos, "drawn", *([FER2013] if FER2013 not in infos else [])]
    first = "drawn" if beginning.recipe_name == "demo" else names[0]
    asked = st.query_params.get("data")
    if asked in names:
        first, key = asked, f"{key}_{asked}"
    if cloned:
        first = cloned.data
        names += (
            [first] if first not in names else []
        )  # a path, or data that is gone: said at start
    grid = st.grid(2, min_column_width=220)
    data = grid.selectbox(
        "Data", names, names.index(first), key=f"data_{key}", persist_state="session",
        format_func=lambda name: f"{name} (to be downloaded)"
        if name == FER2013 and name not in infos else name,
    )  # fmt: skip
    splits = splits_for(infos[data].counts) if data in infos else list(SPLITS)
    wanted = cloned.split if cloned else beginning.recipe.split
    if beginning.recipe_name == "demo" and not cloned:
        wanted = "official"
    split = grid.selectbox(
        "Split", splits, splits.index(wanted if wanted in splits else "80-10-10"),
        key=f"split_{key}_{'official' in splits}", persist_state="session", help=split_help(),
    )  # fmt: skip
    return data, split


def was_deleted(data: str, infos: dict[str, DatasetInfo]) -> bool:
    """Whether the data that was chosen is gone: no run may start on what took its place."""
    before = st.session_state.get("data_to_train_on")
    st.session_state["data_to_train_on"] = data if data in infos else None
    if before is None or before in infos:
        return False
    st.warning(f"{before} was deleted; {data} is chosen instead.", icon=":material/link_off:")
    return True


def split_help() -> str:
    return "\n\n".join(f"**{name}**: {meaning}." for name, meaning in SPLITS.items())


def this_run(beginning: Beginning, changed: dict[str, Any]) -> dict[str, Any]:
    """What is not part of a recipe: chance, and the weights to start from."""
    cloned, key = beginning.cloned, beginning.key
    st.markdown("**This run**")
    grid = st.grid(4, min_column_width=settings.COLUMN_PX)
    seed = grid.number_input(
        "Seed", value=cloned.seed if cloned else 0, step=1, key=f"seed_{key}",
        persist_state="session",
        help="Of the first weights, the order of the faces, augmentation and dropout.",
    )  # fmt: skip
    split_seed = grid.number_input(
        "Split seed", value=cloned.split_seed if cloned else 0, step=1, key=f"split_seed_{key}",
        persist_state="session",
        help="Of the division of the faces; the official split has none.",
    )  # fmt: skip
    labels = changed.get("labels", beginning.recipe.labels)
    same_labels = [bundle for bundle in list_bundles() if bundle.labels == labels]
    network = beginning.network.name
    fitting = [b.name for b in same_labels if b.architecture == network and b.has_weights]
    first = cloned.init if cloned and cloned.init in fitting else None
    init = grid.selectbox(
        "Start from", [None, *fitting], [None, *fitting].index(first), key=f"init_{key}",
        persist_state="session",
        format_func=lambda name: name or "random weights",
        help="A model of the same network and labels, to be trained further.",
    )  # fmt: skip
    able = [bundle.name for bundle in same_labels]
    if cloned and (gone := [name for name in cloned.ancestors if name not in able]):
        st.warning(f"The run that is copied began with {' and '.join(gone)}, which cannot be had "
                   "here any more: choose others, or go without.")  # fmt: skip
    teachers = grid.multiselect(
        "Teachers", able, [t for t in cloned.teachers if t in able] if cloned else [],
        key=f"teachers_{key}", placeholder="None", persist_state="session",
        help="Models whose answers are a share of what is learned: a small network comes close to "
             "several large ones. They read every face of every epoch, so that takes longer. None "
             "may have learned from the faces this run is measured on.",
    )  # fmt: skip
    return {"seed": seed, "split_seed": split_seed, "init": init, "teachers": tuple(teachers)}


def has_votes(recipe: Recipe, data: str, infos: dict[str, DatasetInfo]) -> bool:
    """Whether the data has the FER+ votes that the recipe learns from; says so where it has not."""
    if not recipe.votes or data not in (*infos, "drawn") or (data in infos and infos[data].votes):
        return True
    join = "" if data == "drawn" else "join them on the page Dataset, "
    st.warning(
        f"This recipe learns from FER+ votes, which {data} does not have: {join}choose data that "
        "has them, or set FER+ votes to 0 under Advanced settings.",
        icon=":material/how_to_vote:",
    )
    return False


def show_layers(network: Architecture) -> None:
    """The network from input to output."""
    rows = [(row.layer, " × ".join(map(str, row.output)), row.parameters) for row in network.layers]
    table = pd.DataFrame(rows, columns=["Layer", "Output shape", "Parameters"])
    st.dataframe(table, hide_index=True, height="content", column_config={
        "Parameters": st.column_config.NumberColumn(format="localized")})  # fmt: skip
    classes = network.layers[-1].output[-1]
    st.caption(f"{network.parameters:,} parameters in all, with {classes} labels.")
