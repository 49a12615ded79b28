"""What is wrong with a data set: repeats, twins across splits, blank images, doubtful labels."""

from fer.audit.findings import LOW_CONTRAST, audit, saved_audit
from fer.audit.labels import LabelErrors, find_label_errors, label_errors
from fer.audit.measurements import Measurements, measure, saved_measurements
from fer.audit.near import NEAR_CORRELATION, NearPairs, near_pairs
from fer.audit.opinions import cross_validated, out_of_sample
from fer.audit.pixels import PixelStatistics, pixel_statistics
from fer.audit.report import WITHOUT, Audit, Finding, rows_without
from fer.audit.twins import TESTS

__all__ = [
    "LOW_CONTRAST",
    "NEAR_CORRELATION",
    "TESTS",
    "WITHOUT",
    "Audit",
    "Finding",
    "LabelErrors",
    "Measurements",
    "NearPairs",
    "PixelStatistics",
    "audit",
    "cross_validated",
    "find_label_errors",
    "label_errors",
    "measure",
    "near_pairs",
    "out_of_sample",
    "pixel_statistics",
    "rows_without",
    "saved_audit",
    "saved_measurements",
]
