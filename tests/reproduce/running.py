"""Import the public sets into an empty database, compute what was published, print both, and write a table."""

import csv
import os
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from time import perf_counter

from core.settings import ROOT
from core.store.database import open_database
from core.workflow.workspace import Workspace
from tests.reproduce.figures import PUBLISHED
from tests.reproduce.published import Match, compared, read_published
from tests.reproduce.sets import SETS, ReferenceSet
from tests.reproduce.studies import Imported


def reproduce(folder: Path, datasets: Collection[str], table: Path) -> int:
    """Compare the published figures of some data sets.

    Args:
        folder: Where the sets and the list of figures are.
        datasets: Names in `PUBLISHED`.
        table: The CSV file to write.

    Returns:
        The exit code: 0 where every figure matches, 1 where one misses or a set cannot be imported.
    """
    started = perf_counter()
    with tempfile.TemporaryDirectory(prefix="touchstone-reproduce-") as place:
        url = f"sqlite:///{place}/touchstone.db"
        print("Importing into an empty database, with the mappings in data/mappings:", flush=True)
        for name in (name for dataset in datasets for name in PUBLISHED[dataset].sets):
            if not _imported(SETS[name], folder, url):
                return 1
        matches = _compared(folder, url, datasets)
    _show(matches)
    _write(matches, table)
    print(f"The table is in {table}; all of it took {perf_counter() - started:.0f} s.")
    return 0 if all(match.holds for match in matches) else 1


def _imported(reference: ReferenceSet, folder: Path, url: str) -> bool:
    """Run the command of the app in a process of its own."""
    said = ["--mapping", str(reference.mapping), "--new", reference.name]
    files = [str(path) for path in reference.paths(folder)]
    environment = os.environ | {"TOUCHSTONE_DATABASE_URL": url, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-m", "core.cli", "import", *files, *said],
        env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    names = " ".join(Path(file).name for file in files)
    print(f"  touchstone import {names} --mapping data/mappings/{reference.mapping.name} --new {reference.name}")
    if done.returncode:
        print(done.stdout + done.stderr, file=sys.stderr)
        return False
    print(f"    {done.stdout.strip().splitlines()[-1]}", flush=True)
    return True


def _compared(folder: Path, url: str, datasets: Collection[str]) -> Sequence[Match]:
    database = open_database(url)
    try:
        imported = Imported(Workspace(database))
        found = {figure: value for each in datasets for figure, value in PUBLISHED[each].compute(imported)}
    finally:
        database.close()
    published = read_published(folder)
    asked = {figure: text for figure, text in published.items() if figure.dataset.partition("/")[0] in datasets}
    return compared(asked, found)


def _show(matches: Sequence[Match]) -> None:
    for dataset in dict.fromkeys(match.figure.dataset for match in matches):
        print(f"\n{dataset}")
        for line in _lines([match for match in matches if match.figure.dataset == dataset]):
            print(f"  {line}")
    print()
    for dataset, (n, of) in summary(matches).items():
        print(f"{dataset:<36}{n:>4} of {of}")
    held = sum(match.holds for match in matches)
    print(f"\n{held} of {len(matches)} published figures match, to the digits that were printed.")
    for match in matches:
        if not match.holds:
            named = f"{match.figure.dataset}, {match.figure.figure}, {match.figure.metric}"
            print(f"Missed: {named}: published {match.published}, {match.miss}.")


def _lines(matches: Sequence[Match]) -> Iterator[str]:
    """A table with columns as wide as their widest cell."""
    rows = [("figure", "metric", "published", "ours", "")]
    for match in matches:
        verdict = "match" if match.holds else f"MISS: {match.miss}"
        rows.append((match.figure.figure, match.figure.metric, match.published, match.shown, verdict))
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    for row in rows:
        yield "  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[4]]).rstrip()


def summary(matches: Sequence[Match]) -> Mapping[str, tuple[int, int]]:
    """Data set -> how many figures match, of how many."""
    held = Counter(match.figure.dataset for match in matches if match.holds)
    total = Counter(match.figure.dataset for match in matches)
    return {dataset: (held[dataset], n) for dataset, n in total.items()}


def _write(matches: Sequence[Match], target: Path) -> None:
    target.parent.mkdir(exist_ok=True)
    with target.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(["dataset", "figure", "metric", "published", "ours", "match", "explanation"])
        for match in matches:
            named, ours = match.figure, "" if match.ours is None else repr(match.ours)
            row = [named.dataset, named.figure, named.metric, match.published, ours]
            table.writerow([*row, "yes" if match.holds else "no", match.miss])
