"""Builders for tests of imports: small files, mappings in a few words, and a study that has nothing."""

import csv
import json
from collections.abc import Mapping as AnyMapping
from collections.abc import Sequence
from pathlib import Path

from core.importing.mapping import Mapping, read_mapping
from core.importing.sources import InputFile

LONG = """
version = 1
[files.ratings]
[[content]]
file = "ratings"
item = { id = "{id}", text = "{question}" }
outputs = [{ system = "{system}", text = "{answer}" }]
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
value = "{score}"
"""
"""One row per rating, with the content in every row."""

PAIRS = """
version = 1
[files.pairs]
[[content]]
file = "pairs"
item = { id = "{id}", text = "{question}" }
outputs = [{ system = "{one}", text = "{answer_1}" }, { system = "{two}", text = "{answer_2}" }]
[[criteria]]
key = "preference"
applies_to = "pair"
scale = { preset = "preference" }
[[ratings]]
file = "pairs"
shape = "rows"
criterion = "preference"
rater = "{rater}"
value = "{winner}"
order = "{order}"
"""
"""Two outputs in every row."""


def mapping(text: str = LONG, **changes: str) -> Mapping:
    """A mapping; `changes` replace one piece of its text by another."""
    for old, new in changes.items():
        assert old in text
        text = text.replace(old, new)
    return read_mapping(text)


def long_row(item: str, rater: str, score: object, *, system: str = "alder", answer: str = "") -> dict[str, object]:
    """A row for `LONG`."""
    return {"id": item, "question": f"What is {item}?", "system": system,
            "answer": answer or f"{item} by {system}", "rater": rater, "score": score}  # fmt: skip


def pair_row(item: str, one: str, two: str, rater: str, winner: str, order: str = "") -> dict[str, object]:
    """A row for `PAIRS`."""
    return {"id": item, "question": f"What is {item}?", "one": one, "answer_1": f"{item} by {one}", "two": two,
            "answer_2": f"{item} by {two}", "rater": rater, "winner": winner, "order": order}  # fmt: skip


def csv_file(path: Path, rows: Sequence[AnyMapping[str, object]]) -> InputFile:
    """A CSV file of these rows."""
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return InputFile(path, path.name)


def json_file(path: Path, document: object) -> InputFile:
    """A JSON file."""
    path.write_text(json.dumps(document), encoding="utf-8")
    return InputFile(path, path.name)
