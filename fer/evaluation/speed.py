"""How long a served model takes for one face."""

import time

import numpy as np

from fer.bundles import Bundle
from fer.inference import Predictor

_CALLS = 200


def one_face_ms(bundle: Bundle) -> float:
    """Milliseconds from a (48, 48) uint8 face to its probabilities on one core: the median."""
    predictor = Predictor(bundle, threads=1)
    face = np.random.default_rng(0).integers(0, 256, (1, 48, 48), dtype=np.uint8)
    seconds = []
    for _ in range(_CALLS):
        started = time.perf_counter()
        predictor.probabilities(face)
        seconds.append(time.perf_counter() - started)
    return 1000 * float(np.median(seconds))
