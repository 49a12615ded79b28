"""The page Live in a real browser: what it shows, what it says when something is wrong, and that
its camera neither runs the page's script nor stays on."""

import csv
import io
import json
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, WebSocket, expect

from fer.bundles import default_name, load
from fer.images import decode
from fer.labels import LABELS
from pages._parts import data_url
from tests.browser.conftest import FLAGS
from tests.conftest import Server, start_server, stop_server
from tests.films import head

PREDICT = "**/api/v1/predict?*"

# What sticks out of the component to the right; it stands in a shadow root of its own.
STICKING_OUT = """section => [...section.querySelectorAll('*')]
  .filter(e => e.checkVisibility() && e.getBoundingClientRect().right > innerWidth + 1)
  .map(e => e.outerHTML.slice(0, 200))"""

# Keeps the streams that the page asks for, to look at later.
KEEP_STREAMS = """
window.streams = [];
const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
navigator.mediaDevices.getUserMedia = async (wanted) => {
  const stream = await ask(wanted);
  streams.push(stream);
  return stream;
};"""
CAMERA_IS_OFF = (
    "streams.length && streams.every(s => s.getTracks().every(t => t.readyState == 'ended'))"
)

# A camera that sees pictures at places that the test may change at any time.
STAND_IN = """
window.scene = %s;
for (const one of scene) one.picture = Object.assign(new Image(), { src: one.url });
navigator.mediaDevices.getUserMedia = async () => {
  const canvas = Object.assign(document.createElement('canvas'), { width: 640, height: 480 });
  const context = canvas.getContext('2d');
  setInterval(() => {
    context.fillStyle = '#667';
    context.fillRect(0, 0, 640, 480);
    for (const { picture, x, y } of scene) context.drawImage(picture, x, y);
  }, 30);
  return canvas.captureStream(30);
};"""

# Left and right edge of all that is drawn over the picture, as shares of its width.
INK = """canvas => {
  const { width, height } = canvas;
  const pixels = canvas.getContext('2d').getImageData(0, 0, width, height).data;
  let least = 1, most = 0;
  for (let i = 3; i < pixels.length; i += 4) {
    if (!pixels[i]) continue;
    const x = ((i - 3) / 4 % width) / width;
    [least, most] = [Math.min(least, x), Math.max(most, x)];
  }
  return [least, most];
}"""


