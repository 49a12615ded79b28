"""Where the lines of the log go."""

import logging


def log_to_terminal() -> None:
    """Show the project's log on stderr, unless whoever serves the application has set up another.

    For applications: a library that is imported leaves logging alone.
    """
    # uvicorn's own line of a request has the client, and the address with names of data sets.
    logging.getLogger("uvicorn.access").disabled = True
    if logging.getLogger().handlers:
        return
    terminal = logging.StreamHandler()
    terminal.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    log = logging.getLogger("fer")
    log.addHandler(terminal)
    log.setLevel(logging.INFO)
