"""A served network: LiteRT interpreters that any number of threads may share."""

import os
import threading

import numpy as np
from ai_edge_litert.interpreter import Interpreter

from fer.errors import CorruptModelError

# Measured on two cores: 16 faces a call are as fast as any larger number, and the fewer there are,
# the less is left over for the slower one-by-one path.
BATCH = 16
# One face takes under a millisecond: too little work to be shared between many threads.
SINGLE_THREADS = 4


def available_cores() -> int:
    """Cores that this process may use, at least one."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class LiteRtModel:
    """Runs a .tflite file whose input is (n, s, s, 1) float32 and output (n, classes) float32.

    A face gets the same numbers alone and in a batch. Calls from several threads take turns, a
    batch at a time, as each of them already uses `threads` cores.
    """

    def __init__(
        self, content: bytes, size_px: int, classes: int, threads: int | None = None, name: str = ""
    ) -> None:
        self.classes = classes
        self.threads = threads or available_cores()
        self._content = content
        self._size_px = size_px
        self._name = name or "The model"
        self._single = self._interpreter(1, min(self.threads, SINGLE_THREADS))
        self._single_lock = threading.Lock()
        self._batched: _Fixed | None = None  # made when first needed: most pictures have few faces
        self._batched_lock = threading.Lock()

    def probabilities(self, x: np.ndarray) -> np.ndarray:
        """x (n, s, s, 1) float32 -> (n, classes) float32, each row summing to 1."""
        out = np.empty((len(x), self.classes), np.float32)
        whole = len(x) - len(x) % BATCH
        for start in range(0, whole, BATCH):
            with self._batched_lock:
                if self._batched is None:
                    self._batched = self._interpreter(BATCH, self.threads)
                out[start : start + BATCH] = self._batched.run(x[start : start + BATCH])
        for start in range(whole, len(x)):
            with self._single_lock:
                out[start : start + 1] = self._single.run(x[start : start + 1])
        # A NaN compares false, so this holds for finite softmax rows alone.
        if not (np.abs(out.sum(axis=1) - 1) < 1e-3).all():
            raise CorruptModelError(
                f"{self._name} gave numbers that are no probabilities: train or install it again."
            )
        return out

    def _interpreter(self, batch: int, threads: int) -> "_Fixed":
        shape = (batch, self._size_px, self._size_px, 1)
        try:
            fixed = _Fixed(self._content, shape, threads)
            # The shape of the output is known only once it has run.
            out = fixed.run(np.zeros(shape, np.float32))
        except (ValueError, RuntimeError) as error:
            raise CorruptModelError(
                f"{self._name} cannot be run as a LiteRT model: train or install it again."
            ) from error
        if out.shape != (batch, self.classes) or out.dtype != np.float32:
            raise CorruptModelError(
                f"{self._name} should give {self.classes} float32 numbers a face, not "
                f"{out.shape[1:]} of {out.dtype}: its card.json is another model's."
            )
        return fixed


class _Fixed:
    """An interpreter for one batch size. Not safe to share between threads without a lock."""

    def __init__(self, content: bytes, shape: tuple[int, ...], threads: int) -> None:
        self._interpreter = Interpreter(model_content=content, num_threads=threads)
        self._input = self._interpreter.get_input_details()[0]["index"]
        self._interpreter.resize_tensor_input(self._input, shape)
        self._interpreter.allocate_tensors()
        self._output = self._interpreter.get_output_details()[0]["index"]

    def run(self, x: np.ndarray) -> np.ndarray:
        self._interpreter.set_tensor(self._input, x)
        self._interpreter.invoke()
        return self._interpreter.get_tensor(self._output)
