"""A training recipe: every setting that changes what a network learns, with the reason for it."""

import difflib
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Literal, get_args, get_origin, get_type_hints

from fer.errors import InputError
from fer.labels import LABELS


@dataclass(frozen=True)
class Recipe:
    """How a network is trained. The defaults are a plain, honest baseline without augmentation."""

    summary: str = ""  # one sentence for people: what it is and what it is for
    split: str = "published"  # the split it is meant for (`fer.data.SPLITS`); a run may differ
    labels: tuple[str, ...] = LABELS  # a subset trains on the faces of those labels alone
    epochs: int = 15
    batch_size: int = 32
    optimizer: Literal["adam", "sgd"] = "adam"  # sgd: Nesterov momentum 0.9
    learning_rate: float = 1e-3
    # "cosine" falls to 0 over all epochs; "plateau" is cut when validation stops improving.
    schedule: Literal["constant", "cosine", "plateau"] = "constant"
    warmup_epochs: float = 0.0  # linear from 0: large first steps spoil batch statistics
    plateau_factor: float = 0.5  # learning rate x this ...
    plateau_patience: int = 3  # ... after so many epochs without a better validation accuracy
    weight_decay: float = 0.0  # on kernels alone, decoupled from the gradient
    class_weights: bool = False  # weigh faces so that each label counts the same in the loss
    votes: float = 0.0  # share of the target that FER+'s votes decide, instead of the one label
    # Share of the target that the run's teachers decide, where it has any (Hinton et al. 2015), by
    # what they say of the changed face that the network sees (Beyer et al. 2022).
    distil: float = 0.5
    label_smoothing: float = 0.0  # share of the target spread evenly: FER-2013's labels are noisy
    ema: float = 0.0  # decay a step of an average of the weights, which is then what is evaluated
    # Of the moving statistics of batch normalisation; 0.99 (Keras's own) needs a thousand steps to
    # forget its start, so a short training takes less.
    bn_momentum: float = 0.99
    flip: bool = False  # mirrored left to right, one face in two
    shift: float = 0.0  # up to this share of the side, in each direction
    rotation_deg: float = 0.0  # up to this angle, either way
    scale: float = 0.0  # from 1 - scale to 1 + scale
    brightness: float = 0.0  # up to this share of the full range is added or taken away
    contrast: float = 0.0  # from 1 - contrast to 1 + contrast, around the face's mean
    # Chance that a face is blurred, saved as a poor JPEG, or shrunk and enlarged again: what
    # cameras and the web do to pictures, and FER-2013 shows little of.
    degrading: float = 0.0
    erasing: float = 0.0  # chance that a random rectangle (2-20 % of the face) is filled with noise
    # Mixup (Zhang et al. 2018) with Beta(mixup, mixup) on every batch; it is switched off for the
    # last epochs, so that the network ends on faces as they are.
    mixup: float = 0.0
    mixup_off_epochs: int = 0
    patience: int = 0  # stop after so many epochs without a better validation accuracy; 0: never
    keep: Literal["last", "best"] = "last"  # weights of the last epoch, or of the best validation
    # "auto": bfloat16 where the processor multiplies it natively, float32 elsewhere.
    precision: Literal["auto", "float32", "bfloat16"] = "auto"

    def __post_init__(self) -> None:
        for name, (low, high) in _RANGES.items():
            value = getattr(self, name)
            if not low <= value <= high:
                raise InputError(f"{name} must be {low:g} to {high:g}, not {value}.")
        unknown = [label for label in self.labels if label not in LABELS]
        if unknown or len(set(self.labels)) != len(self.labels) or len(self.labels) < 2:
            raise InputError(f"labels must be two or more of {', '.join(LABELS)}, each once.")
        # One order everywhere: a model's outputs follow LABELS whatever order was asked for.
        ordered = tuple(label for label in LABELS if label in self.labels)
        object.__setattr__(self, "labels", ordered)

    def with_changes(self, **changes: Any) -> "Recipe":
        """This recipe with some settings changed; texts (as from a command line) are converted.

        Raises:
            InputError: for an unknown setting (the nearest one is named) or a value out of range.
        """
        hints = get_type_hints(type(self))
        for name in changes:
            if name not in hints:
                near = difflib.get_close_matches(name, hints, n=1, cutoff=0.4)
                hint = (
                    f"; did you mean {near[0]!r}?" if near else f"; there are {', '.join(hints)}."
                )
                raise InputError(f"There is no setting {name!r}{hint}")
        converted = {name: _converted(name, hints[name], v) for name, v in changes.items()}
        return replace(self, **converted)

    def to_dict(self) -> dict[str, Any]:
        """Plain values, as kept in a run's config.json and a bundle's card.json."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> "Recipe":
        """The inverse of `to_dict`."""
        return cls().with_changes(**values)

    @property
    def augments(self) -> bool:
        """Whether faces are changed at random before the network sees them."""
        return any(getattr(self, name) for name in AUGMENTATIONS)


AUGMENTATIONS = (
    "flip",
    "shift",
    "rotation_deg",
    "scale",
    "brightness",
    "contrast",
    "degrading",
    "erasing",
)

_RANGES: dict[str, tuple[float, float]] = {
    "epochs": (1, 10_000),
    "batch_size": (1, 4096),
    "learning_rate": (1e-7, 10),
    "warmup_epochs": (0, 1000),
    "plateau_factor": (0.01, 1),
    "plateau_patience": (1, 1000),
    "weight_decay": (0, 1),
    "votes": (0, 1),
    "distil": (0, 1),
    "label_smoothing": (0, 0.9),
    "ema": (0, 0.99999),
    "bn_momentum": (0, 0.9999),
    "mixup": (0, 10),
    "mixup_off_epochs": (0, 10_000),
    "shift": (0, 0.5),
    "rotation_deg": (0, 180),
    "scale": (0, 0.9),
    "brightness": (0, 1),
    "contrast": (0, 1),
    "degrading": (0, 1),
    "erasing": (0, 1),
    "patience": (0, 10_000),
}
assert set(_RANGES) <= {f.name for f in fields(Recipe)}


def _converted(name: str, kind: Any, value: Any) -> Any:
    if get_origin(kind) is Literal:
        if value in get_args(kind):
            return value
        raise InputError(f"{name} must be one of {', '.join(get_args(kind))}, not {value!r}.")
    if get_origin(kind) is tuple:
        words = value.replace(",", " ").split() if isinstance(value, str) else value
        return tuple(words)
    if kind is bool:
        truth = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
        if str(value).lower() in truth:
            return truth[str(value).lower()]
        raise InputError(f"{name} must be true or false, not {value!r}.")
    what = "a whole number" if kind is int else "text" if kind is str else "a number"
    try:
        converted = kind(value)
        if kind is int and converted != float(value):
            raise ValueError
    except (TypeError, ValueError, OverflowError):
        raise InputError(f"{name} must be {what}, not {value!r}.") from None
    return converted
