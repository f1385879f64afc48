"""Calls with their attempts and ratings: written together, superseding what stood, keeping everything that was paid."""

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from core.models.judging import Judge, Run
from core.models.ratings import Rater
from core.store import calls
from core.store.call_writing import (
    AttemptRow,
    Batch,
    CallRow,
    GivenRatings,
    RatingRow,
    hold_judge,
    storable,
    write_batch,
)
from core.store.database import Database
from tests.builders import AT, Built, build_study
from tests.conftest import Clock


class Bench:
    """A judge with two runs in a study."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self.database, self.clock = database, clock
        self.built: Built = build_study(database)
        self.subject, self.other = sorted(self.built.subjects.values())[:2]
        self.criterion = self.built.criteria["acceptable"]
        with database.writing() as session:
            judge = Judge(study_id=self.built.study, name="strict", fingerprint="f", protocol="direct", created_at=AT)
            session.add(judge)
            session.flush()
            assert judge.id is not None
            rater = Rater(study_id=self.built.study, kind="judge", name="strict v1", judge_id=judge.id, created_at=AT)
            runs = [Run(study_id=self.built.study, judge_id=judge.id, state="done", created_at=AT) for _ in range(2)]
            session.add_all([rater, *runs])
            session.flush()
            assert rater.id is not None
            self.judge, self.rater = judge.id, rater.id
            self.runs = [run.id or 0 for run in runs]

    def write(self, *rows: CallRow, given: tuple[GivenRatings, ...] = (), run: int = 0) -> frozenset[calls.CallKey]:
        batch = Batch(self.built.study, self.judge, self.rater, self.runs[run], self.built.rubric, rows, given)
        with self.database.writing() as session:
            hold_judge(self.rater, session=session)
            return write_batch(batch, now=self.clock(), session=session)

    def call(self, option: str = "pass", *, hash_: str = "a" * 64, cost: float = 0.5, **changes: Any) -> CallRow:
        last = AttemptRow(
            status="ok", reply=option, cost=cost, tokens_in=10, tokens_out=2, latency=0.1, at=self.clock()
        )
        row = CallRow(subject_id=self.subject, asked=(self.criterion,), order_shown=None, repetition=0,
                      request_hash=hash_, last=last, sent=1, ratings=(self.rating(option),))  # fmt: skip
        return replace(row, **changes)

    def rating(self, option: str, subject: int | None = None) -> RatingRow:
        return RatingRow(subject_id=subject or self.subject, criterion_id=self.criterion, option=option)

    def known(self, hash_: str = "a" * 64) -> calls.KnownCall:
        with self.database.reading() as session:
            return calls.known_calls(self.judge, [hash_], session=session)[hash_, 0]

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with self.database.reading() as session:
            return [tuple(row) for row in session.execute(text(query))]

    def standing(self) -> list[tuple[Any, ...]]:
        return self.rows(
            "select subject_id, option, call_id from rating r where not exists"
            " (select 1 from rating n where n.supersedes_id = r.id) order by subject_id"
        )


@pytest.fixture
def bench(database: Database, clock: Clock) -> Bench:
    return Bench(database, clock)


def failed(at: datetime, cause: str = "time-out") -> AttemptRow:
    return AttemptRow(status="provider error", cause=cause, error="no answer", at=at)


def test_a_call_is_written_with_its_attempts_and_ratings(bench: Bench) -> None:
    earlier = (failed(bench.clock()), failed(bench.clock(), "rate limit"))
    assert bench.write(bench.call(earlier=earlier, sent=3, parts={"finish": "stop"})) == frozenset()
    assert bench.rows("select status, attempts, reply, cost from call") == [("ok", 3, "pass", 0.5)]
    assert bench.rows("select number, cause from call_attempt order by number") == [(1, "time-out"), (2, "rate limit")]
    assert bench.standing() == [(bench.subject, "pass", bench.known().id)]
    with bench.database.reading() as session:
        totals = calls.run_totals(bench.runs[0], bench.subject, session=session)
    assert (dict(totals.statuses), totals.sent, totals.spent, totals.tokens_in, totals.up_to) == (
        {"ok": 1},
        3,
        0.5,
        10,
        1,
    )


def test_a_new_request_supersedes_the_rating_of_the_old_one(bench: Bench) -> None:
    bench.write(bench.call("pass"))
    bench.write(bench.call("fail", hash_="b" * 64), run=1)
    assert bench.standing() == [(bench.subject, "fail", bench.known("b" * 64).id)]
    assert bench.rows("select count(*) from rating") == [(2,)]


def test_a_retry_takes_the_place_of_what_it_was_asked_for(bench: Bench) -> None:
    unread = AttemptRow(status="unreadable", cause="no verdict found", reply="Hm.", cost=0.5, at=bench.clock())
    absent = RatingRow(subject_id=bench.subject, criterion_id=bench.criterion, absence="unreadable")
    bench.write(bench.call(last=unread, ratings=(absent,)))
    bench.clock.advance(seconds=60)
    bench.write(bench.call("fail", replaces=bench.known()), run=1)
    assert bench.rows("select status, attempts, reply, run_id from call") == [("ok", 2, "fail", bench.runs[1])]
    assert bench.rows("select number, status, reply, run_id from call_attempt") == [
        (1, "unreadable", "Hm.", bench.runs[0])
    ]  # fmt: skip
    assert bench.standing() == [(bench.subject, "fail", bench.known().id)]
    with bench.database.reading() as session:
        spent = [calls.run_totals(run, session=session).spent for run in bench.runs]
    assert spent == [0.5, 0.5]  # each run keeps what it spent


def test_an_answer_that_came_twice_is_kept_with_its_cost_and_changes_nothing(bench: Bench) -> None:
    bench.write(bench.call("pass"))
    key = ("a" * 64, 0)
    assert bench.write(bench.call("fail", cost=0.7), run=1) == {key}
    assert bench.write(bench.call("fail", cost=0.9), run=1) == {key}
    assert bench.rows("select status, reply, attempts from call") == [("ok", "pass", 3)]
    assert bench.rows("select number, reply, cost, run_id from call_attempt order by number") == [
        (1, "fail", 0.7, bench.runs[1]), (2, "fail", 0.9, bench.runs[1])
    ]  # fmt: skip
    assert bench.standing() == [(bench.subject, "pass", bench.known().id)]


def test_an_answer_takes_the_place_of_a_failure_whoever_brought_that(bench: Bench) -> None:
    bench.write(bench.call(last=failed(bench.clock()), ratings=()))
    assert bench.write(bench.call("pass"), run=1) == frozenset()
    assert bench.rows("select status, attempts from call") == [("ok", 2)]
    assert bench.standing() == [(bench.subject, "pass", bench.known().id)]


def test_a_call_serves_another_subject_once(bench: Bench) -> None:
    shared = GivenRatings(("a" * 64, 0), (bench.rating("pass", bench.other),))
    bench.write(bench.call("pass"), given=(shared,))
    bench.write(given=(shared,))
    call = bench.known().id
    assert bench.standing() == [(bench.subject, "pass", call), (bench.other, "pass", call)]
    assert bench.rows("select count(*) from rating") == [(2,)]


def test_ratings_given_by_a_call_that_came_twice_wait_for_what_stands(bench: Bench) -> None:
    bench.write(bench.call("pass"))
    shared = GivenRatings(("a" * 64, 0), (bench.rating("fail", bench.other),))
    assert bench.write(bench.call("fail"), given=(shared,), run=1) == {("a" * 64, 0)}
    assert bench.standing() == [(bench.subject, "pass", bench.known().id)]


def test_a_batch_is_written_whole_or_not_at_all(bench: Bench) -> None:
    broken = bench.call(hash_="b" * 64, ratings=(RatingRow(subject_id=bench.subject, criterion_id=10**6, option="x"),))
    with pytest.raises((DBAPIError, Exception), match=r"(?i)foreign key|changed the study"):
        bench.write(bench.call("pass"), broken)
    assert bench.rows("select count(*) from call") == [(0,)]


def test_ratings_of_judges_are_append_only_too(bench: Bench) -> None:
    bench.write(bench.call("pass"))
    with pytest.raises(DBAPIError, match="append-only"), bench.database.writing() as session:
        session.execute(text("update rating set option = 'fail'"))


def test_texts_that_no_database_takes_are_made_storable() -> None:
    assert storable("plain") == "plain"
    assert storable("naïve ✓") == "naïve ✓"
    assert storable("a\0b") == "a\ufffdb"
    assert storable("\ud800x").endswith("x")
    storable("\ud800").encode()
