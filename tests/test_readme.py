"""What the README promises is there."""

import re

from typer.main import get_command

from core.cli import app, judging
from core.exporting.formats import FORMATS
from core.importing.readers import READERS
from core.settings import ROOT
from core.stats.coefficients import COEFFICIENTS

README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_every_command_it_names_exists_and_every_command_is_named() -> None:
    named = set(re.findall(r"touchstone ([a-z]+(?:-[a-z]+)*)", README))
    known = set(get_command(app).commands)  # type: ignore[attr-defined] # a group of commands
    assert named <= known
    assert known - named <= {"demo", "worker"}


def test_every_command_of_judges_is_named() -> None:
    named = set(re.findall(r"touchstone judge ([a-z]+)", README)) | {"resume", "cancel", "retry"}
    assert "pause, resume, cancel, retry NUMBER" in README
    assert named == set(get_command(judging.app).commands)  # type: ignore[attr-defined] # a group of commands


def test_every_make_target_it_names_exists() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    assert set(re.findall(r"make ([a-z]+)", README)) <= targets


def test_every_picture_and_file_it_points_to_is_there() -> None:
    pictures = re.findall(r"!\[[^\]]*\]\(([^)]+)\)", README)
    assert len(pictures) >= 5
    for path in [*pictures, *re.findall(r"`((?:core|data|pages|tests)/[\w./-]+)`", README)]:
        assert (ROOT / path).exists(), path


def test_every_format_is_named() -> None:
    for name in ("CSV", "JSON Lines", "Parquet"):
        assert name in README
    assert {found.title.split(" (")[0] for found in FORMATS.values()} == {"CSV", "JSON Lines", "Parquet"}
    for word in ("CSV", "TSV", "JSON", "JSON Lines", "Parquet", "XLSX"):
        assert word in README
    assert set(READERS) == {"csv", "jsonl", "json", "parquet", "xlsx", "npy"}


def test_every_coefficient_is_explained() -> None:
    words = {"percent": "percent", "cohen": "Cohen", "fleiss": "Fleiss", "scott": "Scott", "ac1": "AC1", "ac2": "AC2",
             "brennan": "Brennan-Prediger", "alpha": "Krippendorff", "icc": "ICC"}  # fmt: skip
    for key in COEFFICIENTS:
        family = key.split("_")[0]
        assert family in words, f"{key} is not explained in the README"
        assert words[family] in README
