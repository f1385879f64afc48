"""The units behind numbers: against the majority, in a slice, one by its address; and the list of disagreements."""

import pytest
from sqlmodel import select

from core.models.items import Reference
from core.models.ratings import Exposure
from core.models.study import Criterion
from core.scales import DeclaredScale, ScaleKind, pass_fail, preference, yes_no
from core.workflow.agreement import (
    Asked,
    Behind,
    CountBehind,
    LiveAgreement,
    LiveStudies,
    asked_of,
    count_behind,
    has_slice,
    items_behind,
    units_behind,
)
from core.workflow.agreement_disagreements import Order, disagreements, has_order, neighbours
from core.workflow.agreement_pairs import drawn_raters, pair_measures, pair_raters, pairs_by
from core.workflow.agreement_view import AgreementView
from core.workflow.workspace import Visitor, Workspace
from tests.builders import AT, Built, add_criterion, add_rating, build_study

OPTIONS = {"p": "pass", "f": "fail", "A": "A", "B": "B", "t": "tie"}


def rate(workspace: Workspace, built: Built, rows: dict[str, str], criterion: str = "acceptable") -> None:
    """`{"Ana": "pf.p"}`: the answers of Ana to the subjects in order; a dot for none; J... is a judge."""
    with workspace.database.writing() as session:
        for name, answers in rows.items():
            for subject, answer in zip(built.subjects, answers, strict=False):
                if answer != ".":
                    kind = "judge" if name.startswith("J") else "person"
                    add_rating(session, built, subject, criterion, name, OPTIONS[answer], kind=kind)


def looked_at(workspace: Workspace, built: Built, asked: Asked | None = None) -> tuple[LiveAgreement, AgreementView]:
    live = LiveStudies(workspace).of(built.study)
    live.refresh()
    return live, live.view(asked or Asked())


def rater(view: AgreementView, name: str) -> int:
    return next(line.id for line in view.raters if line.name == name)


# Against the majority


def test_a_rater_against_the_majority_of_the_others_differing_first_and_ties_last(workspace: Workspace) -> None:
    built = build_study(workspace.database)
    # q1/alder q1/birch q2/alder q2/birch q3/alder q3/birch
    rate(workspace, built, {"Ana": "ppppp.", "Bruno": "pffp.p", "Chioma": "pfpp.p", "Dan": "pff..p"})
    live, view = looked_at(workspace, built)
    ana = Behind(first=rater(view, "Ana"), majority=True)
    # The others: p p p (alike), f f f (differs, all), f p f (differs, 2 of 3), p p (alike), nobody on the fifth,
    # and on the last Ana has no answer.
    assert units_behind(live, view, ana).tolist() == [1, 2, 0, 3]
    assert count_behind(live, view, ana) == CountBehind(total=4, apart=2, tied=0)


def test_where_the_others_tie_there_is_no_majority_and_it_is_counted(workspace: Workspace) -> None:
    built = build_study(workspace.database)
    rate(workspace, built, {"Ana": "ppp", "Bruno": "pff", "Chioma": "fpf"})
    live, view = looked_at(workspace, built)
    ana = Behind(first=rater(view, "Ana"), majority=True)
    assert units_behind(live, view, ana).tolist() == [2, 0, 1]
    assert count_behind(live, view, ana) == CountBehind(total=3, apart=1, tied=2)


def test_a_judge_is_held_against_people_and_not_against_other_judges(workspace: Workspace) -> None:
    built = build_study(workspace.database)
    rate(workspace, built, {"Ana": "pp", "Bruno": "pp", "J1": "pf", "J2": "ff", "J3": "ff"})
    live, view = looked_at(workspace, built)
    assert count_behind(live, view, Behind(first=rater(view, "J1"), majority=True)) == CountBehind(2, 1, 0)


