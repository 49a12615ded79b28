"""Work that needs TensorFlow, in a process of its own: whoever asks for it stays free of it."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from fer.errors import FerError

_TOLD = 3  # the exit code of a child whose last line on stderr says what is wrong
_LIMIT_S = 600


def environment() -> dict[str, str]:
    """The environment for a child that runs this package with Keras."""
    package_root = str(Path(__file__).resolve().parents[2])
    known = os.environ.get("PYTHONPATH")
    return {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([package_root, known] if known else [package_root]),
        "TF_CPP_MIN_LOG_LEVEL": "2",  # TensorFlow's start-up chatter is no help in a log
    }


def run_aside(module: str, *arguments: object, given: bytes = b"") -> None:
    """Run `python -m module arguments...` and wait for its end; it takes some seconds.

    `given` is what it reads on stdin: what must not be on disk, not even for a moment.
    Keras has TensorFlow as its backend there, which converts models and gives gradients.

    Raises:
        FerError: with what the child told, or what it ended in.
    """
    try:
        done = subprocess.run(
            [sys.executable, "-m", module, *map(str, arguments)],
            env=environment() | {"KERAS_BACKEND": "tensorflow"},
            input=given,
            capture_output=True,
            timeout=_LIMIT_S,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise FerError(f"{module} took longer than {_LIMIT_S} s and was ended.") from error
    if done.returncode == 0:
        return
    last = (done.stderr.decode(errors="replace").strip().splitlines() or ["it gave no reason"])[-1]
    if done.returncode == _TOLD:
        raise FerError(last)
    raise FerError(f"{module} ended unexpectedly (exit code {done.returncode}): {last}")


def main_aside(work: Callable[[list[str]], None]) -> None:
    """What a module that `run_aside` runs does as its main part."""
    try:
        work(sys.argv[1:])
    except FerError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(_TOLD)
