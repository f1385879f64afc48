"""Juries are computed from what is in force of their members, and never stored."""

from math import isnan
from random import Random

import numpy as np
import pytest
from sqlmodel import select

from core.models.ratings import Rating
from core.scales import DeclaredScale, ScaleKind, pass_fail, preference
from core.store.current import CurrentRatings
from core.store.database import Database
from core.store.following import ABSENCES, NO_OPTION, RatingLog, follow
from core.store.juries import (
    Jury,
    Reductions,
    member_rows,
    ratings_in_force,
    read_juries,
    read_jury,
    read_repetition_rules,
)
from tests.builders import Built, add_rating, build_study
from tests.judges import BuiltJudge, add_judge, add_jury, add_verdict

NUMBERS = DeclaredScale(ScaleKind.INTERVAL, low=0, high=10)
UNIT = {"pass_fail": "q1/alder", "numbers": "q1/alder", "preference": "q1/alder|birch"}
SCALES = {"pass_fail": ("output", pass_fail()), "numbers": ("output", NUMBERS), "preference": ("pair", preference())}

Answer = tuple[str | float | None, str, bool, float | None]
"""Value, absence, unstable, confidence."""


def in_force(database: Database, built: Built, *, raters: list[int] | None = None) -> CurrentRatings:
    log = RatingLog(built.study)
    with database.reading() as session:
        follow(log, session=session)
        rules = read_repetition_rules(built.study, session=session)
        juries = read_juries(built.study, session=session)
    ids = built.criteria
    return ratings_in_force(
        log, Reductions(rules, juries), questions={key: key for key in ids.values()},
        ties=[ids[name] for name in ids if name == "preference"],
        numeric=[ids[name] for name in ids if name == "numbers"],
        raters=None if raters is None else np.array(raters),
    )  # fmt: skip


def answer(found: CurrentRatings, rater: int) -> Answer | None:
    rows = np.flatnonzero(found.rater == rater).tolist()
    if not rows:
        return None
    assert len(rows) == 1
    code, number, sure = int(found.option[rows[0]]), float(found.number[rows[0]]), float(found.confidence[rows[0]])
    value = found.options[code] if code != NO_OPTION else None if isnan(number) else number
    return (
        value, ABSENCES[found.absence[rows[0]]], bool(found.unstable[rows[0]]), None if isnan(sure) else round(sure, 6)
    )  # fmt: skip


def judged(
    database: Database, scale: str, values: list[str | float | None], *, rule: str = "majority",
    weights: tuple[float, ...] = (),
) -> Answer | None:  # fmt: skip
    """What a jury says whose members gave these values; "-": it gave nothing, None: unreadable."""
    built = build_study(database, name=f"{rule} {values}", criteria={scale: SCALES[scale]})
    with database.writing() as session:
        members = tuple(add_judge(session, built, f"Judge {place}") for place in range(len(values)))
        jury = add_jury(session, built, "Jury", members, rule, weights)
        for member, value in zip(members, values, strict=True):
            if value != "-":
                absence = "unreadable" if value is None else value if value in ABSENCES else None
                told = None if absence else value
                add_verdict(session, built, UNIT[scale], scale, member, told, absence=str(absence) if absence else None)
    return answer(in_force(database, built), jury.rater)


@pytest.mark.parametrize(
    ("scale", "values", "expected"),
    [
        ("pass_fail", ["pass", "fail", "pass"], ("pass", "", False, 0.666667)),
        # The unreadable and the missing one are left out: all of those with a value said pass.
        ("pass_fail", ["pass", None, "-"], ("pass", "", False, 1.0)),
        ("pass_fail", ["pass", "fail"], (None, "abstained", True, None)),
        ("preference", ["A", "B"], ("tie", "", True, None)),
        ("preference", ["A", "B", "B"], ("B", "", False, 0.666667)),
        ("numbers", [3.0, 3.0, 7.0], (3.0, "", False, 0.666667)),
        # None has a value: the mildest of their reasons.
        ("pass_fail", [None, "refused"], (None, "unreadable", False, None)),
        ("pass_fail", ["-", "-"], None),
    ],
)
def test_the_majority_of_members_decides(
    database: Database, scale: str, values: list[str | float | None], expected: Answer | None
) -> None:
    assert judged(database, scale, values) == expected


