"""Where `predict` puts its results, one picture at a time."""

import itertools
import json
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

import click

from fer import files, images
from fer.cli.output import percent, progress_bar
from fer.errors import FerError, InputError, NotFoundError
from fer.inference import Picture, Predictor, Reading, annotate
from fer.inference.readings import Outcome, result_dict
from fer.inference.sources import printable
from fer.words import counted

Output = Callable[[Picture, Outcome], None]


@dataclass
class Tally:
    """How many pictures were read, and whether Ctrl-C ended it early."""

    read: int = 0
    faces: int = 0
    failed: int = 0
    stopped: bool = False

    def told(self, path: Path, there: int) -> str:
        """What was done, in a sentence or two."""
        name, faces = printable(str(path)), counted(self.faces, "face")
        words = [f"{name}: {counted(self.read, 'picture')} read, {faces}"]
        words += [f"{self.failed:,} could not be read"] if self.failed else []
        words += [f"{there:,} were there already"] if there else []
        return ", ".join(words) + "." + (" Go on with --continue." if self.stopped else "")


def read_pictures(
    predictor: Predictor,
    todo: Sequence[Picture],
    outputs: Sequence[Output],
    tally: Tally,
    show_progress: bool,
) -> None:
    """Read the pictures, give each result to every output, and count it in `tally`."""
    outcomes = predictor.predict_many(todo, errors="return")
    with progress_bar() if show_progress else nullcontext(lambda share, text: None) as progress:
        for picture, outcome in zip(todo, outcomes, strict=True):
            faults = [outcome] if isinstance(outcome, FerError) else []
            for output in outputs:
                try:
                    output(picture, outcome)
                except InputError as fault:  # of this picture; the rest goes on
                    faults.append(fault)
            if isinstance(outcome, Reading) and not faults:
                tally.read += 1
                tally.faces += len(outcome.faces)
            else:
                tally.failed += 1
                click.echo("\n".join(f"fer: {told}" for told in faults), err=True)
            done = tally.read + tally.failed
            progress(done / len(todo), f"{done:,} of {len(todo):,} pictures")


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
    """Where results go that are named after what was read: beside it, never in its place.

    Nor in that of any other file, unless `replace` says so.
    """

    def __init__(self, read: Iterable[str | Path], replace: bool) -> None:
        self._taken = {Path(path).resolve() for path in read}
        self._replace = replace
        # From where to count on: thousands of pictures may have one name.
        self._next: dict[tuple[Path, str, str], int] = {}

    def take(self, folder: Path, stem: str, suffix: str) -> Path:
        """The first of "stem.suffix", "stem-2.suffix" ... in `folder` that is not taken yet."""
        kind = folder, stem, suffix
        for number in itertools.count(self._next.get(kind, 1)):
            path = folder / (f"{stem}{suffix}" if number == 1 else f"{stem}-{number}{suffix}")
            if self._is_free(path):
                break
        self._next[kind] = number + 1
        self._taken.add(path.resolve())
        return path

    def lost(self, path: Path) -> bool:
        """Whether another program has made the file that was free when it was taken."""
        return not self._replace and os.path.lexists(path)

    def _is_free(self, path: Path) -> bool:
        return path.resolve() not in self._taken and (self._replace or not os.path.lexists(path))


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
        if not isinstance(outcome, Reading):
            return
        try:
            image = images.decode(picture.open(), picture.name)
        except (InputError, NotFoundError) as error:
            raise InputError(
                f"{picture.name} was read but cannot be drawn: it is a pipe, or was changed since."
            ) from error
        drawn = annotate(image, outcome, None, unsure_below)
        place = paths[picture.name]
        if places.lost(place):
            raise InputError(
                f"{picture.name} was read but is not drawn: {place} was made by another program "
                "meanwhile."
            )
        with files.replacing(place) as beside:
            beside.write_bytes(images.to_png(drawn))

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
