"""The page Live in a headless Chromium whose camera plays faces: answers a second, delay, memory.

    python -m bench.live [--seconds 30] [--faces photos|drawn] [--minutes 10]

A 640x480 film shows two faces of different expression in turn, three seconds each. First one
client: answers a second and the delay from frame to answer as the page shows them, and the time
from the film's change to the change of the label. Then two clients, then three, together. With
--minutes, one more client runs so long, while another tab turns pages: the growth of the memory of
server and page after the first tenth of the time, and how soon the other pages answer. Browser and
studio share the machine; Chromium draws without a graphics card.
"""

import argparse
import io
import os
import platform
import re
import statistics
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from PIL import Image
from playwright.sync_api import Browser, Page, Playwright, WebSocket, sync_playwright

from fer.data.drawn import draw_face
from fer.evaluation import machine
from fer.images import decode
from fer.inference import Predictor
from tests.browser.conftest import FLAGS
from tests.conftest import (
    Server,
    _packaged,
    installed_chromium,
    start_server,
    stop_server,
)

RATE, TURN_S = 30, 3
MARK_PX = 40
FACE_PX = 400
SHOWN = re.compile(r"(\d+) answers a second · (\d+) ms .* · (\d+) of (\d+) frames read, (\d+)")

# Notes when the mark in the film's corner changes and when the words beside the picture do.
WATCH = """section => {
  const video = section.querySelector('video'), headline = section.querySelector('.headline');
  const canvas = new OffscreenCanvas(1, 1);
  const context = canvas.getContext('2d', { willReadFrequently: true });
  window.changes = [];
  window.words = [];
  let before = null;
  const look = () => {
    video.requestVideoFrameCallback(look);
    context.drawImage(video, 5, 5, 1, 1, 0, 0, 1, 1);
    const mark = context.getImageData(0, 0, 1, 1).data[0] > 127 ? 1 : 0;
    if (before !== null && mark !== before) changes.push([performance.now(), mark]);
    before = mark;
  };
  video.requestVideoFrameCallback(look);
  new MutationObserver(() => words.push([performance.now(), headline.textContent]))
    .observe(headline, { childList: true });
}"""


@dataclass
class Client:
    """A page in a browser of its own with the camera on, and what it sent to Streamlit since."""

    page: Page
    sent: list[int]

    def shown(self) -> tuple[int, int, int, int, int]:
        """Answers a second, delay in ms, frames read, frames, frames left out."""
        found = SHOWN.search(self.page.locator(".figures").inner_text())
        assert found, "the page shows no figures yet"
        rate, delay, read, frames, left = map(int, found.groups())
        return rate, delay, read, frames, left

    def close(self) -> None:
        browser = self.page.context.browser
        assert browser is not None
        browser.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=30, help="of each measurement")
    parser.add_argument("--minutes", type=float, default=0, help="of the long run")
    parser.add_argument("--faces", choices=("photos", "drawn"), default="photos")
    arguments = parser.parse_args()
    print(f"{machine()}, Python {platform.python_version()}")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        os.environ["FER_HOME"] = str(Path(folder) / "home")
        labels = write_film(Path(folder) / "film.mjpeg", arguments.faces)
        print(f"{arguments.faces}, 640x480, 30 a second: {' and '.join(labels)} in turn\n")
        server = start_server(Path(folder) / "home", Path(folder) / "log")
        visitors = Visitors(playwright, server, Path(folder) / "film.mjpeg")
        try:
            alone(visitors, arguments.seconds, labels)
            for count in (2, 3):
                together(visitors, arguments.seconds, count)
            if arguments.minutes:
                for_long(visitors, 60 * arguments.minutes)
        finally:
            stop_server(server)


