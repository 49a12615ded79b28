"""The training loop: read it top to bottom.

Runs on any Keras backend. Only the worker imports it.
"""

import hashlib
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

import keras
import numpy as np

from fer.data import FaceDataset, Split
from fer.errors import InputError
from fer.images import InputSpec, model_input
from fer.training import checkpoints, network
from fer.training.batches import Batch, BatchSource
from fer.training.checkpoints import Checkpoint
from fer.training.config import RunConfig
from fer.training.reporter import Reporter
from fer.training.schedule import Watch, learning_rate
from fer.training.targets import Targets
from fer.training.teachers import Teachers
from fer.training.validation import Validation

_VALIDATION_BATCH = 256
# Steps from one update of the average to the next, where an epoch has as many: it forgets over
# hundreds of them, and to read the weights is to wait for an accelerator.
_AVERAGE_EVERY = 8
# Within an epoch, so that a killed worker loses a minute and not an epoch.
_CHECKPOINT_EVERY_S = 60.0


class Fit:
    """One network being trained, from its start or from the newest checkpoint in `folder`."""

    def __init__(
        self,
        config: RunConfig,
        dataset: FaceDataset,
        split: Split,
        spec: InputSpec,
        precision: str,
        folder: Path,
        reporter: Reporter,
    ) -> None:
        keras.utils.set_random_seed(config.seed)
        self._config, self._recipe = config, config.recipe
        self._folder, self._reporter = folder, reporter
        self._targets = Targets.of(dataset, split.train, self._recipe)
        classes = len(self._recipe.labels)
        self._dataset, self._validation_rows, self._spec = dataset, split.validation, spec
        self._trained_on = _digest(dataset, split.train, bool(self._recipe.votes))
        self._batches = BatchSource(
            dataset,
            split.train,
            self._targets,
            self._recipe,
            spec,
            config.seed,
            Teachers(config, folder, precision) if config.teachers else None,
        )
        self.model = network.compiled(
            network.trainable(config.architecture, classes, precision, self._recipe),
            self._recipe,
        )
        self._epoch, self._step_in_epoch, self._elapsed_s = 0, 0, 0.0
        self._sums = np.zeros(3)  # loss x faces, correct, faces: of this epoch so far
        self._watch = Watch()
        # What it is trained by; a model may be made of it elsewhere.
        self.trained_by = network.trained_by()
        self._pace = _Pace()
        self.history: list[dict[str, Any]] = []
        self._average: list[np.ndarray] = _copies(self.model) if self._recipe.ema else []
        self._best: list[np.ndarray] = []

    def start_from(self, weights: list[np.ndarray]) -> None:
        """Begin with these weights instead of random ones."""
        self.model.set_weights(weights)
        self._average = _copies(self.model) if self._recipe.ema else []

    def restore(self) -> bool:
        """Take up the newest checkpoint; False where there is none.

        Raises:
            InputError: it was trained on other faces, some of which may be tested on now, or on
                other labels or votes of theirs.
        """
        found = checkpoints.latest(self._folder)
        if found is None:
            return False
        meta, arrays = found.meta, found.arrays
        # Earlier checkpoints do not tell.
        if meta.get("trained_on", self._trained_on) != self._trained_on:
            raise InputError(
                f"The training faces of {self._dataset.name}, or their labels, are not those that "
                "this run began with: put the data back as it was and resume, or start a new run."
            )
        network.assign(network.state_variables(self.model), arrays["network"])
        network.assign(self.model.optimizer.variables, arrays["optimizer"])
        self._average, self._best = arrays.get("average", []), arrays.get("best", [])
        self._epoch, self._step_in_epoch = meta["epoch"], meta["step_in_epoch"]
        self._elapsed_s, self._sums = meta["elapsed_s"], np.array(meta["sums"])
        self._watch, self.history = Watch(**meta["watch"]), meta["history"]
        if self._is_over():
            # Earlier checkpoints do not tell, and this machine only makes the model.
            self.trained_by = meta.get("trained_by", {})
        return True

    def run(self) -> bool:
        """Train until done (True) or until asked to stop (False); either way it is saved."""
        while not self._is_over():
            if not self._train_epoch():
                self._save()
                return False
            self._finish_epoch()
            self._save()
        return True

    def final_weights(self) -> list[np.ndarray]:
        """What the recipe keeps: the last weights, their average, or the best on validation."""
        if self._recipe.keep == "best" and self._best:
            return self._best
        return self._average if self._recipe.ema else self.model.get_weights()

    def _is_over(self) -> bool:
        given_up = self._watch.gives_up(self._epoch - 1, self._recipe)
        return self._epoch >= self._recipe.epochs or given_up

    def _train_epoch(self) -> bool:
        """From the current step to the epoch's end; False where a stop was asked for."""
        clock, saved = time.monotonic(), time.monotonic()
        self._pace.pause()
        for step, (x, y, weights) in self._batches.epoch(self._epoch, self._step_in_epoch):
            if self._reporter.stop_requested():
                return False
            rate = self._train_step(step, (x, y, weights))
            self._step_in_epoch = step + 1
            now = time.monotonic()
            self._elapsed_s += now - clock
            clock = now
            self._report_step(rate, self._pace.images_per_s(now, len(x)))
            if now - saved > _CHECKPOINT_EVERY_S:
                self._save()
                saved = time.monotonic()
        return True

    def _train_step(self, step: int, batch: Batch) -> float:
        global_step = self._epoch * self._batches.steps + step
        rate = learning_rate(self._recipe, global_step, self._batches.steps, self._watch)
        self.model.optimizer.learning_rate = rate
        if keras.config.backend() == "torch":
            # Its dropout draws from a stream that no checkpoint can hold.
            keras.utils.set_random_seed((self._config.seed + global_step) % 2**32)
        self.model.reset_metrics()
        logs = self.model.train_on_batch(*batch, return_dict=True)
        n, loss = len(batch[0]), float(logs["loss"])
        if not np.isfinite(loss):
            raise FloatingPointError
        self._sums += [loss * n, float(logs["accuracy"]) * n, n]
        every = min(_AVERAGE_EVERY, self._batches.steps)
        if self._recipe.ema and (global_step + 1) % every == 0:
            # A young average forgets faster, so that it does not hold on to the random start.
            decay = min(self._recipe.ema, (1 + global_step) / (10 + global_step))
            share = np.float32(1 - decay**every)
            for average, weight in zip(self._average, self.model.get_weights(), strict=True):
                average += share * (weight - average)
        return rate

    def _finish_epoch(self) -> None:
        started = time.monotonic()
        evaluated = self._average if self._recipe.ema else None
        validation = self._validate(evaluated)
        if not np.isfinite(validation.loss):
            raise FloatingPointError
        self._elapsed_s += time.monotonic() - started
        loss, accuracy = self._sums[:2] / self._sums[2]
        row = {
            "epoch": self._epoch + 1,
            "step": (self._epoch + 1) * self._batches.steps,
            "loss": float(loss),
            "accuracy": float(accuracy),
            **validation.to_row(),
            "learning_rate": float(np.asarray(self.model.optimizer.learning_rate)),
            "time_s": round(self._elapsed_s, 1),
        }
        self.history.append(row)
        if self._watch.after_epoch(self._epoch, validation.accuracy, self._recipe):
            self._best = [w.copy() for w in evaluated] if evaluated else _copies(self.model)
        self._epoch, self._step_in_epoch, self._sums = self._epoch + 1, 0, np.zeros(3)
        self._reporter.epoch(
            {**row, **validation.details()},
            epoch=self._epoch,
            step=row["step"],
            elapsed_s=self._elapsed_s,
        )

    def _validate(self, weights: list[np.ndarray] | None) -> Validation:
        """Score the validation rows, with `weights` in place of the trained ones where given."""
        trained = self.model.get_weights()
        if weights is not None:
            self.model.set_weights(weights)
        rows = self._validation_rows
        size = min(_VALIDATION_BATCH, len(rows))
        # The last part is filled up with the first rows, as batches are, and cut off again below.
        parts = [
            rows.take(range(start, start + size), mode="wrap")
            for start in range(0, len(rows), size)
        ]
        logits = [
            np.asarray(
                self.model.predict_on_batch(model_input(self._dataset.images[part], self._spec))
            )
            for part in parts
        ]
        if weights is not None:
            self.model.set_weights(trained)
        return Validation.of(np.concatenate(logits)[: len(rows)], self._targets.classes[rows])

    def _report_step(self, rate: float, images_per_s: float | None) -> None:
        done = self._epoch * self._batches.steps + self._step_in_epoch
        left = self._recipe.epochs * self._batches.steps - done
        loss, accuracy = self._sums[:2] / self._sums[2]
        self._reporter.step(
            {
                "epoch": self._epoch + 1,
                "step": done,
                "loss": float(loss),
                "accuracy": float(accuracy),
                "learning_rate": rate,
                "time_s": round(self._elapsed_s, 2),
                "images_per_s": images_per_s,
            },
            step=done,
            elapsed_s=self._elapsed_s,
            images_per_s=images_per_s,
            seconds_left=left * self._recipe.batch_size / images_per_s if images_per_s else None,
        )

    def _save(self) -> None:
        meta = {
            "epoch": self._epoch,
            "step_in_epoch": self._step_in_epoch,
            "trained_on": self._trained_on,
            "trained_by": self.trained_by,
            "elapsed_s": self._elapsed_s,
            "sums": self._sums.tolist(),
            "watch": asdict(self._watch),
            "history": self.history,
        }
        arrays = {
            "network": [np.asarray(v) for v in network.state_variables(self.model)],
            "optimizer": [np.asarray(v) for v in self.model.optimizer.variables],
            "average": self._average,
            "best": self._best,
        }
        step = self._epoch * self._batches.steps + self._step_in_epoch
        checkpoints.save(self._folder, Checkpoint(step, meta, arrays))


