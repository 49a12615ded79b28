"""Training batches: order and augmentation are functions of (seed, epoch, step) alone.

That makes a run that was stopped anywhere go on as if it had not been.
"""

import queue
import threading
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from fer.data import FaceDataset
from fer.images import InputSpec, model_input
from fer.training.augmentation import augment
from fer.training.targets import Targets
from fer.training.teachers import Teachers
from fer.zoo import Recipe

# x (b, side, side, 1), targets (b, classes), weights (b,), all float32.
Batch = tuple[np.ndarray, np.ndarray, np.ndarray]

# Batches that wait ready while the network is busy with one.
_AHEAD = 4


def mixup(batch: Batch, alpha: float, rng: np.random.Generator) -> Batch:
    """Zhang et al. 2018: each face laid over another of its batch, targets in the same proportion.

    One proportion a batch, from Beta(alpha, alpha), taken as the larger share. A face's weight goes
    with its own target: labels that count the same alone do so laid over others.
    """
    drawn = rng.beta(alpha, alpha)
    share = np.float32(max(drawn, 1 - drawn))
    others = rng.permutation(len(batch[0]))
    x, targets, weights = batch
    weighed = targets * weights[:, None]
    x, weighed = (share * part + (1 - share) * part[others] for part in (x, weighed))
    weights = weighed.sum(axis=1)
    return x, weighed / weights[:, None], weights


@dataclass(frozen=True, eq=False)
class BatchSource:
    """The batches of one training set.

    Attributes:
        rows: (n,) the training rows of `dataset`.
        targets: of all rows of `dataset`.
        teachers: who decide a share of each target, or None. They see what the network is to see,
            changes and all (Beyer et al. 2022): of the faces as they are it would only learn
            answers by heart.
    """

    dataset: FaceDataset
    rows: np.ndarray
    targets: Targets
    recipe: Recipe
    input: InputSpec
    seed: int
    teachers: Teachers | None = None

    @property
    def steps(self) -> int:
        """Batches an epoch.

        The last is filled up with the epoch's first faces: a batch of another size would have its
        own compilation, which takes an accelerator half a minute.
        """
        return -(-len(self.rows) // self._size)

    @property
    def _size(self) -> int:
        return min(self.recipe.batch_size, len(self.rows))

    def batch(self, epoch: int, step: int) -> Batch:
        """The batch of that step."""
        order = np.random.default_rng([self.seed, epoch]).permutation(self.rows)
        rows = order.take(range(step * self._size, (step + 1) * self._size), mode="wrap")
        faces = self.dataset.images[rows]
        rng = np.random.default_rng([self.seed, epoch, step])
        if self.recipe.augments:
            faces = augment(faces, self.recipe, rng)
        targets = self.targets.distribution[rows]
        if self.teachers is not None:
            targets += self.recipe.distil * (self.teachers.answers(faces) - targets)
        batch = model_input(faces, self.input), targets, self.targets.weights[rows]
        mixing = epoch < self.recipe.epochs - self.recipe.mixup_off_epochs
        return mixup(batch, self.recipe.mixup, rng) if self.recipe.mixup and mixing else batch

    def epoch(self, epoch: int, first_step: int = 0) -> Iterator[tuple[int, Batch]]:
        """(step, batch) from `first_step` to the epoch's end, prepared ahead in a thread."""
        ready: queue.Queue[tuple[int, Batch] | BaseException | None] = queue.Queue(_AHEAD)
        abandoned = threading.Event()

        def put(item: tuple[int, Batch] | BaseException | None) -> None:
            while not abandoned.is_set():
                try:
                    return ready.put(item, timeout=0.2)
                except queue.Full:
                    continue

        def prepare() -> None:
            try:
                for step in range(first_step, self.steps):
                    put((step, self.batch(epoch, step)))
                    if abandoned.is_set():
                        return
                put(None)
            except BaseException as error:
                put(error)

        threading.Thread(target=prepare, daemon=True, name="batches").start()
        try:
            while (item := ready.get()) is not None:
                if isinstance(item, BaseException):
                    raise item
                yield item
        finally:
            abandoned.set()