def test_free_numbers_are_held_against_the_mean_of_the_others(workspace: Workspace) -> None:
    numbers = DeclaredScale(ScaleKind.INTERVAL, low=0.0, high=100.0)
    built = build_study(workspace.database, criteria={"score": ("output", numbers)})
    with workspace.database.writing() as session:
        for subject, given in zip(built.subjects, ((10, 20, 30), (50, 50, 50), (90, 0, 20)), strict=False):
            for name, value in zip(("Ana", "Bruno", "Chioma"), given, strict=True):
                add_rating(session, built, subject, "score", name, float(value))
    live, view = looked_at(workspace, built)
    # Ana from the mean of the two others: |10 - 25| = 15, 0, |90 - 10| = 80
    assert units_behind(live, view, Behind(first=rater(view, "Ana"), majority=True)).tolist() == [2, 0, 1]


# Slices and single units


def test_any_cell_can_be_narrowed_to_a_slice(workspace: Workspace) -> None:
    built = build_study(workspace.database)
    rate(workspace, built, {"Ana": "pppppp", "Bruno": "ffpfpf"})
    live, view = looked_at(workspace, built)
    pair = (rater(view, "Ana"), rater(view, "Bruno"))
    # units 0 2 4 are of alder, 1 3 5 of birch; they differ on 0 1 3 5
    assert units_behind(live, view, Behind(*pair, slice=("system", "birch"))).tolist() == [1, 3, 5]
    assert units_behind(live, view, Behind(slice=("system", "alder"))).tolist() == [0]
    assert count_behind(live, view, Behind(*pair, slice=("system", "alder"))) == CountBehind(3, 1)
    cell = Behind(*pair, answers=("pass", "pass"), slice=("system", "alder"))
    assert units_behind(live, view, cell).tolist() == [2, 4]


def test_an_unknown_slice_holds_nothing(workspace: Workspace) -> None:
    built = build_study(workspace.database)
    rate(workspace, built, {"Ana": "pp", "Bruno": "pf"})
    live, view = looked_at(workspace, built)
    for named in (("system", "cedar"), ("nix", "alder")):
        assert not has_slice(live, view, named)
        assert units_behind(live, view, Behind(slice=named)).tolist() == []
    assert has_slice(live, view, ("system", "alder"))


def test_a_unit_by_its_subject_stays_the_same_when_ratings_come(workspace: Workspace) -> None:
    built = build_study(workspace.database)
    rate(workspace, built, {"Ana": "..p", "Bruno": "..f"})
    live, view = looked_at(workspace, built)
    named = Behind(unit=(built.subjects["q2/alder"], 0))
    assert units_behind(live, view, named).tolist() == [0]
    rate(workspace, built, {"Chioma": "pp"})
    live.refresh()
    assert units_behind(live, live.view(Asked()), named).tolist() == [2]
    assert units_behind(live, view, Behind(unit=(999_999, 0))).tolist() == []


def test_an_earlier_version_of_the_question_names_the_same_unit(workspace: Workspace) -> None:
    built = build_study(workspace.database)
    rate(workspace, built, {"Ana": "p", "Bruno": "f"})
    with workspace.database.writing() as session:
        add_criterion(session, built.study, "acceptable", "output", pass_fail(), version=2)
    live, view = looked_at(workspace, built)
    assert units_behind(live, view, Behind(unit=(built.subjects["q1/alder"], built.criteria["acceptable"]))).size == 1


# The list of disagreements


def listed(workspace: Workspace, built: Built, order: Order = "split", find: str = "") -> list[str]:
    live, view = looked_at(workspace, built)
    found = disagreements(workspace, live, view, order=order, find=find)
    names = {subject: name for name, subject in built.subjects.items()}
    return [names[line.subject] for line in found.lines]


