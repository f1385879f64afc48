"""Live agreement: only new rows are read, every question stands apart, and nothing is silently left out."""

import os
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import text
from sqlmodel import select

from core.errors import NotFound
from core.models.items import Item, Output
from core.models.ratings import Exposure, Import, Rater, Rating
from core.scales import likert, pass_fail, preference, yes_no
from core.stats.estimates import Reason
from core.workflow.agreement import (
    AgreementView,
    Asked,
    Behind,
    CountBehind,
    LiveAgreement,
    LiveStudies,
    asked_of,
    count_behind,
    find_raters,
    headline,
    items_behind,
    most_split,
    plain_text,
    standing,
    units_behind,
)
from core.workflow.agreement_narrowing import Narrowing
from core.workflow.agreement_scorecard import scorecard
from core.workflow.agreement_shown import as_data, measures
from core.workflow.demo import load_demo
from core.workflow.grading import GradingDesk, next_cards
from core.workflow.grading_answers import Answer
from core.workflow.grading_saving import Grade, submit
from core.workflow.importing import input_files, list_mappings, run_import
from core.workflow.workspace import Visitor, Workspace
from tests.builders import AT, Built, add_criterion, add_rating, add_subject, build_study
from tests.workflow.many_ratings import build_many

ROOT = Path(__file__).parents[2]


def live_of(workspace: Workspace, built: Built) -> LiveAgreement:
    live = LiveStudies(workspace).of(built.study)
    live.refresh()
    return live


def view_of(workspace: Workspace, built: Built, asked: Asked | None = None) -> AgreementView:
    return live_of(workspace, built).view(asked or Asked())


def rate(workspace: Workspace, built: Built, rows: dict[str, str], criterion: str = "acceptable") -> None:
    """`{"Ana": "pf.p"}`: the answers of Ana to the subjects in order; p pass, f fail, a dot none."""
    options = {"p": "pass", "f": "fail", "A": "A", "B": "B", "t": "tie", "y": "yes", "n": "no"}
    with workspace.database.writing() as session:
        for name, answers in rows.items():
            for subject, answer in zip(built.subjects, answers, strict=False):
                if answer != ".":
                    kind = "judge" if name.startswith("J") else "person"
                    add_rating(session, built, subject, criterion, name, options.get(answer, answer), kind=kind)


def test_one_new_grade_is_one_row_read_and_the_figures_change(any_workspace: Workspace) -> None:
    built = build_study(any_workspace.database)
    rate(any_workspace, built, {"Ana": "ppppp", "Bruno": "ppppp"})
    live = live_of(any_workspace, built)
    first = live.view(Asked())
    assert (live.rows_fetched, first.people["percent"].value) == (10, 1.0)
    assert not live.has_new(first)
    with any_workspace.database.writing() as session:
        add_rating(session, built, "q3/birch", "acceptable", "Ana", "pass")
        add_rating(session, built, "q3/birch", "acceptable", "Bruno", "fail")
    assert live.refresh() == 2
    assert live.has_new(first)
    # 5 of 6 units alike
    assert live.view(Asked()).people["percent"].value == pytest.approx(5 / 6)
    assert live.rows_fetched == 12
    assert live.refresh() == 0


def test_a_view_is_computed_again_only_when_its_own_question_changed(workspace: Workspace) -> None:
    built = build_study(
        workspace.database, criteria={"acceptable": ("output", pass_fail()), "clear": ("output", yes_no())}
    )
    rate(workspace, built, {"Ana": "pp", "Bruno": "pf"})
    rate(workspace, built, {"Ana": "yy", "Bruno": "yn"}, criterion="clear")
    live = live_of(workspace, built)
    first = live.view(Asked("acceptable"))
    with workspace.database.writing() as session:
        add_rating(session, built, "q3/alder", "clear", "Ana", "yes")
    live.refresh()
    assert live.view(Asked("acceptable")) is first
    assert not live.has_new(first)


