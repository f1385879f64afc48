"""The section "A judge in a person's place": can it replace a person, does it help as one rater more."""

from collections.abc import Sequence
from html import escape

import streamlit as st

from core.charts.place import extra_rater_chart
from core.charts.slices import ForestRow, Mark, rows_forest
from core.charts.theme import CONFIG
from core.charts.writing import percentage
from core.stats.coefficients import COEFFICIENTS
from core.stats.estimates import Estimate
from core.stats.extra_rater import ExtraRaterPoint, ReferenceVoters
from core.workflow.agreement import AgreementView, Behind
from core.workflow.agreement_explained import Explanation, explained
from core.workflow.agreement_place import (
    MOST_JUDGES,
    THRESHOLDS,
    JudgePlace,
    judge_place,
    judges_beside,
    judges_of,
    missing,
    place_sentence,
    signed,
)
from core.workflow.agreement_rater_words import explanation, vote_definition
from pages.parts.address import put
from pages.parts.agreement_opening import EXPOSES, open_items
from pages.parts.agreement_parts import look
from pages.parts.agreement_saving import saving_bar
from pages.parts.agreement_shown import Shown
from pages.parts.estimate import explained_cell, explained_table, heading, notes, say
from pages.parts.frame import text_block
from pages.parts.live import told

_FOREST, _CURVE = "place", "extra-rater"
_MOST_PERSONS = 12
_REFERENCES: dict[ReferenceVoters, str] = {
    "everyone": "The vote of all people (as published)",
    "others": "The vote of the people who are not voting",
}


def show_place(shown: Shown) -> None:
    """One judge in each person's place and as one rater more, and all judges side by side."""
    heading("A judge in a person's place", "Can it replace a person here, or help as one rater more?")
    lacking = missing(shown.view)
    if lacking is not None:
        text_block(f"{lacking.why} {lacking.help}", kind="empty")
        return
    judge, reference = _picked(shown.view)
    with told(shown.view.table.n_ratings) as tell:
        place = judge_place(shown.live, shown.view, judge, reference=reference, progress=tell)
    say(place_sentence(place))
    left, right = st.columns([1.15, 1], gap="large")
    with left:
        _replacing(shown, place)
    with right:
        _adding(shown, place)
    _side_by_side(shown, reference)
    with st.expander("How the sentence above chooses its words"):
        text_block(THRESHOLDS)


def _picked(view: AgreementView) -> tuple[int, ReferenceVoters]:
    """The judge and the reference, as they stand in the address."""
    names = {line.id: line.name for line in judges_of(view)}
    ids = list(names)
    wanted = st.query_params.get("judge", "")
    judge = next((one for one in ids if str(one) == wanted), ids[0])
    reference: ReferenceVoters = "others" if st.query_params.get("vote") == "others" else "everyone"
    left, right = st.columns(2)
    with left:
        st.selectbox("Judge", ids, ids.index(judge), key=f"judge-{judge}", on_change=_judge_picked,
                     args=(f"judge-{judge}",), format_func=lambda one: names[one])  # fmt: skip
    with right:
        known = list(_REFERENCES)
        st.selectbox("One rater more is held against", known, known.index(reference), key=f"reference-{reference}",
                     on_change=_reference_picked, args=(f"reference-{reference}",),
                     format_func=lambda one: _REFERENCES[one], disabled=view.question.scale.is_numeric)  # fmt: skip
    return judge, reference


def _judge_picked(key: str) -> None:
    put(judge=str(st.session_state[key]))


def _reference_picked(key: str) -> None:
    put(vote="" if st.session_state[key] == "everyone" else "others")


def _replacing(shown: Shown, place: JudgePlace) -> None:
    heading("In a person's place", "People's alpha as it is, and with the judge instead of one person, on its units.")
    found, view = place.replacement, shown.view
    if found.people.reason is not None:
        text_block(found.people.reason.sentence)
        return
    persons = sorted(found.by_person, key=lambda one: -one.estimate.n_ratings)[:_MOST_PERSONS]
    names = [view.rater(int(one.rater_id)).name for one in persons]
    rows = [
        ForestRow("People as they are", f"n {found.people.n_units:,}", (Mark(found.people, "person"),), strong=True),
        ForestRow("The judge in a place, mean", "", (Mark(found.replaced, "judge"),), (_change(found.difference),)),
    ]
    rows += [
        ForestRow(f"instead of {name}", f"n {one.estimate.n_units:,}", (Mark(one.estimate, "judge"),),
                  (_change(one.difference),), grey=one.estimate.interval is None)
        for one, name in zip(persons, names, strict=True)
    ]  # fmt: skip
    ids = [int(one.rater_id) for one in persons]
    st.plotly_chart(rows_forest(rows, look()), width="stretch", theme=None, config=CONFIG, key=_FOREST,
                    selection_mode="points", on_select=lambda: _clicked(place.judge.id, ids),
                    alt="People's alpha with the judge in each person's place")  # fmt: skip
    note = f"{COEFFICIENTS[place.alpha].title}, 95 % intervals, on the units that {place.judge.name} rated."
    saving_bar(shown, _FOREST, "A judge in a person's place", "place", note=note)
    if len(found.by_person) > len(persons):
        text_block(
            f"The {len(persons)} people with the most ratings are drawn, of {len(found.by_person):,}; the mean is over"
            " all of them."
        )
    _ways_to_items(place.judge.id, ids, names)


