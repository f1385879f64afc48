"""Agreement by slice: what each row says, what is marked, what is left out."""

import pytest

from core.errors import NotFound
from core.scales import DeclaredScale, ScaleKind, likert
from core.stats.ceiling import human_ceiling
from core.stats.estimates import Reason
from core.stats.slices import by_slice
from core.workflow.agreement import AgreementView, Asked, Behind, LiveAgreement, LiveStudies, units_behind
from core.workflow.agreement_slice_words import p_words, slice_explanations, summary, verdicts
from core.workflow.agreement_slices import in_order, judges_with_people, slice_measures, sliced
from core.workflow.workspace import Workspace
from tests.builders import Built, add_rating, build_study

N = 30


def parted(workspace: Workspace, *, without: int = 0) -> Built:
    """Items of topics art and law (30 each) and tea (5), `without` of none.

    Three people pass every second item; on law Cy says the opposite. The judge Fir follows on art, and on law turns
    every fourth of these answers round.
    """
    topics = ["art"] * N + ["law"] * N + ["tea"] * 5 + [""] * without
    items = [f"{topic or 'none'}{place}" for place, topic in enumerate(topics)]
    described = {item: {"slices": {"topic": topic}} for item, topic in zip(items, topics, strict=True) if topic}
    built = build_study(workspace.database, items=items, systems=("alder",), described=described)
    with workspace.database.writing() as session:
        for place, (item, topic) in enumerate(zip(items, topics, strict=True)):
            common = "pass" if place % 2 else "fail"
            other = "fail" if place % 2 else "pass"
            for who in ("Ana", "Bruno", "Cy"):
                said = other if topic == "law" and who == "Cy" else common
                add_rating(session, built, f"{item}/alder", "acceptable", who, said)
            verdict = other if topic == "law" and place % 4 == 0 else common
            add_rating(session, built, f"{item}/alder", "acceptable", "Fir", verdict, kind="judge")
    return built


def live_view(workspace: Workspace, built: Built) -> tuple[LiveAgreement, AgreementView]:
    live = LiveStudies(workspace).of(built.study)
    live.refresh()
    return live, live.view(Asked())


def test_every_slice_of_people_says_what_the_statistics_say(workspace: Workspace) -> None:
    live, view = live_view(workspace, parted(workspace, without=4))
    found = sliced(live, view, "topic")
    slices = live.slice_of(view, "topic")
    names = [slices.names[code] if code >= 0 else None for code in slices.codes]
    people = view.table.of_raters([line.id for line in view.raters if line.is_person])
    expected = by_slice(people, names, "alpha_nominal", seed=view.seed)
    assert [row.name for row in found.rows] == ["art", "law", "tea"]
    for row, each in zip(found.rows, expected.slices, strict=True):
        assert (row.people, row.difference) == (each.estimate, each.difference)
    assert found.whole.people == expected.whole
    assert found.rows[0].people.value == 1.0
    assert (found.n_without, [row.n_units for row in found.rows]) == (4, [N, N, 5])
    assert (found.measure.key, found.group, found.judge) == ("alpha_nominal", "People", None)


def test_what_differs_and_what_is_too_thin_is_said_in_words(workspace: Workspace) -> None:
    live, view = live_view(workspace, parted(workspace))
    found = sliced(live, view, "topic", measure="percent")
    _, law, tea = found.rows
    # Law: one of three pairs agrees, 33 %; elsewhere everybody does.
    assert law.people.value == pytest.approx(1 / 3)
    assert (law.differs, tea.too_small, tea.p_value) == (False, True, None)  # no error: every unit of law is the same
    assert verdicts(tea) == ("only 5 units: no interval",)
    assert verdicts(found.whole) == ()
    assert "1 of 3 is too thin for an interval." in summary(found)
    alpha = sliced(live, view, "topic")
    assert verdicts(alpha.rows[1])[0].startswith("differs from the rest, adjusted p ")


def test_a_judge_stands_beside_people_on_the_same_units(workspace: Workspace) -> None:
    live, view = live_view(workspace, parted(workspace))
    (judge,) = judges_with_people(view)
    found = sliced(live, view, "topic", judge=judge.id, measure="majority_percent")
    people = [line.id for line in view.raters if line.is_person]
    slices = live.slice_of(view, "topic")
    for code, row in enumerate(found.rows):
        alone = human_ceiling(view.table.of_units(slices.codes == code), judge.id, people, seed=0, resamples=0)
        assert row.judge is not None
        assert (row.people.value, row.judge.value) == pytest.approx(
            (alone.people_percent.value, alone.judge_percent.value)
        )
    law = found.rows[1]
    # Law: only Cy faces a majority (Ana and Bruno agree, and each of them ties with Cy); Cy is never right.
    # Places 30 to 59: 32, 36, ... 56 are the 7 whose verdict is turned round: the judge is right on 23 of 30.
    assert law.judge is not None
    assert (law.people.value, law.judge.value) == pytest.approx((0.0, 23 / 30))
    assert law.apart
    assert verdicts(law)[-1].startswith("above people, adjusted p ")
    assert "Judge and people differ in 1 of them." in summary(found)
    assert found.behind(law) == Behind(first=judge.id, majority=True, slice=("topic", "law"))
    assert found.behind(found.whole) == Behind(first=judge.id, majority=True)
    assert len(units_behind(live, view, found.behind(law))) == N