def test_what_is_followed_equals_what_is_read_at_once(any_workspace: Workspace) -> None:
    built = build_study(any_workspace.database, items=tuple(f"q{n}" for n in range(8)))
    live = live_of(any_workspace, built)
    rng = np.random.default_rng(3)
    subjects = list(built.subjects)
    last: dict[tuple[str, str], int] = {}
    for _ in range(25):
        with any_workspace.database.writing() as session:
            subject, name = subjects[rng.integers(len(subjects))], ("Ana", "Bruno", "Chioma")[rng.integers(3)]
            value = ("pass", "fail")[rng.integers(2)]
            last[subject, name] = add_rating(
                session, built, subject, "acceptable", name, value, supersedes=last.get((subject, name))
            )
        live.refresh()
        live.view(Asked())
    other = live_of(any_workspace, built)
    view, again = live.view(Asked()), other.view(Asked())
    assert as_data(view, scorecard(live, view)) == as_data(again, scorecard(other, again))


def test_the_same_ratings_give_the_same_intervals(workspace: Workspace) -> None:
    demo = load_demo(workspace)
    views = [LiveStudies(workspace).of(demo.id) for _ in range(2)]
    assert all(live.refresh() for live in views)
    first, second = (as_data(one.view(Asked()), scorecard(one, one.view(Asked()))) for one in views)
    assert first == second


def test_items_that_hang_together_are_resampled_together(workspace: Workspace) -> None:
    built = build_study(workspace.database, items=tuple(f"q{n}" for n in range(30)))
    rate(workspace, built, {"Ana": "pf" * 30, "Bruno": "ppff" * 15})
    assert view_of(workspace, built).people["percent"].n_groups == 30, "60 outputs of 30 items"
    with workspace.database.writing() as session:
        for number in range(4):  # two more clusters of two items
            item = Item(
                study_id=built.study, external_id=f"x{number}", messages=[], cluster=f"c{number // 2}", created_at=AT
            )
            session.add(item)
            session.flush()
            output = Output(item_id=item.id or 0, system_id=built.systems["alder"], messages=[], created_at=AT)
            session.add(output)
            session.flush()
            more = replace(
                built, subjects={"x": add_subject(session, built.study, item.id or 0, f"x{number}", output.id)}
            )
            for name in ("Ana", "Bruno"):
                add_rating(session, more, "x", "acceptable", name, "pass")
    percent = view_of(workspace, built).people["percent"]
    assert (percent.n_units, percent.n_groups) == (64, 32)


def test_units_that_stand_alone_are_no_clusters(workspace: Workspace) -> None:
    built = build_study(workspace.database, systems=("alder",))
    rate(workspace, built, {"Ana": "pfp", "Bruno": "ppp"})
    assert view_of(workspace, built).people.n_clusters is None


def test_versions_of_one_meaning_are_one_question_and_meanings_stand_apart(workspace: Workspace) -> None:
    built = build_study(workspace.database)
    with workspace.database.writing() as session:
        reworded = add_criterion(session, built.study, "acceptable", "output", pass_fail(), version=2)
        changed = add_criterion(session, built.study, "acceptable", "output", pass_fail(), version=3, meaning=2)
        both = replace(built, criteria={"acceptable": built.criteria["acceptable"], "re": reworded, "new": changed})
        add_rating(session, both, "q1/alder", "acceptable", "Ana", "pass")
        add_rating(session, both, "q1/alder", "re", "Bruno", "pass")
        add_rating(session, both, "q1/alder", "new", "Chioma", "fail")
    live = live_of(workspace, built)
    assert [(found.key, found.meaning) for found in live.questions] == [("acceptable", 2), ("acceptable@1", 1)]
    assert [line.name for line in live.view(Asked("acceptable")).raters] == ["Chioma"]
    assert live.view(Asked("acceptable@1")).people["percent"].n_units == 1


