"""How long things take to start, and how much memory the server needs.

    python -m bench.startup [--rounds 5]

Measures, each as the median and the range of the rounds:
- `import fer` in a fresh interpreter, less the bare interpreter;
- from the server's start to its first answer on /api/v1/health;
- the server's memory (RSS) after its start, after every page was opened in a browser, and after
  20 photographs were read through REST.
Takes about a minute. Needs what requirements-dev.txt lists, and a Chromium for the pages.
"""

import argparse
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence

import httpx2
import psutil
from playwright.sync_api import sync_playwright

from bench.predict import astronaut
from bench.servers import ROOT, server
from tests.conftest import installed_chromium


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds

    bare = statistics.median(interpreter_s("pass") for _ in range(rounds))
    report("import fer", [interpreter_s("import fer") - bare for _ in range(rounds)], "s")
    starts = []
    for last in [False] * (rounds - 1) + [True]:
        with server() as (url, process, took_s):
            starts.append(took_s)
            if last:
                report("start to health", starts, "s")
                memory(url, process)


def interpreter_s(code: str) -> float:
    """Seconds that a fresh interpreter takes for `code`."""
    started = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)
    return time.perf_counter() - started


def memory(url: str, process: psutil.Popen) -> None:
    """Print the server's memory at each stage, and whether TensorFlow is in it."""

    def note(stage: str) -> None:
        print(f"memory {stage:<29} {process.memory_info().rss / 1e6:7.0f} MB")

    note("after its start")
    open_pages(url)
    note("after every page")
    photo = astronaut().read_bytes()
    for detector in ["yunet", "haar"] * 10:
        answer = httpx2.post(f"{url}/api/v1/predict?detector={detector}", content=photo, timeout=60)
        answer.raise_for_status()
    note("after 20 photographs")
    health = httpx2.get(f"{url}/api/v1/health").json()
    print(f"TensorFlow in the server: {health['tensorflow_loaded']}")


def open_pages(url: str) -> None:
    """Open each page in a browser and wait until its script has run."""
    chromium = installed_chromium()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page()
        for script in sorted((ROOT / "pages").glob("[a-z]*.py")):
            page.goto(f"{url}/{'' if script.stem == 'home' else script.stem}")
            page.get_by_test_id("stApp").wait_for()
            page.locator("[data-test-script-state=notRunning]").wait_for(timeout=60_000)
        browser.close()


def report(what: str, values: Sequence[float], unit: str) -> None:
    """One line: median, and smallest to largest."""
    middle, low, high = statistics.median(values), min(values), max(values)
    print(f"{what:<36} {middle:7.3f} {unit}   ({low:.3f} to {high:.3f}, n={len(values)})")


if __name__ == "__main__":
    main()
