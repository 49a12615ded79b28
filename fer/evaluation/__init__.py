"""How good a model is: measured from the file that is served, with n and an interval."""

from fer.evaluation.evaluate import EVALUATION_SPLITS, evaluate, evaluate_rows
from fer.evaluation.photographs import BiggestFace, FacesToScore, open_for_evaluation
from fer.evaluation.report import Report, wilson_interval

__all__ = [
    "EVALUATION_SPLITS",
    "BiggestFace",
    "FacesToScore",
    "Report",
    "evaluate",
    "evaluate_rows",
    "open_for_evaluation",
    "wilson_interval",
]
