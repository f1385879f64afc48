"""How fast a long CSV comes in from the command line, and in how much memory, against reading the same file by csv.

`python -m tests.bench.bench_import` prints rows `{name, ratio, aim, holds, detail}` as JSON; `--rows N` for one size.
"""

import csv
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from tests.bench.rows import Row

ROOT = Path(__file__).resolve().parents[2]
SIZES = (100_000, 1_000_000)
RATE_AIM, MEMORY_AIM, FLOOR_AIM = 30_000, 300, 20.0
RATERS = 20

_MAPPING = """
version = 1
[files.ratings]
[[content]]
file = "ratings"
item = { id = "{item}", text = "{prompt}" }
outputs = [{ system = "{system}", text = "{output}" }]
[[criteria]]
key = "quality"
name = "Quality"
applies_to = "output"
scale = { preset = "likert", low = 1, high = 5 }
[[ratings]]
file = "ratings"
shape = "rows"
criterion = "quality"
rater = "{rater}"
value = "{value}"
rationale = "{rationale}"
"""
_COMMAND = """
import resource, sys, time
started = time.perf_counter()
from core.cli import main
try:
    main()
finally:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    sys.stderr.write(f"{time.perf_counter() - started} {peak}")
"""
_MIGRATE = """
from pathlib import Path
from core.settings import read_settings
from core.workflow import serving
from core.workflow.workspace import open_workspace
serving.prepare(open_workspace(read_settings()), read_settings())
"""


def write_ratings(path: Path, n_rows: int) -> None:
    """A long file: every output rated 1 to 5 by 20 raters, with prompt and output in every row."""
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(["item", "prompt", "system", "output", "rater", "value", "rationale"])
        for row in range(n_rows):
            item, rater = divmod(row, RATERS)
            prompt = f"Question {item}: what follows from the {item % 97}th of the premises above, and why?"
            output = f"From premise {item % 97} it follows that the answer to question {item} is {item * 7919 % 1000}."
            writer.writerow([f"q{item}", prompt, "alder", output, f"r{rater}", row * 31 % 5 + 1, ""])


def read_seconds(path: Path) -> float:
    """The floor: reading every record by the csv module into a dict, and nothing else."""
    started = time.perf_counter()
    with path.open(newline="", encoding="utf-8") as stream:
        for _ in csv.DictReader(stream):
            pass
    return time.perf_counter() - started


def import_seconds(path: Path, folder: Path) -> tuple[float, int]:
    """Seconds and peak megabytes of `touchstone import` into an empty database, in a process of its own."""
    mapping = folder / "mapping.toml"
    mapping.write_text(_MAPPING, encoding="utf-8")
    url = f"sqlite:///{folder / f'{path.stem}.db'}"
    environment = os.environ | {
        "TOUCHSTONE_DATABASE_URL": url,
        "TOUCHSTONE_BACKUP_DIR": str(folder),
        "PYTHONPATH": str(ROOT),
    }
    subprocess.run([sys.executable, "-c", _MIGRATE], check=True, env=environment, cwd=folder)
    arguments = [str(path), "--mapping", str(mapping), "--new", "Bench", "--json"]
    done = subprocess.run(
        [sys.executable, "-c", _COMMAND, "import", *arguments],
        check=True, env=environment, cwd=folder, capture_output=True, text=True,
    )  # fmt: skip
    counted = json.loads(done.stdout)["ratings"]["new"]
    seconds, peak = done.stderr.split()[-2:]
    if counted != sum(1 for _ in path.open(encoding="utf-8")) - 1:
        raise RuntimeError(f"{counted} ratings imported")
    return float(seconds), int(peak)


def rows(sizes: Iterable[int] = SIZES) -> Iterator[Row]:
    """Time against the floor, rate and memory, for every size."""
    for n_rows in sizes:
        with tempfile.TemporaryDirectory(prefix="touchstone-bench-") as name:
            folder = Path(name)
            path = folder / "ratings.csv"
            write_ratings(path, n_rows)
            floor = read_seconds(path)
            seconds, peak = import_seconds(path, folder)
        rate = n_rows / seconds
        what = f"import of {n_rows:,} rating rows"
        detail = f"{seconds:.1f} s; csv.DictReader over the same file {floor:.2f} s"
        yield Row(f"{what}: time, against csv alone", seconds / floor, FLOOR_AIM, "lower", detail)
        yield Row(f"{what}: rows/s, against {RATE_AIM:,}", rate / RATE_AIM, 1.0, "higher", f"{rate:,.0f} rows/s")
        yield Row(f"{what}: peak memory, against {MEMORY_AIM} MB", peak / MEMORY_AIM, 1.0, "lower", f"{peak} MB")


if __name__ == "__main__":
    chosen = [int(sys.argv[2])] if sys.argv[1:2] == ["--rows"] else list(SIZES)
    print(json.dumps([row.as_json() for row in rows(chosen)], indent=1))
