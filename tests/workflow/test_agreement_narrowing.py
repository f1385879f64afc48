"""Filters of agreement: kinds, slices, split and days narrow the ratings before anything is computed."""

import threading
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import BadInput, NotFound
from core.scales import pass_fail
from core.store.slice_facts import SliceColumn
from core.workflow.agreement import (
    AgreementView,
    Asked,
    Behind,
    LiveAgreement,
    LiveStudies,
    asked_of,
    items_behind,
    units_behind,
)
from core.workflow.agreement_asking import narrowing_words, short_name
from core.workflow.agreement_narrowing import LeftOut, Narrowing, in_dates, in_slices, units_in
from core.workflow.agreement_scorecard import scorecard
from core.workflow.agreement_shown import as_data
from core.workflow.one_at_a_time import OneAtATime
from core.workflow.workspace import Visitor, Workspace
from tests.builders import Built, add_rating, build_study

ITEMS = tuple(f"q{n}" for n in range(8))
DAY = datetime(2026, 3, 2, tzinfo=UTC)
DESCRIBED = {
    item: {"slices": {"domain": "law" if n < 4 else "art", "hard": n % 2 == 0}, "split": "dev" if n < 6 else "test"}
    for n, item in enumerate(ITEMS)
}


def followed(workspace: Workspace, built: Built) -> LiveAgreement:
    live = LiveStudies(workspace).of(built.study)
    live.refresh()
    return live


@pytest.fixture
def built(any_workspace: Workspace) -> Built:
    """Ana and Bruno agree on law (q0 to q3) and differ on art (q4 to q7); the judge passes all, a day later each."""
    built = build_study(
        any_workspace.database, items=ITEMS, criteria={"fit": ("item", pass_fail())}, described=DESCRIBED
    )
    with any_workspace.database.writing() as session:
        for n, item in enumerate(ITEMS):
            add_rating(session, built, item, "fit", "Ana", "pass", at=DAY + timedelta(days=n))
            add_rating(session, built, item, "fit", "Bruno", "pass" if n < 4 else "fail", at=DAY + timedelta(days=n))
            add_rating(session, built, item, "fit", "Fir", "pass", kind="judge", at=DAY + timedelta(days=n, hours=23))
    return built


@pytest.fixture
def live(any_workspace: Workspace, built: Built) -> LiveAgreement:
    return followed(any_workspace, built)


def test_a_slice_narrows_every_number_and_says_what_it_leaves_out(live: LiveAgreement) -> None:
    law, art = (live.view(asked_of(live, slices=[f"domain={name}"])) for name in ("law", "art"))
    assert (law.people["percent"].value, art.people["percent"].value) == (1.0, 0.0)
    assert law.judges[0].percent.n_units == law.n_units == 4
    assert law.pairs.n.max() == 4
    assert law.left_out == LeftOut(n_ratings=12, n_units=4, of_ratings=24, of_units=8)
    assert live.view(Asked()).left_out == LeftOut()


def test_the_lists_behind_a_number_obey_the_filter(any_workspace: Workspace, built: Built, live: LiveAgreement) -> None:
    view = live.view(asked_of(live, slices=["domain=art"]))
    units = units_behind(live, view, Behind())
    assert sorted(view.cells.subject[units].tolist()) == sorted(built.subjects[f"q{n}"] for n in range(4, 8))
    assert items_behind(any_workspace, Visitor("Zoe"), live, view, Behind()).total == 4


def test_names_of_one_key_widen_and_keys_narrow(live: LiveAgreement) -> None:
    def units(*slices: str) -> int:
        return live.view(asked_of(live, slices=slices)).n_units

    assert (units("domain=law"), units("domain=law", "domain=art"), units("domain=law", "hard=true")) == (4, 8, 2)


def test_kinds_split_and_days_narrow_alike(live: LiveAgreement) -> None:
    def view(**wanted: object) -> tuple[int, list[str], int]:
        found = live.view(asked_of(live, **wanted))  # type: ignore[arg-type]
        return found.n_units, [line.name for line in found.raters], found.left_out.n_ratings

    assert view(kinds=["person"]) == (8, ["Ana", "Bruno"], 8)
    assert view(split="test") == (2, ["Ana", "Bruno", "Fir"], 18)
    # whole days, both included: the judge's rating of the last hour belongs to its day
    assert view(since="2026-03-03", until="2026-03-04") == (2, ["Ana", "Bruno", "Fir"], 18)
    assert view(until="2026-03-02") == (1, ["Ana", "Bruno", "Fir"], 21)
    assert view(split="test", slices=["domain=law"]) == (0, [], 24)
    assert view(kinds=["judge"], split="dev", slices=["hard=true"], since="2026-03-03") == (2, ["Fir"], 22)


