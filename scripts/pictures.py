"""Takes the pictures of docs/images/ anew: the pages as they are, with drawn faces alone.

    python scripts/pictures.py

Starts a studio on a data root of its own, trains the demo there, and photographs pages in Chromium.
Takes about a minute; needs what requirements-dev.txt lists.
"""

import re
import shutil
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Page, expect, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.browser.conftest import FLAGS, LIMIT_MS  # noqa: E402
from tests.conftest import CHROMIUM_NAMES, start_server, stop_server  # noqa: E402

IMAGES = ROOT / "docs" / "images"


def main() -> None:
    chromium = next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None)
    expect.set_options(timeout=LIMIT_MS)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        server = start_server(Path(folder) / "home", Path(folder) / "server.log")
        browser = playwright.chromium.launch(executable_path=chromium, args=list(FLAGS))
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.set_default_timeout(LIMIT_MS)
        try:
            take(page, server.url)
        finally:
            browser.close()
            stop_server(server)


def take(page: Page, url: str) -> None:
    page.goto(url)
    page.get_by_role("button", name="Train on drawn faces").click()
    # In the last epoch, so that there is something to see.
    expect(page.get_by_text(re.compile("epoch 3 of 3"))).to_be_visible()
    keep(page, "train")
    expect(page.get_by_text("Accuracy on the test faces")).to_be_visible()
    page.goto(f"{url}/dataset?data=drawn")
    page.get_by_role("option").first.wait_for()
    keep(page, "dataset")
    page.goto(f"{url}/predict?model=spec-demo-1")
    page.get_by_role("button", name="happy").click()
    expect(page.get_by_text("Labelled 😊 happy in the data")).to_be_visible()
    keep(page, "predict")


def keep(page: Page, name: str) -> None:
    page.locator("[data-test-script-state=notRunning]").wait_for()
    page.wait_for_timeout(1500)  # fonts and charts
    page.screenshot(path=IMAGES / f"{name}.png")


if __name__ == "__main__":
    main()
