"""`predict`."""

import sys
from contextlib import ExitStack
from pathlib import Path

import click

from fer import files
from fer.cli import results, video
from fer.cli.output import as_json, quiet_libraries
from fer.inference import DETECTORS, Predictor, ReadingsTable, pictures
from fer.inference.tables import Mode


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--model", help="A model's name or folder; by default general.")
@click.option(
    "--detector",
    type=click.Choice(DETECTORS),
    help="How faces are found: by default yunet, but a picture of up to 64 px is a face.",
)
@click.option("--min-score", type=float, help="Leave out faces that YuNet scores lower (0.7).")
@click.option("--csv", "csv_path", type=click.Path(path_type=Path), help="Write a row a face.")
@click.option("--continue", "go_on", is_flag=True, help="Add to the csv what is not in it yet.")
@click.option(
    "--replace", is_flag=True, help="Replace the csv, or pictures with boxes, where they exist."
)
@click.option(
    "--annotate",
    type=click.Path(path_type=Path),
    help="Write pictures with boxes into this folder.",
)
@click.option(
    "--every", type=click.IntRange(1), default=1, help="Read only every k-th frame of a video."
)
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
    if (go_on or replace) and not (csv_path or (annotate and replace)):
        raise click.UsageError("--continue and --replace are about a table: give --csv FILE too.")
    if go_on and replace:
        raise click.UsageError("Give either --continue or --replace.")
    with quiet_libraries():
        predictor = Predictor(model, detector, min_score=min_score)
    paths = tuple(video.with_patterns_matched(paths))
    if video.any_in(paths):
        wanted = video.Wanted(csv_path, go_on, replace, annotate, as_json, every)
        sys.exit(video.predict(paths, predictor, wanted))
    found = todo = pictures(paths)
    outputs: list[results.Output] = []
    with ExitStack() as stack:
        if csv_path:
            mode: Mode = "continue" if go_on else "replace" if replace else "new"
            if replace:
                inside = (Path(p.name) for p in found if p.name.endswith(csv_path.name))
                files.check_not_among(csv_path, [*paths, *inside])
            names = {picture.name for picture in found}
            table = stack.enter_context(ReadingsTable(csv_path, predictor.bundle, mode, names))
            outputs.append(lambda picture, outcome: table.add(picture.name, outcome))
            todo = [picture for picture in found if picture.name not in table.done]
        if annotate:
            unsure_below = predictor.bundle.unsure_below
            places = results.FreePlaces((picture.name for picture in found), go_on or replace)
            outputs.append(results.annotated_pictures(annotate, found, unsure_below, places))
        if as_json:
            outputs.append(stack.enter_context(results.json_results(predictor.bundle.name)))
        elif not csv_path:
            outputs.append(results.print_lines)
        lines_are_shown = not (csv_path or as_json)
        tally = results.Tally()
        try:
            results.read_pictures(predictor, todo, outputs, tally, not lines_are_shown)
        except KeyboardInterrupt:
            tally.stopped = True
    if csv_path and not as_json:
        click.echo(tally.told(csv_path, there=len(found) - len(todo)))
    if tally.stopped:
        sys.exit(130)
    if tally.failed:
        sys.exit(1)
