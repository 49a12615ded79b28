"""Videos written for browsers."""

from contextlib import suppress
from io import BytesIO
from pathlib import Path

import av
import numpy as np
import pytest

from fer.errors import FerError, InputError
from fer.inference.frames import Video
from fer.inference.recording import Recording

TIMES_S = [0.0, 0.1, 0.1, 0.5, 0.51, 2.0]


def record(path: Path, shape: tuple[int, int] = (48, 64)) -> Path:
    with Recording(path, 29.97) as recording:
        for index, time_s in enumerate(TIMES_S):
            assert not path.exists()
            recording.add(np.full((*shape, 3), 40 * index, np.uint8), time_s)
    return path


def test_a_browser_can_play_it_from_its_first_bytes(tmp_path: Path) -> None:
    path = record(tmp_path / "out.mp4")
    data = path.read_bytes()
    assert data[4:8] == b"ftyp"
    assert data.index(b"moov") < data.index(b"mdat")
    with av.open(str(path)) as container:
        (stream,) = container.streams
        assert (stream.codec_context.name, stream.pix_fmt) == ("h264", "yuv420p")
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("shape", [(48, 64), (49, 65), (1, 1)])
def test_each_frame_is_shown_at_its_time(tmp_path: Path, shape: tuple[int, int]) -> None:
    with Video(record(tmp_path / "out.mp4", shape)) as video:
        found = list(video.frames())
        assert video.duration_s == pytest.approx(2.0, abs=0.05)
    assert [frame.time_s for frame in found] == pytest.approx(TIMES_S, abs=1e-3)
    assert [round(frame.image.mean() / 40) for frame in found] == list(range(6))
    # A side of yuv420p is even.
    assert found[0].image.shape[0] - shape[0] in (0, 1) or shape == (1, 1)


def test_nothing_is_left_of_what_was_not_finished(tmp_path: Path) -> None:
    with suppress(ZeroDivisionError), Recording(tmp_path / "out.mp4") as recording:
        recording.add(np.zeros((48, 64, 3), np.uint8), 0)
        raise ZeroDivisionError
    with Recording(tmp_path / "out.mp4"):
        pass
    assert list(tmp_path.iterdir()) == []


def test_what_was_there_stays_until_the_new_one_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "out.mp4"
    path.write_bytes(b"old")
    with suppress(ZeroDivisionError), Recording(path) as recording:
        recording.add(np.zeros((48, 64, 3), np.uint8), 0)
        raise ZeroDivisionError
    assert path.read_bytes() == b"old"
    with Recording(path) as recording:
        recording.add(np.zeros((48, 64, 3), np.uint8), 0)
        with pytest.raises(InputError, match="64 x 48 pixels like the first, not 64 x 50"):
            recording.add(np.zeros((50, 64, 3), np.uint8), 1)
    with Video(path) as video:
        assert sum(1 for _ in video.frames()) == 1


def test_a_name_may_be_as_long_as_the_disk_allows(tmp_path: Path) -> None:
    path = tmp_path / f"{'あ' * 80}.mp4"
    record(path)
    assert [left.name for left in tmp_path.iterdir()] == [path.name]


def test_where_it_cannot_be_written_is_told(tmp_path: Path) -> None:
    place = tmp_path / "nowhere" / "out.mp4"
    with pytest.raises(FerError, match=r"nowhere/out\.mp4 cannot be written \(No such file"):
        record(place)


def test_into_a_buffer_it_is_written_without_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    buffer = BytesIO()
    with Recording(buffer) as recording:
        for step, time_s in enumerate(TIMES_S):
            recording.add(np.full((48, 64, 3), 40 * step, np.uint8), time_s)
    with Video(buffer.getvalue(), "buffer") as video:
        found = list(video.frames())
    assert [frame.time_s for frame in found] == pytest.approx(TIMES_S, abs=1e-3)
    assert list(tmp_path.iterdir()) == []
