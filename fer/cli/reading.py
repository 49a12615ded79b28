"""`predict`."""

import sys
from collections.abc import Sequence
from contextlib import ExitStack, nullcontext
from dataclasses import dataclass
from pathlib import Path

import click

from fer.cli import results, video
from fer.cli.output import as_json, progress_bar, quiet_libraries
from fer.errors import FerError
from fer.inference import DETECTORS, Picture, Predictor, ReadingsTable, pictures
from fer.inference.tables import Mode
from fer.words import counted


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--model", help="A model's name or folder; by default general.")
@click.option(
    "--detector", type=click.Choice(DETECTORS), help="yunet unless the picture is a face."
)
@click.option("--min-score", type=float, help="Of YuNet's faces those with this score (0.7).")
@click.option("--csv", "csv_path", type=click.Path(path_type=Path), help="Write a row a face.")
@click.option("--continue", "go_on", is_flag=True, help="Add to the csv what is not in it yet.")
@click.option("--replace", is_flag=True, help="Write the csv anew where it exists.")
@click.option("--annotate", type=click.Path(path_type=Path), help="Write pictures with boxes here.")
@click.option("--every", type=click.IntRange(1), default=1, help="Of a video, every k-th frame.")
@as_json
def predict(
    paths: tuple[Path, ...],
    model: str | None,
    detector: str | None,
    min_score: float | None,
    csv_path: Path | None,
    go_on: bool,
    replace: bool,
    annotate: Path | None,
    every: int,
    as_json: bool,
) -> None:
    """Read the expressions in pictures, folders, "patterns/*.jpg", zip archives, and videos.

    A picture that cannot be read is a row with its error; the rest goes on, and the exit code is 1.
    Each result is written as it comes: any number of pictures takes no more memory than one.
    """
    if (go_on or replace) and not csv_path:
        raise click.UsageError("--continue and --replace are about a table: give --csv FILE too.")
    if go_on and replace:
        raise click.UsageError("Give either --continue or --replace.")
    with quiet_libraries():
        predictor = Predictor(model, detector, min_score=min_score)
    if video.any_in(paths):
        wanted = video.Wanted(csv_path, go_on, replace, annotate, as_json, every)
        sys.exit(video.predict(paths, predictor, wanted))
    found = todo = pictures(paths)
    outputs: list[results.Output] = []
    with ExitStack() as stack:
        if csv_path:
            mode: Mode = "continue" if go_on else "replace" if replace else "new"
            table = stack.enter_context(ReadingsTable(csv_path, predictor.bundle, mode))
            outputs.append(lambda picture, outcome: table.add(picture.name, outcome))
            todo = [picture for picture in found if picture.name not in table.done]
        if annotate:
            unsure_below = predictor.bundle.unsure_below
            places = results.FreePlaces(picture.name for picture in found)
            outputs.append(results.annotated_pictures(annotate, found, unsure_below, places))
        if as_json:
            outputs.append(stack.enter_context(results.json_results(predictor.bundle.name)))
        elif not csv_path:
            outputs.append(results.print_lines)
        lines_are_shown = not (csv_path or as_json)
        tally = _read(predictor, todo, outputs, show_progress=not lines_are_shown)
    if csv_path and not as_json:
        click.echo(tally.told(csv_path, there=len(found) - len(todo)))
    if tally.stopped:
        sys.exit(130)
    if tally.failed:
        sys.exit(1)


@dataclass
class _Tally:
    read: int = 0
    faces: int = 0
    failed: int = 0
    stopped: bool = False

    def told(self, path: Path, there: int) -> str:
        """What was done, in a sentence or two."""
        words = [f"{path}: {counted(self.read, 'picture')} read, {counted(self.faces, 'face')}"]
        words += [f"{self.failed:,} could not be read"] if self.failed else []
        words += [f"{there:,} were there already"] if there else []
        return ", ".join(words) + "." + (" Go on with --continue." if self.stopped else "")


def _read(
    predictor: Predictor,
    todo: Sequence[Picture],
    outputs: Sequence[results.Output],
    show_progress: bool,
) -> _Tally:
    """Read the pictures and give each result to every output; Ctrl-C ends it early."""
    tally = _Tally()
    outcomes = predictor.predict_many(todo, errors="return")
    with progress_bar() if show_progress else nullcontext(lambda share, text: None) as progress:
        try:
            for picture, outcome in zip(todo, outcomes, strict=True):
                for output in outputs:
                    output(picture, outcome)
                if isinstance(outcome, FerError):
                    tally.failed += 1
                    click.echo(f"fer: {outcome}", err=True)
                else:
                    tally.read += 1
                    tally.faces += len(outcome.faces)
                done = tally.read + tally.failed
                progress(done / len(todo), f"{done:,} of {len(todo):,} pictures")
        except KeyboardInterrupt:
            tally.stopped = True
    return tally
