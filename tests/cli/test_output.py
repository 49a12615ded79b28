"""What commands show in a terminal."""

import os
import sys

import pytest

from tests.trained import ROOT

pty = pytest.importorskip("pty", reason="there are no pseudo-terminals on this system")


def test_progress_shows_in_a_terminal_though_libraries_are_silenced() -> None:
    program = (
        "import os\n"
        "from fer.cli.output import progress_bar, quiet_libraries\n"
        "with progress_bar() as progress, quiet_libraries():\n"
        "    progress(0.3, 'Writing it')\n"
        "    os.write(2, b'chatter')\n"
    )
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(ROOT)
        os.execv(sys.executable, [sys.executable, "-c", program])
    shown = b""
    # Linux ends with an error what other systems end with nothing.
    try:
        while part := os.read(terminal, 4096):
            shown += part
    except OSError:
        pass
    assert os.waitpid(child, 0)[1] == 0, shown
    assert b"Writing it" in shown
    assert b"chatter" not in shown


def test_progress_is_silent_where_nobody_looks(capfd: pytest.CaptureFixture[str]) -> None:
    from fer.cli.output import progress_bar

    with progress_bar() as progress:
        progress(0.5, "Writing it")
    assert capfd.readouterr() == ("", "")
