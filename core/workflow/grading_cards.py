"""What the card may contain: read in one go, rendered afterwards.

Systems and other people's ratings are never read here, verdicts only for a reveal. Reading needs a session; rendering
does not, so that no transaction waits for Markdown.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from json import dumps
from typing import Any

from core.models.grading_rules import ReferenceShown
from core.models.grading_rules import Reveal as RevealRule
from core.rendering import messages_html, rendered, word_count
from core.store import grading as own
from core.store import grading_subjects as texts
from core.store.database import Session
from core.store.grading import Given, Place, Press
from core.store.grading_subjects import Content, ItemRow, ReferenceRow, StudyFace, SubjectRow
from core.store.grading_verdicts import Verdict, read_verdicts
from core.store.studies import AskedCriterion
from core.workflow.grading_answers import Answer, shown_label, shown_option
from core.workflow.grading_desk import Frame, GradingDesk
from core.workflow.grading_order import side_order
from core.workflow.grading_verdict_faces import OtherFace, other_face

Messages = Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class OutputFace:
    """An output at its side: "only", "left" or "right"."""

    side: str
    html: str
    raw_html: str
    words: int


@dataclass(frozen=True, slots=True)
class AnswersFace:
    """What was answered, in the card's words: criterion id (as text) -> value."""

    values: Mapping[str, Mapping[str, str | float]]
    comment: str
    confidence: float | None


@dataclass(frozen=True, slots=True)
class RevealRow:
    """One question of the reveal; `you` is None where it was left out."""

    criterion: int
    you: str | None
    others: tuple[OtherFace, ...]


@dataclass(frozen=True, slots=True)
class ReferenceFace:
    """An expected answer; status "verified" or "unverified"."""

    html: str
    status: str


@dataclass(frozen=True, slots=True)
class Reveal:
    """What is shown after committing. No people's ratings."""

    rows: tuple[RevealRow, ...]
    references: tuple[ReferenceFace, ...]


@dataclass(frozen=True, slots=True)
class Card:
    """One subject as the card shows it."""

    subject: int
    kind: str
    order: str | None
    messages_html: str
    messages_raw_html: str
    context_html: str | None
    reference_html: str | None
    outputs: tuple[OutputFace, ...]
    criteria: tuple[int, ...]
    state: str
    reason: str
    draft: Mapping[str, Any] | None
    draft_number: int
    answers: AnswersFace | None
    submission: int | None
    reveal: Reveal | None


@dataclass(frozen=True, slots=True)
class RevealParts:
    """What a reveal is drawn from."""

    order: str | None
    criteria: tuple[AskedCriterion, ...]
    mine: Mapping[int, Answer]
    verdicts: Sequence[Verdict]
    references: Sequence[ReferenceRow]


@dataclass(frozen=True, slots=True)
class CardParts:
    """What a card is drawn from."""

    content: Content
    order: str | None
    criteria: tuple[AskedCriterion, ...]
    references: Sequence[ReferenceRow]
    place: Place | None
    answers: AnswersFace | None
    submission: int | None
    reveal: RevealParts | None
    questions: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class _ItemFace:
    messages_html: str
    raw_html: str
    context_html: str | None


@dataclass(frozen=True, slots=True)
class _OutputText:
    html: str
    raw_html: str
    words: int


def order_of(subject: SubjectRow, place: Place | None, *, seed: int, name: str) -> str | None:
    """How the outputs of a pair stand for this person; None for other subjects."""
    if subject.kind != "pair":
        return None
    stored = place.order_shown if place is not None else None
    return stored or side_order(subject.id, seed=seed, name=name)


def text_of(messages: Messages) -> str:
    """The words of messages, without their roles."""
    return "\n\n".join(_words(message.get("content")) for message in messages)


def _words(content: object) -> str:
    if isinstance(content, list):
        return "\n".join(_words(part.get("text") if isinstance(part, dict) else part) for part in content)
    if content is None:
        return ""
    return content if isinstance(content, str) else dumps(content, ensure_ascii=False)


