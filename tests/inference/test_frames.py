"""Videos as frames: any common file in, upright pictures with their times out."""

import io
import os
import tracemalloc
from contextlib import suppress
from pathlib import Path

import av
import numpy as np
import pytest

from fer.errors import FerError, InputError, NotAVideoError, NotFoundError, TooLargeError
from fer.inference import frames
from fer.inference.frames import Video, frame_at
from fer.inference.sources import is_video
from tests.films import write_video

KINDS = [
    ("clip.mp4", "libx264", "yuv420p"),
    ("clip.mov", "libx264", "yuv420p"),
    ("clip.mkv", "libx264", "yuv420p"),
    ("clip.webm", "libvpx-vp9", "yuv420p"),
    ("clip.avi", "mpeg4", "yuv420p"),
    ("clip.mjpeg", "mjpeg", "yuvj420p"),
]


def grey_frames(count: int, height: int = 48, width: int = 64) -> list[np.ndarray]:
    """Each a little lighter than the one before, so that a frame tells its number."""
    return [np.full((height, width, 3), 20 + 5 * index, np.uint8) for index in range(count)]


def number(image: np.ndarray) -> int:
    return round((float(image.mean()) - 20) / 5)


def clip(path: Path, count: int = 40, **options: object) -> Path:
    write_video(path, grey_frames(count), **options)  # type: ignore[arg-type]
    return path


@pytest.mark.parametrize(("name", "codec", "pixels"), KINDS)
def test_every_common_kind_is_read_from_disk_and_from_memory(
    tmp_path: Path, name: str, codec: str, pixels: str
) -> None:
    path = clip(tmp_path / name, codec=codec, pixels=pixels)
    data = path.read_bytes()
    with open(path, "rb") as file:
        for source in (path, str(path), data, bytearray(data), io.BytesIO(data), file):
            with Video(source) as video:
                found = list(video.frames())
                assert (video.width, video.height) == (64, 48)
                assert video.damage is None
                assert video.share_read == pytest.approx(1, abs=0.05)
            assert [frame.index for frame in found] == list(range(40))
            numbers = [number(frame.image) for frame in found]
            assert numbers == pytest.approx(range(40), abs=1)  # MPEG-4 is coarse
            assert found[0].image.shape == (48, 64, 3)
            assert found[0].image.dtype == np.uint8
            gap_s = 1 / video.rate
            times_s = [frame.time_s for frame in found]
            assert times_s == pytest.approx([gap_s * i for i in range(40)], abs=0.002)
        assert not file.closed  # given open, left open
    assert is_video(path)
    assert not is_video("photo.jpg")


def test_every_third_frame(tmp_path: Path) -> None:
    with Video(clip(tmp_path / "clip.mp4", 10)) as video:
        found = list(video.frames(every=3))
    assert [frame.index for frame in found] == [0, 3, 6, 9]
    assert [number(frame.image) for frame in found] == [0, 3, 6, 9]
    assert [frame.time_s for frame in found] == pytest.approx([0, 0.1, 0.2, 0.3])
    with (
        Video(tmp_path / "clip.mp4") as video,
        pytest.raises(InputError, match="at least 1, not 0"),
    ):
        list(video.frames(every=0))


def test_frames_at_uneven_times_keep_them(tmp_path: Path) -> None:
    times_s = [0.0, 0.01, 0.5, 0.6, 3.0, 3.01]
    path = clip(tmp_path / "clip.mkv", 6, times_s=[time_s + 1.5 for time_s in times_s])
    with Video(path) as video:
        found = list(video.frames())
    assert [number(frame.image) for frame in found] == list(range(6))
    # Since the first frame, which this file shows after 1.5 s.
    assert [frame.time_s for frame in found] == pytest.approx(times_s, abs=0.002)


