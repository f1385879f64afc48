"""Repetitions of a judge become one verdict by the rule in its identity."""

from collections import Counter
from math import isclose, isnan
from statistics import fmean

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.scales import DeclaredScale, ScaleKind, pass_fail, preference
from core.store.current import CurrentRatings, current_ratings
from core.store.database import Database
from core.store.following import ABSENCES, NO_OPTION, ORDERS, PHASES, RatingLog, follow
from core.store.juries import Reductions, ratings_in_force, read_reductions
from tests.builders import Built, add_rating, build_study
from tests.judges import add_judge, add_verdict

Answer = tuple[str | None, float | None, str, bool, float | None]
"""Option, number, absence, unstable, confidence."""

TIE = "tie"
OPTIONS = ("A", "B", TIE)


def followed(database: Database, built: Built) -> tuple[RatingLog, Reductions]:
    log = RatingLog(built.study)
    with database.reading() as session:
        follow(log, session=session)
        return log, read_reductions(built.study, session=session)


def answers(found: CurrentRatings) -> dict[tuple[int, int], Answer]:
    return {
        (int(found.subject[row]), int(found.rater[row])): (
            found.options[found.option[row]] if found.option[row] != NO_OPTION else None,
            None if isnan(found.number[row]) else float(found.number[row]),
            ABSENCES[found.absence[row]],
            bool(found.unstable[row]),
            None if isnan(found.confidence[row]) else float(found.confidence[row]),
        )
        for row in range(len(found))
    }


def judged(database: Database, rule: str, values: list[str | float | None]) -> Answer:
    """What is in force when a judge with this rule gave these values, one a repetition."""
    scale = (
        DeclaredScale(ScaleKind.INTERVAL, low=0, high=10)
        if any(isinstance(value, float) for value in values)
        else pass_fail()
    )
    built = build_study(database, name=f"{rule} {values}", criteria={"good": ("output", scale)})
    with database.writing() as session:
        judge = add_judge(session, built, "Fir", rule=rule, repetitions=max(len(values), 1))
        for repetition, value in enumerate(values):
            absence = None if value is not None else "unreadable"
            add_verdict(
                session, built, "q1/alder", "good", judge, value, absence=absence, repetition=repetition, confidence=0.3
            )
    log, reductions = followed(database, built)
    questions = {key: key for key in built.criteria.values()}
    numeric = set(questions) if scale.is_numeric else set()
    found = answers(ratings_in_force(log, reductions, questions=questions, ties=(), numeric=numeric))
    assert len(found) == 1
    return found[built.subjects["q1/alder"], judge.rater]


@pytest.mark.parametrize(
    ("rule", "values", "expected"),
    [
        ("first", ["pass", "fail", "fail"], ("pass", None, "", False, 0.3)),
        ("majority", ["pass", "fail", "fail"], ("fail", None, "", False, 2 / 3)),
        # The unreadable one is left out: 2 of the 2 that answered.
        ("majority", ["pass", None, "pass"], ("pass", None, "", False, 1.0)),
        ("majority", ["pass", "fail", None], (None, None, "abstained", True, None)),
        ("majority", [None, None], (None, None, "unreadable", False, 0.3)),
        # One answer is no vote: what the judge itself said of its confidence stands.
        ("majority", [None, "fail"], ("fail", None, "", False, 0.3)),
        ("majority", [2.0, 7.0, 7.0], (None, 7.0, "", False, 2 / 3)),
        ("mean", [2.0, 7.0, None], (None, 4.5, "", False, 0.3)),
        # Options have no mean: their majority.
        ("mean", ["pass", "pass", "fail"], ("pass", None, "", False, 2 / 3)),
    ],
)
def test_repetitions_are_reduced_by_the_rule_in_the_judges_identity(
    database: Database, rule: str, values: list[str | float | None], expected: Answer
) -> None:
    assert judged(database, rule, values) == expected


