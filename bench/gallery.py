"""How soon the page Dataset shows its first faces, what it fetches, and what a filter costs.

    python -m bench.gallery fer2013.csv [--repeats 5]

A real studio with the data imported, and Chromium. "Opened" is from the click on Dataset, on
another page, until pictures are painted; "loaded" from an empty browser cache on, which includes
the application itself: beside it stands how long a page with nothing on it takes. The filter is
timed at the server: the whole page is run again with another address, as a click does.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Browser, Page, Request, sync_playwright
from streamlit.testing.v1 import AppTest

from tests.browser.conftest import FLAGS
from tests.conftest import ROOT, installed_chromium, start_server, stop_server

PAINTED = "performance.getEntriesByName('fer-faces')"
FILTERS = (
    {"class": "sad"},
    {"split": "official", "part": "Test"},
    {"flag": "near-twins"},
    {"class": "fear", "split": "clean", "part": "Training", "sort": "-brightness"},
)


def said(name: str, values: list[float], unit: str = "ms") -> None:
    """One line: the median, and the least and the most."""
    middle, least, most = statistics.median(values), min(values), max(values)
    print(f"{name:<44} {middle:8,.0f} {unit}  ({least:,.0f} to {most:,.0f}, n = {len(values)})")


def opened(page: Page, url: str) -> float:
    """Milliseconds from the click on Dataset to the first faces."""
    page.goto(f"{url}/about")
    page.get_by_role("heading", name="About", exact=True).wait_for()
    page.wait_for_timeout(500)
    start = page.evaluate("performance.now()")
    page.get_by_role("link", name="Dataset").first.click()
    page.wait_for_function(f"{PAINTED}.length > 0")
    return float(page.evaluate(f"{PAINTED}[0].startTime")) - float(start)


def loaded(page: Page, url: str) -> float:
    page.goto(f"{url}/dataset")
    page.wait_for_function(f"{PAINTED}.length > 0")
    return float(page.evaluate(f"{PAINTED}[0].startTime"))


def bare(page: Page, url: str) -> float:
    page.goto(f"{url}/about")
    page.get_by_role("heading", name="About", exact=True).wait_for()
    return float(page.evaluate("performance.now()"))


def with_fresh_browser(browser: Browser, measure: Callable[[Page, str], float], url: str) -> float:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    try:
        return measure(context.new_page(), url)
    finally:
        context.close()


def fetched(browser: Browser, url: str) -> tuple[int, int, int]:
    """Sheets asked for at first; after a jump to the end; and faces there are."""
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    asked: list[str] = []

    def note(request: Request) -> None:
        if "sheet" in request.url:
            asked.append(request.url)

    page.on("request", note)
    loaded(page, url)
    page.wait_for_timeout(1000)
    first = len(asked)
    faces = page.get_by_role("listbox").get_by_role("option")
    n = int(faces.first.get_attribute("aria-setsize") or 0)
    faces.first.focus()
    page.keyboard.press("End")
    page.wait_for_timeout(1000)
    page.close()
    return first, len(asked), n


def filters() -> list[float]:
    """Milliseconds of a run of the page's script with each of `FILTERS`, after a first one."""
    times: list[float] = []
    for _ in range(2):  # the first time measures the pixels and draws the splits
        times.clear()
        for query in FILTERS:
            app = AppTest.from_file(str(ROOT / "pages" / "_main.py"), default_timeout=120)
            app.switch_page("dataset.py")
            for key, value in query.items():
                app.query_params[key] = value
            started = time.perf_counter()
            app.run()
            while any(button.key == "cancel" for button in app.button):
                app.run()
            times.append(1000 * (time.perf_counter() - started))
            assert not app.exception
    return times


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("csv", type=Path)
    parser.add_argument("--repeats", type=int, default=5)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        os.environ["FER_HOME"] = str(Path(folder) / "home")
        csv = str(arguments.csv.resolve())
        subprocess.run([sys.executable, "-m", "fer", "data", "import", csv], check=True, cwd=ROOT)
        server = start_server(Path(folder) / "home", Path(folder) / "log")
        chromium = installed_chromium()
        browser = playwright.chromium.launch(executable_path=chromium, args=list(FLAGS))
        try:
            for name, measure in {
                "opened: click to first faces": opened,
                "loaded: empty cache to first faces": loaded,
                "an empty page, empty cache": bare,
            }.items():
                said(name, [with_fresh_browser(browser, measure, server.url)
                            for _ in range(arguments.repeats)])  # fmt: skip
            first, later, n = fetched(browser, server.url)
        finally:
            browser.close()
            stop_server(server)
        print(f"requests for pictures at first {first}, after a jump to the end {later}; "
              f"each up to 48 of {n:,} faces")  # fmt: skip
        said("a filter, at the server", filters())


if __name__ == "__main__":
    main()