@pytest.mark.parametrize("degrees", [90, 180, -90])
def test_a_telephones_rotation_is_undone(tmp_path: Path, degrees: int) -> None:
    image = np.zeros((48, 64, 3), np.uint8)
    image[:24, :32] = 255  # white at the upper left
    write_video(
        tmp_path / "turned.mp4", [image] * 3, prepare=lambda s: s.set_display_rotation(degrees)
    )
    with Video(tmp_path / "turned.mp4") as video:
        shown = next(video.frames()).image
        assert (video.height, video.width) == shown.shape[:2]
    upright = np.rot90(image, degrees // 90)  # counterclockwise, as a display matrix says it
    assert shown.shape == upright.shape
    assert np.abs(shown.astype(int) - upright).mean() < 5


def test_pixels_that_are_not_square_are_stretched(tmp_path: Path) -> None:
    def wide(stream: av.VideoStream) -> None:
        stream.codec_context.sample_aspect_ratio = 2

    with Video(clip(tmp_path / "clip.mp4", 2, prepare=wide)) as video:
        assert next(video.frames()).image.shape == (48, 128, 3)


def test_the_frame_at_a_time_is_what_a_player_shows_then(tmp_path: Path) -> None:
    path = clip(tmp_path / "clip.mp4", prepare=lambda stream: setattr(stream, "gop_size", 10))
    for time_s, expected in [(0, 0), (0.5, 15), (0.51, 15), (1.2, 36), (99, 39), (-1, 0)]:
        assert number(frame_at(path, time_s).image) == expected
    assert number(frame_at(path.read_bytes(), 1.0).image) == 30


def test_past_the_end_of_what_a_cut_off_file_has_is_its_last_frame(tmp_path: Path) -> None:
    path = clip(tmp_path / "clip.mkv", prepare=lambda stream: setattr(stream, "gop_size", 10))
    whole = path.read_bytes()
    last = number(frame_at(whole[: len(whole) * 2 // 3], 99).image)
    assert 0 < last < 39
    path = clip(tmp_path / "clip.avi", codec="mjpeg", pixels="yuvj420p")
    assert number(frame_at(path, 1.01).image) == 30


# ---- what is not a video


@pytest.fixture
def whole(tmp_path: Path) -> bytes:
    """Noise of 3 seconds, so that there are many bytes to cut and to damage."""
    rng = np.random.default_rng(0)
    noise = [rng.integers(0, 256, (48, 64, 3), np.uint8) for _ in range(90)]
    write_video(tmp_path / "whole.mkv", noise, prepare=lambda s: setattr(s, "gop_size", 10))
    return (tmp_path / "whole.mkv").read_bytes()


def read(data: bytes, name: str = "clip.mp4") -> tuple[int, str | None]:
    with Video(data, name) as video:
        return len(list(video.frames())), video.damage


@pytest.mark.parametrize(
    "data",
    [
        b"Dear diary, this is no video.\n" * 100,
        b"\x89PNG\r\n\x1a\n" + bytes(200),
        bytes(5000),
        np.random.default_rng(1).bytes(5000),
        # A playlist could make FFmpeg open other files and addresses.
        b"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nfile:///etc/hostname\n#EXT-X-ENDLIST\n",
        b"ffconcat version 1.0\nfile /etc/hostname\n",
    ],
)
def test_what_is_no_video_is_one_sentence(data: bytes) -> None:
    with pytest.raises(NotAVideoError, match=r"^clip\.mp4 is not a video, or it is damaged"):
        read(data)


def test_empty_missing_and_unreadable_files_are_named(tmp_path: Path) -> None:
    (tmp_path / "empty.mp4").touch()
    with pytest.raises(NotAVideoError, match=r"empty\.mp4 is empty \(0 bytes\)"):
        Video(tmp_path / "empty.mp4")
    with pytest.raises(NotFoundError, match=r"gone\.mp4 does not exist"):
        Video(tmp_path / "gone.mp4")
    with pytest.raises(InputError, match=r"cannot be read \(Is a directory\)"):
        Video(tmp_path)
    with pytest.raises(InputError, match="binary mode"):
        Video(io.StringIO("text"))  # type: ignore[arg-type]
    read_end, write_end = os.pipe()
    os.close(write_end)
    with open(read_end, "rb") as pipe, pytest.raises(InputError, match="from a stream"):
        Video(pipe)
    read_end, write_end = os.pipe()
    os.close(write_end)
    with pytest.raises(InputError, match="is a pipe, which cannot be read in any order"):
        Video(f"/dev/fd/{read_end}")
    os.close(read_end)
    with pytest.raises(InputError, match="A video is bytes, a path or an open binary file, not in"):
        Video(3)  # type: ignore[arg-type]


def test_sound_alone_is_no_video(tmp_path: Path) -> None:
    with av.open(str(tmp_path / "song.mp4"), "w") as container:
        stream = container.add_stream("aac", rate=8000, layout="mono")
        sound = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), "fltp", "mono")
        sound.sample_rate = 8000
        container.mux(stream.encode(sound))
        container.mux(stream.encode(None))
    with pytest.raises(NotAVideoError, match=r"song\.mp4 has no moving picture, only"):
        Video(tmp_path / "song.mp4")


def test_an_mp4_without_its_end_cannot_be_read(tmp_path: Path) -> None:
    data = clip(tmp_path / "clip.mp4").read_bytes()
    with pytest.raises(NotAVideoError, match="damaged or cut off"):
        read(data[: len(data) // 2])


def test_what_a_cut_file_still_has_is_read_and_the_rest_is_told(whole: bytes) -> None:
    assert read(whole) == (90, None)
    count, damage = read(whole[: len(whole) // 2])
    assert 30 < count < 60
    assert damage is not None
    assert damage.startswith("clip.mp4 is cut off: it should last 3.0 s, but its pictures end at 1")


def test_a_broken_piece_in_the_middle_does_not_end_it(whole: bytes) -> None:
    half = len(whole) // 2
    count, damage = read(whole[:half] + bytes(3000) + whole[half + 3000 :])
    assert 70 < count < 91
    assert damage is None or "damaged" in damage


def test_damage_is_told_in_a_sentence_or_is_none(whole: bytes) -> None:
    rng = np.random.default_rng(2)
    outcomes = set()
    for _ in range(60):
        data = bytearray(whole)
        for place in rng.integers(0, len(data), rng.integers(1, 200)):
            data[place] = rng.integers(0, 256)
        data = data[: rng.integers(1, len(data))]
        with suppress(FerError):  # anything else fails the test
            outcomes.add(read(bytes(data))[1] is None)
    assert outcomes == {True, False}


def test_too_large_and_too_long_are_refused_before_they_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = clip(tmp_path / "clip.mp4")
    monkeypatch.setattr(frames, "MAX_DURATION_S", 1.0)
    with pytest.raises(TooLargeError, match=r"clip\.mp4 lasts 0\.0 hours, more than"):
        Video(path)
    monkeypatch.setattr(frames, "MAX_PIXELS", 64 * 48 - 1)
    with pytest.raises(TooLargeError, match=r"clip\.mp4 has 64 x 48 pixels a frame"):
        Video(path)


def test_a_length_that_the_header_hides_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = clip(tmp_path / "clip.mjpeg", codec="mjpeg", pixels="yuvj420p")
    monkeypatch.setattr(frames, "MAX_DURATION_S", 1.0)
    with Video(path) as video, pytest.raises(TooLargeError, match="more than"):
        list(video.frames())


def test_memory_does_not_grow_with_the_length(tmp_path: Path) -> None:
    """Python's own; FFmpeg's holds some frames. 600 frames decoded are 138 MB."""
    path = tmp_path / "long.mp4"
    image = np.zeros((240, 320, 3), np.uint8)
    write_video(path, (image for _ in range(600)))
    with Video(path) as video:
        shown = video.frames()
        next(shown)
        tracemalloc.start()
        try:
            assert sum(1 for _ in shown) == 599
            assert tracemalloc.get_traced_memory()[1] < 2_000_000
        finally:
            tracemalloc.stop()


def test_sound_that_goes_on_is_not_said_to_be_missing_pictures(tmp_path: Path) -> None:
    path = tmp_path / "talk.mkv"
    with av.open(str(path), "w") as container:
        pictures = container.add_stream("libx264", rate=10)
        pictures.width, pictures.height, pictures.pix_fmt = 64, 48, "yuv420p"
        sound = container.add_stream("pcm_s16le", rate=8000, layout="mono")
        for image in grey_frames(10):
            container.mux(pictures.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        container.mux(pictures.encode(None))
        silence = av.AudioFrame.from_ndarray(np.zeros((1, 8000 * 5), np.int16), layout="mono")
        silence.sample_rate = 8000
        container.mux(sound.encode(silence))
    with Video(path) as video:
        assert len(list(video.frames())) == 10
        assert video.damage is not None
        assert video.damage.endswith("it is cut off, or only its sound goes on.")
