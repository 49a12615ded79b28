"""What a new run begins with: a network and a recipe; or all of an earlier run, to be changed."""

from dataclasses import dataclass

import streamlit as st

from fer import zoo
from fer.data import DatasetInfo
from fer.errors import FerError
from fer.training import RunConfig, get_run
from fer.zoo import Architecture, Recipe
from pages import _runs as runs


@dataclass(frozen=True)
class Beginning:
    """What the widgets start from; `key` is other where other values should be filled in."""

    network: Architecture
    recipe_name: str
    recipe: Recipe
    key: str
    cloned: RunConfig | None = None


def begin(infos: dict[str, DatasetInfo]) -> Beginning:
    """Network and recipe, chosen by the visitor or taken from the run of ?clone=."""
    clone, source = st.query_params.get("clone"), cloned_config()
    copy = f"{clone}_{st.session_state.get('copies', 0)}"
    if source and st.session_state.get("cloned") != copy:
        st.session_state["cloned"] = copy
        st.session_state["network"] = source.architecture
        st.session_state["recipe"] = source.recipe_name
    networks = zoo.names()
    st.session_state.setdefault("network", runs.DEMO_NETWORK)
    network = zoo.get(
        st.selectbox("Network", networks, key="network", width=480, persist_state="session",
                     format_func=lambda name: f"{name}: {zoo.get(name).title}")
    )  # fmt: skip
    st.caption(f"{network.parameters:,} parameters. Source: {network.source}.")
    first = "demo" if not infos and "demo" in network.recipes else network.default_recipe
    chosen = st.session_state.get("recipe")
    chosen = chosen if chosen in network.recipes else first
    cards(network.recipes, chosen)
    key = f"{network.name}_{chosen}"
    if source and (source.architecture, source.recipe_name) == (network.name, chosen):
        st.info(f"The settings are those of **{clone}**; change what should be different.",
                icon=":material/content_copy:")  # fmt: skip
        return Beginning(network, chosen, source.recipe, f"{key}_{copy}", source)
    return Beginning(network, chosen, network.recipes[chosen], key)


def cloned_config() -> RunConfig | None:
    """The settings of the run that the address asks to copy."""
    name = st.query_params.get("clone")
    if not name:
        return None
    try:
        config = get_run(name).config
        zoo.get(config.architecture).recipe(config.recipe_name)
    except FerError as error:
        st.warning(str(error))
        return None
    return config


def cards(recipes: dict[str, Recipe], chosen: str) -> None:
    """The presets, one card each."""
    grid = st.grid(max(2, len(recipes)), min_column_width=220, border=True)
    for name, recipe in recipes.items():
        with grid.cell():
            st.button(
                # A screen reader hears no icon.
                name.capitalize().replace("-", " ") + (" (chosen)" if name == chosen else ""),
                icon=f":material/radio_button_{'' if name == chosen else 'un'}checked:",
                type="tertiary",
                key=f"recipe_{name}",
                on_click=st.session_state.__setitem__,
                args=("recipe", name),
            )
            st.caption(recipe.summary + (" Needs data with FER+ votes." if recipe.votes else ""))