def test_a_mean_is_of_numbers(database: Database) -> None:
    assert judged(database, "numbers", [2.0, 7.0, None], rule="mean") == (4.5, "", False, None)
    assert judged(database, "numbers", [None, None], rule="mean") == (None, "unreadable", False, None)


def test_a_mean_says_nothing_on_options_even_where_all_are_silent(sqlite_database: Database) -> None:
    for values in (["pass", "fail"], [None, None]):
        built = build_study(sqlite_database, name=str(values), criteria={"pass_fail": SCALES["pass_fail"]})
        with sqlite_database.writing() as session:
            members = (add_judge(session, built, "Fir"), add_judge(session, built, "Oak"))
            jury = add_jury(session, built, "Jury", members, "mean")
            for member, value in zip(members, values, strict=True):
                absence = None if value else "unreadable"
                add_verdict(session, built, "q1/alder", "pass_fail", member, value, absence=absence)
        assert answer(in_force(sqlite_database, built), jury.rater) is None


@pytest.mark.parametrize(
    ("scale", "values", "weights", "expected"),
    [
        # fail has 3 of 5 parts of the weight although two members said pass.
        ("pass_fail", ["pass", "pass", "fail"], (1, 1, 3), ("fail", "", False, 0.6)),
        # 0.1 + 0.2 against 0.3, which floats tell apart.
        ("preference", ["A", "A", "B"], (0.1, 0.2, 0.3), ("tie", "", True, None)),
        # Three times 2 and once 6 are 12, of 4 parts 3.
        ("numbers", [2.0, 6.0], (3, 1), (3.0, "", False, None)),
    ],
)
def test_weights_count_as_votes_and_weigh_means(
    database: Database, scale: str, values: list[str | float | None], weights: tuple[float, ...], expected: Answer
) -> None:
    assert judged(database, scale, values, rule="weights", weights=weights) == expected


def test_a_member_that_flips_with_the_order_votes_for_a_tie(database: Database) -> None:
    # Fir: A, then B when they are swapped, a tie. Oak: tie. Elm: A. The tie wins 2 of 3, and rests on a flip.
    built = build_study(database, criteria={"preference": SCALES["preference"]})
    subject = "q1/alder|birch"
    with database.writing() as session:
        fir, oak, elm = members = tuple(add_judge(session, built, name) for name in ("Fir", "Oak", "Elm"))
        jury = add_jury(session, built, "Jury", members)
        for member, in_ab, in_ba in ((fir, "A", "B"), (oak, "tie", "tie"), (elm, "A", "A")):
            for order, value in (("AB", in_ab), ("BA", in_ba)):
                add_verdict(session, built, subject, "preference", member, value, order=order)
    found = in_force(database, built)
    assert answer(found, jury.rater) == ("tie", "", True, 0.666667)
    known = Jury(jury.rater, (fir.rater, oak.rater, elm.rater), (1.0, 1.0, 1.0), "majority")
    rows = member_rows(found, known, built.subjects[subject], built.criteria["preference"])
    assert [found.options[found.option[row]] for row in rows] == ["tie", "tie", "A"]


def test_a_member_whose_repetitions_vote_has_one_vote(database: Database) -> None:
    # Fir by majority: fail (2 of 3). Oak: fail. Elm: pass. Had repetition 0 counted, pass would have won.
    built = build_study(database, criteria={"pass_fail": SCALES["pass_fail"]})
    with database.writing() as session:
        fir = add_judge(session, built, "Fir", rule="majority", repetitions=3)
        oak, elm = add_judge(session, built, "Oak"), add_judge(session, built, "Elm")
        jury = add_jury(session, built, "Jury", (fir, oak, elm))
        for repetition, value in enumerate(("pass", "fail", "fail")):
            add_verdict(session, built, "q1/alder", "pass_fail", fir, value, repetition=repetition)
        add_verdict(session, built, "q1/alder", "pass_fail", oak, "fail")
        add_verdict(session, built, "q1/alder", "pass_fail", elm, "pass")
    assert answer(in_force(database, built), jury.rater) == ("fail", "", False, 0.666667)