def test_a_filtered_view_follows_new_ratings(any_workspace: Workspace, built: Built, live: LiveAgreement) -> None:
    asked = asked_of(live, slices=["domain=law"], since="2026-03-02")
    before = live.view(asked)
    fetched = live.rows_fetched
    with any_workspace.database.writing() as session:
        add_rating(session, built, "q0", "fit", "Chioma", "fail", at=DAY + timedelta(days=1))
        add_rating(session, built, "q7", "fit", "Chioma", "fail", at=DAY + timedelta(days=1))
    live.refresh()
    assert live.rows_fetched == fetched + 2
    assert live.has_new(before)
    after = live.view(asked)
    assert [(line.name, line.n) for line in after.raters if line.name == "Chioma"] == [("Chioma", 1)]
    other = followed(any_workspace, built)
    again = other.view(asked)
    assert as_data(after, scorecard(live, after)) == as_data(again, scorecard(other, again))


def test_views_with_and_without_a_filter_are_kept_apart(live: LiveAgreement) -> None:
    open_view, narrow = live.view(Asked()), live.view(asked_of(live, split="dev"))
    assert live.view(Asked()) is open_view
    assert live.view(asked_of(live, split="dev")) is narrow
    assert narrow.asked.narrowing == narrow.narrowing == Narrowing(split="dev")
    assert live.remembered(open_view, "units", lambda: open_view.n_units) == 8
    assert live.remembered(narrow, "units", lambda: narrow.n_units) == 6


def test_every_unit_has_its_slice_and_times_come_by_rating(live: LiveAgreement, built: Built) -> None:
    view = live.view(asked_of(live, slices=["domain=art"]))
    assert [(one.key, one.names, one.n_units) for one in live.slice_keys(view)] == [
        ("split", ("dev", "test"), (2, 2)), ("domain", ("art",), (4,)), ("hard", ("false", "true"), (2, 2)),
    ]  # fmt: skip
    hard = live.slice_of(view, "hard")
    by_subject = dict(zip(view.cells.subject.tolist(), hard.codes.tolist(), strict=True))
    assert by_subject == {built.subjects[f"q{n}"]: int(n % 2 == 0) for n in range(4, 8)}
    times = live.rating_times(view)
    first, last = DAY + timedelta(days=4), DAY + timedelta(days=7, hours=23)
    assert (times.min(), times.max()) == (first.timestamp(), last.timestamp())
    with pytest.raises(NotFound, match="Known: split, domain, hard"):
        live.slice_of(view, "nix")


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ({"slices": ["nix=law"]}, 'There is no kind of slice here "nix". Known: split, domain, hard.'),
        ({"slices": ["domain=nix"]}, 'There is no slice of domain "nix". Known: art, law.'),
        ({"slices": ["domain"]}, 'slice: found "domain"; expected key=name, such as split=dev.'),
        ({"split": "train"}, 'There is no split here "train". Known: dev, test.'),
        ({"kinds": ["jury"]}, 'There is no kind of rater here "jury". Known: person, judge.'),
        ({"since": "2026-02-30"}, 'since: found "2026-02-30"; expected a day such as 2026-11-20.'),
        ({"until": "<script>"}, 'until: found "<script>"; expected a day such as 2026-11-20.'),
        ({"until": "0001-01-01"}, "until: found 0001-01-01; expected a day from 1970-01-01 to 2199-12-31."),
        ({"since": "2026-03-02", "until": "2026-03-01"}, "until: found 2026-03-01; expected a day from 2026-03-02 on."),
    ],
)
def test_what_is_not_there_is_said_with_what_is(live: LiveAgreement, wanted: dict[str, object], said: str) -> None:
    with pytest.raises((NotFound, BadInput)) as found:
        asked_of(live, **wanted)  # type: ignore[arg-type]
    assert str(found.value) == said


def test_a_third_of_the_lengths_is_named_by_its_first_word(workspace: Workspace) -> None:
    answers = {(f"q{n}", "alder"): ["x" * (n + 1)] for n in range(6)}
    built = build_study(workspace.database, items=[f"q{n}" for n in range(6)], systems=("alder",), answers=answers)
    with workspace.database.writing() as session:
        for subject in built.subjects:
            add_rating(session, built, subject, "acceptable", "Ana", "pass")
    live = followed(workspace, built)
    asked = asked_of(live, slices=["LENGTH=Short"])
    assert asked.narrowing.slices == (("length", "short (up to 2 characters)"),)
    assert live.view(asked).n_units == 2
    assert short_name(*asked.narrowing.slices[0]) == "short"


def test_a_filter_is_said_in_words(live: LiveAgreement) -> None:
    narrowing = asked_of(
        live, kinds=["judge", "person"], slices=["domain=law", "hard=true", "hard=false"], split="dev",
        since="2026-03-02", until="2026-03-04",
    ).narrowing  # fmt: skip
    assert narrowing_words(narrowing, live.slice_choices("fit")) == (
        "people, judges", "domain: law", "hard: false or true", "split: dev",
        "written from 2026-03-02 up to 2026-03-04 (UTC)",
    )  # fmt: skip
    assert narrowing.n_active == 5
    assert (Narrowing().n_active, Narrowing().is_open, narrowing_words(Narrowing())) == (0, True, ())


