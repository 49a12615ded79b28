"""Videos given to `predict`."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

import click

from fer import files
from fer.cli import results
from fer.cli.output import percent, print_json, progress_bar
from fer.errors import FerError, InputError
from fer.inference import Predictor, pictures
from fer.inference.frames import Video
from fer.inference.readings import result_dict
from fer.inference.sources import is_video, matching, printable
from fer.inference.timeline import FramesTable, TrackSummary, VideoSummary
from fer.inference.video import FrameReading, read_video
from fer.words import counted

# Faces that people are told of, the ones seen longest; --json and --csv have all.
_SHOWN = 12


@dataclass(frozen=True)
class Wanted:
    """The options of `predict` that a video heeds, as they were given."""

    csv_path: Path | None = None
    go_on: bool = False
    replace: bool = False
    annotate: Path | None = None
    as_json: bool = False
    every: int = 1


def any_in(paths: Iterable[Path]) -> bool:
    """Whether one of the paths has the name of a video."""
    return any(is_video(path) for path in paths)


def with_patterns_matched(paths: Iterable[Path]) -> list[Path]:
    """Patterns that match a video as the files that they mean; everything else as it is."""
    found: list[Path] = []
    for path in paths:
        matches = matching(path)
        if any_in(matches):
            # "**" matches the files of a folder beside the folder itself.
            found += [m for m in matches if not ("**" in path.parts and m.is_dir())]
        else:
            found.append(path)
    return found


def predict(paths: Sequence[Path], predictor: Predictor, wanted: Wanted) -> int:
    """Read videos, and pictures between them, in their order; return the exit code.

    Ctrl-C ends it: what is written by then of a video or of the table is removed.
    """
    told: list[dict[str, Any]] = []
    stopped = False
    try:
        with ExitStack() as stack:
            table = _table(paths, predictor, wanted, stack)
            others = pictures(path for path in paths if not is_video(path))
            read = [*map(str, paths), *(picture.name for picture in others)]
            reader = _Reader(
                predictor, wanted, table, results.FreePlaces(read, wanted.replace), told
            )
            for path in paths:
                reader.read(path)
    except KeyboardInterrupt:
        stopped = True
    if wanted.as_json:
        print_json({"model": predictor.bundle.name, "results": told})
    return 130 if stopped else int(any("error" in result for result in told))


def _table(
    paths: Sequence[Path], predictor: Predictor, wanted: Wanted, stack: ExitStack
) -> FramesTable | None:
    path = wanted.csv_path
    if path is None:
        return None
    if wanted.go_on:
        raise InputError(f"{path} is a table of video frames: it cannot be continued; replace it.")
    if not all(map(is_video, paths)):
        raise InputError("A table has the frames of videos or pictures: give them one by one.")
    files.check_free(path, wanted.replace)
    files.check_not_among(path, paths)
    return FramesTable(stack.enter_context(_new_file(path)), predictor.bundle)


@contextmanager
def _new_file(path: Path) -> Iterator[TextIO]:
    """A text file that is at `path` once the block ends well; nothing is left where it does not."""
    unfinished = path.with_name(f".{path.name}.unfinished")
    with files.writing(path):
        file = open(unfinished, "w", newline="", encoding="utf-8")  # noqa: SIM115
    try:
        yield file
        with files.writing(path):
            file.close()
            unfinished.replace(path)
    finally:
        with suppress(OSError):
            file.close()
        unfinished.unlink(missing_ok=True)


class _Reader:
    def __init__(
        self,
        predictor: Predictor,
        wanted: Wanted,
        table: FramesTable | None,
        places: results.FreePlaces,
        told: list[dict[str, Any]],
    ) -> None:
        self._predictor, self._wanted, self._table = predictor, wanted, table
        self._places, self._told = places, told

    def read(self, path: Path) -> None:
        """Tell one result, or those of a folder of pictures, as `predict --json` has them."""
        if not is_video(path):
            self._read_pictures(path)
            return
        try:
            self._told.append(self._of_video(path))
        except FerError as error:
            click.echo(f"fer: {error}", err=True)
            self._add_to_table(path, error)
            self._told.append(result_dict(printable(str(path)), error))

    def _of_video(self, path: Path) -> dict[str, Any]:
        summary = VideoSummary(self._predictor.bundle.labels)
        with Video(path, printable(str(path))) as video, progress_bar() as progress:
            readings = read_video(
                video,
                self._predictor,
                every=self._wanted.every,
                annotated=self._annotated(path),
                progress=lambda share, text: progress(share, f"{path.name}: {text}"),
            )
            for reading in readings:
                summary.add(reading)
                self._add_to_table(path, reading)
        length_s = video.duration_s or summary.last_s
        told = {"source": printable(str(path)), "width": video.width, "height": video.height}
        told |= {"duration_s": length_s, **summary.to_dict()}
        if video.damage:
            click.echo(f"fer: {video.damage}", err=True)
            told["warning"] = video.damage
        if not self._wanted.as_json:
            _print(path, length_s, summary)
        return told

    def _add_to_table(self, path: Path, outcome: FrameReading | FerError) -> None:
        if self._table and self._wanted.csv_path:
            with files.writing(self._wanted.csv_path):
                self._table.add(printable(str(path)), outcome)

    def _read_pictures(self, path: Path) -> None:
        found, wanted = pictures([path]), self._wanted
        outputs: list[results.Output] = []
        if wanted.annotate:
            unsure_below = self._predictor.bundle.unsure_below
            outputs.append(
                results.annotated_pictures(wanted.annotate, found, unsure_below, self._places)
            )
        if not wanted.as_json:
            outputs.append(results.print_lines)
        outputs.append(
            lambda picture, outcome: self._told.append(result_dict(picture.name, outcome))
        )
        results.read_pictures(self._predictor, found, outputs, results.Tally(), wanted.as_json)

    def _annotated(self, path: Path) -> Path | None:
        """Where the annotated video goes; of videos of one name the later ones are numbered."""
        folder = self._wanted.annotate
        if folder is None:
            return None
        with files.writing(folder):
            folder.mkdir(parents=True, exist_ok=True)
        return self._places.take(folder, path.stem, ".mp4")


def _print(path: Path, length_s: float, summary: VideoSummary) -> None:
    tracks, name = summary.longest(), printable(str(path))
    click.echo(
        f"{name}: {length_s:.1f} s, {counted(summary.frames, 'frame')} read, "
        f"{counted(len(tracks), 'face')}"
    )
    for track in tracks[:_SHOWN]:
        click.echo(f"{name}: {_line(track)}")
    if len(tracks) > _SHOWN:
        click.echo(f"{name}: and {len(tracks) - _SHOWN:,} more, seen for less long")


def _line(track: TrackSummary) -> str:
    shares = sorted(track.shares.items(), key=lambda share: -share[1])
    ranked = ", ".join(f"{label} {percent(share)}" for label, share in shares if share)
    return f"face {track.track}, {track.first_s:.1f} to {track.last_s:.1f} s: {ranked}"