def test_measures_fit_the_scale_and_an_unknown_one_falls_back(workspace: Workspace) -> None:
    live, view = live_view(workspace, parted(workspace))
    (judge,) = judges_with_people(view)
    keys = [one.key for one in slice_measures(view)]
    assert keys[0] == "alpha_nominal"
    assert {"percent", "fleiss", "ac1"} <= set(keys)
    assert not {"cohen", "alpha_ordinal", "ac2_quadratic"} & set(keys)
    assert [one.key for one in slice_measures(view, judge.id)] == [
        "majority_kappa", "majority_percent", "alpha_nominal_in_place"
    ]  # fmt: skip
    assert sliced(live, view, "topic", measure="cohen").measure.key == "alpha_nominal"
    with pytest.raises(NotFound, match="colour"):
        sliced(live, view, "colour")


def test_a_judge_in_a_persons_place_works_for_numbers_too(workspace: Workspace) -> None:
    scale = DeclaredScale(ScaleKind.INTERVAL, low=0.0, high=100.0)
    items = [f"q{place}" for place in range(50)]
    described = {item: {"slices": {"half": "first" if place < 25 else "second"}} for place, item in enumerate(items)}
    built = build_study(
        workspace.database, items=items, systems=("alder",), described=described, criteria={"s": ("output", scale)}
    )
    with workspace.database.writing() as session:
        for place, item in enumerate(items):
            for shift, (name, kind) in enumerate((("Ana", "person"), ("Bruno", "person"), ("Fir", "judge"))):
                value = float(place + (place * (shift + 3)) % 7)
                add_rating(session, built, f"{item}/alder", "s", name, value, kind=kind)
    live, view = live_view(workspace, built)
    (judge,) = judges_with_people(view)
    found = sliced(live, view, "half", judge=judge.id)
    assert found.measure.key == "alpha_interval_in_place"
    assert all(row.judge is not None and row.judge.interval is not None for row in found.rows)


def test_without_two_named_people_no_judge_can_be_chosen_and_judges_are_compared_with_each_other(
    workspace: Workspace,
) -> None:
    items = [f"q{place}" for place in range(24)]
    described = {item: {"slices": {"topic": "ab"[place % 2]}} for place, item in enumerate(items)}
    built = build_study(workspace.database, items=items, systems=("alder",), described=described)
    with workspace.database.writing() as session:
        for place, item in enumerate(items):
            for name in ("Fir", "Gorse"):
                value = "pass" if place % 3 else "fail"
                add_rating(session, built, f"{item}/alder", "acceptable", name, value, kind="judge")
    live, view = live_view(workspace, built)
    assert judges_with_people(view) == ()
    found = sliced(live, view, "topic")
    assert (found.group, found.whole.people.value) == ("Raters", 1.0)
    assert found.rows[0].people.interval_reason is Reason.TOO_FEW_ITEMS
    assert summary(found) == "No slice can be tested against the rest. 2 of 2 are too thin for an interval."


def test_rows_are_in_the_order_that_is_wanted(workspace: Workspace) -> None:
    live, view = live_view(workspace, parted(workspace))
    found = sliced(live, view, "topic")
    assert [row.name for row in in_order(found, "value")] == ["law", "art", "tea"]  # too thin ones last
    assert [row.name for row in in_order(found, "name")] == ["art", "law", "tea"]
    assert [row.name for row in in_order(found, "units")] == ["art", "law", "tea"]


def test_a_rating_that_comes_changes_its_slice(workspace: Workspace) -> None:
    built = parted(workspace)
    live, view = live_view(workspace, built)
    before = sliced(live, view, "topic")
    assert sliced(live, view, "topic") is before
    with workspace.database.writing() as session:
        add_rating(session, built, "art0/alder", "acceptable", "Dora", "pass")
    live.refresh()
    after = sliced(live, live.view(Asked()), "topic")
    assert after.rows[0].people.n_ratings == before.rows[0].people.n_ratings + 1
    assert after.rows[1].people == before.rows[1].people or after.rows[1].people.value == before.rows[1].people.value


def test_every_number_says_what_stands_behind_it(workspace: Workspace) -> None:
    live, view = live_view(workspace, parted(workspace))
    (judge,) = judges_with_people(view)
    found = sliced(live, view, "topic", judge=judge.id)
    behind = slice_explanations(view, found, found.rows[1])
    assert behind.judge is not None
    assert behind.judge.title == "Kappa with the majority of the others"
    assert behind.difference is not None
    assert "after adjustment for the number of slices tested" in behind.difference.definition
    assert slice_explanations(view, found, found.whole).difference is None
    place = sliced(live, view, "topic", judge=judge.id, measure="alpha_nominal_in_place")
    assert "in a person's place" in (slice_explanations(view, place, place.whole).judge or behind.judge).title


def test_p_values_are_written_with_as_many_digits_as_they_need() -> None:
    assert [p_words(p) for p in (None, 0.5, 0.031, 0.0042, 0.0001)] == ["–", ".50", ".03", ".004", "<.001"]


def test_all_units_in_one_slice_leave_no_rest(workspace: Workspace) -> None:
    items = [f"q{place}" for place in range(25)]
    described = {item: {"slices": {"level": "easy"}} for item in items} | {"extra": {"slices": {"level": "hard"}}}
    built = build_study(
        workspace.database, items=[*items, "extra"], systems=("alder",), described=described,
        criteria={"quality": ("output", likert(1, 3))},
    )  # fmt: skip
    with workspace.database.writing() as session:
        for place, item in enumerate(items):
            for name in ("Ana", "Bruno"):
                add_rating(session, built, f"{item}/alder", "quality", name, str(1 + place % 3))
    live, view = live_view(workspace, built)
    found = sliced(live, view, "level")
    assert summary(found).startswith("All units are in one slice")
    assert found.rows[0].p_value is None
