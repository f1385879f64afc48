"""Figures that papers, READMEs and result files print, from the app's own import and its own functions."""

import csv
from pathlib import Path

import pytest

from tests.reproduce.figures import PUBLISHED
from tests.reproduce.published import FILE, compared, read_published
from tests.reproduce.running import reproduce
from tests.reproduce.studies import ReferenceStudies

pytestmark = [pytest.mark.reference, pytest.mark.xdist_group("reference")]


@pytest.mark.parametrize("dataset", PUBLISHED)
def test_every_published_figure_is_reproduced(reference: ReferenceStudies, dataset: str) -> None:
    figures = PUBLISHED[dataset]
    for name in figures.sets:
        reference.result(name)
    found = dict(figures.compute(reference.imported))
    published = {
        figure: text
        for figure, text in read_published(reference.folder).items()
        if figure.dataset.partition("/")[0] == dataset
    }
    assert len(published) == figures.how_many
    assert [match for match in compared(published, found) if not match.holds] == []
    assert found.keys() == published.keys()


def test_there_are_no_other_published_figures(reference: ReferenceStudies) -> None:
    assert len(read_published(reference.folder)) == sum(each.how_many for each in PUBLISHED.values()) == 855


def test_the_command_prints_every_match_and_ends_with_1_where_one_misses(
    reference_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "pandalm").symlink_to(reference_folder / "pandalm")
    rows = [line for line in (reference_folder / FILE).read_text().splitlines() if line.startswith("pandalm,")]
    header = "dataset,figure,metric,published"
    wrong = [row.replace("annot 1-2,0.85", "annot 1-2,0.84") for row in rows]
    (tmp_path / FILE).write_text("\n".join([header, *wrong]))
    table = tmp_path / "build" / "reproduce.csv"
    assert reproduce(tmp_path, ["pandalm"], table) == 1
    said = capsys.readouterr().out
    assert "touchstone import testset-v1.json" in said
    assert "5 of 6 published figures match" in said
    assert "Missed: pandalm, README IAA, Cohen kappa annot 1-2: published 0.84, ours is 0.85 with 2 decimals." in said
    with table.open(newline="") as file:
        written = {row["metric"]: row["match"] for row in csv.DictReader(file)}
    assert len(written) == 6
    assert [metric for metric, match in written.items() if match == "no"] == ["Cohen kappa annot 1-2"]
    assert "majority label 2 count" in said