class _Pace:
    """Images a second over the last few seconds of training itself."""

    _WINDOW_S = 5.0

    def __init__(self) -> None:
        self._marks: list[tuple[float, int]] = []
        self._rate: float | None = None

    def pause(self) -> None:
        """Leave out the time until the next step (validation, the first step's compilation)."""
        self._marks = []

    def images_per_s(self, now: float, images: int) -> float | None:
        """The pace after a step that ended `now`; after a pause the one before it."""
        self._marks.append((now, images))
        while len(self._marks) > 2 and now - self._marks[0][0] > self._WINDOW_S:
            self._marks.pop(0)
        seconds = now - self._marks[0][0]
        if seconds > 0:
            self._rate = sum(n for _, n in self._marks[1:]) / seconds
        return self._rate


def _digest(dataset: FaceDataset, rows: np.ndarray, with_votes: bool) -> str:
    """Hex digest of the faces at `rows`, of their labels and, where they are learned, votes."""
    digest = hashlib.sha256(dataset.keys[rows].astype("<u8").tobytes())
    digest.update(dataset.labels[rows].tobytes())
    if with_votes and dataset.votes is not None:
        digest.update(dataset.votes[rows].tobytes())
    return digest.hexdigest()


def _copies(model: keras.Model) -> list[np.ndarray]:
    return [np.array(weight) for weight in model.get_weights()]
