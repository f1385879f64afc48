"""Run every measurement (or those named), print a table, write build/bench.json."""

import json
import sys
from importlib import import_module
from pathlib import Path

from core.settings import ROOT
from tests.bench.rows import Row


def main(names: list[str]) -> int:
    """Measure; returns 1 if an aim was missed."""
    modules = sorted(found.stem for found in Path(__file__).parent.glob("bench_*.py"))
    rows: list[Row] = []
    for module in modules:
        if names and not any(name in module for name in names):
            continue
        print(f"measuring {module.removeprefix('bench_')} ...", file=sys.stderr, flush=True)
        for row in import_module(f"tests.bench.{module}").rows():
            rows.append(row)
            print(_line(row), flush=True)
    target = ROOT / "build" / "bench.json"
    target.parent.mkdir(exist_ok=True)
    target.write_text(json.dumps([row.as_json() for row in rows], indent=1) + "\n", encoding="utf-8")
    return int(any(row.holds is False for row in rows))


def _line(row: Row) -> str:
    ratio = "" if row.ratio is None else f"{row.ratio:.2f}x"
    aim = "" if row.aim is None else f"aim {'<=' if row.better == 'lower' else '>='} {row.aim:g}x"
    verdict = {True: "holds", False: "MISSED", None: ""}[row.holds]
    return f"{row.name:<58} {ratio:>9} {aim:>12} {verdict:>7}  {row.detail}"


sys.exit(main(sys.argv[1:]))
