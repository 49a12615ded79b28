"""A video that was chosen: read in the background, shown with its boxes, charted a face."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from io import BytesIO, StringIO
from pathlib import Path

import numpy as np
import streamlit as st

from fer import plots
from fer.api.predictors import predictor_for
from fer.images import Box, crop_face, to_png
from fer.inference.frames import Video, frame_at
from fer.inference.timeline import FramesTable, Timeline, TrackSummary
from fer.inference.video import FrameReading, read_video
from fer.words import counted
from pages import _own
from pages import _parts as parts
from pages._video import Upload

FACES = 6  # are shown, those seen longest
POINTS = 400  # of a line of the chart


@dataclass(frozen=True)
class Result:
    """All that the page shows of a video that was read."""

    annotated: bytes
    csv: bytes
    timeline: Timeline
    crops: dict[int, np.ndarray]
    length_s: float
    damage: str | None


def section(upload: Upload, model: str, stamp: str, every: int) -> None:
    """Progress, then the result."""
    result = read(upload, model, stamp, every)
    if result:
        show(upload, result)


def read(upload: Upload, model: str, stamp: str, every: int) -> Result | None:
    """The result where it is there; otherwise how far the work is."""
    key = f"video {upload.key} {model} {stamp} {every}"
    found: Result | None = _own.result(
        "video", key, f"Reading {upload.name}", partial(work, upload, model, every)
    )
    return found


def work(upload: Upload, model: str, every: int, note: Callable[[float, str], None]) -> Result:
    """Read the video. Nothing of it is written to a disk, where it would outlive the server."""
    predictor = predictor_for(model)
    timeline, best = Timeline(predictor.bundle.labels), Best()
    film, text = BytesIO(), StringIO(newline="")
    table = FramesTable(text, predictor.bundle)
    with Video(upload.content, upload.name) as video:
        for reading in read_video(video, predictor, every=every, annotated=film, progress=note):
            timeline.add(reading)
            best.add(reading)
            table.add(upload.name, reading)
        length_s = video.duration_s or timeline.summary.last_s
        damage = video.damage
    shown = [track.track for track in timeline.summary.longest()[:FACES]]
    crops = {track: best.crop(upload, track) for track in shown}
    csv = text.getvalue().encode()
    return Result(film.getvalue(), csv, timeline, crops, length_s, damage)


class Best:
    """When each face was seen best."""

    def __init__(self) -> None:
        self._seen: dict[int, tuple[float, float, Box]] = {}

    def add(self, reading: FrameReading) -> None:
        for face in reading.faces:
            score = face.reading.detection_score or 0.0
            if face.track not in self._seen or score > self._seen[face.track][0]:
                self._seen[face.track] = score, reading.time_s, face.reading.box

    def crop(self, upload: Upload, track: int) -> np.ndarray:
        _, time_s, box = self._seen[track]
        return crop_face(frame_at(upload.content, time_s, upload.name).image, box, 96)


def show(upload: Upload, result: Result) -> None:
    """The annotated video, who was in it, and when which expression showed."""
    summary = result.timeline.summary
    if result.damage:
        st.warning(result.damage)
    left, right = st.columns([3, 2], gap="medium")
    with left:
        st.video(result.annotated, alt=f"{upload.name} with boxes")
        st.caption(
            f"{upload.name}, {result.length_s:.1f} s, {counted(summary.frames, 'frame')} "
            "read. Boxes carry the number of the face; the sound is left out."
        )
    with right:
        if not summary.tracks:
            st.info("No face was found in it. Are the faces small, turned away or covered?",
                    icon=":material/search_off:")  # fmt: skip
        else:
            st.caption("In what part of the frames each face looked how")
        for track in summary.longest()[:FACES]:
            face(track, result.crops[track.track])
        if len(summary.tracks) > FACES:
            more = counted(len(summary.tracks) - FACES, "more face")
            st.caption(f"And {more}, seen for less long; the csv file has all.")
    if summary.tracks:
        course(result)
    downloads(upload, result)


def face(track: TrackSummary, crop: np.ndarray) -> None:
    """One face of the video: which, when, and in what part of its frames it looked how."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.image(to_png(crop), width=56, alt=f"Face {track.track}")
        st.markdown(f"**Face {track.track}**, {track.first_s:.1f} to {track.last_s:.1f} s",
                    width="content")  # fmt: skip
    shares = {label: share for label, share in track.shares.items() if share}
    st.html(parts.probability_bars(shares))


def course(result: Result) -> None:
    """The chart of a face; a click on it shows that moment."""
    numbers = [track.track for track in result.timeline.summary.longest()[:FACES]]
    track = numbers[0]
    if len(numbers) > 1:
        track = st.segmented_control("Chart of", numbers, default=track, required=True,
                                     format_func="Face {}".format, key="video_face")  # fmt: skip
    labels = result.timeline.summary.labels
    times_s, probabilities = result.timeline.course(track, POINTS)
    chosen = st.plotly_chart(
        plots.timeline(times_s, probabilities, labels), key=f"video_course_{track}",
        on_select="rerun", selection_mode="points", config={"displayModeBar": False},
        alt=f"Probability of each expression of face {track} over time",
    )  # fmt: skip
    points = chosen.selection.points
    if not points:
        st.caption("Click on a line to see that moment.")
        return
    moment = int(np.nanargmin(np.abs(times_s - float(points[0]["x"]))))
    left, right = st.columns([3, 2], gap="medium")
    shown = frame_at(result.annotated, float(times_s[moment]))
    left.image(shown.image, width="stretch", output_format="JPEG",
               alt=f"The frame at {shown.time_s:.1f} s")  # fmt: skip
    right.markdown(f"**Face {track} at {times_s[moment]:.1f} s**")
    row = probabilities[moment].tolist()
    right.html(parts.probability_bars(dict(zip(labels, row, strict=True))))


def downloads(upload: Upload, result: Result) -> None:
    """The video with its boxes and a row a frame; what is downloaded does not run the page."""
    stem = Path(upload.name).stem
    with st.container(horizontal=True):
        parts.download("Video with boxes (mp4)", result.annotated, f"{stem}-annotated.mp4")
        parts.download("A row a frame (csv)", result.csv, f"{stem}-frames.csv")
