"""Two models on the same faces: which is better, and is that more than chance?"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from fer.errors import InputError
from fer.evaluation.scored import Scored
from fer.words import listed


@dataclass(frozen=True, eq=False)
class Comparison:
    """What two models make of the faces that both were scored on.

    Attributes:
        n: how many these are.
        correct: how many the first and the second read right.
        first_only: (m,) rows that only the first reads right; second_only likewise. Each with the
            faces first of which the other was most confidently wrong.
        p_value: McNemar's exact test: how often two equally good models would differ by as much,
            in the faces that only one of them reads right.
    """

    n: int
    correct: tuple[int, int]
    first_only: np.ndarray
    second_only: np.ndarray
    p_value: float

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it; rows are those of the data set."""
        values = asdict(self)
        values["first_only"] = self.first_only.tolist()
        values["second_only"] = self.second_only.tolist()
        return values


def check_same_labels(first: Sequence[str], second: Sequence[str]) -> None:
    """Whether the readings of two models that tell these labels apart can be compared.

    Raises:
        InputError: they cannot.
    """
    if tuple(first) != tuple(second):
        raise InputError(
            f"One of these models tells {listed(first)} apart and the other {listed(second)}: "
            "choose two of the same labels to compare them face by face."
        )


def compare(first: Scored, second: Scored) -> Comparison:
    """Compare on the rows that both were scored on; McNemar (1947), exact binomial form.

    Raises:
        InputError: there is no such row, or the models tell other labels apart.
    """
    check_same_labels(first.labels, second.labels)
    rows, a, b = np.intersect1d(first.rows, second.rows, return_indices=True)
    if not len(rows):
        raise InputError("There is no face that both models were scored on; choose another split.")
    right_a, right_b = first.correct[a], second.correct[b]
    only_a, only_b = right_a & ~right_b, ~right_a & right_b
    return Comparison(
        n=len(rows),
        correct=(int(right_a.sum()), int(right_b.sum())),
        first_only=rows[only_a][np.argsort(-second.confidence[b][only_a], kind="stable")],
        second_only=rows[only_b][np.argsort(-first.confidence[a][only_b], kind="stable")],
        p_value=_mcnemar(int(only_a.sum()), int(only_b.sum())),
    )


def _mcnemar(first_only: int, second_only: int) -> float:
    # Imported here: a server that only predicts has no use for SciPy.
    from scipy.stats import binomtest

    n = first_only + second_only
    return float(binomtest(first_only, n).pvalue) if n else 1.0
