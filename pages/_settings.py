"""All settings of a recipe as widgets, in groups; the texts are those of `fer.zoo.settings`."""

from typing import Any

import streamlit as st

from fer.errors import FerError
from fer.labels import LABELS
from fer.zoo import Recipe
from fer.zoo.settings import SETTINGS, Setting
from pages import _parts as parts

COLUMN_PX = 160

RUN_TITLES = {"architecture": "Network", "recipe_name": "Recipe", "init": "Start from",
              "teachers": "Teachers"}  # fmt: skip


def edit(recipe: Recipe, names: list[str], key: str) -> dict[str, Any]:
    """Widgets for these settings; those that were changed, and their values."""
    grid = st.grid(4, min_column_width=COLUMN_PX, vertical_alignment="bottom")
    edited = {}
    for name in names:
        setting, before = SETTINGS[name], getattr(recipe, name)
        with grid.cell(column_span=2 if setting.kind is tuple else 1):
            edited[name] = widget(setting, before, f"{name}_{key}")
    return {name: value for name, value in edited.items() if value != getattr(recipe, name)}


def edit_by_group(recipe: Recipe, elsewhere: tuple[str, ...], key: str) -> dict[str, Any]:
    """`edit` for all settings but those `elsewhere`, under the names of their groups."""
    groups: dict[str, list[str]] = {}
    for setting in SETTINGS.values():
        if setting.name not in elsewhere:
            groups.setdefault(setting.group, []).append(setting.name)
    changed: dict[str, Any] = {}
    for group, names in groups.items():
        st.markdown(f"**{group}**")
        changed |= edit(recipe, names, key)
    return changed


def changed_recipe(recipe: Recipe, changed: dict[str, Any]) -> Recipe | None:
    """The recipe with its changes, which are listed; None, and why, where one is wrong."""
    try:
        result = recipe.with_changes(**changed)
    except FerError as error:
        st.error(str(error), icon=":material/error:")
        return None
    if changed:
        words = ", ".join(spelled(name, value) for name, value in changed.items())
        st.caption(f"Changed: {words}.")
    return result


def widget(setting: Setting, value: Any, key: str) -> Any:
    """The widget that fits the setting. Ranges are left to the recipe, which says what is wrong."""
    says = f"{setting.help}\n\nOn the command line: `--set {setting.name}=…`"
    common: dict[str, Any] = {"key": key, "help": says, "persist_state": "session"}
    if setting.kind is bool:
        return st.toggle(setting.title, value, **common)
    if setting.kind is tuple:
        chosen = st.multiselect(setting.title, LABELS, value, format_func=parts.emotion, **common)
        return tuple(label for label in LABELS if label in chosen)
    if setting.choices:
        first = setting.choices.index(value)
        return st.selectbox(setting.title, setting.choices, first, **common)
    if setting.kind is int:
        return st.number_input(setting.title, value=value, step=int(setting.step), **common)
    step = value / 2 if 0 < value < setting.step else float(setting.step)
    return st.number_input(setting.title, value=float(value), step=step, format="%g", **common)


def spelled(name: str, value: Any) -> str:
    """A setting and its value in words: "Learning rate 0.002"."""
    return f"{title(name)} {value_text(value)}"


def title(name: str) -> str:
    """What a setting of a recipe or of a run is called."""
    if name in SETTINGS:
        return SETTINGS[name].title
    return RUN_TITLES.get(name, name.replace("_", " ").capitalize())


def value_text(value: Any) -> str:
    """A value as people write it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple | list):
        return ", ".join(value) or "–"
    return f"{value:g}" if isinstance(value, float) else "–" if value is None else str(value)
