"""The command line called in this process, and the trained studio."""

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from fer.cli import main
from tests.trained import trained

__all__ = ["trained"]


@dataclass(frozen=True)
class Result:
    """What a command left: its exit code and what it wrote."""

    code: int
    stdout: str
    stderr: str

    @property
    def json(self) -> dict[str, Any]:
        """Stdout, which must be one JSON object in one line and nothing else."""
        assert self.stdout.count("\n") == 1
        value = json.loads(self.stdout)
        assert isinstance(value, dict)
        return value

    @property
    def error(self) -> str:
        """Stderr, which must be one line."""
        (line,) = self.stderr.splitlines()
        assert line.startswith("fer: ")
        return line


@pytest.fixture
def run(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Result]:
    """Run `fer` with these arguments, as its console script does."""

    def call(*arguments: object) -> Result:
        capfd.readouterr()
        monkeypatch.setattr(sys, "argv", ["fer", *map(str, arguments)])
        try:
            main()
            code = 0
        except SystemExit as ended:
            code = ended.code if isinstance(ended.code, int) else int(bool(ended.code))
        return Result(code, *capfd.readouterr())

    return call
