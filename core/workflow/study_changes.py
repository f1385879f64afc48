"""Changing a study: every change is a version; answers that a change would leave behind are counted before it is made.

`based_on` is the version that stood on the page when the change was typed. Where somebody saved another one meanwhile,
the change is refused, so that nobody's words are lost under somebody else's.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import isfinite

from core.errors import BadInput, Conflict, shortened
from core.models.grading_rules import GradingRules
from core.models.ratings import RaterKind
from core.models.study import Criterion
from core.scales import DeclaredScale
from core.store import studies as stored
from core.store import study_edits as edits
from core.store import study_history as versions
from core.store.study_edits import CriterionDraft, Edition, Place, Signed
from core.workflow.workspace import Visitor, Workspace


@dataclass(frozen=True, slots=True)
class StaleAnswers:
    """Answers that would no longer count if what a criterion asks were changed; they are kept under the old meaning.

    Attributes:
        n_ratings: Rows that stand: neither superseded nor withdrawn.
        n_people, n_judges, n_others: Raters who gave them.
    """

    n_ratings: int
    n_people: int
    n_judges: int
    n_others: int


@dataclass(frozen=True, slots=True)
class RubricPlace:
    """A criterion at its place in the rubric."""

    lineage: str
    required: bool = True
    weight: float = 1.0
    critical: bool = False


def change_settings(
    workspace: Workspace, visitor: Visitor, study_id: int, rules: GradingRules, *, based_on: int | None = None
) -> int:
    """Grade the study by these rules from now on; the version that holds (no new one where nothing changes).

    Raises:
        NotFound: There is no such study.
        Conflict: The settings changed since version `based_on`.
    """
    with workspace.database.writing() as session:
        edits.lock_study(study_id, session=session)
        newest = stored.current_settings(study_id, session=session)
        _refuse_outdated("settings", based_on, newest.version if newest else 0)
        before = dict(newest.settings) if newest else {}
        if newest is not None and before | rules.to_json() == before:
            return newest.version
        signed = Signed(workspace.clock(), visitor.name)
        return edits.add_settings(study_id, before | rules.to_json(), signed=signed, session=session).version


def write_guideline(
    workspace: Workspace, visitor: Visitor, study_id: int, text: str, *, note: str = "", based_on: int | None = None
) -> int:
    """A new version of the study's instructions; the version that holds (no new one where the text is the same).

    Raises:
        NotFound: There is no such study.
        BadInput: The text is longer than 100,000 characters.
        Conflict: The guideline changed since version `based_on` (0: there was none).
    """
    text = edits.checked_text(text, where="guideline")
    note = edits.checked_text(note, where="note on the change", limit=2_000)
    with workspace.database.writing() as session:
        edits.lock_study(study_id, session=session)
        newest = stored.current_guideline(study_id, session=session)
        version = newest.version if newest else 0
        _refuse_outdated("guideline", based_on, version)
        if text == (newest.text if newest else ""):
            return version
        signed = Signed(workspace.clock(), visitor.name)
        return edits.add_guideline(study_id, text, note=note, signed=signed, session=session).version


def stale_answers(workspace: Workspace, study_id: int, lineage: str) -> StaleAnswers:
    """What a change of meaning would leave behind: the answers to the criterion as it is asked now.

    Raises:
        NotFound: The study has no such criterion.
    """
    with workspace.database.reading() as session:
        newest, _ = edits.newest_criterion(study_id, lineage, session=session)
        by_kind = versions.standing_answers(study_id, lineage, newest.meaning, session=session)
    raters = {kind: n_raters for kind, (_, n_raters) in by_kind.items()}
    people, judges = raters.pop(RaterKind.PERSON.value, 0), raters.pop(RaterKind.JUDGE.value, 0)
    return StaleAnswers(sum(n for n, _ in by_kind.values()), people, judges, sum(raters.values()))


def why_meaning_changes(applies_to: str, old: DeclaredScale, after: CriterionDraft) -> str:
    """Why answers given before can't be answers to the draft, whatever its author says; "" where they may be.

    Wording, guidance, labels, definitions and which option counts as a pass may change under the same meaning. What it
    is asked about and which values can be given may not: different values never share a rating table.
    """
    if applies_to != after.applies_to.value:
        return f"it is asked about the {after.applies_to.value} and no longer about the {applies_to}"
    new = after.scale
    if old.kind is not new.kind:
        return f"its scale is {new.kind.value} and no longer {old.kind.value}"
    if old.keys != new.keys:
        return "its options are other ones, or in another order"
    if [option.value for option in old.options] != [option.value for option in new.options]:
        return "its options have other numbers"
    if (old.low, old.high, old.step) != (new.low, new.high, new.step):
        return "its range is another one"
    return ""


def add_criterion(
    workspace: Workspace, visitor: Visitor, study_id: int, draft: CriterionDraft, *, note: str = ""
) -> str:
    """Ask one more question, after the others; its lineage.

    Raises:
        NotFound: There is no such study.
        BadInput: The draft cannot be used.
        Conflict: A criterion that is asked has this name.
    """
    with workspace.database.writing() as session:
        edits.lock_study(study_id, session=session)
        rubric = stored.current_rubric(study_id, session=session)
        asked = rubric.criteria if rubric else ()
        _refuse_same_name(draft, asked)
        signed = Signed(workspace.clock(), visitor.name)
        lineage = edits.free_lineage(study_id, draft.key or draft.name, session=session)
        new = edits.add_new_criteria(study_id, [replace(draft, key=lineage)], note=note, signed=signed, session=session)
        note = note or f"Added: {draft.name.strip()}"
        edits.add_rubric(study_id, (*map(_place, asked), *new), note=note, signed=signed, session=session)
        return lineage


def edit_criterion(
    workspace: Workspace,
    visitor: Visitor,
    study_id: int,
    lineage: str,
    draft: CriterionDraft,
    *,
    same_meaning: bool,
    note: str = "",
    based_on: int | None = None,
) -> int:
    """A new version of a criterion, and of the rubric that asks it; the version that holds.

    Args:
        workspace: The outside world.
        visitor: Who edits.
        study_id: The study.
        lineage: Which criterion.
        draft: What it is from now on. Where only its place (required, weight, critical) differs, the rubric gets a
            new version and the criterion none; where nothing differs, nothing happens.
        same_meaning: Whether answers given before are still answers to it. Where not, they are kept under the old
            meaning and the question is open again for everybody.
        note: Why it was edited.
        based_on: The version the draft was made from.

    Raises:
        NotFound: The study or the criterion does not exist.
        BadInput: The draft cannot be used, or `same_meaning` is claimed where it cannot be.
        Conflict: The criterion changed meanwhile, or another one that is asked has this name.
    """
    with workspace.database.writing() as session:
        edits.lock_study(study_id, session=session)
        row, scale = edits.newest_criterion(study_id, lineage, session=session)
        _refuse_outdated(f"criterion {shortened(row.name)}", based_on, row.version)
        rubric = stored.current_rubric(study_id, session=session)
        asked = rubric.criteria if rubric else ()
        _refuse_same_name(draft, [one for one in asked if one.lineage != lineage])
        signed = Signed(workspace.clock(), visitor.name)
        criterion_id, version = row.id or 0, row.version
        if not _says_the_same(row, scale, draft):
            meaning = _meaning_after(row, scale, draft, same_meaning=same_meaning)
            version += 1
            criterion_id = edits.add_criterion(
                study_id,
                draft,
                edition=Edition(lineage, version, meaning),
                note=note,
                signed=signed,
                session=session,
            )
        edited = Place(criterion_id, draft.required, draft.weight, draft.critical)
        places = [edited if one.lineage == lineage else _place(one) for one in asked]
        if places != [_place(one) for one in asked]:
            note = note or f"Edited: {draft.name.strip()}"
            edits.add_rubric(study_id, places, note=note, signed=signed, session=session)
        return version


def change_criteria(
    workspace: Workspace,
    visitor: Visitor,
    study_id: int,
    places: Sequence[RubricPlace],
    *,
    note: str = "",
    based_on: int | None = None,
) -> int:
    """Ask these criteria, in this order; the version of the rubric that holds. No answer goes stale.

    A criterion that is left out is retired: its answers stay, and it can be brought back by naming it again.

    Args:
        workspace: The outside world.
        visitor: Who changes it.
        study_id: The study.
        places: Every criterion that is asked from now on, once, in order.
        note: Why.
        based_on: The version of the rubric that stood on the page; 0: there was none.

    Raises:
        NotFound: The study or a criterion does not exist.
        BadInput: A criterion is named twice, or a weight is not above 0.
        Conflict: The rubric changed meanwhile.
    """
    note = edits.checked_text(note, where="note on the change", limit=2_000)
    _refuse_doubled(places)
    with workspace.database.writing() as session:
        edits.lock_study(study_id, session=session)
        rubric = stored.current_rubric(study_id, session=session)
        version = rubric.version if rubric else 0
        _refuse_outdated("list of criteria", based_on, version)
        wanted = []
        for place in places:
            row, _ = edits.newest_criterion(study_id, place.lineage, session=session)
            wanted.append(Place(row.id or 0, place.required, place.weight, place.critical))
        if wanted == [_place(one) for one in (rubric.criteria if rubric else ())]:
            return version
        signed = Signed(workspace.clock(), visitor.name)
        edits.add_rubric(study_id, wanted, note=note, signed=signed, session=session)
        return version + 1


def _place(asked: stored.AskedCriterion) -> Place:
    return Place(asked.id, asked.required, asked.weight, asked.critical)


def _says_the_same(row: Criterion, scale: DeclaredScale, draft: CriterionDraft) -> bool:
    old = (row.name, row.question, row.guidance, row.applies_to, scale)
    new = (draft.name.strip(), draft.question.strip(), draft.guidance.strip(), draft.applies_to.value, draft.scale)
    return old == new


def _meaning_after(row: Criterion, scale: DeclaredScale, draft: CriterionDraft, *, same_meaning: bool) -> int:
    if not same_meaning:
        return row.meaning + 1
    reason = why_meaning_changes(row.applies_to, scale, draft)
    if reason:
        raise BadInput(
            where=f"criterion {shortened(row.name)}",
            found=f'"same meaning", but {reason}',
            expected="a change of meaning, so that old and new answers are kept apart",
        )
    return row.meaning


def _refuse_same_name(draft: CriterionDraft, asked: Sequence[stored.AskedCriterion]) -> None:
    for other in asked:
        if other.name.casefold() == draft.name.strip().casefold():
            raise Conflict(f"A criterion is called {shortened(other.name)} already; choose another name.")


def _refuse_doubled(places: Sequence[RubricPlace]) -> None:
    seen: set[str] = set()
    for place in places:
        if place.lineage in seen:
            raise BadInput(where="list of criteria", found=f"{shortened(place.lineage)} twice", expected="each once")
        if not (isfinite(place.weight) and place.weight > 0):
            raise BadInput(where=f"weight of {place.lineage}", found=f"{place.weight:g}", expected="a number above 0")
        seen.add(place.lineage)


def _refuse_outdated(what: str, based_on: int | None, version: int) -> None:
    if based_on is not None and based_on != version:
        raise Conflict(
            f"The {what} was saved as version {version} meanwhile; load the page again and repeat the change."
        )