def test_a_question_edited_while_it_is_followed_keeps_its_ratings(workspace: Workspace) -> None:
    built = build_study(workspace.database)
    rate(workspace, built, {"Ana": "pf", "Bruno": "pp"})
    live = live_of(workspace, built)
    live.view(Asked())
    with workspace.database.writing() as session:
        reworded = add_criterion(session, built.study, "acceptable", "output", pass_fail(), version=2)
        add_rating(session, replace(built, criteria={"re": reworded}), "q2/alder", "re", "Ana", "pass")
    live.refresh()
    assert live.view(Asked()).n_units == 3


def test_checklist_questions_are_pooled_and_clustered_by_item(workspace: Workspace) -> None:
    demo = load_demo(workspace)
    live = LiveStudies(workspace).of(demo.id)
    live.refresh()
    view = live.view(Asked("checklists"))
    assert view.question.pooled
    assert view.people["percent"].n_units == view.n_units == 273
    assert view.people["percent"].n_groups < 20
    assert view.people["percent"].interval_reason is Reason.TOO_FEW_ITEMS


def test_absences_and_values_off_the_scale_are_counted_not_dropped(workspace: Workspace) -> None:
    built = build_study(workspace.database)
    rate(workspace, built, {"Ana": "pfppp", "Jury": "pf"})
    with workspace.database.writing() as session:
        add_rating(session, built, "q2/alder", "acceptable", "Jury", None, kind="judge", absence="unreadable")
        add_rating(session, built, "q2/birch", "acceptable", "Jury", None, kind="judge", absence="refused")
        add_rating(session, built, "q3/alder", "acceptable", "Jury", "perhaps", kind="judge")
    judge = view_of(workspace, built).raters[1]
    assert (judge.n, judge.absences, judge.n_invalid) == (2, {"unreadable": 1, "refused": 1}, 1)
    assert judge.counts == {"pass": 1, "fail": 1}


def test_a_tie_of_the_majority_is_counted_apart(workspace: Workspace) -> None:
    built = build_study(workspace.database)
    rate(workspace, built, {"Ana": "ppfp", "Bruno": "pffp", "Chioma": "p"})
    # q1/alder ppp, q1/birch p f: tied, q2/alder ff, q2/birch pp
    majority = view_of(workspace, built).majority
    assert (majority.counts, majority.n_tied, majority.n_single) == ({"pass": 2, "fail": 1}, 1, 0)


def test_judges_stand_beside_every_phase_of_people(workspace: Workspace) -> None:
    built = build_study(workspace.database)
    rate(workspace, built, {"Ana": "pf", "J1": "pp"})
    with workspace.database.writing() as session:
        add_rating(session, built, "q1/alder", "acceptable", "Ana", "fail", phase="revised")
    view = view_of(workspace, built, Asked(phase="revised"))
    assert [(line.name, line.n) for line in view.raters] == [("Ana", 1), ("J1", 2)]
    assert view.everyone["percent"].value == 0.0


def test_anonymous_seats_have_no_pairs_and_say_why(workspace: Workspace) -> None:
    built = build_study(workspace.database)
    with workspace.database.writing() as session:
        for subject in built.subjects:
            for seat, value in (("seat 1", "pass"), ("seat 2", "fail")):
                add_rating(session, built, subject, "acceptable", seat, value, kind="seat")
    view = view_of(workspace, built)
    assert view.people["cohen"].reason is Reason.ANONYMOUS_RATERS
    assert view.people["percent"].value == 0.0
    assert view.named_raters == ()


def test_chosen_raters_alone_are_compared(workspace: Workspace) -> None:
    built = build_study(workspace.database)
    rate(workspace, built, {"Ana": "pppp", "Bruno": "pppp", "Chioma": "ffff"})
    live = live_of(workspace, built)
    view = live.view(asked_of(live, raters=["ana", " BRUNO "]))
    assert view.people["percent"].value == 1.0
    assert [line.name for line in view.others] == ["Chioma"]


