"""How long a served model takes for one face, and on which machine."""

import platform
import time
from pathlib import Path

import numpy as np

from fer.bundles import Bundle
from fer.inference import Predictor
from fer.inference.litert import available_cores

_ROUNDS, _CALLS = 5, 200


def one_face_ms(bundle: Bundle) -> float:
    """Milliseconds from a (48, 48) uint8 face to its probabilities on one core.

    The median of the calls, in the quietest of a few rounds: what else the machine does only adds.
    """
    predictor = Predictor(bundle, threads=1)
    face = np.random.default_rng(0).integers(0, 256, (1, 48, 48), dtype=np.uint8)
    seconds = np.empty((_ROUNDS, _CALLS))
    for call in np.ndindex(seconds.shape):
        started = time.perf_counter()
        predictor.probabilities(face)
        seconds[call] = time.perf_counter() - started
    return 1000 * float(np.median(seconds, axis=1).min())


def machine() -> str:
    """This one, in a few words: "AMD EPYC 9354, 32 CPU cores"."""
    return f"{_processor()}, {available_cores()} CPU cores"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    # On Arm it is not told there.
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())
