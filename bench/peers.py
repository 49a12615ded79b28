"""From photo to readings beside PyPI's `fer`, and one face beside Keras's `model.predict`.

    python -m bench.peers --peer PYTHON --photos FOLDER [--rounds 5]

PYTHON has the other project, whose import name is `fer` too, in an environment of its own:
`python3.11 -m venv peer && peer/bin/pip install fer`. FOLDER holds sample1.jpg to sample6.jpg, with
22 faces, of the npm package @vladmandic/face-api: `npm pack @vladmandic/face-api`, folder demo/.

All take turns in one run, each in a process of its own that stays; a time is from the file to the
readings, without loading anything. Of a photo, no more boxes count as found than it has faces; what
is over that is listed as too many. Takes one to two minutes.
"""

import argparse
import json
import platform
import statistics
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from bench.predict import asked, print_times, random_faces
from bench.servers import ROOT
from fer import bundles
from fer.evaluation import machine
from fer.images import model_input
from fer.inference import Predictor

FACES = {f"sample{n}.jpg": faces for n, faces in enumerate((3, 3, 3, 4, 5, 4), start=1)}
LEAST_TIMES_FASTER = 5
ONE_FACE_TURNS = 50

Reader = Callable[[Path], dict[str, Any]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--peer", type=Path, help="a Python with PyPI's fer")
    parser.add_argument("--photos", type=Path, help="the folder with sample1.jpg to sample6.jpg")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--model", default="spec", help="a bundle's name or folder")
    parser.add_argument("--serve", choices=["fer", "keras"], help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.serve:
        serve(ours(arguments.model) if arguments.serve == "fer" else by_keras(arguments.model))
        return
    print(f"{machine()}, Python {platform.python_version()}")
    one_face(arguments.model)
    if arguments.peer and arguments.photos:
        photos(arguments)


def one_face(model: str) -> None:
    predictor = Predictor(model)
    face = random_faces(1)
    taken: dict[str, list[float]] = {"Predictor.probabilities": [], "Keras, model.predict": []}
    with process(
        [sys.executable, "-m", "bench.peers", "--serve", "keras", "--model", model]
    ) as ask:
        for _ in range(ONE_FACE_TURNS):
            started = time.perf_counter()
            predictor.probabilities(face)
            taken["Predictor.probabilities"].append(time.perf_counter() - started)
            taken["Keras, model.predict"].append(ask(Path())["seconds"])
    print_times("one 48x48 face", {name: statistics.median(s) for name, s in taken.items()})


def photos(arguments: argparse.Namespace) -> None:
    mine = [sys.executable, "-m", "bench.peers", "--serve", "fer", "--model", arguments.model]
    # -I: it must find its own fer, and not the one of the folder where it is started.
    theirs = [str(arguments.peer), "-I", str(ROOT / "bench" / "peer_fer.py")]
    commands = {
        "fer-studio": mine,
        "PyPI fer, Haar": [*theirs, "haar"],
        "PyPI fer, MTCNN": [*theirs, "mtcnn"],
    }
    taken: defaultdict[tuple[str, str], list[float]] = defaultdict(list)
    boxes: dict[tuple[str, str], int] = {}
    with ExitStack() as stack:
        readers = {name: stack.enter_context(process(c)) for name, c in commands.items()}
        for turn in range(arguments.rounds + 1):  # the first one warms up
            for photo in FACES:
                for name, read in readers.items():
                    answer = read(arguments.photos / photo)
                    boxes[name, photo] = answer["boxes"]
                    if turn:
                        taken[name, photo].append(answer["seconds"])
    medians = {
        name: statistics.fmean(statistics.median(taken[name, photo]) for photo in FACES)
        for name in commands
    }
    print_times(f"a photo, the mean of {len(FACES)}", medians)
    found = {
        name: sum(min(boxes[name, photo], faces) for photo, faces in FACES.items())
        for name in commands
    }
    for name in commands:
        too_many = sum(max(boxes[name, photo] - faces, 0) for photo, faces in FACES.items())
        print(f"  {name:<28}{found[name]:>3} of {sum(FACES.values())} faces, {too_many} too many")
    us, *peers = commands
    for peer in peers:
        faster = medians[peer] / medians[us]
        asked(f"times faster than {peer}", faster, least=LEAST_TIMES_FASTER)
        more = found[us] - found[peer]
        asked(f"more faces than {peer}", more, "", least=1)


@contextmanager
def process(command: list[str]) -> Iterator[Reader]:
    """A process that reads a path a line and answers each with a line of JSON."""
    with subprocess.Popen(
        command,
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        writer, lines = child.stdin, child.stdout

        def ask(path: Path) -> dict[str, Any]:
            writer.write(f"{path.absolute()}\n")
            writer.flush()
            for line in lines:
                if line.startswith("answer "):  # libraries print too
                    return dict(json.loads(line.removeprefix("answer ")))
            raise SystemExit(f"This ended without an answer: {' '.join(command)}")

        yield ask
        writer.close()


def serve(read: Reader) -> None:
    for line in sys.stdin:
        print("answer " + json.dumps(read(Path(line.rstrip("\n")))), flush=True)


def ours(model: str) -> Reader:
    predictor = Predictor(model)

    def read(path: Path) -> dict[str, Any]:
        started = time.perf_counter()
        reading = predictor.predict(path)
        return {"seconds": time.perf_counter() - started, "boxes": len(reading.faces)}

    return read


def by_keras(model: str) -> Reader:
    from fer.training.conversion import keras_model

    bundle = bundles.load(model)
    network = keras_model(bundle)
    x = model_input(random_faces(1), bundle.input)
    network.predict(x, verbose=0)

    def read(path: Path) -> dict[str, Any]:
        started = time.perf_counter()
        network.predict(x, verbose=0)
        return {"seconds": time.perf_counter() - started}

    return read


if __name__ == "__main__":
    main()
