"""How good a model is: measured from the file that is served, with n and an interval."""

from fer.evaluation.comparison import Comparison, compare
from fer.evaluation.evaluate import EVALUATION_SPLITS, evaluate, evaluate_rows, rows_of
from fer.evaluation.photographs import BiggestFace, FacesToScore, open_for_evaluation
from fer.evaluation.report import Report, wilson_interval
from fer.evaluation.scored import Scored, score

__all__ = [
    "EVALUATION_SPLITS",
    "BiggestFace",
    "Comparison",
    "FacesToScore",
    "Report",
    "Scored",
    "compare",
    "evaluate",
    "evaluate_rows",
    "open_for_evaluation",
    "rows_of",
    "score",
    "wilson_interval",
]
