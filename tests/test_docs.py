"""What the documents say is true: tables, commands, files they name."""

import re
import shlex
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from click.testing import CliRunner
from PIL import Image

from fer.cli.main import commands
from fer.data import writers
from fer.images import decode
from tests.films import head, scene, write_video
from tests.samples import random_faces

ROOT = Path(__file__).resolve().parents[1]
DOCUMENTS = sorted([ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").glob("*.md")])
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_scoreboards_are_those_of_the_cards():
    code = [sys.executable, "scripts/scoreboard.py", "--check"]
    done = subprocess.run(code, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_to_files_that_exist(document):
    for target in re.findall(r"\]\(([^)#:]+)\)", document.read_text(encoding="utf-8")):
        assert (document.parent / target).exists(), target


def readme_commands():
    lines = re.findall(r"^python -m fer (.*?)(?:\s+#.*)?$", README, re.MULTILINE)
    assert len(lines) >= 8
    return lines


@pytest.mark.parametrize("line", readme_commands())
def test_every_command_of_the_readme_is_understood(line):
    """Its options exist: the command is parsed, and only then asked for its help instead."""
    words = shlex.split(line)
    command, context = commands, None
    while hasattr(command, "commands"):
        command, words = command.commands[words[0]], words[1:]
    command.make_context(command.name, words, resilient_parsing=False, parent=context)


def test_the_readme_reads_pictures_and_films_as_it_says(tmp_path, astronaut, monkeypatch):
    """What refuses a mixture of arguments is asked only once the command runs."""
    monkeypatch.chdir(tmp_path)
    photo = decode(Path(astronaut).read_bytes())
    for name in ("photo.jpg", "holiday/photo.jpg", "trip/rome/photo.jpg"):
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(photo).save(name)
    with zipfile.ZipFile("photos.zip", "w") as archive:
        archive.write("photo.jpg")
    write_video(Path("film.mp4"), [scene([(head(photo, 200), 40, 20)])] * 3)
    lines = [line for line in readme_commands() if line.startswith(("predict", "explain"))]
    assert len(lines) >= 4
    for line in lines:
        done = CliRunner().invoke(commands, shlex.split(line))
        assert done.exit_code == 0, f"{line}: {done.output}"
    assert Path("faces.csv").read_text().count("happy") >= 2
    assert len(Path("film.csv").read_text().splitlines()) == 4


def test_the_python_of_the_readme_runs(tmp_path, astronaut, fer_home, monkeypatch):
    reads, trains = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    (tmp_path / "photo.jpg").write_bytes(Path(astronaut).read_bytes())
    writers.write(random_faces(60), tmp_path / "fer2013.csv")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))

    def said(block):
        code = [sys.executable, "-c", block]
        done = subprocess.run(code, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    assert "happy" in said(reads)
    # Stopped at once: other tests train.
    assert re.search(r" \d+\nspec-best-1 queued\n$", said(f"{trains}\nrun.stop()"))


def test_the_tree_names_no_file_that_is_not_there():
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    tree = text.split("```")[1]
    for name in re.findall(r"^  (\w+(?:\.py|/))", tree, re.MULTILINE):
        assert (ROOT / "fer" / name).exists(), name


def test_help_of_the_command_line_lists_all_commands():
    shown = CliRunner().invoke(commands, ["--help"]).output
    assert all(name in shown for name in commands.commands)
