"""`predict`."""

import csv
import itertools
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from fer.cli.output import as_json, percent, print_json, quiet_libraries
from fer.errors import FerError, InputError
from fer.inference import DETECTORS, Predictor, Reading

_SUFFIXES = {".jpg", ".jpeg", ".png", ".webp", ".bmp", ".gif", ".tif", ".tiff", ".avif", ".pgm"}


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--model", help="A model's name or folder; by default the shipped one.")
@click.option(
    "--detector", type=click.Choice(DETECTORS), help="yunet unless the picture is a face."
)
@click.option("--csv", "csv_path", type=click.Path(path_type=Path), help="Write a row a face.")
@click.option("--annotate", type=click.Path(path_type=Path), help="Write pictures with boxes here.")
@as_json
def predict(
    paths: tuple[Path, ...],
    model: str | None,
    detector: str | None,
    csv_path: Path | None,
    annotate: Path | None,
    as_json: bool,
) -> None:
    """Read the expressions in pictures and folders of pictures.

    A picture that cannot be read is a row with its error; the rest goes on, and the exit code is 1.
    """
    with quiet_libraries():
        predictor = Predictor(model, detector)
    files = list(_files(paths))
    results, failed = [], 0
    pictures: set[Path] = set()
    for file, outcome in zip(files, predictor.predict_many(files, errors="return"), strict=True):
        results.append(_result(file, outcome))
        failed += isinstance(outcome, FerError)
        if annotate and isinstance(outcome, Reading):
            with _writing(annotate):
                pictures.add(_write_annotated(annotate, file, outcome, pictures))
        if not as_json:
            _print_lines(file, outcome)
    if csv_path:
        with _writing(csv_path):
            _write_csv(csv_path, results, predictor.bundle.labels)
    if as_json:
        print_json({"model": predictor.bundle.name, "results": results})
    if failed:
        for result in results:
            if as_json and "error" in result:
                click.echo(f"fer: {result['error']['message']}", err=True)
        sys.exit(1)


def _files(paths: tuple[Path, ...]) -> Iterator[Path]:
    """The pictures named, in order; those of a folder by name, at any depth."""
    for path in paths:
        if not path.is_dir():
            yield path
            continue
        inside = sorted(p for p in path.rglob("*") if p.suffix.lower() in _SUFFIXES)
        if not inside:
            raise InputError(f"{path} has no pictures in it; give a folder of pictures or a file.")
        yield from inside


def _result(file: Path, outcome: Reading | FerError) -> dict[str, Any]:
    if isinstance(outcome, FerError):
        return {"source": str(file), "error": {"code": outcome.code, "message": str(outcome)}}
    return {"source": str(file), **outcome.to_dict()}


def _print_lines(file: Path, outcome: Reading | FerError) -> None:
    if isinstance(outcome, FerError):
        click.echo(f"fer: {outcome}", err=True)
        return
    if not outcome.faces:
        click.echo(f"{file}: no face found (try --detector none to read the whole picture)")
    for number, face in enumerate(outcome.faces, start=1):
        ranked = ", ".join(f"{label} {percent(p)}" for label, p in face.ranked())
        click.echo(f"{file}: face {number} of {len(outcome.faces)}: {ranked}")


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise FerError(
            f"{path} cannot be written ({error.strerror}); choose another place."
        ) from error


def _write_annotated(folder: Path, file: Path, reading: Reading, taken: set[Path]) -> Path:
    """Write the picture with its boxes; of pictures with one name the later ones are numbered."""
    from fer import images
    from fer.inference import annotate

    numbered = (f"{file.stem}-{number}" for number in itertools.count(2))
    paths = (folder / f"{name}.png" for name in itertools.chain([file.stem], numbered))
    path = next(path for path in paths if path not in taken)
    folder.mkdir(parents=True, exist_ok=True)
    path.write_bytes(images.to_png(annotate(images.decode(file), reading)))
    return path


def _write_csv(path: Path, results: list[dict[str, Any]], labels: tuple[str, ...]) -> None:
    """A row a face; a picture without one, or with an error, has a row too."""
    box = ("x", "y", "width", "height")
    columns = ["source", "face", *box, "detection_score", "emotion", "confidence", *labels, "error"]
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        for result in results:
            common = {
                "source": result["source"],
                "error": result.get("error", {}).get("message", ""),
            }
            for number, face in enumerate(result.get("faces", []), start=1):
                keys = ("detection_score", "emotion", "confidence")
                row = {key: face[key] for key in keys} | face["box"] | face["probabilities"]
                writer.writerow(common | row | {"face": number})
            if not result.get("faces"):
                writer.writerow(common)
