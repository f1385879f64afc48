"""Whatever a provider does and however a run is cut up: every call ends once, and the numbers are those of the rows."""

import json
import shutil
from collections import Counter
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from core.judging.asked import Ask, Reading, Reply, Request
from core.judging.protocols import PROTOCOLS
from core.judging.protocols.direct import Direct
from core.judging.provider_errors import ProviderError
from core.judging.spec import JudgeSpec
from core.store.database import open_database
from core.workflow.workspace import Workspace
from tests.workflow.judged import GOOD, Parrot, a_judge, begin, drive, judged_study, parrot, rows, standing


def moody(seed: int) -> Parrot:
    """A client that answers well, badly, not at all, or only at the second try; the same for the same seed."""
    chance = Random(seed)

    def said(_request: Request) -> Reply:
        mood = chance.choice(["good", "good", "good", "prose", "refused", "broken", "busy"])
        if mood == "broken":
            raise ProviderError("bad request", "400: no")
        if mood == "busy":
            raise ProviderError("rate limit", "429: later", is_transient=True, retry_after=0.0)
        if mood == "refused":
            return Reply("", refusal="No.", cost=0.001)
        verdicts = {"q1": {"rationale": "So.", "verdict": "3"}, "q2": {"rationale": "So.", "verdict": "fail"}}
        return Reply(json.dumps(verdicts) if mood == "good" else "I like it", tokens_in=7, tokens_out=3, cost=0.001)

    return Parrot(said, delay=chance.choice([0.0, 0.001]))


@examples(max_examples=12)
@given(
    seed=st.integers(0, 10**6), items=st.integers(1, 12), repetitions=st.integers(1, 3), twins=st.booleans(),
    concurrency=st.integers(1, 16), range_size=st.sampled_from([1, 2, 7, 1_000]),
)  # fmt: skip
def test_every_call_ends_once_and_the_counters_are_those_of_the_rows(
    seed: int, items: int, repetitions: int, twins: bool, concurrency: int, range_size: int,
    migrated_file: Path, tmp_path_factory: pytest.TempPathFactory,
) -> None:  # fmt: skip
    file = tmp_path_factory.mktemp("any") / "x.db"
    shutil.copy(migrated_file, file)
    workspace = Workspace(open_database(f"sqlite:///{file}"))
    # The builder's answers of systems with names of the same length are the same: their requests are, too.
    built = judged_study(workspace.database, items=items, systems=("alder", "birch" if twins else "cedarwood"))
    client = moody(seed)
    judge = a_judge(workspace, built, "", repetitions=repetitions)
    run = begin(workspace, judge, concurrency=concurrency, tries=2, price_in=1.0, price_out=1.0)
    [face] = drive(workspace, run, client=lambda _settings: client, range_size=range_size)
    distinct = items * repetitions * (1 if twins else 2)
    assert (face.state, face.n_done, face.n_planned) == ("done", items * 2 * repetitions, items * 2 * repetitions)
    statuses = dict(rows(workspace, "select status, count(*) from call group by status"))
    assert sum(statuses.values()) == distinct
    counted = {"ok": face.counts.ok, "unreadable": face.counts.unreadable, "refused": face.counts.refused,
               "provider error": face.counts.error}  # fmt: skip
    assert {status: n for status, n in counted.items() if n} == statuses
    assert face.counts.already == face.n_planned - distinct
    # What was sent is on record, attempt by attempt, with what it cost.
    [(attempts, cost)] = rows(workspace, "select sum(attempts), sum(cost) from call")
    assert attempts == len(client.asked) == face.sent
    assert face.spent == pytest.approx(cost or 0.0)
    assert max(Counter(request.hash() for request in client.asked).values()) <= 2 * repetitions
    # Every subject of an answered call has one standing rating per criterion and repetition, and no other has any.
    answered = rows(workspace, "select count(*) from call where status <> 'provider error'")[0][0]
    places = standing(workspace, judge.rater_id)
    assert set(places.values()) <= {1}
    assert len(places) == answered * 2 * (2 if twins else 1)
    workspace.database.close()


class Choking(Direct):
    """A protocol whose reader breaks on every second reply."""

    seen = 0

    def read(self, spec: JudgeSpec, ask: Ask, reply: Reply) -> Reading:
        self.seen += 1
        if self.seen % 2:
            raise RecursionError("too deep")
        return super().read(spec, ask, reply)


def test_a_reply_that_breaks_its_reader_is_kept_as_unreadable(workspace: Workspace) -> None:
    built = judged_study(workspace.database, items=4, systems=("alder",))
    judge = a_judge(workspace, built, "")
    protocols = {**PROTOCOLS, "direct": Choking()}
    run = begin(workspace, judge)
    [face] = drive(workspace, run, client=lambda _settings: parrot(GOOD), protocols=protocols)
    assert (face.state, face.counts.ok, face.counts.unreadable) == ("done", 2, 2)
    kept = rows(workspace, "select reply, cause, error from call where status = 'unreadable'")
    assert {tuple(row) for row in kept} == {(json.dumps(GOOD), "reading failed", "RecursionError: too deep")}
    assert rows(workspace, "select count(*) from rating where absence = 'unreadable'") == [(4,)]


class Stumbling(Direct):
    """A protocol with a mistake in it."""

    def request(self, *_args: object, **_named: object) -> Request:
        raise ZeroDivisionError("a mistake")


def test_a_mistake_in_the_program_stops_the_run_and_not_the_worker(workspace: Workspace) -> None:
    built = judged_study(workspace.database, items=4, systems=("alder",))
    first, second = (a_judge(workspace, built, "", name=name, protocol=protocol, together=False, **more)
                     for name, protocol, more in (("bad", "direct", {"seed": 1}), ("good", "random", {})))  # fmt: skip
    protocols = {**PROTOCOLS, "direct": Stumbling()}
    faces = drive(workspace, begin(workspace, first), begin(workspace, second),
                  client=lambda _settings: parrot(GOOD), protocols=protocols)  # fmt: skip
    assert [face.state for face in faces] == ["stopped", "done"]
    assert "ZeroDivisionError: a mistake" in faces[0].reason
