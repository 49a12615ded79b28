"""A video on the Predict page, on a telephone: read, played with its boxes, asked for a moment."""

import re
from pathlib import Path

from playwright.sync_api import Page, expect

from fer.images import decode
from fer.inference.frames import Video
from tests.browser.test_layout import STICKING_OUT
from tests.conftest import Server
from tests.films import head, scene, write_video

# Plays a moment of the video; its size, its length, how far it came, and the fault if there is one.
PLAY = """async (video) => {
  video.muted = true;
  await video.play();
  await new Promise(done => video.ontimeupdate = () => video.currentTime > 0.2 && done());
  video.pause();
  return [video.videoWidth, video.videoHeight, video.duration, video.error?.message ?? null];
}"""


def test_a_video_is_read_played_and_asked(
    server: Server, page: Page, tmp_path: Path, astronaut: Path
) -> None:
    face = head(decode(astronaut), 130)
    film = tmp_path / "film.mp4"
    write_video(film, [scene([(face, 10 + 2 * i, 50)]) for i in range(60)])
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{server.url}/predict?model=spec")
    page.get_by_text("A video", exact=True).click()
    page.locator("input[type=file][accept*='.mp4']").set_input_files(film)
    expect(page.get_by_text("film.mp4, 2.0 s, 60 frames read")).to_be_visible()
    width, height, length_s, fault = page.locator("video").evaluate(PLAY)
    assert (width, height, fault) == (320, 240, None)
    assert abs(length_s - 2) < 0.1

    chart = page.locator(".js-plotly-plot .nsewdrag")
    chart.scroll_into_view_if_needed()
    box = chart.bounding_box()
    assert box is not None
    chart.hover(position={"x": box["width"] / 2, "y": 12})
    chart.click(position={"x": box["width"] / 2, "y": 12})
    moment = page.get_by_text(re.compile(r"Face 1 at \d\.\d s"))
    expect(moment).to_be_visible()
    asked_s = float(re.search(r"at (\S+) s", moment.inner_text())[1])  # type: ignore[index]
    assert 0.4 < asked_s < 1.6
    assert page.evaluate(STICKING_OUT) == []

    with page.expect_download() as download:
        page.get_by_role("button", name="Video with boxes (mp4)").click()
    assert download.value.suggested_filename == "film-annotated.mp4"
    with Video(download.value.path()) as video:
        assert sum(1 for _ in video.frames()) == 60
