"""`explain`."""

from pathlib import Path
from typing import Any

import click
import numpy as np

from fer import files
from fer.bundles import Bundle
from fer.cli.output import as_json, percent, print_json, progress_bar, quiet_libraries
from fer.cli.sheet import Panel, sheet
from fer.errors import InputError
from fer.images import crop_face, decode, resize_face, to_png
from fer.inference import DETECTORS, FaceReading, Predictor
from fer.inference.explain import PATCH_PX, STEP_PX, Occlusion, occlusion, overlay
from fer.inference.features import contact_sheet, feature_maps, first_filters
from fer.inference.sources import printable
from fer.words import counted

_NO_LABEL = "unlabelled"
_SIMILAR = 8


@click.command()
@click.argument("image", type=click.Path(path_type=Path))
@click.option("--model", help="A model's name or folder; by default general.")
@click.option("--label", help="Explain this one; by default the most probable.")
@click.option("--face", "number", type=click.IntRange(1), default=1, help="1 is the biggest.")
@click.option(
    "--detector",
    type=click.Choice(DETECTORS),
    help="How faces are found: by default yunet, but a picture of up to 64 px is a face.",
)
@click.option(
    "--grad-cam",
    is_flag=True,
    help="Also where the gradient is: takes some seconds, and a model with its Keras file.",
)
@click.option("--data", help="Also the most similar training faces of this data set.")
@click.option("--output", type=click.Path(path_type=Path), help="Draw all of it into this PNG.")
@click.option("--replace", is_flag=True, help="Replace a PNG that is there.")
@as_json
def explain(
    image: Path,
    model: str | None,
    label: str | None,
    number: int,
    detector: str | None,
    grad_cam: bool,
    data: str | None,
    output: Path | None,
    replace: bool,
    as_json: bool,
) -> None:
    """Say why a face in IMAGE is read as it is: which of its parts speak for the label.

    Parts of the face are covered in turn, and what each costs the label is measured.
    """
    if output:
        files.check_free(output, replace)
        files.check_not_among(output, [image])
    with quiet_libraries():
        predictor = Predictor(model, detector)
    picture = decode(image)
    reading = predictor.predict(picture)
    if number > (n := len(reading.faces)):
        remedy = (
            f"give --face {'1' if n == 1 else f'1 to {n}'}"
            if n
            else "try --detector none, which reads the picture whole"
        )
        raise InputError(
            f"{counted(n, 'face')} found in {image}, and number {number} is asked for: {remedy}."
        )
    face = reading.faces[number - 1]
    crop = crop_face(picture, face.box)
    covered = occlusion(predictor, crop)
    label = label or face.emotion
    told = _told(face, label, covered)
    covers = overlay(crop, covered.heat(label))
    panels = [
        Panel(f"{label} {percent(face.probabilities[label])}", resize_face(crop, len(covers))),
        Panel("covered: orange for, blue against", covers),
    ]
    if grad_cam:
        told["grad_cam"] = _add_grad_cam(predictor.bundle, crop, label, panels)
    rows = [panels]
    if data:
        told["similar"] = _add_similar(predictor.bundle, data, crop, rows)
    if output:
        rows += _layers(predictor.bundle, crop)
        with files.writing(output):
            files.write_bytes(output, to_png(sheet(rows)))
    if as_json:
        about = {"source": printable(str(image)), "width": reading.width, "height": reading.height}
        print_json({"model": predictor.bundle.name, **about, **told})
    else:
        _print(told, covered.sentence(label), output)


def _told(face: FaceReading, label: str, covered: Occlusion) -> dict[str, Any]:
    place, drop = covered.place(label)
    return {
        "face": face.to_dict(),
        "label": label,
        "occlusion": {
            "patch_px": PATCH_PX,
            "step_px": STEP_PX,
            "place": place,
            "drop": drop,
            "drops": covered.heat(label).tolist(),
        },
    }


def _add_grad_cam(
    bundle: Bundle, crop: np.ndarray, label: str, panels: list[Panel]
) -> dict[str, Any]:
    from fer.training.gradcam import grad_cam

    with progress_bar() as progress:
        progress(0, "Loading TensorFlow for the gradient")
        found = grad_cam(bundle, crop)
    panels.append(Panel(f"Grad-CAM at {found.layer}", overlay(crop, found.heat(label))))
    return {"layer": found.layer, "map": found.heat(label).tolist()}


def _add_similar(
    bundle: Bundle, data: str, crop: np.ndarray, rows: list[list[Panel]]
) -> list[dict[str, Any]]:
    from fer.data import open_dataset
    from fer.explore import similar_training_faces
    from fer.labels import LABELS

    dataset = open_dataset(data)
    with progress_bar() as progress:
        found = similar_training_faces(bundle, dataset, crop, _SIMILAR, progress)
    told: list[dict[str, Any]] = [
        {"row": int(row), "label": LABELS[label] if label >= 0 else None, "similarity": float(near)}
        for row, label, near in zip(
            found.rows, dataset.labels[found.rows], found.similarity, strict=True
        )
    ]
    rows.append(
        [
            Panel(
                f"{one['label'] or _NO_LABEL} {one['similarity']:.2f}",
                np.asarray(dataset.images[one["row"]]),
            )
            for one in told
        ]
    )
    return told


def _layers(bundle: Bundle, crop: np.ndarray) -> list[list[Panel]]:
    """The first filters, and what the first and the middle convolution make of the face."""
    maps = feature_maps(bundle, crop)
    chosen = [maps[0], maps[len(maps) // 2]]
    filters = Panel("filters of the first convolution", contact_sheet(first_filters(bundle)))
    return [[filters], *([Panel(one.title, contact_sheet(one.maps, 16))] for one in chosen)]


def _print(told: dict[str, Any], sentence: str, output: Path | None) -> None:
    probabilities = told["face"]["probabilities"]
    ranked = sorted(probabilities.items(), key=lambda item: -item[1])
    click.echo(", ".join(f"{name} {percent(p)}" for name, p in ranked))
    click.echo(sentence)
    if "similar" in told:
        words = [f"{one['label'] or _NO_LABEL} (row {one['row']})" for one in told["similar"]]
        click.echo(f"Most similar training faces: {', '.join(words)}.")
    if output:
        click.echo(f"Drawn in {printable(str(output))}.")
