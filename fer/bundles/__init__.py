"""Model bundles: what is read, listed, taken in and deleted as a model."""

from fer.bundles.archives import delete, import_archive
from fer.bundles.bundle import (
    AGREEMENT,
    CARD,
    FORMAT,
    HALF_AGREEMENT,
    ROWS,
    SERVED,
    UNSURE_BELOW,
    WEIGHTS,
    Bundle,
    default_name,
    folder_of,
    list_bundles,
    load,
    write_card,
)
from fer.bundles.rows import TrainingRows

__all__ = [
    "AGREEMENT",
    "CARD",
    "FORMAT",
    "HALF_AGREEMENT",
    "ROWS",
    "SERVED",
    "UNSURE_BELOW",
    "WEIGHTS",
    "Bundle",
    "TrainingRows",
    "default_name",
    "delete",
    "folder_of",
    "import_archive",
    "list_bundles",
    "load",
    "write_card",
]
