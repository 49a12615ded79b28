"""Pages driven without a browser, and runs as a worker would have left them."""

import base64
import json
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
import streamlit as st
from streamlit.proto.WidgetStates_pb2 import WidgetStates
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Element, UnknownElement

from fer import files, home, zoo
from fer.training import Run, RunConfig, RunStatus

MAIN = Path(__file__).resolve().parents[2] / "pages" / "_main.py"
LIMIT_S = 30


@pytest.fixture
def open_page(fer_home: Path) -> Callable[..., AppTest]:
    """`open_page("train.py", run="new")`: the page as its address with ?run=new shows it."""

    def opened(page: str, /, **query: str) -> AppTest:
        app = AppTest.from_file(str(MAIN), default_timeout=LIMIT_S)
        if page != "home.py":
            app.switch_page(page)
        for name, value in query.items():
            app.query_params[name] = value
        app.run()
        assert not app.exception, app.exception[0].message
        return app

    return opened


@pytest.fixture
def downloads(monkeypatch: pytest.MonkeyPatch) -> dict[str, Callable[[], Any]]:
    """By their label, what the page's download buttons give."""
    shown = st.download_button
    found: dict[str, Callable[[], Any]] = {}

    def noted(label: str, data: Callable[[], Any], *given: Any, **named: Any) -> bool:
        found[label] = data
        return shown(label, data, *given, **named)

    monkeypatch.setattr(st, "download_button", noted)
    return found


@pytest.fixture
def make_run(fer_home: Path) -> Callable[..., Run]:
    """`make_run("stopped", epoch=1)`: a run folder in that state; those at work have our pid."""

    def made(state: str, name: str = "spec-demo-1", **changes: Any) -> Run:
        recipe = zoo.get("spec").recipes["demo"]
        config = RunConfig("spec", "drawn", "demo", recipe, split="official")
        process = psutil.Process()
        status = RunStatus(
            state,
            created=time.time(),
            pid=process.pid,
            pid_started=process.create_time(),
            epochs=recipe.epochs,
            steps_per_epoch=53,
        )
        path = home.runs_dir() / name
        path.mkdir()
        files.write_json(path / "config.json", config.to_dict())
        files.write_json(path / "status.json", {**asdict(status), **changes})
        rows = [
            {"kind": "step", "step": step, "epoch": 1, "loss": 2.0, "accuracy": 0.2, "time_s": 1.0}
            for step in (1, 20, 40)
        ]
        end = {"val_loss": 1.5, "val_accuracy": 0.5, "loss": 1.7, "accuracy": 0.4, "time_s": 2.0}
        rows.append({"kind": "epoch", "step": 53, "epoch": 1, **end})
        (path / "metrics.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
        (path / "worker.log").write_text("the worker's last words\n")
        return Run(path)

    return made


def go(app: AppTest, page: str, **query: str) -> AppTest:
    """To another page as a browser goes: with no word of the widgets of the one before."""
    app.switch_page(page)
    app.query_params.clear()
    for name, value in query.items():
        app.query_params[name] = value
    app._run(WidgetStates())
    assert not app.exception, app.exception[0].message
    return app


def address(app: AppTest) -> dict[str, str]:
    """The query of the page's address."""
    given = app.query_params.items()
    return {name: value if isinstance(value, str) else value[-1] for name, value in given}


def html(app: AppTest) -> list[str]:
    """The page's pieces of plain HTML, in order."""
    return [str(element.value) for element in app.get("html") if isinstance(element, Element)]


def words(app: AppTest) -> str:
    """All that a page says, in one string."""
    said = [*app.markdown, *app.caption, *app.info, *app.error, *app.warning]
    return "\n".join([*(str(element.value) for element in said), *html(app)])


def component(app: AppTest, name: str) -> Any:
    """What the page sent to the component `name`; None where it is not on the page."""
    for element in app.get("bidi_component"):
        assert isinstance(element, UnknownElement)
        if element.proto.component_name == name:
            return json.loads(element.proto.json)
    return None


def gallery_rows(app: AppTest) -> list[int]:
    """The rows that the page's gallery shows, in order."""
    sent = component(app, "fer_gallery")
    if sent is None:
        return []
    return [int(row) for row in np.frombuffer(base64.b64decode(sent["rows"]), "<i4")]


def finished(app: AppTest, cancel: str = "cancel") -> AppTest:
    """The page once the job is done whose progress it shows with the button `cancel`."""
    give_up = time.monotonic() + LIMIT_S
    while any(b.key == cancel for b in app.button) and time.monotonic() < give_up:
        app.run()
    return app
