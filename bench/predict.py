"""What a prediction costs beside the bare LiteRT call and the bare face detector.

    python -m bench.predict [--model spec] [--repeats 200] [--photo FILE]

Each figure is a median; what is compared is measured in turns, so that a busy moment of the
machine falls on all of it alike. Takes some seconds.
"""

import argparse
import io
import platform
import statistics
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import cv2
import numpy as np
from ai_edge_litert.interpreter import Interpreter
from PIL import Image

from fer import bundles
from fer.bundles import Bundle
from fer.evaluation import machine
from fer.images import decode, model_input
from fer.inference import Predictor
from fer.inference.detectors import yunet_file
from fer.inference.litert import available_cores

BATCH = 512
CALLS = (16, 64, BATCH)  # faces a call: LiteRT's best is sought among these


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="spec", help="a bundle's name or folder")
    parser.add_argument("--repeats", type=int, default=200, help="turns of the one-face figures")
    parser.add_argument("--photo", type=Path, help="default: scikit-image's astronaut, 512x512")
    arguments = parser.parse_args()
    bundle = bundles.load(arguments.model)
    predictor = Predictor(bundle)
    print(f"{machine()}, Python {platform.python_version()}")
    print(f"model {bundle.name}, {bundle.served_path.stat().st_size:,} bytes")
    one_face(bundle, predictor, arguments.repeats)
    batch(bundle, predictor, max(5, arguments.repeats // 20))
    photo(bundle, predictor, arguments.photo or astronaut(), max(5, arguments.repeats // 5))


def one_face(bundle: Bundle, predictor: Predictor, repeats: int) -> None:
    face = random_faces(1)
    x = model_input(face, bundle.input)
    network = bare(bundle, 1)
    times = medians_s(
        {
            "bare LiteRT call": lambda: network(x),
            "Predictor.probabilities": lambda: predictor.probabilities(face),
            "Predictor.predict": lambda: predictor.predict(face[0]),
        },
        repeats,
    )
    print_times("one 48x48 face", times)
    first, *_, last = times.values()
    asked("time, beside the bare call", last / first, most=1.2)


def batch(bundle: Bundle, predictor: Predictor, repeats: int) -> None:
    faces = random_faces(BATCH)
    tasks: dict[str, Callable[[], object]] = {}
    for size in CALLS:
        tasks[f"bare LiteRT, {size} a call"] = in_calls(bundle, faces, size)
    tasks["Predictor.probabilities"] = lambda: predictor.probabilities(faces)
    times = medians_s(tasks, repeats)
    print_times(f"a batch of {BATCH} faces", times, per=BATCH)
    *bare_s, ours_s = times.values()
    asked("speed, beside LiteRT's best", min(bare_s) / ours_s, least=0.87)


def in_calls(bundle: Bundle, faces: np.ndarray, size: int) -> Callable[[], object]:
    """All faces by calls of LiteRT with `size` faces each."""
    x = model_input(faces, bundle.input)
    network = bare(bundle, size)
    return lambda: [network(x[start : start + size]) for start in range(0, len(x), size)]


def photo(bundle: Bundle, predictor: Predictor, path: Path, repeats: int) -> None:
    image = decode(path)
    height, width = image.shape[:2]
    file = io.BytesIO()
    Image.fromarray(image).save(file, "JPEG", quality=90)
    data = file.getvalue()
    yunet = cv2.FaceDetectorYN.create(str(yunet_file()), "", (width, height))
    bgr = cv2.cvtColor(image, cv2.COLOR_RGB2BGR)
    network = bare(bundle, 1)
    x = model_input(random_faces(1), bundle.input)
    times = medians_s(
        {
            "OpenCV's YuNet, one LiteRT": lambda: (yunet.detect(bgr), network(x)),
            "Predictor.predict, JPEG": lambda: predictor.predict(data),
            "Predictor.predict, array": lambda: predictor.predict(image),
            "Predictor.predict, Haar": lambda: predictor.predict(image, "haar"),
            "decode the JPEG": lambda: decode(data),
        },
        repeats,
    )
    faces = len(predictor.predict(data).faces)
    print_times(f"{path.name}, {width}x{height}, faces: {faces}", times)
    first, second, *_ = times.values()
    asked("time, beside YuNet and LiteRT", second / first, most=1.5)


def bare(bundle: Bundle, size: int) -> Callable[[np.ndarray], np.ndarray]:
    """The least that LiteRT needs for one call, with as many threads as the Predictor has."""
    network = Interpreter(str(bundle.served_path), num_threads=available_cores())
    source = network.get_input_details()[0]["index"]
    side = bundle.input.size_px
    network.resize_tensor_input(source, (size, side, side, 1))
    network.allocate_tensors()
    target = network.get_output_details()[0]["index"]

    def run(x: np.ndarray) -> np.ndarray:
        network.set_tensor(source, x)
        network.invoke()
        return network.get_tensor(target)

    return run


def medians_s(tasks: dict[str, Callable[[], object]], repeats: int) -> dict[str, float]:
    for task in tasks.values():
        task()
    times: dict[str, list[float]] = {name: [] for name in tasks}
    for _ in range(repeats):
        for name, task in tasks.items():
            start = time.perf_counter()
            task()
            times[name].append(time.perf_counter() - start)
    return {name: statistics.median(values) for name, values in times.items()}


def print_times(title: str, times: dict[str, float], per: int = 1) -> None:
    """A table; the first row is what the others are compared with."""
    base = next(iter(times.values()))
    print(f"\n{title}")
    for name, taken in times.items():
        speed = f"{per / taken:>9,.0f} faces/s" if per > 1 else f"{taken * 1e3:>9.2f} ms"
        print(f"  {name:<28}{speed}{taken / base:>8.2f}x the time of the first")


def asked(
    what: str,
    reached: float,
    unit: str = "x",
    *,
    most: float | None = None,
    least: float | None = None,
) -> None:
    """A line that holds a figure against what is asked of it: at most, or at least that."""
    if most is not None:
        fine, limit = reached <= most, f"at most {most:g}{unit}"
    else:
        assert least is not None
        fine, limit = reached >= least, f"at least {least:g}{unit}"
    print(f"  {what:<34}{reached:>9.2f}{unit:<4} asked: {limit:<16} {'yes' if fine else 'NO'}")


def random_faces(count: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (count, 48, 48), np.uint8)


def astronaut() -> Path:
    package = find_spec("skimage")
    if package is None or package.origin is None:
        raise SystemExit("Give --photo FILE, or install scikit-image for its astronaut.")
    return Path(package.origin).parent / "data" / "astronaut.png"


if __name__ == "__main__":
    main()
