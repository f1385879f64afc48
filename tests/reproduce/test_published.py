"""A published number and ours are the same to the digits that were printed, or the miss is explained."""

import csv
import os
import subprocess
import sys
from pathlib import Path

import pytest

from core.settings import ROOT
from tests.reproduce.published import FILE, Figure, compared, read_published

KAPPA = Figure("pandalm", "README IAA", "Cohen kappa annot 1-2")


@pytest.mark.parametrize(
    ("published", "ours", "holds"),
    [
        ("0.85", 0.8549, True),
        ("0.85", 0.8551, False),
        ("105.0", 105.0, True),
        ("105.0", 104.0, False),
        ("-0.015808123685552733", -0.01580812368555274, True),  # the last digit of sums in another order
        ("-0.015808123685552733", -0.015808123686, False),
        ("35.869565217391305", 35.86956521739131, True),
    ],
)
def test_ours_must_be_the_published_number_to_the_digits_printed(published: str, ours: float, holds: bool) -> None:
    (match,) = compared({KAPPA: published}, {KAPPA: ours})
    assert match.holds is holds


def test_a_miss_says_what_is_apart() -> None:
    (match,) = compared({KAPPA: "0.85"}, {KAPPA: 0.8612})
    assert (match.miss, match.shown) == ("ours is 0.86 with 2 decimals", "0.8612")
    (match,) = compared({KAPPA: "0.8512345678901"}, {KAPPA: 0.8512345678})
    assert match.miss == "apart by 9.01e-11, more than 1e-12 of the published one"


def test_what_is_undefined_or_not_computed_is_a_miss_with_its_reason() -> None:
    (undefined,) = compared({KAPPA: "0.85"}, {KAPPA: None})
    (missing,) = compared({KAPPA: "0.85"}, {})
    assert (undefined.miss, undefined.shown) == ("the app says that it is undefined", "none")
    assert missing.miss == "nothing in the app computes it"


def test_figures_are_read_in_the_order_of_the_list(tmp_path: Path) -> None:
    other = Figure("llmbar", "statistics a, b", "positional agreement (%)")
    rows = [["dataset", "figure", "metric", "published"], [*_columns(other), "40.5"], [*_columns(KAPPA), "0.85"]]
    with (tmp_path / FILE).open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(rows)
    assert list(read_published(tmp_path).items()) == [(other, "40.5"), (KAPPA, "0.85")]


def _columns(figure: Figure) -> list[str]:
    return [figure.dataset, figure.figure, figure.metric]


@pytest.mark.parametrize(
    ("folder", "words"),
    [(None, "TOUCHSTONE_REFERENCE_DATA is not set."), ("nowhere", "names nowhere, where there is no")],
)
def test_without_the_sets_the_command_says_what_to_set(folder: str | None, words: str) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "TOUCHSTONE_REFERENCE_DATA"}
    environment |= {} if folder is None else {"TOUCHSTONE_REFERENCE_DATA": folder}
    done = subprocess.run(
        [sys.executable, "-m", "tests.reproduce"],
        cwd=ROOT, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("Nothing was compared: ")
    assert words in done.stderr
    assert "TOUCHSTONE_REFERENCE_DATA=~/datasets make reproduce" in done.stderr
