"""Train: choose, start, watch, stop. The run that is shown is in the URL."""

import csv
import io

import streamlit as st

from fer import zoo
from fer.data import SPLITS, list_datasets
from fer.errors import FerError
from fer.training import Run, RunConfig, get_run, list_runs, start
from fer.zoo import Recipe
from pages import _parts as parts
from pages import _runs as runs

NEW = "new"


def main() -> None:
    st.title("Train")
    all_runs = list_runs()
    shown = run_in_url(all_runs)
    if all_runs:
        choose_run(all_runs, shown)
    if shown:
        runs.show(shown)
        downloads(shown)
    else:
        set_up()


def run_in_url(all_runs: list[Run]) -> Run | None:
    """The run of ?run=; without it, one that is at work."""
    name = st.query_params.get("run")
    if name == NEW:
        return None
    if name:
        try:
            return get_run(name)
        except FerError as error:
            st.warning(str(error))
            return None
    return next((run for run in all_runs if run.status().is_live), None)


def choose_run(all_runs: list[Run], shown: Run | None) -> None:
    """Pick another run, or a new one; the URL follows, and so does a change of the URL."""
    names = [NEW, *(run.name for run in all_runs)]
    st.session_state["run_choice"] = shown.name if shown else NEW
    if shown:
        st.query_params["run"] = shown.name
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.selectbox("Run", names, key="run_choice", on_change=follow_choice, width=280,
                     format_func=lambda name: "New run" if name == NEW else name)  # fmt: skip
        if shown:
            st.button("New run", icon=":material/add:", key="new_run", on_click=show_run,
                      args=(NEW,))  # fmt: skip
        if shown and not shown.status().is_live:
            offer_delete(shown)


def follow_choice() -> None:
    show_run(st.session_state["run_choice"])


def show_run(name: str) -> None:
    st.query_params["run"] = name


def offer_delete(run: Run) -> None:
    with st.popover("Delete", icon=":material/delete:"):
        st.write(f"Delete **{run.name}**, its curves and checkpoints? A model it made stays.")
        if st.button("Delete it", type="primary", key="delete_run"):
            with parts.errors_shown():
                run.delete()
                show_run(NEW)
                st.rerun()


def set_up() -> None:
    """The presets, the settings, the start."""
    datasets = [info.name for info in list_datasets()]
    networks = zoo.names()
    network = zoo.get(
        st.selectbox("Network", networks, index=networks.index(runs.DEMO_NETWORK), key="network",
                     format_func=lambda name: f"{name}: {zoo.get(name).title}", width=480)
    )  # fmt: skip
    st.caption(f"{network.parameters:,} parameters. Source: {network.source}.")
    first = "demo" if not datasets and "demo" in network.recipes else network.default_recipe
    chosen = st.session_state.get("recipe")
    chosen = chosen if chosen in network.recipes else first
    cards(network.recipes, chosen)
    settings(network.name, chosen, network.recipes[chosen], datasets)


def cards(recipes: dict[str, Recipe], chosen: str) -> None:
    grid = st.grid(len(recipes), min_column_width=220, border=True)
    for name, recipe in recipes.items():
        with grid.cell():
            st.button(
                name.capitalize(),
                icon=f":material/radio_button_{'' if name == chosen else 'un'}checked:",
                width="stretch",
                key=f"recipe_{name}",
                on_click=st.session_state.__setitem__,
                args=("recipe", name),
            )
            st.caption(recipe.summary)


def settings(network: str, name: str, recipe: Recipe, datasets: list[str]) -> None:
    data = [*datasets, "drawn"]
    is_demo = name == "demo"
    grid = st.grid(5, min_column_width=150)
    # The keys carry the recipe, so that another recipe brings its own values.
    key = f"{network}_{name}"
    data_name = grid.selectbox(
        "Data", data, index=len(datasets) if is_demo else 0, key=f"data_{key}"
    )
    split = grid.selectbox(
        "Split", list(SPLITS), index=list(SPLITS).index("official" if is_demo else "published"),
        key=f"split_{key}", help=split_help(),
    )  # fmt: skip
    epochs = grid.number_input("Epochs", 1, 1000, recipe.epochs, key=f"epochs_{key}")
    batch = grid.number_input("Batch size", 1, 4096, recipe.batch_size, key=f"batch_{key}")
    rate = grid.number_input(
        "Learning rate", 1e-6, 1.0, recipe.learning_rate, step=recipe.learning_rate / 2,
        format="%g", key=f"rate_{key}",
    )  # fmt: skip
    if st.button("Start training", type="primary", icon=":material/play_arrow:", key="start"):
        with parts.errors_shown():
            changed = recipe.with_changes(epochs=epochs, batch_size=batch, learning_rate=rate)
            run = start(RunConfig(network, data_name, name, changed, split=split))
            show_run(run.name)
            st.rerun()


def split_help() -> str:
    return "\n\n".join(f"**{name}**: {meaning}." for name, meaning in SPLITS.items())


def downloads(run: Run) -> None:
    """The numbers behind the curves: one line an epoch."""
    rows = run.metrics().epochs
    if not rows:
        return
    plain = [name for name, value in rows[0].items() if isinstance(value, int | float)]
    text = io.StringIO()
    table = csv.DictWriter(text, plain, extrasaction="ignore")
    table.writeheader()
    table.writerows(rows)
    st.download_button("Epochs (csv)", text.getvalue(), f"{run.name}.csv", "text/csv",
                       type="tertiary", icon=":material/download:")  # fmt: skip


main()