def write_film(path: Path, faces: str) -> list[str]:
    """An mjpeg of two faces in turn, marked in a corner; what the default model reads of each."""
    predictor = Predictor()
    scenes = photographs() if faces == "photos" else drawings(predictor)
    labels, parts = [], []
    for mark, scene in enumerate(scenes):
        scene[:MARK_PX, :MARK_PX] = 255 * mark
        labels.append(predictor.predict(scene).faces[0].emotion)
        jpeg = io.BytesIO()
        Image.fromarray(scene).save(jpeg, "JPEG", quality=90)
        parts.append(jpeg.getvalue() * RATE * TURN_S)
    path.write_bytes(b"".join(parts))
    assert labels[0] != labels[1], f"both are read as {labels[0]}"
    return labels


def photographs() -> list[np.ndarray]:
    """The astronaut and Grace Hopper, their heads about where the other's was."""
    hers = decode(_packaged("skimage", "data/astronaut.png"))[0:256, 96:352]
    his = decode(_packaged("matplotlib", "mpl-data/sample_data/grace_hopper.jpg"))[20:420, 80:480]
    return [on_ground(picture) for picture in (hers, his)]


def drawings(predictor: Predictor) -> list[np.ndarray]:
    """Of some drawn faces, the two that the model tells apart most surely."""
    best: dict[str, tuple[float, np.ndarray]] = {}
    for label in ("happy", "surprise", "neutral", "disgust"):
        for index in range(8):
            face = draw_face(label, seed=10, index=index, side_px=FACE_PX)
            scene = on_ground(np.repeat(face[..., None], 3, axis=2))
            found = predictor.predict(scene).faces
            if len(found) == 1 and found[0].confidence > best.get(found[0].emotion, (0.0,))[0]:
                best[found[0].emotion] = found[0].confidence, scene
    return [scene for _, scene in sorted(best.values(), key=lambda kept: -kept[0])[:2]]


def on_ground(picture: np.ndarray) -> np.ndarray:
    scene = np.full((480, 640, 3), 120, np.uint8)
    fitted = Image.fromarray(picture).resize((FACE_PX, FACE_PX))
    scene[40 : 40 + FACE_PX, 120 : 120 + FACE_PX] = np.asarray(fitted)
    return scene


@dataclass
class Visitors:
    """Opens the studio as visitors do: each in a browser and with a camera of his own.

    (Tabs of one browser share one camera, which for three of them hardly gives a frame.)
    """

    playwright: Playwright
    server: Server
    film: Path

    def browser(self) -> Browser:
        chromium = installed_chromium()
        flags = [*FLAGS, f"--use-file-for-fake-video-capture={self.film}"]
        return self.playwright.chromium.launch(executable_path=chromium, args=flags)

    def live(self) -> Client:
        """One whose camera is on, past the first answers."""
        page = self.browser().new_page(viewport={"width": 1280, "height": 900})
        sent: list[int] = []

        def listen(socket: WebSocket) -> None:
            socket.on("framesent", lambda payload: sent.append(len(payload)))

        page.on("websocket", listen)
        page.goto(f"{self.server.url}/live")
        page.get_by_role("button", name="Start the camera").click()
        page.wait_for_function(
            "figures => figures.textContent", arg=page.locator(".figures").element_handle()
        )
        page.wait_for_timeout(3000)
        sent.clear()
        return Client(page, sent)


def alone(visitors: Visitors, seconds: float, labels: list[str]) -> None:
    client = visitors.live()
    client.page.locator("section.live").evaluate(WATCH)
    rates, delays = followed([client], seconds)[0]
    told = client.page.evaluate("({ changes, words })")
    print("one client")
    said("answers a second", rates)
    said("ms from frame to answer", delays)
    said("ms from a change to its label", changes_ms(told, labels))
    print(f"  messages to Streamlit          {len(client.sent):8}\n")
    client.close()


def changes_ms(told: dict[str, Any], labels: list[str]) -> list[float]:
    """For each change of the film, how long until its label stands there."""
    times = []
    for changed, mark in told["changes"]:
        after = (at for at, text in told["words"] if at > changed and text.endswith(labels[mark]))
        found = next(after, None)
        if found is not None:
            times.append(found - changed)
    return times


