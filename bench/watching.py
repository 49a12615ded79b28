"""What watching a training costs: on two cores it shares them with the training itself.

    python -m bench.watching [--seconds 30]

A real studio, `spec` training on drawn faces, and Chromium with the page Train. Measured are the
training's pace while no one looks and while one page shows it, by turns, and the share of a core
that the server and the browser take then. Nothing else should run.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil
from playwright.sync_api import Browser, sync_playwright

from fer.training import Run
from tests.browser.conftest import FLAGS
from tests.conftest import ROOT, Server, installed_chromium, start_server, stop_server

TURNS = 3
POINTS = "(document.querySelector('.fer-curves > div')?.data ?? [{x: []}])[0].x.length"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=30)
    seconds = parser.parse_args().seconds
    chromium = installed_chromium()
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        server = start_server(Path(folder) / "home", Path(folder) / "server.log")
        browser = playwright.chromium.launch(executable_path=chromium, args=list(FLAGS))
        try:
            run = train(server)
            for _ in range(TURNS):
                look(server, browser, run, seconds)
        finally:
            browser.close()
            command(server, "runs", "stop", "spec-demo-1")
            stop_server(server)


def train(server: Server) -> Run:
    """Start a long training, and wait until it is at work."""
    command(server, "train", "--data", "drawn", "--recipe", "demo", "--epochs", "500", "--detach")
    run = Run(server.home / "runs" / "spec-demo-1")
    while not run.status().step:
        time.sleep(0.2)
    return run


def command(server: Server, *arguments: str) -> None:
    subprocess.run(
        [sys.executable, "-m", "fer", *arguments],
        env=os.environ | {"FER_HOME": str(server.home)},
        cwd=ROOT, check=True, stdout=subprocess.DEVNULL,
    )  # fmt: skip


def look(server: Server, browser: Browser, run: Run, seconds: float) -> None:
    """One line: the pace without and with a page that shows the run, and what the page costs."""
    alone = pace(run, seconds)
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto(f"{server.url}/train?run={run.name}")
    page.wait_for_function(f"{POINTS} > 3")
    time.sleep(5)  # what is loaded once
    before = costs(server)
    started = time.monotonic()
    watched = pace(run, seconds)
    lasted = time.monotonic() - started
    of_server, of_browser = ((b - a) / lasted for a, b in zip(before, costs(server), strict=True))
    page.close()
    print(f"alone {alone:5.0f} images/s, watched {watched:5.0f} ({watched / alone:.0%}); "
          f"server {of_server:.0%} of a core, browser {of_browser:.0%}", flush=True)  # fmt: skip


def pace(run: Run, seconds: float) -> float:
    """Images/s of the run over so many seconds."""
    first, started = run.status().step, time.monotonic()
    time.sleep(seconds)
    steps = run.status().step - first
    return steps * run.config.recipe.batch_size / (time.monotonic() - started)


def costs(server: Server) -> tuple[float, float]:
    """Processor seconds so far of the server and of the browser with all its processes."""
    browsers = [
        process.cpu_times()
        for process in psutil.Process().children(recursive=True)
        if "chrom" in process.name()
    ]
    own = server.process.cpu_times()
    return own.user + own.system, sum(times.user + times.system for times in browsers)


if __name__ == "__main__":
    main()
