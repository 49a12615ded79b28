"""What a video costs from file to annotated file: frames a second, processor time, memory.

    python -m bench.video [--minutes 1] [--model spec] [--every 1] [--plain] [--photo FILE]

A 640x480 video is made from a photograph that moves before a blurred copy of itself, and is read
in a process of its own, so that its peak of memory is that of reading alone. With --plain no
annotated video is written. Reading a minute takes 15 to 30 s on two cores.
"""

import argparse
import json
import math
import platform
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np

from bench.predict import astronaut
from fer.evaluation import machine
from fer.images import decode
from fer.inference import Predictor
from fer.inference.frames import Video
from fer.inference.timeline import FramesTable, VideoSummary
from fer.inference.video import read_video

RATE = 30
WIDTH, HEIGHT, SHOWN_PX = 640, 480, 400


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=1.0)
    parser.add_argument("--model", default="spec", help="a bundle's name or folder")
    parser.add_argument("--every", type=int, default=1, help="read every k-th frame")
    parser.add_argument("--plain", action="store_true", help="write no annotated video")
    parser.add_argument("--photo", type=Path, help="default: scikit-image's astronaut")
    parser.add_argument("--read", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.read:
        print(json.dumps(read(arguments)))
        return
    print(f"{machine()}, Python {platform.python_version()}")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "film.mp4"
        write(path, arguments.photo or astronaut(), round(arguments.minutes * 60 * RATE))
        print(f"{arguments.minutes:g} min of {WIDTH}x{HEIGHT}, {path.stat().st_size / 1e6:.1f} MB")
        command = [sys.executable, "-m", "bench.video", *sys.argv[1:], "--read", str(path)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    show(json.loads(done.stdout.splitlines()[-1]), arguments.minutes * 60)


def read(arguments: argparse.Namespace) -> dict[str, float]:
    """Read the video, write csv and annotated video; what it took."""
    predictor = Predictor(arguments.model)
    summary = VideoSummary(predictor.bundle.labels)
    annotated = None if arguments.plain else arguments.read.with_name("annotated.mp4")
    table_path = arguments.read.with_name("frames.csv")
    started, processor = time.perf_counter(), time.process_time()
    with Video(arguments.read) as video, open(table_path, "w", newline="") as file:
        table = FramesTable(file, predictor.bundle)
        for frame in read_video(video, predictor, every=arguments.every, annotated=annotated):
            summary.add(frame)
            table.add("film.mp4", frame)
    return {
        "frames": summary.frames,
        "faces": len(summary.tracks),
        "wall_s": time.perf_counter() - started,
        "processor_s": time.process_time() - processor,
        # Linux counts in KiB.
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6,
    }


def show(told: dict[str, float], length_s: float) -> None:
    frames = told["frames"]
    print(f"  frames read            {frames:>10,.0f}")
    print(f"  faces told apart       {told['faces']:>10,.0f}")
    print(f"  frames a second        {frames / told['wall_s']:>10.1f}")
    print(f"  processor time a frame {1e3 * told['processor_s'] / frames:>10.2f} ms")
    print(f"  times real time        {length_s / told['wall_s']:>10.2f}")
    print(f"  peak of memory         {told['peak_mb']:>10.0f} MB")


def write(path: Path, photo: Path, count: int) -> None:
    """A photograph that circles, with the grain of a camera, which costs the decoder its due."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream(
            "libx264", rate=RATE, options={"preset": "veryfast", "crf": "17"}
        )
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        for index, image in enumerate(images(decode(photo), count)):
            frame = av.VideoFrame.from_ndarray(image, format="rgb24")
            frame.pts, frame.time_base = index, Fraction(1, RATE)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def images(photo: np.ndarray, count: int) -> Iterator[np.ndarray]:
    rng = np.random.default_rng(0)
    ground = cv2.GaussianBlur(cv2.resize(photo, (WIDTH, HEIGHT)), (0, 0), 20)
    shown = cv2.resize(photo, (SHOWN_PX, SHOWN_PX), interpolation=cv2.INTER_AREA)
    grains = rng.normal(0, 4, (8, HEIGHT, WIDTH, 1)).astype(np.int16)
    for index in range(count):
        angle = 2 * math.pi * index / (6 * RATE)
        x = round((WIDTH - SHOWN_PX) / 2 * (1 + math.cos(angle)))
        y = round((HEIGHT - SHOWN_PX) / 2 * (1 + math.sin(angle)))
        image = ground.copy()
        image[y : y + SHOWN_PX, x : x + SHOWN_PX] = shown
        grain = grains[rng.integers(len(grains))]
        yield np.clip(image + grain, 0, 255).astype(np.uint8)


if __name__ == "__main__":
    main()
