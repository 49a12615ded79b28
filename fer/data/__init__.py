"""Face data sets: reading them, keeping them, splitting them."""

from fer.data.dataset import NO_USAGE, USAGES, FaceDataset
from fer.data.drawn import drawn_faces
from fer.data.folder_reader import read_folder, whole_picture
from fer.data.splits import SPLITS, Split, make_split
from fer.data.store import (
    DatasetInfo,
    delete_dataset,
    import_dataset,
    is_registered,
    list_datasets,
    located,
    open_dataset,
)

__all__ = [
    "NO_USAGE",
    "SPLITS",
    "USAGES",
    "DatasetInfo",
    "FaceDataset",
    "Split",
    "delete_dataset",
    "drawn_faces",
    "import_dataset",
    "is_registered",
    "list_datasets",
    "located",
    "make_split",
    "open_dataset",
    "read_folder",
    "whole_picture",
]
