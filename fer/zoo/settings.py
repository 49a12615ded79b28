"""What each setting of a recipe is called and does, for people; pages show these texts."""

from dataclasses import dataclass
from typing import Any, get_args, get_origin, get_type_hints

from fer.zoo.recipe import Recipe


@dataclass(frozen=True)
class Setting:
    """A field of `Recipe`.

    Attributes:
        step: by how much a person would change a number at a time.
        choices: what the setting can be, where it is one of a few words.
    """

    name: str
    group: str
    title: str
    help: str
    step: float = 0.0
    choices: tuple[str, ...] = ()

    @property
    def kind(self) -> type:
        """bool, int, float, str (one of `choices`) or tuple."""
        hint = _HINTS[self.name]
        return get_origin(hint) or hint if not self.choices else str


_HINTS = get_type_hints(Recipe)

_TEXTS: dict[str, tuple[tuple[Any, ...], ...]] = {
    "Length": (
        ("epochs", "Epochs", "How often every training face is shown.", 1),
        ("batch_size", "Batch size", "Faces a step. Larger is faster, until memory runs out.", 16),
        ("patience", "Patience (epochs)",
         "Stop after so many epochs without a better validation accuracy; 0: never.", 1),
        ("keep", "Weights kept", "Those of the last epoch, or of the best validation accuracy."),
    ),
    "Steps": (
        ("learning_rate", "Learning rate", "How far each step goes, at its highest.", 1e-4),
        ("optimizer", "Optimiser", "adam, or sgd with Nesterov momentum 0.9."),
        ("schedule", "Schedule",
         "constant; cosine falls to 0 over all epochs; plateau is cut when validation no longer "
         "improves."),
        ("warmup_epochs", "Warm-up (epochs)",
         "The rate rises from 0 over so many epochs: large first steps do harm.", 1),
        ("plateau_factor", "Plateau factor", "With the schedule plateau: the rate times this…",
         0.1),
        ("plateau_patience", "Plateau patience (epochs)",
         "… after so many epochs without a better validation accuracy.", 1),
        ("weight_decay", "Weight decay", "Pulls weights towards 0 at each step; kernels alone.",
         1e-4),
        ("ema", "Weight averaging",
         "Decay of an average of the weights, which is then the model; 0: none. Near 1 forgets "
         "slowly.", 0.001),
        ("bn_momentum", "Batch statistics momentum",
         "Of batch normalisation's moving statistics; short trainings need less than 0.99.", 0.01),
    ),
    "Targets": (
        ("labels", "Labels", "Faces of these labels alone are learned and told apart."),
        ("label_smoothing", "Label smoothing",
         "Share of the target spread over all labels, where labels are noisy.", 0.05),
        ("votes", "FER+ votes", "Share of the target that FER+'s votes decide; the data must "
         "have votes.", 0.1),
        ("distil", "Teachers", "Share of the target that the teachers of the run decide, where "
         "it has any.", 0.1),
        ("class_weights", "Equal classes", "Weigh faces so that each label counts the same."),
    ),
    "Augmentation": (
        ("flip", "Mirror", "One face in two is mirrored left to right."),
        ("shift", "Shift", "Up to this share of the side, in each direction.", 0.02),
        ("rotation_deg", "Rotation (°)", "Up to this angle, either way.", 5),
        ("scale", "Scale", "From 1 − this to 1 + this.", 0.05),
        ("brightness", "Brightness", "Up to this share of the full range, added or taken away.",
         0.05),
        ("contrast", "Contrast", "From 1 − this to 1 + this, around the face's mean.", 0.05),
        ("degrading", "Degrading",
         "Chance that a face is blurred, saved as a poor JPEG, or shrunk and enlarged.", 0.1),
        ("erasing", "Erasing", "Chance that a random rectangle is filled with noise.", 0.1),
        ("mixup", "Mixup", "Blends pairs of faces: Beta(this, this); 0: not.", 0.1),
        ("mixup_off_epochs", "Last epochs without mixup", "So that it ends on faces as they are.",
         1),
    ),
    "Machine": (
        ("precision", "Precision",
         "auto: bfloat16 where this machine gains by it, float32 elsewhere."),
    ),
}  # fmt: skip


def _setting(group: str, name: str, title: str, help: str, step: float = 0.0) -> Setting:
    hint = _HINTS[name]
    choices = () if get_origin(hint) is tuple else get_args(hint)
    return Setting(name, group, title, help, step, choices)


SETTINGS: dict[str, Setting] = {
    row[0]: _setting(group, *row) for group, rows in _TEXTS.items() for row in rows
}
