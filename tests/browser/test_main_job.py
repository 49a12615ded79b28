"""The main job from end to end, as a visitor does it: data in, a network trained, a face read."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import httpx2 as httpx
import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from fer.data import drawn_faces
from fer.labels import LABELS
from tests.browser.conftest import TRAINED_MS, stop_button, take_snapshot
from tests.conftest import Server, start_server, stop_server
from tests.samples import write_csv

# The points of the first curve, training loss.
POINTS = "(document.querySelector('.fer-curves > div')?.data ?? [{x: []}])[0].x.length"


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[list[Server]]:
    """A server of this test's own, in a list so that a second start can take its place."""
    servers = [start_server(tmp_path / "home", tmp_path / "server.log")]
    yield servers
    stop_server(servers[-1])


def test_the_main_job(
    own_server: list[Server], context: BrowserContext, page: Page, tmp_path: Path, astronaut: Path
) -> None:
    upload_data(page, own_server[0].url, tmp_path)
    run = start_training(page)
    watch_it_move(page)
    stop_and_reload(page, run)
    resume_and_restart_the_server(own_server, context, page)
    model = follow_to_predict(page)
    compare_with_rest(page, own_server[-1].url, model, astronaut)
    health = httpx.get(f"{own_server[-1].url}/api/v1/health").json()
    assert health["tensorflow_loaded"] is False


def upload_data(page: Page, url: str, folder: Path) -> None:
    """A bad file is refused in words; a good one is imported, selected and shown."""
    good = write_csv(folder / "small.csv", drawn_faces(1400, seed=3))
    bad = folder / "bad.csv"
    bad.write_text("emotion,pixels,Usage\n0,1 2 3,Training\n")
    page.goto(f"{url}/dataset")
    page.get_by_text("Import a data set").click()
    chooser = page.locator("input[type=file][accept*='.csv']")
    chooser.set_input_files(bad)
    expect(page.get_by_text("bad.csv, line 2")).to_be_visible()
    chooser.set_input_files(good)
    page.wait_for_url(re.compile("data=small"))
    expect(page.get_by_text("1,400 faces", exact=True)).to_be_visible()
    page.get_by_role("button", name="happy").click()
    page.wait_for_url(re.compile("class=happy"))
    expect(page.locator("figure").first).to_contain_text("happy")
    expect(page.locator("figure", has_text="sad")).to_have_count(0)


def start_training(page: Page) -> str:
    """Two epochs of the published recipe on what was imported; the run's name."""
    page.get_by_role("link", name="Train").click()
    page.get_by_role("button", name="Published").click()
    # The widgets of the recipe before stand below for a moment.
    epochs = page.get_by_label("Epochs", exact=True).first
    expect(epochs).to_have_value("15")
    epochs.fill("2")
    epochs.press("Enter")
    page.get_by_role("button", name="Start training").click()
    page.wait_for_url(re.compile("run=spec-published"))
    expect(stop_button(page)).to_be_visible()
    return page.url.partition("run=")[2]


def watch_it_move(page: Page) -> None:
    """The curves grow in the charts that are there, with how fast and how long still."""
    page.wait_for_function(f"{POINTS} > 0")
    expect(progress(page)).to_contain_text(re.compile(r"images/s.* left"))
    page.evaluate("() => { window.chart = document.querySelector('.fer-curves > div'); }")
    before = page.evaluate(POINTS)
    page.wait_for_function(f"{POINTS} > {before}")
    assert page.evaluate("() => window.chart.isConnected"), "the chart was thrown away and redrawn"


def stop_and_reload(page: Page, run: str) -> None:
    """A stopped run is the same after a reload."""
    stop_button(page).click()
    expect(page.get_by_role("button", name="Resume")).to_be_visible()
    expect(progress(page)).to_contain_text("Stopped")
    points = page.evaluate(POINTS)
    assert points > 0
    page.reload()
    expect(progress(page)).to_contain_text("Stopped")
    page.wait_for_function(f"{POINTS} >= {points}")
    assert page.url.endswith(f"run={run}")


def resume_and_restart_the_server(
    own_server: list[Server], context: BrowserContext, page: Page
) -> None:
    """A resumed run is seen from a second tab, outlives its server, and is shown by the next."""
    page.get_by_role("button", name="Resume").click()
    second = context.new_page()
    second.goto(page.url)
    ours = second.get_by_test_id("stMain")  # above it is Streamlit's own Stop
    expect(ours.get_by_role("button", name=re.compile("^(Stop|Read a face with it)$"))
           ).to_be_visible()  # fmt: skip
    second.close()
    query = page.url.partition("?")[2]
    old = own_server[-1]
    page.goto("about:blank")
    old.process.terminate()
    old.process.wait(timeout=20)
    own_server.append(start_server(old.home, old.log.with_suffix(".2.log")))
    page.goto(f"{own_server[-1].url}/train?{query}")
    done = page.get_by_role("button", name="Read a face with it")
    expect(done).to_be_visible(timeout=TRAINED_MS)
    expect(progress(page)).to_contain_text("Done")


def follow_to_predict(page: Page) -> str:
    page.get_by_role("button", name="Read a face with it").click()
    page.wait_for_url(re.compile(r"predict\?model="))
    expect(page.get_by_text("Test faces of small")).to_be_visible()
    return page.url.partition("model=")[2]


def compare_with_rest(page: Page, url: str, model: str, photo: Path) -> None:
    """An uploaded photo has one face, and the same numbers through the page and through REST."""
    page.get_by_test_id("stFileUploader").first.locator("input").set_input_files(photo)
    expect(readings(page)).to_have_count(1)
    with page.expect_download() as download:
        page.get_by_role("button", name="All results (json)").click()
    shown = json.loads(download.value.path().read_text())
    answer = httpx.post(
        f"{url}/api/v1/predict", params={"model": model}, content=photo.read_bytes()
    ).json()
    assert shown["model"] == model
    assert shown["results"][0]["faces"] == answer["faces"]
    assert len(answer["faces"]) == 1


def test_a_snapshot_of_the_camera_is_read(server: Server, page: Page) -> None:
    page.goto(f"{server.url}/predict?model=spec")
    take_snapshot(page)
    expect(readings(page)).to_have_count(1)
    expect(page.get_by_text(re.compile("Expression looks like"))).to_be_visible()
    said = readings(page).get_attribute("aria-label") or ""
    assert sorted(re.findall(r"([a-z]+) ", said)) == sorted(LABELS)


def progress(page: Page) -> Locator:
    return page.get_by_test_id("stProgress")


def readings(page: Page) -> Locator:
    """The bars of each face that was read."""
    return page.locator("[role=img][aria-label*='%']")
