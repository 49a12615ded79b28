"""What a run is asked to do: kept as config.json in its folder, and never changed afterwards."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from fer.data import FaceDataset, Split, make_split
from fer.errors import InputError
from fer.labels import LABELS, of_labels
from fer.zoo import Recipe


@dataclass(frozen=True)
class RunConfig:
    """One training run.

    Attributes:
        architecture: a name of `fer.zoo.names()`.
        data: a registered data set's name, "drawn", or a path that `fer.data.open_dataset` takes.
        recipe_name: which recipe of the architecture `recipe` began as.
        recipe: all settings, changes already applied.
        split: a name of `fer.data.SPLITS`; drawn with `split_seed`.
        seed: of the initial weights, the order of the faces, augmentation and dropout.
        init: name of the bundle whose weights training starts from, or None.
        teachers: names of bundles whose mean answer is a share of the target (`recipe.distil`).
    """

    architecture: str
    data: str
    recipe_name: str
    recipe: Recipe
    split: str = "published"
    split_seed: int = 0
    seed: int = 0
    init: str | None = None
    teachers: tuple[str, ...] = ()

    @property
    def ancestors(self) -> tuple[str, ...]:
        """The bundles that this run takes something from: a model learned what they did."""
        return ((self.init,) if self.init else ()) + self.teachers

    def to_dict(self) -> dict[str, Any]:
        """Plain values for config.json."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> "RunConfig":
        """The inverse of `to_dict`."""
        recipe = Recipe.from_dict(values["recipe"])
        return cls(**{**values, "recipe": recipe, "teachers": tuple(values.get("teachers", ()))})


def split_to_train(faces: FaceDataset, config: RunConfig) -> Split:
    """The run's split of `faces`, which are those of the recipe's labels.

    Raises:
        InputError: the data cannot be split so, a part would be empty, or there is but one label.
    """
    split = make_split(faces, config.split, config.split_seed)
    if min(len(split.train), len(split.validation), len(split.test)) == 0:
        raise InputError(
            f"{faces.name} has too few labelled faces{of_labels(config.recipe.labels)} "
            f"({int((faces.labels >= 0).sum()):,}) for the split {config.split}; add faces, or "
            "choose another split."
        )
    if len(np.unique(faces.labels[split.train])) == 1:
        (label,) = faces.labels[split.train[:1]]
        raise InputError(
            f"All faces of {faces.name} to train on are labelled {LABELS[label]}, so there is "
            "nothing to tell apart; add faces with other labels."
        )
    return split
