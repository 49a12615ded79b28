"""How good a model is: measured from the file that is served, with n and an interval."""

from fer.evaluation.calibration import fit_temperature, sure_from
from fer.evaluation.comparison import Comparison, check_same_labels, compare
from fer.evaluation.evaluate import (
    EVALUATION_SPLITS,
    available_splits,
    evaluate,
    evaluate_rows,
    rows_of,
)
from fer.evaluation.photographs import BiggestFace, FacesToScore, open_for_evaluation
from fer.evaluation.report import Report, wilson_interval
from fer.evaluation.robustness import CHANGES, robustness
from fer.evaluation.scored import Scored, score
from fer.evaluation.speed import machine, one_face_ms
from fer.evaluation.subsets import cleaner, cleaner_scores

__all__ = [
    "CHANGES",
    "EVALUATION_SPLITS",
    "BiggestFace",
    "Comparison",
    "FacesToScore",
    "Report",
    "Scored",
    "available_splits",
    "check_same_labels",
    "cleaner",
    "cleaner_scores",
    "compare",
    "evaluate",
    "evaluate_rows",
    "fit_temperature",
    "machine",
    "one_face_ms",
    "open_for_evaluation",
    "robustness",
    "rows_of",
    "score",
    "sure_from",
    "wilson_interval",
]
