"""The other side of bench/peers.py: PyPI's `fer`, run by a Python that has it. See there.

Reads a path a line from stdin; writes a line of JSON each: seconds from file to readings, boxes.
"""

import importlib
import json
import sys
import time

import cv2


def main() -> None:
    detector = importlib.import_module("fer.fer").FER(mtcnn=sys.argv[1] == "mtcnn")
    for line in sys.stdin:
        started = time.perf_counter()
        readings = detector.detect_emotions(cv2.imread(line.rstrip("\n")))
        took_s = time.perf_counter() - started
        print("answer " + json.dumps({"seconds": took_s, "boxes": len(readings)}), flush=True)


if __name__ == "__main__":
    main()
