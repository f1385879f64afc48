"""Judge runs: throughput beside a bare loop of litellm's, bookkeeping with an instant client, memory of the worker."""

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import text

from core.settings import ROOT
from core.store.database import open_database
from core.store.migrating import migrate
from core.workflow.judging import add_judge, draft
from core.workflow.workspace import Visitor, Workspace, utc_now
from tests.bench.judging_child import ANSWER, build
from tests.bench.rows import Row

ASKED = int(os.environ.get("TOUCHSTONE_BENCH_ASKED", "10000"))
UNITS = int(os.environ.get("TOUCHSTONE_BENCH_UNITS", "1000000"))
CONCURRENCY = 64
DELAY = 0.02


def rows() -> Iterator[Row]:
    """Throughput over HTTP, bookkeeping alone, memory."""
    with tempfile.TemporaryDirectory(prefix="touchstone-bench-") as folder:
        yield from _throughput(Path(folder))
        yield from _bookkeeping(Path(folder))
        yield _idle(Path(folder))


def _throughput(folder: Path) -> Iterator[Row]:
    with _server() as address:
        url, judges = _prepared(folder / "asked.db", ASKED, address, 2)
        first = _child("bare", url, judges[0])["seconds"]
        ours = _child("ours", url, judges[0])
        second = _child("bare", url, judges[0])["seconds"]
        _check(url, judges[0], ASKED)
    bare = (first + second) / 2
    detail = f"{ASKED / ours['seconds']:,.0f}/s against {ASKED / bare:,.0f}/s, {CONCURRENCY} at once, n = {ASKED:,}"
    yield Row("judging: calls/s as a ratio to a bare litellm loop", bare / ours["seconds"], 0.9, "higher", detail)
    yield Row("judging: memory of a worker that asks", None, None, "lower", f"{ours['megabytes']:,.0f} MB at its peak")


def _bookkeeping(folder: Path) -> Iterator[Row]:
    url, judges = _prepared(folder / "units.db", UNITS, "http://127.0.0.1:9/v1", 1)
    found = _child("instant", url, judges[0])
    _check(url, judges[0], UNITS)
    size = (folder / "units.db").stat().st_size / 1e6
    detail = f"{UNITS / found['seconds']:,.0f} units/s ({2 * UNITS / found['seconds']:,.0f} rows/s), n = {UNITS:,},"
    detail += f" {found['megabytes']:,.0f} MB at its peak, file {size:,.0f} MB"
    yield Row("judging: bookkeeping, answers at once", None, None, "higher", detail)


def _idle(folder: Path) -> Row:
    url, _ = _prepared(folder / "idle.db", 10, "", 1)
    environment = os.environ | {"TOUCHSTONE_DATABASE_URL": url}
    worker = subprocess.Popen([sys.executable, "-m", "core.cli", "worker"], cwd=ROOT, env=environment)
    try:
        time.sleep(8)
        status = Path(f"/proc/{worker.pid}/status").read_text()
    finally:
        worker.terminate()
        worker.wait()
    kilobytes = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS"))
    return Row("judging: memory of an idle worker", None, None, "lower", f"{kilobytes / 1024:,.0f} MB")


def _prepared(file: Path, units: int, address: str, n_judges: int) -> tuple[str, list[int]]:
    url = f"sqlite:///{file}"
    workspace = Workspace(open_database(url))
    migrate(workspace.database, backup_dir=file.parent, clock=utc_now)
    study = build(workspace, units)
    judges = []
    for number in range(n_judges):
        spec = draft(workspace, study, "direct", model="openai/test").changed(api_base=address, seed=number)
        face = add_judge(workspace, Visitor("Bench"), study, f"judge {number}", spec)
        judges.append(face.id or 0)
    workspace.database.close()
    return url, judges


def _check(url: str, judge: int, units: int) -> None:
    """Every unit has its verdict."""
    database = open_database(url)
    with database.reading() as session:
        query = text("select count(*) from rating r join rater t on t.id = r.rater_id where t.judge_id = :j")
        found = session.execute(query, {"j": judge}).scalar_one()
    database.close()
    if found != units:
        raise RuntimeError(f"{found} ratings for {units} units")


def _child(part: str, url: str, judge: int) -> dict[str, float]:
    command = [sys.executable, "-m", "tests.bench.judging_child", part, url, str(judge), str(CONCURRENCY)]
    environment = {"MALLOC_ARENA_MAX": "2"} | os.environ
    ended = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    if ended.returncode:
        raise RuntimeError(ended.stderr)
    found: dict[str, float] = json.loads(ended.stdout.splitlines()[-1])
    return found


@contextlib.contextmanager
def _server() -> Iterator[str]:
    command = [sys.executable, "-m", "tests.llm_server", "--delay", str(DELAY), "--reply", json.dumps(ANSWER),
               "--log", os.devnull]  # fmt: skip
    server = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    try:
        yield server.stdout.readline().strip()
    finally:
        server.kill()
        server.communicate()
