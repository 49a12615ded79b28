"""Data sets to files: FER-2013's csv, class folders, a zip of those, Hugging Face parquet.

Each file appears complete or not at all, and the readers give back what was written.
"""

import json
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from fer import files, images
from fer.data.csv_reader import Progress
from fer.data.dataset import NO_USAGE, USAGES, FaceDataset
from fer.errors import ExistsError, InputError
from fer.labels import LABELS

_UNLABELLED = "unlabelled"
_GROUP_ROWS = 1024


def write(
    dataset: FaceDataset, path: Path, progress: Progress | None = None, replace: bool = False
) -> None:
    """Write `dataset` to `path` in the format that its suffix names; none: class folders.

    Raises:
        InputError: for a suffix that is not written. FerError: where the disk refuses.
        ExistsError: `path` is a file and `replace` is False, or a folder with something in it.
    """
    writer = _WRITERS.get(path.suffix.lower())
    if writer is None:
        raise InputError(
            f"{path.name}: the format {path.suffix} is not written; choose .csv, .zip, .parquet, "
            "or a folder."
        )
    if not path.is_dir():
        files.check_free(path, replace)
    writer(dataset, path, progress)


def write_csv(dataset: FaceDataset, path: Path, progress: Progress | None = None) -> None:
    """Write emotion,pixels,Usage as fer2013.csv has them; emotion is empty where unlabelled."""
    words = [str(value) for value in range(256)]
    with files.replacing(path) as temporary, open(temporary, "w", encoding="ascii") as file:
        file.write("emotion,pixels,Usage\n" if dataset.usage is not None else "emotion,pixels\n")
        for row in _rows(dataset, path, progress):
            label = int(dataset.labels[row])
            text = " ".join([words[value] for value in dataset.images[row].ravel().tolist()])
            usage = "" if dataset.usage is None else "," + _usage_name(dataset, row)
            file.write(f"{label if label >= 0 else ''},{text}{usage}\n")


def write_folder(dataset: FaceDataset, path: Path, progress: Progress | None = None) -> None:
    """Write PNG files to train/<class>/ and test/<class>/, or to <class>/ without a Usage."""
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise ExistsError(f"{path} exists and is not an empty folder; choose another place.")
    with files.replacing(path) as temporary:
        temporary.unlink()
        temporary.mkdir()
        for name, png in _pictures(dataset, path, progress):
            file = temporary / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(png)
        temporary.chmod(0o755)
        if path.exists():
            path.rmdir()


def write_zip(dataset: FaceDataset, path: Path, progress: Progress | None = None) -> None:
    """Write the files of `write_folder` into a zip file."""
    with (
        files.replacing(path) as temporary,
        zipfile.ZipFile(temporary, "w", zipfile.ZIP_STORED) as archive,  # PNG is packed already
    ):
        for name, png in _pictures(dataset, path, progress):
            archive.writestr(name, png)


def write_parquet(dataset: FaceDataset, path: Path, progress: Progress | None = None) -> None:
    """Write image, label and Usage as the Hugging Face hub has them, class names included."""
    features = {
        "image": {"_type": "Image"},
        "label": {"names": list(LABELS), "_type": "ClassLabel"},
    }
    schema = pa.schema(
        [
            ("image", pa.struct([("bytes", pa.binary()), ("path", pa.string())])),
            ("label", pa.int64()),
            *([("Usage", pa.string())] if dataset.usage is not None else []),
        ],
        metadata={"huggingface": json.dumps({"info": {"features": features}})},
    )
    with files.replacing(path) as temporary, pq.ParquetWriter(temporary, schema) as writer:
        for start in range(0, len(dataset), _GROUP_ROWS):
            rows = range(start, min(start + _GROUP_ROWS, len(dataset)))
            pictures = [images.to_png(dataset.images[row]) for row in rows]
            columns = [
                [{"bytes": png, "path": None} for png in pictures],
                dataset.labels[rows.start : rows.stop].tolist(),
            ]
            if dataset.usage is not None:
                columns.append([_usage_name(dataset, row) for row in rows])
            arrays = [
                pa.array(column, field.type) for column, field in zip(columns, schema, strict=True)
            ]
            writer.write_table(pa.Table.from_arrays(arrays, schema=schema))
            if progress:
                progress(rows.stop / len(dataset), f"Writing {path.name}")


_Writer = Callable[[FaceDataset, Path, Progress | None], None]
_WRITERS: dict[str, _Writer] = {
    ".csv": write_csv,
    ".zip": write_zip,
    ".parquet": write_parquet,
    "": write_folder,
}


def _rows(dataset: FaceDataset, path: Path, progress: Progress | None) -> Iterator[int]:
    for row in range(len(dataset)):
        if progress and row % 256 == 0:
            progress(row / len(dataset), f"Writing {path.name}")
        yield row


def _pictures(
    dataset: FaceDataset, path: Path, progress: Progress | None
) -> Iterator[tuple[str, bytes]]:
    """Relative name and PNG of each face; the name carries the Usage, which folders merge."""
    folders = {"Training": "train/", "PublicTest": "test/", "PrivateTest": "test/", "Test": "test/"}
    for row in _rows(dataset, path, progress):
        label = int(dataset.labels[row])
        usage = _usage_name(dataset, row)
        name = f"{usage}_{row:06}.png" if usage else f"{row:06}.png"
        label_folder = LABELS[label] if label >= 0 else _UNLABELLED
        yield f"{folders.get(usage, '')}{label_folder}/{name}", images.to_png(dataset.images[row])


def _usage_name(dataset: FaceDataset, row: int) -> str:
    code = int(dataset.usage_codes[row])
    return "" if code == NO_USAGE else USAGES[code]