def _change(difference: Estimate) -> str:
    return f"change {signed(difference)}" if difference.value is not None else "no change known"


def _clicked(judge: int, people: Sequence[int]) -> None:
    state = st.session_state.get(_FOREST)
    points = state.selection.points if state else []
    place = points[0].get("customdata") if points else None
    if not place:
        return
    row = int(place[0])
    if row >= 2 and row - 2 < len(people):
        open_items(Behind(first=people[row - 2], second=judge))
    elif row == 1:
        open_items(Behind(first=judge, majority=True))


def _ways_to_items(judge: int, people: Sequence[int], names: Sequence[str]) -> None:
    """The same as a click, for a keyboard."""
    shown = dict(zip(people, names, strict=True))
    key = f"place-person-{judge}"
    st.selectbox("Open the items of the judge and a person, different answers first", list(shown), None, key=key,
                 placeholder="choose a person", help=EXPOSES, on_change=_person_picked, args=(judge, key),
                 format_func=lambda one: shown[one])  # fmt: skip


def _person_picked(judge: int, key: str) -> None:
    if st.session_state[key] is not None:
        open_items(Behind(first=st.session_state[key], second=judge))


def _adding(shown: Shown, place: JudgePlace) -> None:
    curve = place.curve
    measure = "" if curve is None else ("correlation of medians" if curve.measure == "spearman" else "same majority")
    heading("As one rater more", f"How near the vote of k people is to the reference: {measure}." if measure else "")
    if curve is None:
        text_block("Free numbers have no vote; this needs a scale of options.")
        return
    if not curve.points or not curve.n_units:
        text_block("No unit was rated by the judge and by enough people to vote.")
        return
    st.plotly_chart(extra_rater_chart(curve, place.judge.name, look()), width="stretch", theme=None, config=CONFIG,
                    key=_CURVE, alt="The vote of few people with and without the judge")  # fmt: skip
    of = _REFERENCES[curve.reference].lower()
    said = f"How near the vote of k people is to {of}, with {place.judge.name} and without."
    saving_bar(shown, _CURVE, "A judge as one rater more", "place", note=said, also={"reference": curve.reference})
    heads = ["People", "Alone", "With the judge", "Gain"] + (["Tied votes"] if curve.measure == "majority" else [])
    explained_table(heads, "".join(_vote_row(place, point) for point in curve.points))
    if curve.n_tied:
        text_block(f"{curve.n_tied:,} units are left out: the vote of all people is tied.")
    if curve.reference == "everyone":
        text_block("The people who vote are part of this reference, so the judge has it harder than they have.")
    notes([point.gain for point in curve.points])


def _vote_row(place: JudgePlace, point: ExtraRaterPoint) -> str:
    curve = place.curve
    if curve is None:
        return ""
    percent = curve.measure == "majority"
    sides = (("without", point.without), ("with_judge", point.with_judge), ("gain", point.gain))
    cells = "".join(
        explained_cell(
            estimate, explanation(vote_definition(curve.measure, curve.reference, side), estimate), percent=percent
        )
        for side, estimate in sides
    )
    tied = ""
    if percent:
        tied = f'<td class="why">{percentage(point.tied_without)}, with it {percentage(point.tied_with)}</td>'
    return f"<tr><td>{point.k}</td>{cells}{tied}</tr>"


def _side_by_side(shown: Shown, reference: ReferenceVoters) -> None:
    """All judges, each on its own units."""
    view = shown.view
    heading("Judges side by side", "Each on the units it rated itself; they are not compared with each other.")
    with told(view.table.n_ratings) as tell:
        places = judges_beside(shown.live, view, reference=reference, progress=tell)
    ks = sorted({point.k for place in places if place.curve for point in place.curve.points})[:3]
    heads = ["Judge", "People's alpha", "With the judge", "Change"]
    heads += [f"Gain beside {k} {'person' if k == 1 else 'people'}" for k in ks]
    explained_table(heads, "".join(_judge_row(view, place, ks) for place in places))
    if len(judges_of(view)) > MOST_JUDGES:
        text_block(f"The {MOST_JUDGES} judges with the most ratings; choose others above.")


def _judge_row(view: AgreementView, place: JudgePlace, ks: Sequence[int]) -> str:
    found, curve = place.replacement, place.curve
    cells = [
        explained_cell(found.people, _explained(view, found.people, place.alpha)),
        explained_cell(found.replaced, _explained(view, found.replaced, f"{place.alpha}_in_place")),
        explained_cell(found.difference, _explained(view, found.difference, "difference")),
    ]
    points = {point.k: point for point in curve.points} if curve else {}
    for k in ks:
        point = points.get(k)
        if point is None or curve is None:
            cells.append('<td class="why">–</td>')
            continue
        about = explanation(vote_definition(curve.measure, curve.reference, "gain"), point.gain)
        cells.append(explained_cell(point.gain, about, percent=curve.measure == "majority"))
    n = f'<span class="beside">{place.judge.n:,} ratings</span>'
    name = f'<td style="min-width:8rem"><span class="ag-judge">{escape(place.judge.name)}</span>{n}</td>'
    return f"<tr>{name}{''.join(cells)}</tr>"


def _explained(view: AgreementView, estimate: Estimate, measure: str) -> Explanation:
    return explained(view, estimate, measure=measure)
