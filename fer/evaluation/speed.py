"""How long a served model takes for one face, and on which machine."""

import platform
import time
from pathlib import Path

import numpy as np

from fer.bundles import Bundle
from fer.inference import Predictor
from fer.inference.litert import available_cores

_CALLS = 30  # a round
_LEAST_ROUNDS, _LEAST_S = 5, 1.0


def one_face_ms(bundle: Bundle) -> float:
    """Milliseconds from a (48, 48) uint8 face to its probabilities on one core.

    The median of the calls of a round, in the quietest round of about a second: what else the
    machine does only adds.
    """
    predictor = Predictor(bundle, threads=1)
    face = np.random.default_rng(0).integers(0, 256, (1, 48, 48), dtype=np.uint8)
    medians: list[float] = []
    begun = time.perf_counter()
    while len(medians) < _LEAST_ROUNDS or time.perf_counter() - begun < _LEAST_S:
        times = [time.perf_counter()]
        for _ in range(_CALLS):
            predictor.probabilities(face)
            times.append(time.perf_counter())
        medians.append(float(np.median(np.diff(times))))
    return 1000 * min(medians)


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