def test_a_jury_can_be_asked_for_without_its_members_and_is_never_stored(database: Database) -> None:
    built = build_study(database, criteria={"pass_fail": SCALES["pass_fail"]})
    with database.writing() as session:
        members = (add_judge(session, built, "Fir"), add_judge(session, built, "Oak"))
        jury = add_jury(session, built, "Jury", members)
        for member in members:
            add_verdict(session, built, "q1/alder", "pass_fail", member, "pass")
        newest = add_verdict(session, built, "q2/alder", "pass_fail", members[1], "fail")
        add_rating(session, built, "q1/alder", "pass_fail", "Ana", "fail")
    found = in_force(database, built, raters=[jury.rater])
    assert found.rater.tolist() == [jury.rater, jury.rater]
    assert [found.options[code] for code in found.option] == ["pass", "fail"]
    assert found.rating.tolist()[1] == newest
    with database.reading() as session:
        assert session.exec(select(Rating.id).where(Rating.rater_id == jury.rater)).all() == []


def test_cells_stand_by_subject_question_and_rater_wherever_juries_are_put(database: Database) -> None:
    built = build_study(database, criteria={"pass_fail": SCALES["pass_fail"], "numbers": SCALES["numbers"]})
    draw = Random(3)
    with database.writing() as session:
        first = add_judge(session, built, "Fir")
        jury = add_jury(session, built, "Jury", (first,))
        later = add_judge(session, built, "Oak")
        for subject in built.subjects:
            for judge in (first, later):
                if draw.random() < 0.7:
                    add_verdict(session, built, subject, "pass_fail", judge, draw.choice(["pass", "fail"]))
                    add_verdict(session, built, subject, "numbers", judge, float(draw.randrange(10)))
    found = in_force(database, built)
    keys = list(zip(found.subject.tolist(), found.question.tolist(), found.rater.tolist(), strict=True))
    assert keys == sorted(set(keys))
    # A jury of one says what its member says.
    units = {key[:2]: row for row, key in enumerate(keys) if key[2] == jury.rater}
    assert units.keys() == {key[:2] for key in keys if key[2] == first.rater}
    for unit, row in units.items():
        member = keys.index((*unit, first.rater))
        assert (found.option[row], str(found.number[row])) == (found.option[member], str(found.number[member]))


def test_no_jury_sits_in_a_jury(database: Database) -> None:
    built = build_study(database, criteria={"pass_fail": SCALES["pass_fail"]})
    with database.writing() as session:
        member = add_judge(session, built, "Fir")
        inner = add_jury(session, built, "Inner", (member,))
        outer = add_jury(session, built, "Outer", (member, inner))
        nobody = add_jury(session, built, "Nobody", (BuiltJudge(9_999, 9_999, "gone"),))
    with database.reading() as session:
        juries = read_juries(built.study, session=session)
    assert [(jury.rater, jury.members) for jury in juries] == [
        (inner.rater, (member.rater,)),
        (outer.rater, (member.rater,)),
    ]
    assert nobody.rater not in [jury.rater for jury in juries]


def test_members_are_sorted_with_their_weights() -> None:
    options = {"members": [7, 5], "rule": "weights", "weights": [2, 1]}
    assert read_jury(1, options, {5: 50, 7: 40}) == Jury(1, (40, 50), (2.0, 1.0), "weights")


def test_rules_are_read_only_of_judges_that_look_at_all_repetitions(database: Database) -> None:
    built = build_study(database)
    with database.writing() as session:
        add_judge(session, built, "First")
        voting = add_judge(session, built, "Voting", rule="majority", repetitions=3)
        averaging = add_judge(session, built, "Averaging", rule="mean", repetitions=3)
    with database.reading() as session:
        assert read_repetition_rules(built.study, session=session) == {
            voting.rater: "majority",
            averaging.rater: "mean",
        }
        assert read_repetition_rules(built.study + 1, session=session) == {}
