"""Take the pictures of docs/images again: `.venv/bin/python scripts/screenshots.py`.

They show the real studio with drawn faces only, in a data root that is thrown away afterwards.
"""

import re
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from playwright.sync_api import Page, sync_playwright  # noqa: E402

from tests.browser.conftest import FLAGS  # noqa: E402
from tests.conftest import installed_chromium, start_server, stop_server  # noqa: E402

IMAGES = ROOT / "docs" / "images"


def main() -> None:
    IMAGES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        server = start_server(Path(folder) / "home", Path(folder) / "log")
        found = installed_chromium()
        browser = playwright.chromium.launch(executable_path=found, args=FLAGS)
        try:
            page = browser.new_page(viewport={"width": 1200, "height": 760})
            page.set_default_timeout(120_000)
            take_all(page, server.url)
        finally:
            browser.close()
            stop_server(server)


def take_all(page: Page, url: str) -> None:
    page.goto(url)
    page.get_by_role("button", name="Train on drawn faces").click()
    page.get_by_text(re.compile("epoch 3 of .* left")).wait_for()
    take(page, "train")
    page.get_by_role("button", name="Read a face with it").click()
    page.get_by_role("button", name="happy").click()
    page.get_by_text("Labelled").wait_for()
    take(page, "predict", height=880)
    page.goto(f"{url}/dataset?data=drawn")
    page.wait_for_function("performance.getEntriesByName('fer-faces').length > 0")
    take(page, "dataset", height=1250)


def take(page: Page, name: str, height: int = 760) -> None:
    page.set_viewport_size({"width": 1200, "height": height})
    page.mouse.move(0, 0)
    page.wait_for_timeout(700)  # transitions of colours and bars
    page.screenshot(path=IMAGES / f"{name}.png")


if __name__ == "__main__":
    main()
