from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from fer.data import drawn_faces, save_dataset
from fer.errors import FerError
from fer.training import Run, RunConfig
from tests.pages.conftest import address, finished, words
from tests.trained import Trained, trained

__all__ = ["trained"]

OpenPage = Callable[..., AppTest]


def links(app: AppTest) -> dict[str, str]:
    """Where the page's links lead: label to address."""
    return {link.proto.label: link.proto.query_string for link in app.get("page_link")}


def test_a_fresh_machine_is_offered_the_demo_which_starts_in_one_click(
    open_page: OpenPage, make_run: Callable[..., Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[RunConfig] = []

    def start(config: RunConfig) -> Run:
        started.append(config)
        return make_run("queued")

    monkeypatch.setattr("pages._runs.start", start)
    app = open_page("home.py")
    app.button[0].click().run()
    assert [(c.architecture, c.data, c.recipe_name) for c in started] == [("spec", "drawn", "demo")]
    assert app.title[0].value == "Train"
    assert address(app)["run"] == "spec-demo-1"


def test_the_doors_show_what_is_here(open_page: OpenPage, make_run: Callable[..., Run]) -> None:
    make_run("stopped", epoch=2)
    app = open_page("home.py")
    shown = links(app)
    (line,) = [label for label in shown if "spec-demo-1" in label]
    assert "stopped, epoch 2 of" in line
    assert shown[line] == "run=spec-demo-1"
    assert "Train on drawn faces" not in [button.label for button in app.button]
    assert "Drawn faces are built in" in words(app)


def test_all_seven_expressions_are_shown_with_their_icons(open_page: OpenPage) -> None:
    said = words(open_page("home.py"))
    for shown in (
        "😠 angry",
        "🤢 disgust",
        "😨 fear",
        "😊 happy",
        "😢 sad",
        "😮 surprise",
        "😐 neutral",
    ):
        assert shown in said


def test_a_download_that_fails_says_so_in_plain_words(
    open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def download(**options: object) -> None:
        raise FerError("FER-2013 could not be downloaded: check the network connection.")

    monkeypatch.setattr("pages._imports.download", download)
    app = open_page("home.py")
    app.button(key="download").click().run()
    app = finished(app, "cancel_import")
    assert app.title[0].value == "Dataset"
    assert "check the network connection" in app.error[0].value
    assert app.button(key="download").label == "Download FER-2013"


def test_home_offers_no_download_where_there_is_data(open_page: OpenPage) -> None:
    save_dataset(drawn_faces(70), "mine")
    assert "download" not in [button.key for button in open_page("home.py").button]


def models_shown(app: AppTest) -> list[str]:
    return [label.partition(",")[0] for label in links(app) if ", accuracy " in label]


def test_the_model_that_reads_comes_first_then_the_best_shipped(open_page: OpenPage) -> None:
    assert models_shown(open_page("home.py")) == ["general", "flagship", "vgg"]


def test_a_model_of_ones_own_comes_before_the_shipped(
    open_page: OpenPage, trained: Trained
) -> None:
    assert models_shown(open_page("home.py")) == ["general", trained.bundle.name, "flagship"]