def test_what_is_not_there_is_named_with_what_is(workspace: Workspace) -> None:
    built = build_study(workspace.database)
    rate(workspace, built, {"Ana": "p"})
    live = live_of(workspace, built)
    for asked in ({"criterion": "nix"}, {"raters": ["Nix"]}, {"phase": "nix"}, {"credit": "linear"}):
        with pytest.raises(NotFound) as found:
            asked_of(live, **asked)  # type: ignore[arg-type]
        assert found.value.known
    assert find_raters(live.raters, ["ANA"]) == find_raters(live.raters, [str(live.raters[0].id)])


def test_an_import_that_is_not_done_is_not_seen(workspace: Workspace) -> None:
    built = build_study(workspace.database)
    rate(workspace, built, {"Ana": "pp"})
    live = live_of(workspace, built)
    with workspace.database.writing() as session:
        row = Import(study_id=built.study, files=[], mapping={}, state="running", created_at=AT)
        session.add(row)
        session.flush()
        rater = Rater(study_id=built.study, kind="person", name="Bruno", import_id=row.id, created_at=AT)
        session.add(rater)
        session.flush()
        where = {"study_id": built.study, "subject_id": built.subjects["q1/alder"], "import_id": row.id}
        session.add(Rating(**where, rater_id=rater.id, criterion_id=built.criteria["acceptable"], option="fail",
                           phase="blind", created_at=AT))  # fmt: skip
    live.refresh()
    assert [line.name for line in live.view(Asked()).raters] == ["Ana"]
    with workspace.database.writing() as session:
        session.execute(text("update import set state = 'done'"))
    live.refresh()
    assert [line.name for line in live.view(Asked()).raters] == ["Ana", "Bruno"]


def test_the_process_follows_a_bounded_number_of_studies(workspace: Workspace) -> None:
    studies = LiveStudies(workspace, most=2)
    built = [build_study(workspace.database, name=f"Study {n}").study for n in range(3)]
    first = studies.of(built[0])
    studies.of(built[1])
    assert studies.of(built[0]) is first
    studies.of(built[2])
    assert studies.of(built[0]) is first, "used more recently than the second"
    assert len(studies._live) == 2


def test_standing_tells_what_is_missing(workspace: Workspace) -> None:
    built = build_study(workspace.database)
    live = live_of(workspace, built)
    assert standing(live.view(Asked()), live.questions).state == "no ratings"
    rate(workspace, built, {"Ana": "p"})
    live.refresh()
    assert standing(live.view(Asked()), live.questions).state == "one rater"
    with workspace.database.writing() as session:
        add_rating(session, built, "q1/birch", "acceptable", "Bruno", "pass")
    live.refresh()
    assert standing(live.view(Asked()), live.questions).state == "nothing shared"
    with workspace.database.writing() as session:
        add_rating(session, built, "q1/birch", "acceptable", "Ana", "pass")
    live.refresh()
    assert standing(live.view(Asked()), live.questions).state == "ready"
    assert standing(None, ()).state == "no criteria"


# What is said


def test_the_sentence_speaks_of_intervals_and_of_paired_differences(workspace: Workspace) -> None:
    built = build_study(workspace.database, items=tuple(f"q{n:02}" for n in range(60)), systems=("alder",))
    people = "ppf" * 20
    rate(workspace, built, {"Ana": people, "Bruno": people, "Chioma": people[:57] + "fpp", "Jo": "fp" * 30})
    live = live_of(workspace, built)
    said = plain_text(headline(live.view(Asked()), scorecard(live, live.view(Asked()))))
    assert said.startswith("People agree very well (alpha ")
    assert "Jo agrees with people less than they do with each other" in said


