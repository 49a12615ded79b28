"""A real Chromium with a fake camera; every page in it must be free of errors and stay at home."""

import io
import re
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from PIL import Image
from playwright.sync_api import (
    Browser,
    BrowserContext,
    Locator,
    Page,
    Position,
    expect,
    sync_playwright,
)

# Two busy cores, and TensorFlow to be loaded by the worker.
LIMIT_MS = 90_000
# A whole training, which lets all others go first.
TRAINED_MS = 180_000
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
    # The browser's own address bar, a page of its own for each of ours, takes a quarter of what
    # ours takes. The last such list counts: the others are of Playwright's, those that matter here.
    "--disable-features=WebUIOmniboxPopup,WebUIOmniboxAimPopup,"
    "HttpsUpgrades,MediaRouter,NetworkTimeServiceQuerying,OptimizationHints,PaintHolding",
)


@pytest.fixture(scope="session")
def browser(
    chromium: str, astronaut: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Browser]:
    """Chromium whose camera sees the astronaut."""
    video = camera_film(astronaut, tmp_path_factory.mktemp("camera") / "film.mjpeg")
    expect.set_options(timeout=LIMIT_MS)
    with sync_playwright() as playwright:
        flags = [*FLAGS, f"--use-file-for-fake-video-capture={video}"]
        browser = playwright.chromium.launch(executable_path=chromium, args=flags)
        yield browser
        browser.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A fresh visitor. Errors on a page, or requests to other sites, fail the test at its end."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(LIMIT_MS)
    wrong: list[str] = []
    asked: list[str] = []
    context.on("weberror", lambda error: wrong.append(str(error.error)))
    context.on("request", lambda request: asked.append(request.url))
    yield context
    context.close()
    assert wrong == []
    assert [url for url in asked if is_elsewhere(url)] == []


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()


def wait_until_at_rest(page: Page) -> None:
    """No run of the page is under way, and nothing on it moves that will come to rest."""
    page.wait_for_function("""() =>
        document.querySelector('[data-testid=stApp]').dataset.testScriptState === 'notRunning'
        && document.getAnimations().every((animation) =>
            animation.playState !== 'running'
            || animation.effect.getComputedTiming().endTime === Infinity)""")


def open_expander(heading: Locator, content: Locator) -> None:
    """Open it, and wait until it is: it takes half a second to grow.

    Before, some of `content` is out of sight and is scrolled to, which moves it away from under a
    click that is quicker than a person's.
    """
    heading.click()
    content.wait_for()
    wait_until_at_rest(heading.page)


def stop_button(page: Page) -> Locator:
    """The page's own: Streamlit shows one more above the page while a script runs."""
    return page.get_by_test_id("stMain").get_by_role("button", name="Stop", exact=True)


def take_snapshot(page: Page) -> None:
    """Of the camera of Predict, once it shows something: before, nothing would be taken."""
    page.get_by_text("Use the camera").click()
    page.wait_for_function("document.querySelector('video')?.readyState >= 2")
    page.get_by_role("button", name="Take photo").click()


def click_in_chart(chart: Locator, right: float, down: float, says: str | re.Pattern[str]) -> None:
    """Click into a Plotly chart, at shares of its width and height, once it says `says` there.

    A person clicks on what he reads. A chart that is just being laid out says nothing, and what is
    clicked is lost.
    """
    chart.scroll_into_view_if_needed()
    box = chart.bounding_box()
    assert box is not None
    place: Position = {"x": right * box["width"], "y": down * box["height"]}
    said = chart.page.locator(".hoverlayer").get_by_text(says)
    hovering_until = time.monotonic() + LIMIT_MS / 1000
    while not said.is_visible():
        assert time.monotonic() < hovering_until, f"the chart never says {says!r}"
        chart.hover(position={"x": 1, "y": 1})
        chart.hover(position=place)
        chart.page.wait_for_timeout(300)
    chart.click(position=place)


def is_elsewhere(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme in ("http", "https", "ws", "wss") and parts.hostname != "127.0.0.1"


def camera_film(photo: Path, path: Path) -> Path:
    """A film of one picture, as Chromium's fake camera plays it."""
    with Image.open(photo) as picture:
        frame = Image.new("RGB", (640, 480), "white")
        frame.paste(picture.convert("RGB").resize((480, 480)), (80, 0))
    jpeg = io.BytesIO()
    frame.save(jpeg, "JPEG", quality=92)
    path.write_bytes(jpeg.getvalue() * 10)
    return path
