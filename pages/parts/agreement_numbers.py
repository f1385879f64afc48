"""All coefficients: of people and everybody, of a judge against a reference, and preferences with ties."""

from collections.abc import Sequence
from html import escape

import streamlit as st

from core.scales import ScaleKind
from core.workflow.agreement_explained import explained
from core.workflow.agreement_numbers import (
    Line,
    Numbers,
    every_coefficient,
    held_against,
    preference_numbers,
    preferences_beside_people,
    references_for,
    who_can_be_held,
)
from core.workflow.agreement_scorecard import scorecard
from pages.parts.address import put
from pages.parts.agreement_headline import judge_cell, judge_head
from pages.parts.agreement_saving import table_link
from pages.parts.agreement_shown import Shown
from pages.parts.estimate import explained_cell, explained_table, heading
from pages.parts.frame import text_block
from pages.parts.live import told

_PEOPLE = '<span class="ag-person">People</span>'


def show_numbers(shown: Shown) -> None:
    """Everything that the scale allows."""
    left, right = st.columns([1.15, 1], gap="large")
    with left:
        _show_coefficients(shown)
    with right:
        _show_reference(shown)
    if shown.view.question.scale.kind is ScaleKind.PREFERENCE:
        _show_preferences(shown)


def _show_coefficients(shown: Shown) -> None:
    view = shown.view
    heading("Every coefficient", "A number opens what it is, what was left out and how its interval was made.")
    numbers = every_coefficient(view)
    people = [line.id for line in view.raters if line.is_person]
    everybody = [line.id for line in view.raters]
    if not view.people.n_ratings:
        _show(shown, numbers, ["Everybody chosen"], [everybody])
        return
    alone = people == everybody
    columns = [_PEOPLE, *([] if alone else ["Everybody chosen"])]
    _show(shown, numbers, columns, [people, everybody][: len(columns)])
    table_link(shown, "coefficients")


def _show_reference(shown: Shown) -> None:
    view = shown.view
    heading("One rater against a reference", "The reference is taken as right; rates hold one option against the rest.")
    raters = {line.id: line.name for line in who_can_be_held(view)}
    if not raters:
        text_block("Nobody is known by name here, so nobody can be held against a reference.")
        return
    judge = _pick("Rater", "judge", {str(found): name for found, name in raters.items()})
    references = references_for(view, int(judge))
    if not references:
        text_block("There is nobody else to be held against.")
        return
    options = {"people" if found is None else str(found): name for found, name in references.items()}
    chosen = _pick("Reference", "reference", options)
    reference = None if chosen == "people" else int(chosen)
    with told(view.table.n_ratings) as tell:
        if tell is not None:
            tell(0.2, "Comparing with the reference")
        held = held_against(shown.live, view, int(judge), reference)
    said = f"{held.n_compared:,} units have both answers." + (
        f" “{held.positive}” counts as positive." if held.positive else ""
    )
    text_block(said)
    others = [line.id for line in view.raters if line.is_person] if reference is None else [reference]
    _show(shown, held.numbers, [escape(raters[int(judge)])], [[int(judge), *others]])
    table_link(shown, "reference", also={"judge": judge, "reference": chosen})


def _pick(label: str, name: str, options: dict[str, str]) -> str:
    """A picker whose choice stands in the address; the first is the default."""
    keys, wanted = list(options), st.query_params.get(name, "")
    chosen = wanted if wanted in options else keys[0]
    key = f"{name}-{chosen}-{len(keys)}"
    st.selectbox(label, keys, keys.index(chosen), key=key, on_change=_picked, args=(name, key),
                 format_func=options.__getitem__)  # fmt: skip
    return chosen


def _picked(name: str, key: str) -> None:
    put(**{name: st.session_state[key]})


def _show(shown: Shown, numbers: Numbers, columns: Sequence[str], raters: Sequence[Sequence[int]]) -> None:
    body = "".join(_row(shown, line, raters) for line in numbers.lines)
    if body:
        explained_table(["Measure", *columns], body)
    _undefined(numbers)


def _row(shown: Shown, line: Line, raters: Sequence[Sequence[int]]) -> str:
    cells = "".join(
        explained_cell(
            estimate, explained(shown.view, estimate, measure=line.key, raters=who, left_out=left_out),
            percent=line.proportion,
        )
        for estimate, left_out, who in zip(line.estimates, line.left_out, raters, strict=False)
    )  # fmt: skip
    return f'<tr><th scope="row" class="ag-name">{escape(line.title)}</th>{cells}</tr>'


def _undefined(numbers: Numbers) -> None:
    """What has no value here, by its reason."""
    if not numbers.undefined:
        return
    items = "".join(
        f"<li>{escape(', '.join(names))}: {escape(why[0].lower() + why[1:])}</li>"
        for why, names in numbers.undefined.items()
    )
    st.html(f'<div class="ag-quiet">Without a value here:<ul>{items}</ul></div>')


def _show_preferences(shown: Shown) -> None:
    view, card = shown.view, scorecard(shown.live, shown.view)
    heading("Preferences, with ties in three ways", "Ties as an answer, left out, or with half credit.")
    people = preference_numbers(shown.live, view)
    cells = [preferences_beside_people(shown.live, view, judge.id) for judge in card.judges if card.ceilings]
    judges = card.judges if cells else ()
    who = [line.id for line in view.raters if line.is_person or not view.people.n_ratings]
    body = ""
    for place, line in enumerate(people):
        beside = (
            judge_cell(shown, judge, found[place], percent=True) for judge, found in zip(judges, cells, strict=True)
        )
        among = explained(view, line.estimates[0], measure=line.key, raters=who, left_out=line.left_out[0])
        body += f'<tr><th scope="row" class="ag-name">{escape(line.title)}</th>'
        body += f"{explained_cell(line.estimates[0], among, percent=True)}{''.join(beside)}</tr>"
    head = _PEOPLE if view.people.n_ratings else "Everybody chosen"
    explained_table(["Measure", head, *map(judge_head, judges)], body)