def test_a_common_answer_explains_a_low_alpha(workspace: Workspace) -> None:
    built = build_study(workspace.database, items=tuple(f"q{n:02}" for n in range(60)), systems=("alder",))
    rate(workspace, built, {"Ana": "p" * 58 + "ff", "Bruno": "ff" + "p" * 58})
    said = plain_text(headline(view_of(workspace, built)))
    assert "not shown to be better than chance" in said
    assert "97 % of their answers are “Pass”" in said


def test_few_units_are_never_given_a_word(workspace: Workspace) -> None:
    built = build_study(workspace.database)
    rate(workspace, built, {"Ana": "ppff", "Bruno": "ppff"})
    assert "too few to say how well they agree" in plain_text(headline(view_of(workspace, built)))


def test_ordered_scales_show_credit_for_close_answers(workspace: Workspace) -> None:
    built = build_study(workspace.database, criteria={"quality": ("output", likert(1, 5))})
    rate(workspace, built, {"Ana": "12345", "Bruno": "12344"}, criterion="quality")
    view = view_of(workspace, built)
    assert view.coefficient == view.pairs.coefficient == "cohen_quadratic"
    keys = [row.coefficient.key for row in measures(view)]
    assert keys == ["percent", "cohen", "fleiss", "ac1", "percent_linear", "cohen_quadratic", "ac2_quadratic",
                    "alpha_ordinal"]  # fmt: skip
    exact = live_of(workspace, built)
    assert exact.view(asked_of(exact, credit="exact")).pairs.coefficient == "cohen"


# The items behind a cell


@pytest.fixture
def four(workspace: Workspace) -> Built:
    """Ana p p f f, Bruno p f f p on four outputs."""
    built = build_study(workspace.database)
    rate(workspace, built, {"Ana": "ppff", "Bruno": "pffp"})
    return built


def test_units_behind_a_pair_begin_with_those_they_differ_on(workspace: Workspace, four: Built) -> None:
    live = live_of(workspace, four)
    view = live.view(Asked())
    ana, bruno = (line.id for line in view.raters)
    assert units_behind(live, view, Behind(ana, bruno)).tolist() == [1, 3, 0, 2]
    assert count_behind(live, view, Behind(ana, bruno)) == CountBehind(4, 2)
    assert units_behind(live, view, Behind(ana, bruno, ("fail", "pass"))).tolist() == [3]
    assert units_behind(live, view, Behind()).tolist() == [1, 3]


def test_opened_units_show_everybody_with_their_words(workspace: Workspace, four: Built) -> None:
    with workspace.database.writing() as session:
        add_rating(session, four, "q1/birch", "acceptable", "Jo", "fail", kind="judge", rationale="*Too* short <b>")
    live = live_of(workspace, four)
    items = items_behind(workspace, Visitor("Zoe"), live, live.view(Asked()), Behind(), limit=1)
    assert (items.total, items.noted) == (2, True)
    (unit,) = items.units  # two pairs differ; on q2/birch one does
    assert [(one.rater, one.value, one.differs) for one in unit.said] == [
        ("Ana", "Pass", True), ("Bruno", "Fail", False), ("Jo", "Fail", False),
    ]  # fmt: skip
    assert "<em>Too</em> short &lt;b&gt;" in unit.said[2].rationale_html
    assert "Question q1" in unit.messages_html
    assert unit.outputs[0].system == "birch"


def test_values_of_a_pair_name_the_output_and_letters_stand_over_the_texts(workspace: Workspace) -> None:
    built = build_study(workspace.database, criteria={"better": ("pair", preference())})
    rate(workspace, built, {"Ana": "ABt", "Bruno": "AAt"}, criterion="better")
    live = live_of(workspace, built)
    items = items_behind(workspace, Visitor(), live, live.view(Asked()), Behind())
    assert not items.noted, "nobody is known to be there"
    assert [(output.letter, output.system) for output in items.units[0].outputs] == [("A", "alder"), ("B", "birch")]
    assert [one.value for one in items.units[0].said] == ["B is better", "A is better"]


