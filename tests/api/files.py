"""Files that the routes take, for schemathesis, as no schema can say which bytes are a picture."""

# Loaded by schemathesis.toml too, wherever that is found from: nothing of this project is imported.
import io

import schemathesis
from hypothesis import strategies as st
from PIL import Image


def _picture(kind: str, side_px: int) -> bytes:
    file = io.BytesIO()
    Image.linear_gradient("L").resize((side_px, side_px)).save(file, kind)
    return file.getvalue()


def _csv(n: int) -> bytes:
    rows = [f"{n % 7},{' '.join([str(10 * n)] * 48 * 48)},Training\n" for n in range(n)]
    return "".join(["emotion,pixels,Usage\n", *rows]).encode()


pictures = [_picture(kind, side) for kind in ("PNG", "JPEG", "WEBP") for side in (1, 48, 200)]
schemathesis.openapi.media_type("image/png", st.sampled_from(pictures))
schemathesis.openapi.media_type("text/csv", st.sampled_from([_csv(n) for n in (7, 14)]))