def test_each_order_lists_its_own_units(workspace: Workspace) -> None:
    built = build_study(workspace.database)
    rate(workspace, built, {"Ana": "pppppp", "Bruno": "ppfpff", "Chioma": "pffp..", "Jo": "fppfp."})
    # q1/alder: people agree, judge alone (3 pairs differ); q1/birch p p f, p; q2/alder p f f, p; q2/birch as the first;
    # q3/alder p f: tied, p; q3/birch p f
    assert listed(workspace, built) == ["q2/alder", "q1/alder", "q1/birch", "q2/birch", "q3/alder", "q3/birch"]
    # The judge against the majority: unanimous people first; where they tie nothing differs.
    assert listed(workspace, built, "judge") == ["q1/alder", "q2/birch", "q2/alder"]
    # Jo's ratings were written last, Bruno's on the last unit before them
    assert listed(workspace, built, "newest") == [
        "q3/alder", "q2/birch", "q2/alder", "q1/birch", "q1/alder", "q3/birch"
    ]  # fmt: skip
    assert listed(workspace, built, "unstable") == []


def test_answers_that_turn_with_the_order_shown_are_listed(workspace: Workspace) -> None:
    built = build_study(workspace.database, criteria={"better": ("pair", preference())})
    rate(workspace, built, {"Ana": "AA", "Bruno": "AA"}, criterion="better")
    with workspace.database.writing() as session:
        for order, value in (("AB", "A"), ("BA", "B")):
            add_rating(session, built, "q2/alder|birch", "better", "Fir", value, kind="judge", order=order)
    _, view = looked_at(workspace, built)
    assert listed(workspace, built, "unstable") == ["q2/alder|birch"]
    assert [has_order(view, order) for order in ("split", "judge", "unstable", "newest")] == [True] * 4


def test_the_picture_groups_equal_answers_and_names_neither_answer_nor_rater(workspace: Workspace) -> None:
    built = build_study(workspace.database)
    rate(workspace, built, {"Ana": "f", "Bruno": "p", "Chioma": "f", "Jo": "p", "Ji": "f"})
    live, view = looked_at(workspace, built)
    (line,) = disagreements(workspace, live, view).lines
    assert (line.people, line.judges) == ((2, 1), (1, 1)), "the commoner answer first: fail"
    assert line.pattern == "people 2:1, judges 1:1"
    assert not {"Ana", "Bruno", "Jo", "Pass", "Fail"} & set(f"{line.pattern} {line.name} {line.title}".split())


def test_reading_the_list_exposes_nobody(workspace: Workspace) -> None:
    built = build_study(workspace.database)
    rate(workspace, built, {"Ana": "ppp", "Bruno": "fff", "Jo": "pfp"})
    for order in ("split", "judge", "unstable", "newest"):
        listed(workspace, built, order, find="q")
    with workspace.database.reading() as session:
        assert not session.exec(select(Exposure)).all()


@pytest.mark.parametrize(
    ("find", "found"),
    [
        ("QUESTION q2", ["q2/alder", "q2/birch"]),
        ("q3", ["q3/alder", "q3/birch"]),
        ("%", []),
        ("q_", []),
        ("'; drop table item; --", []),
        ("  ", ["q1/alder", "q1/birch", "q2/alder", "q2/birch", "q3/alder", "q3/birch"]),
    ],
)
def test_searching_finds_words_of_the_item_and_takes_marks_as_they_are(
    any_workspace: Workspace, find: str, found: list[str]
) -> None:
    built = build_study(any_workspace.database)
    rate(any_workspace, built, {"Ana": "pppppp", "Bruno": "ffffff"})
    assert listed(any_workspace, built, find=find) == found


def test_marks_of_a_pattern_are_found_where_they_are_written(any_workspace: Workspace) -> None:
    built = build_study(any_workspace.database, items=("100% wool", "100 wool"), systems=("alder",))
    rate(any_workspace, built, {"Ana": "pp", "Bruno": "ff"})
    assert listed(any_workspace, built, find="100% w") == ["100% wool/alder"]