def test_values_that_tie_are_the_tie_of_a_preference(database: Database) -> None:
    # Repetition 0: A in both orders. Repetition 1: B in both. A and B have a vote each: a tie, unstable.
    built = build_study(database, criteria={"better": ("pair", preference())})
    with database.writing() as session:
        judge = add_judge(session, built, "Fir", rule="majority", repetitions=2)
        for repetition, value in enumerate(("A", "B")):
            for order in ("AB", "BA"):
                add_verdict(
                    session, built, "q1/alder|birch", "better", judge, value, order=order, repetition=repetition
                )
    log, reductions = followed(database, built)
    key = built.criteria["better"]
    found = ratings_in_force(log, reductions, questions={key: key}, ties=[key], numeric=())
    assert answers(found) == {(built.subjects["q1/alder|birch"], judge.rater): (TIE, None, "", True, None)}


def test_the_row_that_is_named_is_one_that_gave_the_value(database: Database) -> None:
    built = build_study(database)
    with database.writing() as session:
        judge = add_judge(session, built, "Fir", rule="majority", repetitions=3)
        given = [
            add_verdict(session, built, "q1/alder", "acceptable", judge, value, repetition=repetition)
            for repetition, value in enumerate(("fail", "pass", "pass"))
        ]
    log, reductions = followed(database, built)
    key = built.criteria["acceptable"]
    found = ratings_in_force(log, reductions, questions={key: key}, ties=(), numeric=())
    assert found.rating.tolist() == [given[1]]


def test_a_superseded_repetition_has_no_vote_and_people_are_never_asked_to_vote(database: Database) -> None:
    built = build_study(database)
    with database.writing() as session:
        judge = add_judge(session, built, "Fir", rule="majority", repetitions=3)
        for repetition in range(3):
            first = add_verdict(session, built, "q1/alder", "acceptable", judge, "fail", repetition=repetition)
            if repetition:
                add_verdict(
                    session, built, "q1/alder", "acceptable", judge, "pass", repetition=repetition, supersedes=first
                )
            add_rating(
                session, built, "q1/alder", "acceptable", "Ana", "pass" if repetition else "fail", repetition=repetition
            )
    log, reductions = followed(database, built)
    key = built.criteria["acceptable"]
    found = ratings_in_force(log, reductions, questions={key: key}, ties=(), numeric=())
    assert [found.options[code] for code in found.option] == ["pass", "fail"]  # the judge's, then Ana's


# --- against a plain loop --------------------------------------------------------------------------------------------

ROW = st.tuples(
    st.integers(1, 2),  # subject
    st.integers(1, 3),  # rater: first, majority, mean
    st.integers(0, 2),  # repetition
    st.sampled_from(["", "AB", "BA", "AB", "BA"]),
    st.sampled_from([*OPTIONS, 1.0, 2.0, 4.0, "abstained", "unreadable"]),
    st.sampled_from([None, 0.25, 0.5]),
)
RULES = {2: "majority", 3: "mean"}


def log_of(rows: list[tuple[int, int, int, str, str | float, float | None]], *, numeric: bool) -> RatingLog:
    log = RatingLog(1, options=list(OPTIONS))
    n = len(rows)
    values = [row[4] for row in rows]
    if numeric:
        values = [1.0 if value in OPTIONS else value for value in values]
    else:
        values = ["A" if isinstance(value, float) else value for value in values]
    log.id = np.arange(1, n + 1)
    log.subject, log.rater = (np.array([row[place] for row in rows], np.int64) for place in (0, 1))
    log.criterion = np.full(n, 9)
    log.repetition = np.array([row[2] for row in rows], np.int16)
    log.order = np.array([ORDERS.index(row[3]) for row in rows], np.int8)
    log.option = np.array([OPTIONS.index(value) if value in OPTIONS else -1 for value in values], np.int16)
    log.number = np.array([value if isinstance(value, float) else np.nan for value in values])
    log.absence = np.array([ABSENCES.index(value) if value in ABSENCES else 0 for value in values], np.int8)
    log.phase = np.full(n, PHASES.index("blind"), np.int8)
    log.confidence = np.array([np.nan if row[5] is None else row[5] for row in rows])
    log.standing = np.ones(n, np.bool_)
    return log