def followed(clients: list[Client], seconds: float) -> list[tuple[list[float], list[float]]]:
    """What each page shows, twice in a window of its own figures: answers a second, delays."""
    samples: list[tuple[list[float], list[float]]] = [([], []) for _ in clients]
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        clients[0].page.wait_for_timeout(1500)
        for client, (rates, delays) in zip(clients, samples, strict=True):
            rate, delay, *_ = client.shown()
            rates.append(rate)
            delays.append(delay)
    return samples


def together(visitors: Visitors, seconds: float, count: int) -> None:
    clients = [visitors.live() for _ in range(count)]
    print(f"{count} clients")
    for number, (rates, delays) in enumerate(followed(clients, seconds), 1):
        said(f"client {number}: answers a second", rates)
        said(f"client {number}: ms to the answer", delays)
    busy = "yes" if is_busy(clients) else "no"
    print(f"  told that the studio is busy   {busy:>8}\n")
    for client in clients:
        client.close()


def is_busy(clients: list[Client]) -> bool:
    return any("busy" in client.page.locator(".message").inner_text() for client in clients)


def for_long(visitors: Visitors, seconds: float) -> None:
    client = visitors.live()
    tab = live_tab()
    elsewhere = visitors.browser()
    other = elsewhere.new_page()
    other.goto(visitors.server.url)
    devtools = client.page.context.new_cdp_session(client.page)
    devtools.send("Performance.enable")
    server_mb, heap_mb, tab_mb, turns = [], [], [], []
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        client.page.wait_for_timeout(1000 * min(10, seconds / 20))
        turns += [turn_ms(other, name) for name in ("About", "Home", "Predict")]
        devtools.send("HeapProfiler.collectGarbage")
        found = devtools.send("Performance.getMetrics")["metrics"]
        heap = next(each["value"] for each in found if each["name"] == "JSHeapUsedSize")
        heap_mb.append(heap / 1e6)
        server_mb.append(visitors.server.process.memory_info().rss / 1e6)
        tab_mb.append(tab.memory_info().rss / 1e6)
    _, _, read, frames, left = client.shown()
    print(f"{seconds / 60:g} minutes: {read:,} of {frames:,} frames read, {left:,} left out")
    measured = {"server, MB": server_mb, "page's heap, MB": heap_mb, "page's process, MB": tab_mb}
    for name, values in measured.items():
        settled = values[max(1, len(values) // 10)]
        print(f"  {name:<30} {settled:8.1f} to {values[-1]:.1f} "
              f"({100 * (values[-1] / settled - 1):+.1f} %)")  # fmt: skip
    said("ms until another page is there", turns)
    print(f"  messages to Streamlit          {len(client.sent):8}")
    client.close()
    elsewhere.close()


def live_tab() -> psutil.Process:
    """The process that runs the page of the one browser there is: the biggest of its kind."""
    family = psutil.Process().children(recursive=True)
    pages = [process for process in family if "--type=renderer" in process.cmdline()]
    return max(pages, key=lambda process: process.memory_info().rss)


def turn_ms(page: Page, name: str) -> float:
    """Milliseconds from a click in the menu until the page's heading is there."""
    heading = "Read facial expressions" if name == "Home" else name
    started = time.perf_counter()
    page.get_by_role("link", name=name, exact=True).first.click()
    page.get_by_role("heading", name=heading, exact=True).wait_for()
    return 1000 * (time.perf_counter() - started)


def said(name: str, values: list[float]) -> None:
    """One line: the median, and the least and the most."""
    if not values:
        print(f"  {name:<30} none seen")
        return
    middle, least, most = statistics.median(values), min(values), max(values)
    print(f"  {name:<30} {middle:8.0f}  ({least:.0f} to {most:.0f}, n = {len(values)})")


if __name__ == "__main__":
    main()
