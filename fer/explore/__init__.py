"""Looking into a data set: browsing, neighbours, typical faces, and a map by a model's eyes."""

from fer.explore.embedding import Embedding, embed, saved_embedding
from fer.explore.lasso import corners_of, inside, outline
from fer.explore.map import draw_map, saved_map
from fer.explore.neighbours import Neighbours, embedding_neighbours, pixel_neighbours, twins_of
from fer.explore.selection import FLAGS, SORTS, UNLABELLED, Filters, select
from fer.explore.similar import similar_training_faces
from fer.explore.table import BrowseTable, browse_table, plain_table
from fer.explore.typical import TypicalFaces, saved_typical_faces, typical_faces

__all__ = [
    "FLAGS",
    "SORTS",
    "UNLABELLED",
    "BrowseTable",
    "Embedding",
    "Filters",
    "Neighbours",
    "TypicalFaces",
    "browse_table",
    "corners_of",
    "draw_map",
    "embed",
    "embedding_neighbours",
    "inside",
    "outline",
    "pixel_neighbours",
    "plain_table",
    "saved_embedding",
    "saved_map",
    "saved_typical_faces",
    "select",
    "similar_training_faces",
    "twins_of",
    "typical_faces",
]
