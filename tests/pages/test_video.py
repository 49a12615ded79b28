"""The video of the Predict page, without a browser."""

import csv
import io
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from fer.images import decode
from pages import _film
from tests.films import head, scene, write_video
from tests.pages.conftest import html, words
from tests.trained import Trained, trained

__all__ = ["trained"]

OpenPage = Callable[..., AppTest]
LIMIT_S = 60


@pytest.fixture
def film(tmp_path: Path, astronaut: Path) -> bytes:
    face = head(decode(astronaut), 130)
    write_video(tmp_path / "film.mp4", [scene([(face, 10 + 4 * i, 50)]) for i in range(30)])
    return (tmp_path / "film.mp4").read_bytes()


@pytest.fixture
def no_temporary_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody can make one: what a visitor shows is never written to a disk."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "nowhere"))


def upload(app: AppTest, name: str, content: bytes) -> AppTest:
    app.file_uploader(key="video").set_value((name, content, "video/mp4")).run()
    return app


def wait(app: AppTest) -> AppTest:
    """Until nothing is under way any more."""
    end = time.monotonic() + LIMIT_S
    while any(button.label == "Cancel" for button in app.button):
        assert time.monotonic() < end
        time.sleep(0.1)
        app.run()
    return app


@pytest.mark.usefixtures("no_temporary_files")
def test_a_video_is_read_and_shown_with_its_numbers(
    open_page: OpenPage, trained: Trained, film: bytes
) -> None:
    app = wait(upload(open_page("predict.py", model=trained.bundle.name), "film.mp4", film))
    assert not app.exception
    assert not app.error
    said = words(app)
    assert "film.mp4, 1.0 s, 30 frames read" in said
    assert "**Face 1**, 0.0 to 1.0 s" in said
    assert sum('role="img"' in text for text in html(app)) == 1
    result = app.session_state["video_result"]
    rows = list(csv.DictReader(io.StringIO(result.csv.decode())))
    assert [row["frame"] for row in rows] == [str(index) for index in range(30)]
    assert result.annotated[4:8] == b"ftyp"
    assert result.crops[1].shape == (96, 96)


def test_fewer_frames_or_another_model_reads_it_again(
    open_page: OpenPage, trained: Trained, film: bytes
) -> None:
    app = wait(upload(open_page("predict.py", model="spec"), "film.mp4", film))
    app.segmented_control(key="video_every").set_value(5).run()
    assert "film.mp4, 1.0 s, 6 frames read" in words(wait(app))
    first = app.session_state["video_result"]
    app.selectbox(key="model").set_value(trained.bundle.name).run()
    wait(app)
    assert app.session_state["video_result"].csv != first.csv


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("notes.mp4", b"hello, no video", "notes.mp4 is not a video"),
        ("cut.mp4", b"", "is not a video, or it is damaged"),
    ],
)
def test_what_cannot_be_read_is_said(
    open_page: OpenPage, trained: Trained, film: bytes, name: str, content: bytes, said: str
) -> None:
    app = wait(upload(open_page("predict.py"), name, content or film[: len(film) // 2]))
    assert said in app.error[0].value
    app.file_uploader(key="video").set_value(None).run()
    assert not app.error


def test_a_video_that_is_taken_away_or_cancelled_is_let_go(
    open_page: OpenPage, trained: Trained, film: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    read_video, let_go = _film.read_video, threading.Event()

    def slow(*given: object, **options: object) -> object:
        try:
            for reading in read_video(*given, **options):  # type: ignore[arg-type]
                yield reading
                time.sleep(0.3)
        finally:
            let_go.set()

    monkeypatch.setattr(_film, "read_video", slow)
    app = upload(open_page("predict.py"), "film.mp4", film)
    next(button for button in app.button if button.label == "Cancel").click().run()
    wait(app)
    assert "Cancelled." in words(app)
    assert let_go.wait(10)
    let_go.clear()
    next(button for button in app.button if button.label == "Try again").click().run()
    assert any(button.label == "Cancel" for button in app.button)
    app.file_uploader(key="video").set_value(None).run()
    assert not any(button.label == "Cancel" for button in app.button)
    assert let_go.wait(10)
