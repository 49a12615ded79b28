"""What the page Live hands to its script; the script itself is tested in tests/browser."""

from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from fer.bundles import default_name, load
from fer.labels import COLOURS, ICONS, LABELS
from tests.pages.conftest import address, component, words
from tests.trained import Trained, trained

__all__ = ["trained"]

OpenPage = Callable[..., AppTest]
SCRIPTS = Path(__file__).resolve().parents[2] / "pages" / "live_js"


def test_the_script_gets_labels_colours_and_icons_from_the_one_list(open_page: OpenPage) -> None:
    app = open_page("live.py")
    sent = component(app, "fer_live")
    assert [each["label"] for each in sent["labels"]] == list(LABELS)
    assert {each["label"]: each["icon"] for each in sent["labels"]} == ICONS
    assert {each["label"]: each["colour"] for each in sent["labels"]} == COLOURS
    assert not {colour.lower() for colour in COLOURS.values()} & set(sent["colours"])
    unsure_below = load(default_name()).unsure_below
    assert sent["unsure"] == unsure_below
    assert f"{unsure_below:.0%}".replace("%", " %") in words(app)
    assert sent["address"] == "/api/v1/predict"
    assert sent["token"] == ""


def test_the_model_is_that_of_the_address(open_page: OpenPage, trained: Trained) -> None:
    app = open_page("live.py", model=trained.bundle.name)
    assert component(app, "fer_live")["model"] == trained.bundle.name
    app.selectbox(key="model").select("spec").run()
    assert component(app, "fer_live")["model"] == "spec"
    assert address(app)["model"] == "spec"


def test_the_script_gets_the_token_that_its_requests_need(
    open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FER_API_TOKEN", "open sesame")
    assert component(open_page("live.py"), "fer_live")["token"] == "open sesame"


def test_labels_are_written_in_no_script(open_page: OpenPage) -> None:
    """They would be a second list, in an order of its own."""
    for script in SCRIPTS.glob("*.js"):
        text = script.read_text(encoding="utf-8")
        assert not [label for label in LABELS if f"'{label}'" in text]
        assert not [colour for colour in COLOURS.values() if colour.lower() in text.lower()]
