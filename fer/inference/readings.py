"""What a prediction says: one `FaceReading` a face, one `Reading` a picture."""

import csv
import io
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fer.errors import FerError, InputError
from fer.images import Box

if TYPE_CHECKING:
    import pandas

# Of the flat form, before a column for each label.
COLUMNS = ("face", "x", "y", "width", "height", "detection_score", "emotion", "confidence")


@dataclass(frozen=True)
class FaceReading:
    """The expression that one face shows.

    `box` is the face in pixels of the picture, clipped to it. `detection_score` is the detector's
    own, 0..1, or None where it gives none (Haar, given boxes, a picture read whole).
    `probabilities` has every label of the model, in the model's order; each is 0..1, unrounded,
    and they sum to 1.
    """

    box: Box
    detection_score: float | None
    probabilities: Mapping[str, float]

    def __post_init__(self) -> None:
        total = sum(self.probabilities.values())
        # The sum of a row with a NaN is a NaN, which is close to nothing.
        if not math.isclose(total, 1, abs_tol=1e-3) or min(self.probabilities.values()) < 0:
            raise InputError(
                "The probabilities of a face are 0..1 and sum to 1, not "
                f"{dict(self.probabilities)}."
            )

    @property
    def emotion(self) -> str:
        """The label with the highest probability."""
        return max(self.probabilities, key=self.probabilities.__getitem__)

    @property
    def confidence(self) -> float:
        """The probability of `emotion`."""
        return max(self.probabilities.values())

    def ranked(self) -> list[tuple[str, float]]:
        """(label, probability) of every label, the most probable first."""
        return sorted(self.probabilities.items(), key=lambda item: -item[1])

    def to_dict(self) -> dict[str, Any]:
        return {
            "box": self.box.to_dict(),
            "detection_score": self.detection_score,
            "emotion": self.emotion,
            "confidence": self.confidence,
            "probabilities": dict(self.probabilities),
        }


@dataclass(frozen=True)
class Reading:
    """All faces of one picture of `width` x `height` pixels, the biggest first; may be none."""

    width: int
    height: int
    faces: tuple[FaceReading, ...]

    def to_dict(self) -> dict[str, Any]:
        return {
            "width": self.width,
            "height": self.height,
            "faces": [face.to_dict() for face in self.faces],
        }

    def to_json(self) -> str:
        """`to_dict` as one line of JSON."""
        return json.dumps(self.to_dict(), ensure_ascii=False)

    def to_rows(self) -> list[dict[str, Any]]:
        """A flat row a face: `COLUMNS` (faces count from 1), then each label's probability."""
        return [
            {
                "face": number,
                **face.box.to_dict(),
                "detection_score": face.detection_score,
                "emotion": face.emotion,
                "confidence": face.confidence,
                **face.probabilities,
            }
            for number, face in enumerate(self.faces, start=1)
        ]

    def to_csv(self) -> str:
        """`to_rows` under a line with the columns' names."""
        rows = self.to_rows()
        text = io.StringIO()
        writer = csv.DictWriter(text, rows[0] if rows else COLUMNS)
        writer.writeheader()
        writer.writerows(rows)
        return text.getvalue()

    def to_pandas(self) -> "pandas.DataFrame":
        """`to_rows` as a table; a missing detection score is NaN."""
        try:
            import pandas
        except ImportError as error:
            raise FerError("pandas is not installed: run pip install pandas.") from error
        rows = self.to_rows()
        table = pandas.DataFrame(rows, columns=None if rows else list(COLUMNS))
        return table.astype({"detection_score": float})


Outcome = Reading | FerError  # of one picture


def result_dict(source: str, outcome: Outcome) -> dict[str, Any]:
    """What came of the picture `source`, as the command line and the pages give it in JSON."""
    if isinstance(outcome, FerError):
        return {"source": source, "error": {"code": outcome.code, "message": str(outcome)}}
    return {"source": source, **outcome.to_dict()}