@pytest.fixture
def launched(browser: Browser, chromium: str) -> Iterator[Callable[..., Page]]:
    """`launched(*flags)`: a page of a Chromium with these flags in place of the usual ones."""
    browsers = []

    def opened(*flags: str) -> Page:
        browsers.append(browser.browser_type.launch(executable_path=chromium, args=list(flags)))
        return browsers[-1].new_page()

    yield opened
    for one in browsers:
        one.close()


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A studio with two models that asks for a token and may be opened under any name."""
    root = tmp_path_factory.mktemp("guarded")
    shutil.copytree(load("spec").path, root / "home" / "models" / "other")
    environment = {"FER_API_TOKEN": "open sesame", "STREAMLIT_SERVER_ENABLE_CORS": "false"}
    server = start_server(root / "home", root / "server.log", **environment)
    yield server
    stop_server(server)


def start(page: Page, server: Server) -> None:
    """Open Live, start the camera and wait for answers."""
    page.goto(f"{server.url}/live")
    page.get_by_role("button", name="Start the camera").click()
    expect(page.locator(".figures")).to_contain_text("answers a second")


def stand_in(page: Page, *scene: dict[str, Any]) -> None:
    """Replace the camera by one that sees `scene`: pictures (`url`) and their places (`x`, `y`)."""
    page.add_init_script(STAND_IN % json.dumps(scene))


def answers(page: Page) -> int:
    """How many frames have been read since the camera was started."""
    found = re.search(r"(\d+) of \d+ frames read", page.locator(".figures").inner_text())
    return int(found[1]) if found else 0


def wait_for_more_answers(page: Page) -> None:
    """Until more frames have been read than at the time of the call."""
    page.wait_for_function(
        "([figures, before]) => Number(/(\\d+) of/.exec(figures.textContent)?.[1]) > before",
        arg=[page.locator(".figures").element_handle(), answers(page)],
    )


def files(server: Server) -> list[Path]:
    return sorted(path for path in server.home.rglob("*") if path.is_file())


def message(page: Page, words: str) -> None:
    expect(page.get_by_role("alert").filter(has_text=words)).to_be_visible()


def test_the_camera_is_read_without_running_the_page(
    server: Server, context: BrowserContext, page: Page
) -> None:
    context.add_init_script(KEEP_STREAMS)
    sent: list[bytes | str] = []

    def listen(socket: WebSocket) -> None:
        socket.on("framesent", lambda payload: sent.append(payload))

    page.on("websocket", listen)
    page.goto(f"{server.url}/live")
    expect(page.get_by_text("No picture is stored")).to_be_visible()
    expect(page.get_by_text("Camera on")).to_be_hidden()
    kept = files(server)
    start(page, server)
    sent.clear()
    expect(page.get_by_text("Camera on", exact=True)).to_be_visible()
    expect(page.get_by_role("heading", name="Expression looks like 😊 happy")).to_be_visible()
    bars = page.get_by_role("img", name=re.compile(r"happy \d\d %"))
    assert all(label in (bars.get_attribute("aria-label") or "") for label in LABELS)
    wait_for_more_answers(page)

    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_text("Camera on, paused")).to_be_visible()
    with page.expect_request(PREDICT):
        page.get_by_role("button", name="Go on").click()
    wait_for_more_answers(page)
    assert sent == []
    assert files(server) == kept

    page.get_by_role("button", name="Stop camera").click()
    expect(page.get_by_text("Camera on")).to_be_hidden()
    assert page.evaluate(CAMERA_IS_OFF)


def test_nothing_is_sent_while_paused(server: Server, page: Page) -> None:
    start(page, server)
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_text("Camera on, paused")).to_be_visible()
    page.wait_for_timeout(500)  # what was sent before has been told of
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    # The camera itself goes on: a dozen of its frames pass.
    page.evaluate("""async () => {
      for (let i = 0; i < 30; i += 1) await new Promise(requestAnimationFrame);
    }""")
    assert asked == []


def test_leaving_the_page_switches_the_camera_off(
    server: Server, context: BrowserContext, page: Page
) -> None:
    context.add_init_script(KEEP_STREAMS)
    start(page, server)
    page.get_by_role("link", name="About").first.click()
    expect(page.get_by_role("heading", name="About", exact=True)).to_be_visible()
    page.wait_for_function(CAMERA_IS_OFF)
    page.get_by_role("link", name="Live").first.click()
    expect(page.get_by_role("button", name="Start the camera")).to_be_visible()


def test_a_snapshot_is_read_on_predict_and_not_stored(server: Server, page: Page) -> None:
    start(page, server)
    kept = files(server)
    page.get_by_role("button", name="Snapshot to Predict").click()
    expect(page.get_by_text("Snapshot of Live", exact=True)).to_be_visible()
    assert "/predict" in page.url
    expect(page.get_by_text("Expression looks like 😊 happy")).to_be_visible()
    assert files(server) == kept


def test_numbers_are_recorded_as_rows(server: Server, page: Page) -> None:
    start(page, server)
    page.get_by_role("button", name="Record numbers").click()
    stop = page.get_by_role("button", name=re.compile(r"Stop recording \(\d\d rows\)"))
    with page.expect_download() as download:
        stop.click()
    assert re.fullmatch(r"live-[\dT-]+\.csv", download.value.suggested_filename)
    rows = list(csv.DictReader(io.StringIO(download.value.path().read_text())))
    assert len(rows) >= 10
    times = [float(row["time_s"]) for row in rows]
    assert times == sorted(times)
    for row in rows:
        assert (row["model"], row["face"], row["emotion"]) == (default_name(), "1", "happy")
        shares = [float(row[label]) for label in LABELS]
        assert abs(sum(shares) - 1) < 1e-3
        assert float(row["confidence"]) == max(shares)
        # Her face in the film, which is 640 x 480.
        assert abs(int(row["x"]) - 246) < 20
        assert abs(int(row["width"]) - 84) < 20

    with page.expect_download() as download:
        page.get_by_role("button", name="Last minute (csv)").click()
    assert download.value.suggested_filename.startswith("last-minute-")
    chart = list(csv.DictReader(io.StringIO(download.value.path().read_text())))
    assert len(chart) >= len(rows)
    ago = [float(row["seconds_ago"]) for row in chart]
    assert ago == sorted(ago, reverse=True)
    assert 0 <= ago[-1] < ago[0] < 60
    for row in chart:
        assert (row["model"], row["face"]) == (default_name(), "1")
        assert abs(sum(float(row[label]) for label in LABELS) - 1) < 1e-3


def test_faces_keep_their_numbers_and_either_is_shown(
    server: Server, page: Page, astronaut: Path, grace_hopper: Path
) -> None:
    hers = data_url(head(decode(astronaut), 200))
    his = data_url(decode(grace_hopper)[80:380:2, 120:420:2])
    stand_in(page, {"url": hers, "x": 40, "y": 60}, {"url": his, "x": 400, "y": 80})
    start(page, server)
    faces = page.get_by_role("radio")
    expect(faces).to_have_count(2)
    happy = page.locator(".face", has_text="happy").locator("b").inner_text()
    neutral = page.locator(".face", has_text="neutral").locator("b").inner_text()
    assert {happy, neutral} == {"1", "2"}
    page.get_by_role("radio", name=f"Face {neutral}").check()
    expect(page.get_by_role("heading", name="looks like 😐 neutral")).to_be_visible()

    # Both move down, a little each time.
    page.evaluate("""async () => {
      for (let i = 0; i < 40; i += 1) {
        for (const one of scene) one.y += 3;
        await new Promise(done => setTimeout(done, 40));
      }
    }""")
    wait_for_more_answers(page)
    expect(page.locator(".face", has_text="happy").locator("b")).to_have_text(happy)
    expect(page.locator(".face", has_text="neutral").locator("b")).to_have_text(neutral)

    # A click on her face in the picture, which is seen as in a mirror.
    picture = page.locator(".boxes")
    box = picture.bounding_box()
    assert box is not None
    picture.click(position={"x": (1 - 140 / 640) * box["width"], "y": 290 / 480 * box["height"]})
    expect(page.get_by_role("heading", name="looks like 😊 happy")).to_be_visible()
    page.evaluate("scene.pop()")
    expect(faces).to_have_count(0)
    page.evaluate("scene.pop()")
    expect(page.get_by_role("heading", name="No face is seen")).to_be_visible()


def test_boxes_are_over_the_faces_in_a_mirror_and_without(
    server: Server, page: Page, astronaut: Path
) -> None:
    stand_in(page, {"url": data_url(head(decode(astronaut), 200)), "x": 0, "y": 100})
    start(page, server)
    drawn = page.locator(".boxes")
    least, most = drawn.evaluate(INK)
    assert 0.6 < least < most <= 1
    page.get_by_label("Mirror").uncheck()
    least, most = drawn.evaluate(INK)
    assert 0 <= least < most < 0.4


def test_it_is_used_by_the_keyboard_on_a_telephone(server: Server, page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{server.url}/live")
    begin = page.get_by_role("button", name="Start the camera")
    expect(begin).to_be_enabled()
    begin.focus()
    page.keyboard.press("Enter")
    pause = page.get_by_role("button", name="Pause")
    expect(pause).to_be_focused()
    expect(page.locator(".figures")).to_contain_text("answers a second")
    assert page.locator("section.live").evaluate(STICKING_OUT) == []
    page.locator(".minute").focus()
    page.keyboard.press("ArrowLeft")
    expect(page.get_by_text(re.compile(r"\d s ago: 😊 happy \d\d %"))).to_be_visible()
    page.get_by_role("slider").focus()
    page.keyboard.press("Home")
    expect(page.get_by_text("off", exact=True)).to_be_visible()
    page.get_by_role("button", name="Stop camera").focus()
    page.keyboard.press("Space")
    expect(begin).to_be_focused()


def test_a_studio_that_is_busy_says_so_until_it_has_room(server: Server, page: Page) -> None:
    start(page, server)
    body = {"error": {"code": "busy", "message": "Too many pictures are waiting already."}}
    page.route(PREDICT, lambda route: route.fulfill(
        status=429, headers={"Retry-After": "1"}, json=body))  # fmt: skip
    message(page, "The studio is busy")
    page.unroute(PREDICT)
    expect(page.get_by_role("alert").filter(has_text="busy")).to_be_hidden()
    wait_for_more_answers(page)


def test_a_connection_that_is_lost_and_back(
    server: Server, context: BrowserContext, page: Page
) -> None:
    start(page, server)
    context.set_offline(True)
    message(page, "The studio does not answer")
    context.set_offline(False)
    message(page, "The studio answers again")
    wait_for_more_answers(page)


def test_what_the_studio_refuses_is_said_in_its_words(server: Server, page: Page) -> None:
    start(page, server)
    body = {"error": {"code": "not_found", "message": "There is no model 'spec' any more."}}
    page.route(PREDICT, lambda route: route.fulfill(status=404, json=body))
    message(page, "There is no model 'spec' any more.")


def test_a_camera_that_goes_away(server: Server, context: BrowserContext, page: Page) -> None:
    context.add_init_script(KEEP_STREAMS)
    start(page, server)
    page.evaluate("streams[0].getVideoTracks()[0].dispatchEvent(new Event('ended'))")
    message(page, "The camera went away")
    expect(page.get_by_text("Camera on")).to_be_hidden()
    page.get_by_role("button", name="Start the camera").click()
    expect(page.get_by_text("Camera on")).to_be_visible()
    expect(page.get_by_role("alert").filter(has_text="went away")).to_be_hidden()


@pytest.mark.parametrize(
    ("missing", "words"),
    [("--use-fake-device", "No camera was found"), ("--use-fake-ui", "The camera was refused")],
)
def test_no_camera_and_a_refused_one(
    server: Server, launched: Callable[..., Page], missing: str, words: str
) -> None:
    page = launched(*(flag for flag in FLAGS if not flag.startswith(missing)))
    page.goto(f"{server.url}/live")
    page.get_by_role("button", name="Start the camera").click()
    message(page, words)
    expect(page.get_by_role("button", name="Start the camera")).to_be_enabled()


def test_a_camera_in_use_elsewhere(server: Server, page: Page) -> None:
    page.add_init_script("""navigator.mediaDevices.getUserMedia = async () => {
      throw new DOMException('Could not start video source', 'NotReadableError');
    };""")
    page.goto(f"{server.url}/live")
    page.get_by_role("button", name="Start the camera").click()
    message(page, "in use by another program")


def test_neither_https_nor_this_machine_then_two_cameras_and_models(
    guarded: Server, launched: Callable[..., Page]
) -> None:
    page = launched(*FLAGS, "--use-fake-device-for-media-stream=device-count=2",
                    "--host-resolver-rules=MAP studio.test 127.0.0.1")  # fmt: skip
    page.goto(f"{guarded.url}/live".replace("127.0.0.1", "studio.test"))
    page.get_by_role("button", name="Start the camera").click()
    port = guarded.url.rpartition(":")[2]
    message(page, f"http://localhost:{port}/live")

    # On the machine itself it works, with the token that this studio asks for.
    start(page, guarded)
    choice = page.get_by_role("combobox", name="Camera")
    expect(choice.get_by_role("option")).to_have_count(2)
    choice.select_option(label="fake_device_1")
    expect(page.get_by_text("Camera on")).to_be_visible()
    wait_for_more_answers(page)
    expect(choice.locator("option:checked")).to_have_text("fake_device_1")

    # Another model takes over where the camera stands.
    page.get_by_role("combobox", name="Model").click()
    with page.expect_request(re.compile("predict.*model=other")):
        page.get_by_role("option", name="other").click()
    wait_for_more_answers(page)
    expect(page.get_by_text("Camera on")).to_be_visible()


def test_the_scripts_numbers(server: Server, page: Page) -> None:
    """Identity over time, averaging, and the part of a frame that is sent."""
    page.goto(f"{server.url}/assets/live/any/faces.js")
    told = page.evaluate("""async () => {
      const { Faces } = await import('/assets/live/any/faces.js');
      const { around, placed } = await import('/assets/live/any/frames.js');
      const face = (x, happy) => ({ box: { x, y: 100, width: 80, height: 100 },
        probabilities: { happy, sad: 1 - happy }, detection_score: 0.9 });
      const faces = new Faces(), numbers = (seen) => seen.map(({ number }) => number);
      const result = { moved: [] };
      for (let i = 0; i < 10; i += 1) {  // one to the right, one to the left, listed in turn
        const both = [face(20 * i, 1), face(500 - 20 * i, 0)];
        result.moved.push(numbers(faces.update(50 * i, i % 2 ? both.reverse() : both, 0)));
      }
      faces.update(500, [face(320, 0)], 0);
      result.complete = faces.complete;
      result.back = numbers(faces.update(900, [face(180, 1), face(320, 0)], 0));
      faces.update(1800, [face(320, 0)], 0);
      result.lost = numbers(faces.update(2000, [face(180, 1), face(320, 0)], 0));
      const one = new Faces();
      one.update(0, [face(0, 1)], 0.25);
      result.averaged = one.update(250, [face(0, 0)], 0.25)[0].probabilities.happy;
      one.update(70000, [face(0, 0)], 0.25);
      result.kept = one.known[0].history.length;
      const size = { width: 640, height: 480 };
      result.part = around([face(100, 1)], size);
      result.corner = around([{ box: { x: 600, y: 0, width: 40, height: 40 } }], size);
      result.large = around([{ box: { x: 100, y: 0, width: 300, height: 400 } }], size);
      result.apart = around([face(0, 1), face(560, 1)], size);
      result.placed = placed({ x: 56, y: 0, width: 112, height: 28 }, result.part,
        { width: 224, height: 224 });
      return result;
    }""")
    assert told["moved"] == [[1, 2], [2, 1]] * 5
    assert told["complete"] is False
    assert told["back"] == [1, 2]
    assert told["lost"] == [3, 2]
    assert abs(told["averaged"] - 0.3679) < 1e-4
    assert told["kept"] == 1
    assert told["part"] == {"x": 40, "y": 50, "width": 200, "height": 200}
    assert told["corner"] == {"x": 560, "y": 0, "width": 80, "height": 80}
    assert told["large"] == {"x": 10, "y": 0, "width": 480, "height": 480}
    assert told["apart"] is None
    placed = told["placed"]
    assert (placed["x"], placed["y"], placed["width"], placed["height"]) == (90, 50, 100, 25)