def read_cards(
    face: StudyFace, frame: Frame, *, name: str, rater_id: int | None,
    places: Mapping[int, Place], subject_ids: Sequence[int], session: Session,
) -> list[CardParts]:  # fmt: skip
    """Everything the cards of these subjects need, in their order; subjects that cannot be graded are left out.

    Args:
        face: The study as it is now.
        frame: What it asks.
        name: Who grades.
        rater_id: None before their first act.
        places: The person's places on those of the subjects they touched.
        subject_ids: Which cards.
        session: Any session.
    """
    if not subject_ids:
        return []
    contents = texts.read_contents(face.id, subject_ids, session=session)
    shown = [contents[key] for key in subject_ids if key in contents and frame.criteria_for(contents[key].subject.kind)]
    references: Mapping[int, list[ReferenceRow]] = {}
    if frame.rules.reference is ReferenceShown.BEFORE and shown:
        item_ids = sorted({content.subject.item_id for content in shown})
        references = _by_item(texts.read_references(face.id, item_ids, session=session))
    found = []
    for content in shown:
        subject = content.subject
        place, criteria = places.get(subject.id), frame.criteria_for(subject.kind)
        order = order_of(subject, place, seed=face.seed, name=name)
        answers, submission, reveal = None, None, None
        if place is not None and place.state == "submitted" and rater_id is not None:
            press = newest_standing(own.read_presses(rater_id, subject.id, session=session))
            mine = standing_answers(
                frame, own.read_standing(rater_id, [subject.id], list(frame.questions), session=session)
            )
            answers = answers_face(criteria, mine, order, press)
            submission = press.id if press else None
            if frame.rules.reveal is RevealRule.AFTER and own.read_exposed(rater_id, [subject.id], session=session):
                reveal = read_reveal(face, frame, subject, order, mine, session=session)
        found.append(
            CardParts(
                content,
                order,
                criteria,
                references.get(subject.item_id, []),
                place,
                answers,
                submission,
                reveal,
                frame.questions,
            )
        )
    return found


def _by_item(references: Sequence[ReferenceRow]) -> Mapping[int, list[ReferenceRow]]:
    found: dict[int, list[ReferenceRow]] = {}
    for reference in references:
        found.setdefault(reference.item_id, []).append(reference)
    return found


def newest_standing(presses: Sequence[Press]) -> Press | None:
    """The last press that was not taken back: a revised one before a first one."""
    latest: dict[str, Press] = {press.phase: press for press in presses}
    standing = [press for press in latest.values() if press.act != "undo"]
    return max(standing, key=lambda press: (press.phase == "revised", press.id), default=None)


def standing_answers(frame: Frame, given: Sequence[Given]) -> dict[int, Answer]:
    """What the person says now, by the criterion asked now: revised before exposed or blind, newest last."""
    mine: dict[int, Answer] = {}
    for row in sorted(given, key=lambda row: (row.phase == "revised", row.id)):
        if row.absence != "withdrawn":
            mine[frame.questions.get(row.criterion_id, row.criterion_id)] = Answer(row.option, row.number, row.absence)
    return mine


def answers_face(
    criteria: Sequence[AskedCriterion], mine: Mapping[int, Answer], order: str | None, press: Press | None
) -> AnswersFace:
    """Answers in the card's words."""
    values: dict[str, Mapping[str, str | float]] = {}
    for criterion in criteria:
        answer = mine.get(criterion.id)
        if answer is not None:
            shown = shown_option(criterion, answer.option, order) if answer.option is not None else None
            values[str(criterion.id)] = Answer(shown, answer.number, answer.absence).to_json()
    return AnswersFace(values, press.comment if press else "", press.confidence if press else None)


def read_reveal(
    face: StudyFace, frame: Frame, subject: SubjectRow, order: str | None, mine: Mapping[int, Answer], *,
    session: Session,
) -> RevealParts | None:  # fmt: skip
    """What there is to reveal of a subject; None where there is nothing."""
    criteria = frame.criteria_for(subject.kind)
    asked = {criterion.id for criterion in criteria}
    questions = {version: now for version, now in frame.questions.items() if now in asked}
    ties = [criterion.id for criterion in criteria if "tie" in criterion.scale.keys]
    numeric = [criterion.id for criterion in criteria if criterion.scale.is_numeric]
    verdicts = read_verdicts(face.id, subject.id, questions, ties=ties, numeric=numeric, session=session)
    references: Sequence[ReferenceRow] = ()
    if frame.rules.reference is ReferenceShown.AFTER:
        references = texts.read_references(face.id, [subject.item_id], session=session)
    return RevealParts(order, criteria, mine, verdicts, references) if verdicts or references else None


