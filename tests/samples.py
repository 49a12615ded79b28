"""Small data sets written the way people have them, shared by the tests of many modules."""

import shutil
from pathlib import Path

import numpy as np
from PIL import Image

from fer.data import NO_USAGE, USAGES, FaceDataset
from fer.images import to_png
from fer.labels import LABELS


def random_faces(
    n: int, seed: int = 0, usage: bool = True, unlabelled: bool = False
) -> FaceDataset:
    """`n` faces of noise with random labels and Usages."""
    rng = np.random.default_rng(seed)
    return FaceDataset(
        "noise",
        rng.integers(0, 256, (n, 48, 48), np.uint8),
        rng.integers(-1 if unlabelled else 0, len(LABELS), n, np.int8),
        rng.integers(0, 3, n, np.uint8) if usage else None,
        source="noise",
    )


def csv_text(dataset: FaceDataset, columns: str = "emotion,pixels,Usage") -> str:
    """`dataset` as csv text with "\\n" after each line; `columns` is the header as it stands."""
    lines = [columns]
    for row in range(len(dataset)):
        label, usage = dataset.labels[row], NO_USAGE
        if dataset.usage is not None:
            usage = dataset.usage[row]
        values = {
            "emotion": "" if label < 0 else str(label),
            "pixels": " ".join(map(str, dataset.images[row].ravel())),
            "usage": "" if usage == NO_USAGE else USAGES[usage],
        }
        lines.append(
            ",".join(values.get(c.strip(' "').lower(), "other") for c in columns.split(","))
        )
    return "\n".join(lines) + "\n"


def write_csv(path: Path, dataset: FaceDataset, columns: str = "emotion,pixels,Usage") -> Path:
    path.write_bytes(csv_text(dataset, columns).encode())
    return path


def write_folders(path: Path, dataset: FaceDataset) -> Path:
    """Class folders below train/ and test/, the two test Usages merged, as Kaggle has them."""
    for row, (image, label) in enumerate(zip(dataset.images, dataset.labels, strict=True)):
        top = "" if dataset.usage is None else "test" if dataset.usage[row] else "train"
        folder = path / top / LABELS[label]
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{row}.png").write_bytes(to_png(image))
    return path


def assert_same_rows(found: FaceDataset, expected: FaceDataset) -> None:
    """Row for row equal in images, labels, Usage and keys."""
    np.testing.assert_array_equal(found.images, expected.images)
    np.testing.assert_array_equal(found.labels, expected.labels)
    np.testing.assert_array_equal(found.keys, expected.keys)
    assert (found.usage is None) == (expected.usage is None)
    if expected.usage is not None:
        np.testing.assert_array_equal(found.usage, expected.usage)


def class_folders(folder: Path, photo: Path) -> Path:
    """Two pictures in folders by label: `photo`, happy, and one without a face, sad."""
    for label in ("happy", "sad"):
        (folder / label).mkdir(parents=True)
    shutil.copy(photo, folder / "happy" / photo.name)
    Image.new("RGB", (200, 200), "gray").save(folder / "sad" / "wall.png")
    return folder
