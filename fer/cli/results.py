"""Where `predict` puts its results, one picture at a time."""

import itertools
import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from fer import files
from fer.cli.output import percent
from fer.errors import FerError
from fer.inference import Picture, Reading
from fer.inference.readings import Outcome, result_dict

Output = Callable[[Picture, Outcome], None]


@contextmanager
def json_results(model: str) -> Iterator[Output]:
    """One JSON object on stdout, `{"model", "results": [...]}`, of any number of results.

    It is closed whatever happens, so that what was printed can be parsed.
    """
    separators = itertools.chain([""], itertools.repeat(", "))

    def add(picture: Picture, outcome: Outcome) -> None:
        text = json.dumps(result_dict(picture.name, outcome), ensure_ascii=False)
        click.echo(next(separators) + text, nl=False)

    click.echo(f'{{"model": {json.dumps(model, ensure_ascii=False)}, "results": [', nl=False)
    try:
        yield add
    finally:
        click.echo("]}")


class FreePlaces:
    """Where results go that are named after what was read: beside it, never in its place."""

    def __init__(self, read: Iterable[str | Path]) -> None:
        self._taken = {Path(path).resolve() for path in read}

    def take(self, folder: Path, stem: str, suffix: str) -> Path:
        """The first of "stem.suffix", "stem-2.suffix" ... in `folder` that is not taken yet."""
        numbered = (f"{stem}-{number}{suffix}" for number in itertools.count(2))
        names = itertools.chain([f"{stem}{suffix}"], numbered)
        path = next(p for name in names if (p := folder / name).resolve() not in self._taken)
        self._taken.add(path.resolve())
        return path


def annotated_pictures(
    folder: Path, pictures: Iterable[Picture], unsure_below: float, places: FreePlaces
) -> Output:
    """Writes each picture with its boxes to `folder`, named after it.

    Of `pictures` with the same name the later ones are numbered: by their order alone, so that a
    run which goes on with another names them alike. None takes the place of one that is read.
    """
    paths: dict[str, Path] = {}
    for picture in pictures:
        path = places.take(folder, picture.stem, ".png")
        paths.setdefault(picture.name, path)

    def add(picture: Picture, outcome: Outcome) -> None:
        from fer import images
        from fer.inference import annotate

        if isinstance(outcome, Reading):
            drawn = annotate(
                images.decode(picture.open(), picture.name), outcome, None, unsure_below
            )
            with files.writing(folder):
                paths[picture.name].write_bytes(images.to_png(drawn))

    with files.writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
    return add


def print_lines(picture: Picture, outcome: Outcome) -> None:
    """A line a face, for people."""
    if isinstance(outcome, FerError):
        return
    if not outcome.faces:
        click.echo(f"{picture.name}: no face found (try --detector none to read the whole picture)")
    for number, face in enumerate(outcome.faces, start=1):
        ranked = ", ".join(f"{label} {percent(p)}" for label, p in face.ranked())
        click.echo(f"{picture.name}: face {number} of {len(outcome.faces)}: {ranked}")