def test_the_list_is_paged_and_says_how_many_there_are(workspace: Workspace) -> None:
    built = build_study(workspace.database, items=tuple(f"q{n:02}" for n in range(30)))
    rate(workspace, built, {"Ana": "p" * 60, "Bruno": "f" * 60})
    live, view = looked_at(workspace, built)
    first = disagreements(workspace, live, view, limit=25)
    last = disagreements(workspace, live, view, limit=25, offset=50)
    beyond = disagreements(workspace, live, view, limit=25, offset=5_000)
    assert (len(first.lines), first.total, len(last.lines), last.offset) == (25, 60, 10, 50)
    assert beyond == last
    found = disagreements(workspace, live, view, find="q07")
    assert (found.total, found.n_order) == (2, 60)


def test_an_item_of_the_list_knows_its_neighbours(workspace: Workspace) -> None:
    built = build_study(workspace.database)
    rate(workspace, built, {"Ana": "ppp", "Bruno": "fff"})
    live, view = looked_at(workspace, built)
    keys = [built.subjects[name] for name in ("q1/alder", "q1/birch", "q2/alder")]
    criterion = built.criteria["acceptable"]
    middle = neighbours(workspace, live, view, (keys[1], 0), order="split")
    assert (middle.place, middle.total, middle.before, middle.after) == (
        2,
        3,
        (keys[0], criterion),
        (keys[2], criterion),
    )
    assert neighbours(workspace, live, view, (keys[0], 0), order="split").before is None
    assert neighbours(workspace, live, view, (keys[0], 0), order="split", find="q2").place == 0


def test_a_list_of_free_numbers_says_the_spread(workspace: Workspace) -> None:
    numbers = DeclaredScale(ScaleKind.INTERVAL, low=0.0, high=100.0)
    built = build_study(workspace.database, criteria={"score": ("output", numbers)})
    with workspace.database.writing() as session:
        for name, kind, value in (("Ana", "person", 10.0), ("Bruno", "person", 30.0), ("Jo", "judge", 80.0)):
            add_rating(session, built, "q1/alder", "score", name, value, kind=kind)
    live, view = looked_at(workspace, built)
    (line,) = disagreements(workspace, live, view, order="judge").lines
    # mean 40, squares 900 + 100 + 1600 over n - 1 = 2: sqrt(1300) = 36.06
    assert (line.pattern, line.people) == ("3 ratings, spread 36.1", ())


# Beside an opened item


def test_an_opened_item_has_its_checklist_other_criteria_and_references_beside_it(workspace: Workspace) -> None:
    built = build_study(
        workspace.database, criteria={"acceptable": ("output", pass_fail()), "clear": ("output", pass_fail())}
    )
    rate(workspace, built, {"Ana": "p", "Bruno": "f"})
    with workspace.database.writing() as session:
        like = session.get(Criterion, add_criterion(session, built.study, "scale", "output", yes_no()))
        assert like is not None
        question_row = Criterion(
            study_id=built.study, item_id=built.items["q1"], lineage="q1-1", name="1",
            question="Does it name the date?",
            applies_to="output", scale_id=like.scale_id, created_at=AT,
        )  # fmt: skip
        session.add(question_row)
        session.flush()
        asked = question_row.id or 0
        with_question = Built(built.study, built.rubric, built.guideline, {**built.criteria, "date": asked},
                              built.items, built.systems, built.outputs, built.subjects)  # fmt: skip
        add_rating(session, with_question, "q1/alder", "date", "Ana", "yes", rationale="It *does*")
        add_rating(session, with_question, "q1/alder", "date", "Jo", "no", kind="judge")
        add_rating(session, with_question, "q1/alder", "clear", "Bruno", "fail")
        add_rating(session, with_question, "q1/birch", "clear", "Bruno", "pass")
        for text, kind, status in (("The 3rd.", "answer", "verified"), ("The 4th.", "falsified", "unverified")):
            session.add(Reference(item_id=built.items["q1"], text=text, kind=kind, status=status, created_at=AT))
    live, view = looked_at(workspace, with_question, Asked("acceptable"))
    (unit,) = items_behind(workspace, Visitor("Zoe"), live, view, Behind()).units
    (question,) = unit.checklist
    assert (question.title, [(one.rater, one.value) for one in question.said]) == (
        "Does it name the date?", [("Ana", "Yes"), ("Jo", "No")],
    )  # fmt: skip
    assert "<em>does</em>" in question.said[0].rationale_html
    (other,) = unit.criteria
    assert (other.title, [(one.rater, one.value) for one in other.said]) == ("Clear", [("Bruno", "Fail")])
    assert [(one.verified, one.falsified) for one in unit.references] == [(True, False), (False, True)]
    assert (unit.subject, unit.standing) == (built.subjects["q1/alder"], built.criteria["acceptable"])