@given(
    st.lists(st.integers(-1, 3), min_size=1, max_size=30),
    st.lists(st.integers(-1, 1), min_size=30, max_size=30),
    st.sets(st.integers(0, 3), min_size=1),
)
def test_a_unit_is_kept_exactly_where_its_slice_is_wanted(
    first: list[int], second: list[int], wanted: set[int]
) -> None:
    size = len(first)
    columns = (
        SliceColumn("a", "a", ("a0", "a1", "a2", "a3"), np.array(first, np.int32)),
        SliceColumn("b", "b", ("b0", "b1"), np.array(second[:size], np.int32)),
    )
    narrowing = Narrowing(slices=(*(("a", f"a{code}") for code in sorted(wanted)), ("b", "b1")))
    places = np.arange(size, dtype=np.int64)
    kept = in_slices(narrowing, columns, places)
    assert kept.tolist() == [a in wanted and b == 1 for a, b in zip(first, second, strict=False)]
    units = units_in(columns[0], places)
    names = [units.names[code] if code >= 0 else "" for code in units.codes.tolist()]
    assert names == [f"a{code}" if code >= 0 else "" for code in first]
    assert set(units.names) == set(names) - {""}, "no slice without a unit"


def test_days_are_whole_and_include_both_ends() -> None:
    midnight = DAY.timestamp()
    at = np.array([midnight - 1e-6, midnight, midnight + 86_399.999999, midnight + 86_400])
    day = date(2026, 3, 2)
    assert in_dates(Narrowing(since=day, until=day), at).tolist() == [False, True, True, False]
    assert in_dates(Narrowing(since=day), at).tolist() == [False, True, True, True]
    assert in_dates(Narrowing(until=day), np.array([np.nan])).tolist() == [False], "an unknown time is in no span"


# Several visitors


def together(first: Callable[[], None], second: Callable[[], None]) -> None:
    threads = [threading.Thread(target=work) for work in (first, second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
        assert not thread.is_alive()


def test_two_who_ask_for_the_same_at_once_share_one_computation(workspace: Workspace) -> None:
    built = build_study(workspace.database)
    with workspace.database.writing() as session:
        for name in ("Ana", "Bruno"):
            add_rating(session, built, "q1/alder", "acceptable", name, "pass")
    live = followed(workspace, built)
    views: list[AgreementView] = []
    found: list[int] = []
    begun = threading.Event()

    def find() -> int:
        begun.set()
        calls.append(1)
        threading.Event().wait(0.05)
        return len(calls)

    def late() -> None:
        assert begun.wait(5)
        found.append(live.remembered(views[0], "slow", find))

    calls: list[int] = []
    together(lambda: views.append(live.view(Asked())), lambda: views.append(live.view(Asked())))
    assert views[0] is views[1]
    together(
        lambda: found.append(live.remembered(views[0], "slow", find)),
        late,
    )
    assert found == [1, 1]


def test_who_wants_something_else_does_not_wait() -> None:
    alone, inside, release = OneAtATime(), threading.Event(), threading.Event()

    def long() -> None:
        with alone.holding("one"):
            inside.set()
            assert release.wait(10)

    def other() -> None:
        assert inside.wait(10)
        with alone.holding("two"), alone.holding("two"):
            release.set()

    together(long, other)


def test_what_was_found_in_a_replaced_view_is_let_go(workspace: Workspace) -> None:
    built = build_study(workspace.database)
    with workspace.database.writing() as session:
        add_rating(session, built, "q1/alder", "acceptable", "Ana", "pass")
    live = followed(workspace, built)
    old = live.view(Asked())
    assert live.remembered(old, "n", lambda: 1) == 1
    with workspace.database.writing() as session:
        add_rating(session, built, "q1/alder", "acceptable", "Bruno", "pass")
    live.refresh()
    new = live.view(Asked())
    assert [kept is new for kept, _ in live._found.values()] == []
    assert live.remembered(new, "n", lambda: 2) == 2


def test_views_of_very_many_ratings_are_let_go_but_for_the_newest(workspace: Workspace) -> None:
    built = build_study(workspace.database)
    with workspace.database.writing() as session:
        add_rating(session, built, "q1/alder", "acceptable", "Ana", "pass")
        add_rating(session, built, "q1/alder", "acceptable", "Fir", "pass", kind="judge")
    live = LiveAgreement(workspace, built.study, kept_ratings=2)
    live.refresh()
    everything, people = Asked(), Asked(narrowing=Narrowing(kinds=("person",)))
    first = live.view(everything)
    assert live.view(everything) is first, "two ratings may stay"
    second = live.view(people)
    assert (live.has(everything), live.view(people)) == (False, second), "three may not"
    assert as_data(live.view(everything), scorecard(live, first)) == as_data(first, scorecard(live, first))
