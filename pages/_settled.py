"""What the pages have loaded stays: garbage collection need not look through it again."""

import gc
import sys

_modules = 0


def settle() -> None:
    """Take all that is there out of garbage collection, where a page has loaded more modules.

    Streamlit collects garbage after each run of a page, twice a second while a training is
    watched. Among what modules hold it finds none, and looks for 65 ms, in which nothing else of
    this process goes on: no answer of the API, no picture of a camera.
    """
    global _modules
    if len(sys.modules) > _modules:
        _modules = len(sys.modules)
        gc.collect()
        gc.freeze()
