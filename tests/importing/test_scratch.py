"""The scratch file says the same however much of it is in memory."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from core.importing import scratch
from core.importing.problems import Problems
from core.importing.records import (
    ItemRecord,
    OutputRecord,
    RaterRecord,
    RatingRecord,
    ReferenceRecord,
    SubjectRecord,
)
from core.importing.scratch import Scratch, content_digest, open_scratch, said_text

TABLES = ("item", "system", "output", "reference", "subject", "rater", "rating")
ANN = RaterRecord("person", "ann")


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    opened = open_scratch(tmp_path)
    yield opened
    opened.close()


def said(text: str) -> list[dict[str, str]]:
    return [{"role": "user", "content": text}]


def fill(staged: Scratch, seed: int, *, n_items: int = 20) -> None:
    """Ratings and contents of pairs in a random order, each several times, some before what they name."""
    random = Random(seed)
    for line in range(12 * n_items):
        item = f"q{random.randrange(n_items)}"
        first, second = random.sample([("alder", 0), ("birch", 0), ("birch", 1)], 2)
        kind = random.randrange(4)
        if kind == 0:
            staged.add_item(ItemRecord(item, said(f"say {item}"), None, {}, None, None, line), 0)
        elif kind == 1:
            content = said(f"{first} on {item}" if random.random() < 0.6 else "something else")
            staged.add_output(OutputRecord(item, first[0], "", first[1], content, line), 0)
        elif kind == 2:
            staged.add_reference(ReferenceRecord(item, f"{line % 3}", "answer", "verified", line))
        order = random.choice([None, "AB", "BA"])
        subject = SubjectRecord(item, first, second)
        staged.add_rating(RatingRecord(subject, 1, ANN, random.choice("AB"), None, None, "blind", line, order=order), 0)
    staged.flush()


def content_of(connection: sqlite3.Connection) -> dict[str, list[tuple[object, ...]]]:
    return {table: connection.execute(f"select * from {table} order by 1").fetchall() for table in TABLES}


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(("remembered", "buffered"), [(2, 1), (4, 3), (8, 1_000), (60_000, 2)])
def test_the_same_is_staged_however_little_is_remembered(
    tmp_path: Path, seed: int, remembered: int, buffered: int
) -> None:
    found = []
    for name, sizes in (("usual", {}), ("small", {"remembered": remembered, "buffered": buffered})):
        (tmp_path / name).mkdir()
        connection, problems = open_scratch(tmp_path / name), Problems()
        fill(Scratch(connection, ["a.csv"], problems, **sizes), seed)
        found.append((content_of(connection), problems.kept))
        connection.close()
    assert found[0] == found[1]
    assert found[0][1]  # contradictions were among them


def test_plain_ratings_and_others_stay_in_order(connection: sqlite3.Connection) -> None:
    staged = Scratch(connection, ["a.csv"], Problems())
    subject = SubjectRecord("q1")
    staged.add_rating(RatingRecord(subject, 1, ANN, "yes", None, None, "blind", 2), 0)
    staged.add_rating(RatingRecord(subject, 1, ANN, None, 0.5, None, "blind", 3, rationale="why", repetition=1), 0)
    staged.add_rating(RatingRecord(subject, 1, ANN, "no", None, None, "exposed", 4), 0)
    staged.flush()
    columns = "line, option, number, rationale, phase, repetition, given, at, rating_id, supersedes"
    assert connection.execute(f"select {columns} from rating order by seq").fetchall() == [
        (2, "yes", None, "", "blind", 0, 0, "", "", ""),
        (3, None, 0.5, "why", "blind", 1, 1, "", "", ""),
        (4, "no", None, "", "exposed", 0, 0, "", "", ""),
    ]


def test_messages_are_told_apart_by_all_they_say() -> None:
    assert said_text(said('a "quote"\n')) == '[{"role": "user", "content": "a \\"quote\\"\\n"}]'
    turned = [{"content": "a", "role": "user", "name": "x"}]
    assert content_digest(turned) == content_digest(said("a"))  # names and order of keys do not matter
    several = {content_digest(said("a")), content_digest(said("a"), ""), content_digest(said("a"), "b"),
               content_digest([]), content_digest([*said("a"), *said("a")])}  # fmt: skip
    assert len(several) == 5
    assert scratch.subject_key(SubjectRecord("q1", ("birch", 0), ("alder", 0))) == "q1/alder|birch"