def test_a_label_that_came_with_the_data_is_known_as_such(workspace: Workspace) -> None:
    built = build_study(workspace.database)
    rate(workspace, built, {"Ana": "p"})
    with workspace.database.writing() as session:
        add_rating(session, built, "q1/alder", "acceptable", "given", "fail", kind="source")
    live, view = looked_at(workspace, built)
    (unit,) = items_behind(workspace, Visitor(), live, view, Behind()).units
    assert [(one.rater, one.came_along) for one in unit.said] == [("Ana", False), ("given", True)]


def test_what_raters_say_in_another_phase_is_not_beside_it(workspace: Workspace) -> None:
    built = build_study(
        workspace.database, criteria={"acceptable": ("output", pass_fail()), "clear": ("output", pass_fail())}
    )
    rate(workspace, built, {"Ana": "p", "Bruno": "f"})
    with workspace.database.writing() as session:
        add_rating(session, built, "q1/alder", "clear", "Ana", "pass", phase="revised")
    live, view = looked_at(workspace, built, Asked("acceptable"))
    (unit,) = items_behind(workspace, Visitor(), live, view, Behind()).units
    assert unit.criteria == ()


# The matrix


def test_the_measures_of_pairs_follow_the_scale_and_the_default_is_first(workspace: Workspace) -> None:
    built = build_study(workspace.database)
    rate(workspace, built, {"Ana": "ppff", "Bruno": "pfpf"})
    live, view = looked_at(workspace, built)
    assert pair_measures(view) == ("cohen", "percent", "scott", "ac1", "brennan_prediger", "alpha_nominal")
    assert pairs_by(live, view, "cohen") is view.pairs
    assert pairs_by(live, view, "percent").values[0, 1] == 0.5
    assert pairs_by(live, view, "percent") is pairs_by(live, view, "percent"), "computed once"


def test_judges_and_whoever_rated_most_are_drawn_unless_others_are_wished(workspace: Workspace) -> None:
    built = build_study(workspace.database)
    rate(workspace, built, {"Ana": "p", "Bruno": "ppp", "Chioma": "pp", "Jo": "p"})
    _, view = looked_at(workspace, built)
    names = [line.name for line in pair_raters(view)]
    assert [names[place] for place in drawn_raters(view, (), 2)] == ["Bruno", "Jo"]
    wish = (rater(view, "Ana"), rater(view, "Chioma"))
    assert [names[place] for place in drawn_raters(view, wish, 3)] == ["Ana", "Chioma"]


def test_a_view_of_chosen_raters_lists_only_where_these_differ(workspace: Workspace) -> None:
    built = build_study(workspace.database)
    rate(workspace, built, {"Ana": "ppp", "Bruno": "ppf", "Jo": "fff"})
    live = LiveStudies(workspace).of(built.study)
    live.refresh()
    view = live.view(asked_of(live, raters=["Ana", "Bruno"]))
    assert units_behind(live, view, Behind()).tolist() == [2]
    assert disagreements(workspace, live, view, order="judge").total == 0
