"""Face data sets: reading them, keeping them, splitting them."""

from fer.data.dataset import NO_USAGE, USAGES, FaceDataset
from fer.data.drawn import drawn_faces
from fer.data.folder_reader import read_folder
from fer.data.pictures import whole_picture
from fer.data.reading import read
from fer.data.splits import SPLITS, Split, make_split
from fer.data.store import (
    DatasetInfo,
    dataset_info,
    delete_dataset,
    import_dataset,
    is_registered,
    list_datasets,
    located,
    open_dataset,
    save_dataset,
)
from fer.data.views import save_view

__all__ = [
    "NO_USAGE",
    "SPLITS",
    "USAGES",
    "DatasetInfo",
    "FaceDataset",
    "Split",
    "dataset_info",
    "delete_dataset",
    "drawn_faces",
    "import_dataset",
    "is_registered",
    "list_datasets",
    "located",
    "make_split",
    "open_dataset",
    "read",
    "read_folder",
    "save_dataset",
    "save_view",
    "whole_picture",
]
