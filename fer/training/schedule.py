"""The learning rate of each step, and the decisions taken after each validation."""

import math
from dataclasses import dataclass

from fer.zoo import Recipe


@dataclass
class Watch:
    """What validation has shown so far; in checkpoints, so that a resumed run decides alike."""

    best_accuracy: float = -1.0
    best_epoch: int = -1
    since_cut: int = 0  # epochs without a better accuracy since the plateau's last cut
    plateau_scale: float = 1.0

    def after_epoch(self, epoch: int, accuracy: float, recipe: Recipe) -> bool:
        """Take in a validation accuracy; returns whether it is the best so far."""
        if accuracy > self.best_accuracy:
            self.best_accuracy, self.best_epoch, self.since_cut = accuracy, epoch, 0
            return True
        self.since_cut += 1
        if recipe.schedule == "plateau" and self.since_cut >= recipe.plateau_patience:
            self.plateau_scale *= recipe.plateau_factor
            self.since_cut = 0
        return False

    def gives_up(self, epoch: int, recipe: Recipe) -> bool:
        """Whether `patience` epochs have passed without a better validation accuracy."""
        return bool(recipe.patience) and epoch - self.best_epoch >= recipe.patience


def learning_rate(recipe: Recipe, step: int, steps_per_epoch: int, watch: Watch) -> float:
    """The rate of global step `step` (from 0)."""
    rate = recipe.learning_rate * watch.plateau_scale
    warmup = recipe.warmup_epochs * steps_per_epoch
    if step < warmup:
        return rate * min(1.0, (step + 1) / warmup)
    if recipe.schedule == "cosine":
        total = recipe.epochs * steps_per_epoch
        return rate * 0.5 * (1 + math.cos(math.pi * (step - warmup) / max(1.0, total - warmup)))
    return rate