def draw_reveal(desk: GradingDesk, parts: RevealParts) -> Reveal:
    """The reveal, rendered."""
    rows = []
    for criterion in parts.criteria:
        mine = parts.mine.get(criterion.id)
        others = tuple(
            other_face(criterion, found, mine, parts.order)
            for found in parts.verdicts
            if found.question == criterion.id
        )
        you = shown_label(criterion, mine, parts.order) if mine else None
        rows.append(RevealRow(criterion.id, you, others))
    references = tuple(ReferenceFace(_reference(desk, row), row.status) for row in parts.references)
    return Reveal(tuple(rows), references)


def draw_cards(desk: GradingDesk, parts: Sequence[CardParts]) -> tuple[Card, ...]:
    """The cards, rendered."""
    return tuple(_draw_card(desk, part) for part in parts)


def _draw_card(desk: GradingDesk, parts: CardParts) -> Card:
    subject = parts.content.subject
    item = _item(desk, subject.item_id, parts.content.item)
    drawn = [_output(desk, key, messages) for key, messages in parts.content.outputs.items()]
    if parts.order == "BA":
        drawn.reverse()
    sides = ("left", "right") if subject.kind == "pair" else ("only",)
    place = parts.place
    return Card(
        subject=subject.id,
        kind=subject.kind,
        order=parts.order,
        messages_html=item.messages_html,
        messages_raw_html=item.raw_html,
        context_html=item.context_html,
        reference_html="<hr>".join(_reference(desk, row) for row in parts.references) or None,
        outputs=tuple(
            OutputFace(side, text.html, text.raw_html, text.words) for side, text in zip(sides, drawn, strict=False)
        ),
        criteria=tuple(criterion.id for criterion in parts.criteria),
        state=place.state if place else "to do",
        reason=place.reason if place else "",
        draft=shown_draft(place, parts),
        draft_number=place.draft_number if place else 0,
        answers=parts.answers,
        submission=parts.submission,
        reveal=draw_reveal(desk, parts.reveal) if parts.reveal else None,
    )


def shown_draft(place: Place | None, parts: CardParts) -> Mapping[str, Any] | None:
    """The draft as the card left it, its answers under the criteria that are asked now."""
    draft = place.draft if place else None
    if not draft or "values" not in draft:
        return None
    asked = {str(version): str(now) for version, now in parts.questions.items()}
    values = {asked[key]: value for key, value in draft["values"].items() if key in asked}
    return {name: draft.get(name) for name in ("comment", "confidence", "criterion")} | {"values": values}


def _item(desk: GradingDesk, key: int, item: ItemRow) -> _ItemFace:
    found = desk.texts.get(("item", key))
    if isinstance(found, _ItemFace):
        return found
    context = rendered(item.context) if item.context else None
    raw = messages_html(item.messages, raw=True)
    face = _ItemFace(messages_html(item.messages), raw, context)
    desk.texts.put(("item", key), face, len(face.messages_html) + len(raw) + len(context or "") + 100)
    return face


def _output(desk: GradingDesk, key: int, output: Messages) -> _OutputText:
    found = desk.texts.get(("output", key))
    if isinstance(found, _OutputText):
        return found
    face = _OutputText(messages_html(output), messages_html(output, raw=True), word_count(text_of(output)))
    desk.texts.put(("output", key), face, len(face.html) + len(face.raw_html) + 100)
    return face


def _reference(desk: GradingDesk, row: ReferenceRow) -> str:
    found = desk.texts.get(("reference", row.id))
    if isinstance(found, str):
        return found
    html = rendered(row.text)
    desk.texts.put(("reference", row.id), html, len(html) + 100)
    return html
