"""Models in a browser: a cell of the confusion matrix opens its faces; a model comes and goes."""

import re
from pathlib import Path

from playwright.sync_api import Page, expect

from fer import bundles
from tests.browser.conftest import click_in_chart
from tests.conftest import Server


def test_a_click_on_a_cell_shows_its_faces(server: Server, page: Page) -> None:
    page.goto(f"{server.url}/models?models=spec&data=drawn&split=all")
    expect(page.get_by_text("On cleaner faces")).to_be_visible()
    matrix = page.locator(".js-plotly-plot .nsewdrag").first
    click_in_chart(matrix, 3.5 / 7, 3.5 / 7, re.compile("happy read as happy"))
    page.wait_for_url(re.compile("labelled=happy.*read=happy"))
    expect(page.get_by_text("faces read right, the surest first")).to_be_visible()
    face = page.get_by_role("listbox").get_by_role("option").first
    expect(face).to_have_attribute("aria-label", re.compile("happy"))
    page.go_back()
    expect(page.get_by_text("On cleaner faces")).to_be_visible()
    page.go_forward()
    face.click()
    expect(page.get_by_role("dialog")).to_be_visible()


def test_a_model_is_added_from_its_zip_file(server: Server, page: Page, tmp_path: Path) -> None:
    archive = tmp_path / "from-a-friend.zip"
    archive.write_bytes(bundles.load("spec").archive())
    page.goto(f"{server.url}/models")
    page.get_by_role("button", name="Add a model").click()
    page.locator("input[type=file]").set_input_files(archive)
    page.get_by_role("button", name="Add", exact=True).click()
    page.wait_for_url(re.compile("models=from-a-friend"))
    expect(page.get_by_role("heading", name="from-a-friend")).to_be_visible()
    expect(page.get_by_text("from-a-friend is added.")).to_be_visible()
    # Nothing is left that a second click would add once more.
    expect(page.get_by_role("button", name="Add", exact=True)).to_have_count(0)
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("button", name="Delete it").click()
    expect(page.get_by_role("heading", name="from-a-friend")).to_have_count(0)