def looped(log: RatingLog, *, has_tie: bool) -> dict[tuple[int, int], Answer]:
    """The same in plain Python, from the words of the house: orders agree, then repetitions by the rule."""
    rows: dict[tuple[int, int], dict[int, dict[str, int]]] = {}
    for place in range(len(log)):
        unit = (int(log.subject[place]), int(log.rater[place]))
        said = rows.setdefault(unit, {}).setdefault(int(log.repetition[place]), {})
        said[ORDERS[log.order[place]]] = place
        said["last"] = place
    found = {}
    for unit, repetitions in rows.items():
        rule = RULES.get(unit[1], "first")
        told = [
            one_order(log, said, has_tie=has_tie)
            for number, said in sorted(repetitions.items())
            if number == 0 or rule != "first"
        ]
        if told:
            found[unit] = voted(told, rule, has_tie=has_tie)
    return found


def one_order(log: RatingLog, said: dict[str, int], *, has_tie: bool) -> Answer:
    def value(place: int) -> Answer:
        option = OPTIONS[log.option[place]] if log.option[place] >= 0 else None
        number = None if isnan(log.number[place]) else float(log.number[place])
        sure = None if isnan(log.confidence[place]) else float(log.confidence[place])
        return option, number, ABSENCES[log.absence[place]], False, sure

    if "AB" not in said or "BA" not in said:
        return value(said["last"])
    first, second = value(said["AB"]), value(said["BA"])
    if first[2] or second[2]:
        return None, None, max(first[2], second[2], key=ABSENCES.index), False, None
    sure = None if first[4] is None or second[4] is None else fmean([first[4], second[4]])
    if first[:2] == second[:2]:
        return first[0], first[1], "", False, sure
    return (TIE, None, "", True, None) if has_tie else (None, None, "unreadable", True, None)


def voted(told: list[Answer], rule: str, *, has_tie: bool) -> Answer:
    answered = [one for one in told if not one[2]]
    if rule == "first" or not answered:
        return told[-1]
    if rule == "mean" and answered[0][1] is not None:
        winner = next(one for one in answered if one[1] == most(answered)[0][1])
        return None, fmean([one[1] or 0.0 for one in answered]), "", any(one[3] for one in answered), winner[4]
    top = most(answered)
    if len(top) > 1:
        tie = has_tie and answered[0][0] is not None
        return (TIE, None, "", True, None) if tie else (None, None, "abstained", True, None)
    votes = [one for one in answered if one[:2] == top[0]]
    share = len(votes) / len(answered) if len(answered) > 1 else votes[0][4]
    return top[0][0], top[0][1], "", any(one[3] for one in votes), share


def most(answered: list[Answer]) -> list[tuple[str | None, float | None]]:
    counts = Counter(one[:2] for one in answered)
    top = [value for value, n in counts.items() if n == max(counts.values())]
    return sorted(top, key=lambda value: (OPTIONS.index(value[0]) if value[0] else 0, value[1] or 0.0))


@settings(max_examples=300)
@given(st.lists(ROW, max_size=40), st.booleans(), st.booleans())
def test_the_columns_give_what_a_loop_over_single_ratings_gives(
    rows: list[tuple[int, int, int, str, str | float, float | None]], numeric: bool, has_tie: bool
) -> None:
    has_tie = has_tie and not numeric
    log = log_of(rows, numeric=numeric)
    found = answers(current_ratings(log, questions={9: 9}, ties={9} if has_tie else (), rules=RULES))
    expected = looped(log, has_tie=has_tie)
    assert found.keys() == expected.keys()
    for unit, (option, number, absence, unstable, sure) in expected.items():
        got = found[unit]
        assert (got[0], got[2], got[3]) == (option, absence, unstable), unit
        for one, other in ((got[1], number), (got[4], sure)):
            assert one == other or (one is not None and other is not None and isclose(one, other)), unit
