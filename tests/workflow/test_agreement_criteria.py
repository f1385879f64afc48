"""Every question side by side: levels, judges, filters; and that a new rating computes only its own question."""

from collections.abc import Hashable

import pytest

from core.scales import DeclaredScale, ScaleKind, likert, pass_fail
from core.stats.agreement import agreement
from core.stats.ceiling import human_ceiling
from core.stats.estimates import Reason
from core.workflow.agreement import Asked, LiveAgreement, LiveStudies
from core.workflow.agreement_criteria import MOST_JUDGES, criteria
from core.workflow.agreement_criteria_words import alpha_notes, explained_alone, judge_notes, levels_said
from core.workflow.agreement_narrowing import Narrowing
from core.workflow.workspace import Workspace
from tests.builders import Built, add_rating, build_study

N = 24
ITEMS = [f"q{place}" for place in range(N)]
NUMBERS = DeclaredScale(ScaleKind.INTERVAL, low=0.0, high=100.0)


def three_questions(workspace: Workspace, *, judges: tuple[str, ...] = ("Fir",)) -> Built:
    """Passing, a grade of 1 to 3, and a number; Ana and Bruno rate all, Cy only the first; judges the first and last.

    `even` items are a slice.
    """
    described = {item: {"slices": {"half": "even" if place % 2 == 0 else "odd"}} for place, item in enumerate(ITEMS)}
    built = build_study(
        workspace.database, items=ITEMS, systems=("alder",), described=described,
        criteria={"passing": ("output", pass_fail()), "grade": ("output", likert(1, 3)), "size": ("output", NUMBERS)},
    )  # fmt: skip
    with workspace.database.writing() as session:
        for place, item in enumerate(ITEMS):
            for shift, who in enumerate(("Ana", "Bruno", "Cy")):
                said = "pass" if (place + shift * (place % 5 == 0)) % 3 else "fail"
                add_rating(session, built, f"{item}/alder", "passing", who, said)
                if who != "Cy":
                    add_rating(session, built, f"{item}/alder", "grade", who, str(1 + (place + shift) // 2 % 3))
                    add_rating(session, built, f"{item}/alder", "size", who, float(place * 2 + shift))
            for shift, who in enumerate(judges):
                said = "pass" if (place + shift) % 3 else "fail"
                add_rating(session, built, f"{item}/alder", "passing", who, said, kind="judge")
                add_rating(session, built, f"{item}/alder", "size", who, float(place), kind="judge")
    return built


def followed(workspace: Workspace, built: Built) -> LiveAgreement:
    live = LiveStudies(workspace).of(built.study)
    live.refresh()
    return live


def test_every_question_has_alpha_at_its_level_and_judges_on_the_same_majorities(workspace: Workspace) -> None:
    live = followed(workspace, three_questions(workspace))
    found = criteria(live, live.filled(Asked()))
    assert [(row.question.key, row.level, row.n_people, row.n_units) for row in found.rows] == [
        ("passing", "nominal", 3, N), ("grade", "ordinal", 2, N), ("size", "interval", 2, N)
    ]  # fmt: skip
    passing, grade, size = found.rows
    view = live.view(Asked("passing"))
    people = [line.id for line in view.raters if line.is_person]
    expected = agreement(view.table.of_raters(people), seed=view.seed, only=["alpha_nominal"])["alpha_nominal"]
    assert passing.alpha == expected
    (fir,) = passing.judges
    ceiling = human_ceiling(view.table, fir.rater_id, people, seed=0, resamples=0)
    assert (fir.people.value, fir.judge.value, fir.gap.value) == pytest.approx(
        (ceiling.people_kappa.value, ceiling.judge_kappa.value, ceiling.difference_kappa.value)
    )
    assert grade.judges == ()
    assert [one.measure for one in size.judges] == ["alpha_interval_in_place"]
    assert size.judges[0].judge.interval is not None
    assert "(interval, nominal, ordinal)" in levels_said(found)


def test_a_new_rating_computes_only_its_own_question(workspace: Workspace) -> None:
    built = three_questions(workspace)
    live = followed(workspace, built)
    before = criteria(live, live.filled(Asked()))
    with workspace.database.writing() as session:
        add_rating(session, built, "q0/alder", "grade", "Cy", "3")
    live.refresh()
    after = criteria(live, live.filled(Asked()))
    # What was not touched is the very same object; what was touched is not.
    same = [old.alpha is new.alpha for old, new in zip(before.rows, after.rows, strict=True)]
    assert same == [True, False, True]
    assert before.rows[0].judges[0].judge is after.rows[0].judges[0].judge
    assert after.rows[1].alpha.n_ratings == before.rows[1].alpha.n_ratings + 1


def test_found_in_is_computed_once_for_each_filter(workspace: Workspace) -> None:
    live = followed(workspace, three_questions(workspace))
    calls: list[Hashable] = []

    def count(asked: Asked) -> int:
        return live.found_in(asked, "n", lambda cells, _: calls.append(asked) or cells.n_units)

    even = Narrowing(slices=(("half", "even"),))
    asked = [Asked("passing"), Asked("passing"), Asked("passing", narrowing=even), Asked("passing")]
    assert [count(one) for one in asked] == [N, N, N // 2, N]
    assert len(calls) == 2


def test_raters_and_filters_are_honoured(workspace: Workspace) -> None:
    live = followed(workspace, three_questions(workspace))
    ids = {row.name: row.id for row in live.raters}
    chosen = live.filled(Asked(raters=(ids["Ana"], ids["Cy"])))
    passing, grade, _ = criteria(live, chosen).rows
    assert (passing.n_people, passing.alpha.n_ratings, passing.judges) == (2, 2 * N, ())
    assert (grade.n_people, grade.alpha.reason) == (1, Reason.NO_PAIRABLE_ITEMS)
    assert alpha_notes(grade) == ("One person has rated it: agreement needs two people.",)
    even = criteria(live, live.filled(Asked(narrowing=Narrowing(slices=(("half", "even"),)))))
    assert [row.n_units for row in even.rows] == [N // 2] * 3
    assert alpha_notes(even.rows[0]) == ("Fewer than 20 independent units: no interval",)
    assert judge_notes(even.rows[0].judges[0]) == ("Fewer than 20 independent units: not compared with people",)


def test_of_many_judges_the_chosen_one_is_compared(workspace: Workspace) -> None:
    names = ("Fir", "Gorse", "Hazel", "Ivy")
    live = followed(workspace, three_questions(workspace, judges=names))
    assert len(names) > MOST_JUDGES
    ids = {row.name: row.id for row in live.raters}
    found = criteria(live, live.filled(Asked()), judge=ids["Hazel"])
    assert [one.name for one in found.rows[0].judges] == ["Hazel"]
    assert ([row.name for row in found.judges], found.n_wanted) == (["Hazel", "Fir", "Gorse", "Ivy"], 1)
    assert [one.name for one in criteria(live, live.filled(Asked())).rows[0].judges] == ["Fir"]


def test_it_tells_which_question_it_is_at(workspace: Workspace) -> None:
    live = followed(workspace, three_questions(workspace))
    told: list[str] = []
    criteria(live, live.filled(Asked()), progress=lambda _, doing: told.append(doing))
    assert [words.partition(":")[0] for words in told] == ["Question 1 of 3", "Question 2 of 3", "Question 3 of 3"]


def test_a_judge_apart_from_people_is_said_and_every_number_explains_itself(workspace: Workspace) -> None:
    live = followed(workspace, three_questions(workspace, judges=("Fir", "Gorse")))
    passing = criteria(live, live.filled(Asked())).rows[0]
    gorse = passing.judges[1]
    assert gorse.gap.interval is not None
    assert gorse.gap.interval.high < 0
    assert judge_notes(gorse)[0].startswith("below people on the same units, −")
    behind = explained_alone(gorse.judge, gorse.measure, about="Passing")
    assert behind.title == "Kappa with the majority of the others: Passing"
    assert behind.interval.startswith("95 % interval.")


def test_a_question_nobody_answered_says_so(workspace: Workspace) -> None:
    built = build_study(workspace.database, items=["q1"], systems=("alder",))
    (row,) = criteria(followed(workspace, built), Asked()).rows
    assert (row.alpha.reason, row.n_units, alpha_notes(row)) == (
        Reason.NO_RATINGS, 0, ("Nothing has been rated yet.",)
    )  # fmt: skip