def test_reading_others_ratings_makes_a_later_first_grade_exposed(any_workspace: Workspace) -> None:
    built = build_study(any_workspace.database)
    rate(any_workspace, built, {"Ana": "ppff", "Bruno": "pffp"})
    live = live_of(any_workspace, built)
    view = live.view(Asked())
    most_split(any_workspace, view)
    with any_workspace.database.reading() as session:
        assert not session.exec(select(Exposure)).all(), "a list without ratings exposes nobody"
    items_behind(any_workspace, Visitor("Zoe"), live, view, Behind(), limit=1)
    items_behind(any_workspace, Visitor("Zoe"), live, view, Behind(), limit=1)
    with any_workspace.database.reading() as session:
        (noted,) = session.exec(select(Exposure)).all()
        zoe = session.exec(select(Rater.id).where(Rater.name == "Zoe")).one()
        assert (noted.rater_id, noted.subject_id, noted.shown_on) == (zoe, built.subjects["q1/birch"], "agreement")
    desk = GradingDesk(any_workspace)
    for card in next_cards(desk, Visitor("Zoe"), study=built.study, holding=(), count=2).cards:
        submit(desk, Visitor("Zoe"), Grade(
            study=built.study, subject=card.subject, nonce=f"press-{card.subject:08d}", shown_ms_ago=900.0, seconds=2.0,
            values={str(key): Answer(option="pass") for key in card.criteria}, order=card.order, rubric=built.rubric,
            guideline=built.guideline))  # fmt: skip
    with any_workspace.database.reading() as session:
        query = select(Rating.subject_id, Rating.phase).where(Rating.rater_id == zoe)
        phases = dict(session.exec(query).all())
    assert phases == {built.subjects["q1/birch"]: "exposed", built.subjects["q1/alder"]: "blind"}


def test_a_list_of_splits_tells_the_pattern_and_not_who(workspace: Workspace) -> None:
    built = build_study(workspace.database)
    rate(workspace, built, {"Ana": "ppp", "Bruno": "ppf", "Chioma": "ppf", "Jo": "pf."})
    lines = most_split(workspace, view_of(workspace, built))
    assert [(line.title, line.pattern) for line in lines] == [
        ("Question q1", "people agree, the judge differs"),  # 3 pairs of ratings differ
        ("Question q2", "people 2:1"),  # 2 pairs
    ]


# Size


@pytest.mark.parametrize("items", [40_000, pytest.param(333_333, marks=pytest.mark.soak)])
def test_among_very_many_ratings_one_new_grade_is_one_row_fetched(workspace: Workspace, items: int) -> None:
    built = build_many(workspace.database, items=items)
    live = LiveStudies(workspace).of(built.study)
    told: list[str] = []
    live.refresh(lambda _share, doing: told.append(doing))
    assert live.rows_fetched == 3 * items
    assert told[-1] == f"Reading ratings: {3 * items:,} of {3 * items:,}"
    before = live.view(Asked())
    with workspace.database.writing() as session:
        add_rating(session, built, "q1", "fit", "rater 0", "pass")
    assert live.refresh() == 1
    assert live.rows_fetched == 3 * items + 1
    after = live.view(Asked(), patient=False)
    assert (after.people.n_ratings, after.n_units) == (before.people.n_ratings + 1, before.n_units + 1)


def test_a_slow_view_comes_without_intervals_first_and_is_completed_behind(workspace: Workspace) -> None:
    built = build_study(workspace.database, items=tuple(f"q{n}" for n in range(40)))
    rate(workspace, built, {"Ana": "pf" * 30, "Bruno": "ppf" * 20})
    live = LiveAgreement(workspace, built.study, slow_seconds=0.0)
    live.refresh()
    live.view(Asked())
    rate(workspace, built, {"Chioma": "p"})
    live.refresh()
    quick = live.view(Asked(), patient=False)
    deadline = time.monotonic() + 10
    while live.view(Asked(), patient=False).provisional and time.monotonic() < deadline:
        time.sleep(0.02)
    whole = live.view(Asked(), patient=False)
    assert whole.people["percent"].interval is not None
    assert whole.people["percent"].value == quick.people["percent"].value
    assert whole is quick or live.has_new(quick), "whoever drew the first one is told of the second"


