"""The journeys of the people whom this is for, from the first page to what they came for."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from fer.bundles import load
from fer.images import decode
from fer.labels import LABELS
from pages._parts import data_url
from tests.browser.conftest import TRAINED_MS, click_in_chart, take_snapshot
from tests.browser.test_live import stand_in
from tests.conftest import Server, start_server, stop_server
from tests.films import head

# The points of the first curve, training loss.
POINTS = "(document.querySelector('.fer-curves > div')?.data ?? [{x: []}])[0].x.length"


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Server]:
    """A studio on a machine that has no data and no runs."""
    server = start_server(tmp_path / "home", tmp_path / "server.log")
    yield server
    stop_server(server)


def test_a_student_trains_on_drawn_faces_and_is_read_by_the_camera(
    fresh: Server, page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No setting is touched and nothing needs to be looked up."""
    monkeypatch.setenv("FER_HOME", str(fresh.home))
    page.goto(fresh.url)
    page.get_by_role("button", name="Train on drawn faces").click()
    page.wait_for_url(re.compile("run=spec-demo-1"))
    page.wait_for_function(f"{POINTS} > 1")
    before = page.evaluate(POINTS)
    page.wait_for_function(f"{POINTS} > {before}")
    expect(page.get_by_role("heading", name="Validation faces")).to_be_visible()
    expect(page.locator("figure")).to_have_count(16)
    expect(page.get_by_text("Accuracy on the test faces")).to_be_visible(timeout=TRAINED_MS)
    assert load("spec-demo-1").metrics["test"]["accuracy"] > 0.7
    page.get_by_role("button", name="Read a face with it").click()
    expect(page.get_by_text("Test faces of drawn: the model has not learned")).to_be_visible()
    page.get_by_role("button", name="happy").click()
    expect(page.get_by_text("Labelled 😊 happy in the data")).to_be_visible()
    expect(page.get_by_text(re.compile("Expression looks like"))).to_be_visible()
    choose_shipped_model(page)
    take_snapshot(page)
    expect(page.get_by_text("Snapshot", exact=True).last).to_be_visible()
    expect(page.locator("[role=img][aria-label*='%']")).to_have_count(2)


def choose_shipped_model(page: Page) -> None:
    page.get_by_role("combobox", name="Model").click()
    page.get_by_role("option", name="spec", exact=True).click()
    expect(page.get_by_text("learned from fer2013")).to_be_visible()


def test_a_teacher_shows_faces_live_and_then_what_the_model_takes_for_what(
    server: Server, page: Page, astronaut: Path, grace_hopper: Path
) -> None:
    """With a projector: bars and chart are seen at once, and the class asks what was before."""
    hers = data_url(head(decode(astronaut), 200))
    his = data_url(decode(grace_hopper)[80:380:2, 120:420:2])
    stand_in(page, {"url": hers, "x": 40, "y": 60}, {"url": his, "x": 400, "y": 80})
    page.set_viewport_size({"width": 1920, "height": 1080})
    page.goto(server.url)
    page.get_by_role("link", name="From the camera, live").click()
    page.get_by_role("button", name="Start the camera").click()
    expect(page.locator(".face", has_text="happy")).to_be_visible()
    page.locator(".face", has_text="neutral").get_by_role("radio").check()
    expect(page.get_by_role("heading", name="looks like 😐 neutral")).to_be_visible()
    expect(page.get_by_role("img", name=re.compile("neutral [5-9]"))).to_be_visible()
    chart = page.locator(".minute")
    expect(chart).to_be_in_viewport(ratio=1)
    box = chart.bounding_box()
    assert box is not None
    chart.hover(position={"x": box["width"] - 30, "y": 20})
    expect(page.get_by_text(re.compile(r"\d s ago: 😐 neutral \d\d %"))).to_be_visible()

    page.get_by_role("link", name="Models").first.click()
    page.wait_for_url(re.compile("/models"))
    page.goto(f"{server.url}/models?models=spec&data=drawn&split=all")
    expect(page.get_by_text("On cleaner faces")).to_be_visible()
    matrix = page.locator(".js-plotly-plot .nsewdrag").first
    row, column = LABELS.index("sad"), LABELS.index("neutral")
    across, down = (column + 0.5) / len(LABELS), (row + 0.5) / len(LABELS)
    click_in_chart(matrix, across, down, re.compile("sad read as neutral"))
    page.wait_for_url(re.compile("labelled=sad.*read=neutral"))
    faces = page.get_by_role("listbox").get_by_role("option")
    expect(faces.first).to_have_attribute("aria-label", re.compile("sad"))
    faces.first.click()
    expect(page.get_by_role("dialog")).to_be_visible()