def test_another_filter_on_a_slow_question_is_drawn_at_once_and_completed_behind(workspace: Workspace) -> None:
    built = build_study(workspace.database, items=tuple(f"q{n}" for n in range(40)))
    rate(workspace, built, {"Ana": "pf" * 30, "Bruno": "ppf" * 20, "J1": "p" * 60})
    live = LiveAgreement(workspace, built.study, slow_seconds=0.0)
    live.refresh()
    assert not live.view(Asked()).provisional, "nobody knows yet that it is slow"
    narrowed = Asked(narrowing=Narrowing(kinds=("person",)))
    quick = live.view(narrowed, patient=False)
    assert (quick.provisional, quick.people["percent"].interval) == (True, None)
    whole = live.view(narrowed)
    assert (whole.provisional, whole.people["percent"].interval is None) == (False, False)
    assert whole.people["percent"].value == quick.people["percent"].value
    assert live.has_new(quick)
    assert not live.has_new(whole)


def test_a_slow_question_says_what_it_is_doing(workspace: Workspace) -> None:
    built = build_study(workspace.database)
    rate(workspace, built, {"Ana": "pf", "Bruno": "pp"})
    live = live_of(workspace, built)
    told: list[tuple[float, str]] = []
    live.view(Asked(narrowing=Narrowing(kinds=("person",))), lambda share, doing: told.append((share, doing)))
    assert [doing for _, doing in told][:3] == [
        "Reading what the filter needs", "Reading who rated what", "Agreement among people",
    ]  # fmt: skip
    assert [share for share, _ in told] == sorted(share for share, _ in told)


# Published figures


@pytest.mark.reference
def test_pandalm_gives_the_published_kappas_and_majorities(workspace: Workspace) -> None:
    folder = os.environ.get("TOUCHSTONE_REFERENCE_DATA")
    if not folder:
        pytest.skip("TOUCHSTONE_REFERENCE_DATA is unset: it names the folder of the public data sets")
    files = input_files(sorted((Path(folder) / "pandalm").glob("*.json")))
    mapping = dict(list_mappings(ROOT / "data" / "mappings"))["pandalm"]
    result = run_import(workspace, Visitor("Ann"), files, mapping, new_name="PandaLM")
    live = LiveStudies(workspace).of(result.study_id)
    live.refresh()
    view = live.view(Asked())
    kappa = view.pairs.kappa
    # README of PandaLM: annotators 1-2 .85, 1-3 .88, 2-3 .86; majority 105 ties, 422 first, 472 second
    assert [f"{kappa[i, j]:.2f}" for i, j in ((0, 1), (0, 2), (1, 2))] == ["0.85", "0.88", "0.86"]
    assert view.majority.counts == {"A": 422, "tie": 105, "B": 472}
    assert view.majority.n_tied == 0


def test_a_judge_that_flips_with_the_order_counts_as_a_tie_and_not_as_no_answer(workspace: Workspace) -> None:
    # Ana says tie; Fir says A in one order and B in the other: an unstable tie, so the two agree.
    built = build_study(workspace.database, items=("q1",), criteria={"better": ("pair", preference())})
    with workspace.database.writing() as session:
        add_rating(session, built, "q1/alder|birch", "better", "Ana", "tie", order="AB")
        for order, value in (("AB", "A"), ("BA", "B")):
            add_rating(session, built, "q1/alder|birch", "better", "Fir", value, kind="judge", order=order)
    view = view_of(workspace, built)
    fir = next(line for line in view.raters if line.name == "Fir")
    assert (fir.n, fir.n_unstable) == (1, 1)
    assert view.everyone["percent"].value == 1.0
