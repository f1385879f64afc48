"""Grading: what a study asks, the next subjects of a person, and what they answered so far.

Answers are kept by `core.workflow.grading_saving`; what one process holds in memory is `GradingDesk`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from core.errors import BadInput, NotFound, shortened
from core.models.grading_rules import GradingRules
from core.rendering import snippet, word_diff
from core.store import grading as own
from core.store import grading_subjects as texts
from core.store.database import Session
from core.store.grading import Given, Place
from core.store.grading_imported import read_imported_times
from core.store.grading_subjects import read_face
from core.store.studies import AskedCriterion
from core.workflow.grading_answers import SIDE_LABELS, Answer, has_sides, shown_label, shown_option
from core.workflow.grading_cards import Card, draw_cards, order_of, read_cards, text_of
from core.workflow.grading_desk import Frame, GradingDesk, GuidelineFace
from core.workflow.grading_imported import holds, imported_place, untouched
from core.workflow.grading_saving import DWELL_MILLISECONDS
from core.workflow.grading_scene import Progress, count_mine, name_of, progress_of
from core.workflow.workspace import Visitor

__all__ = [
    "Diff",
    "GradingDesk",
    "Mine",
    "Next",
    "StateFace",
    "diff",
    "mine",
    "next_cards",
    "open_card",
    "state",
]

_PAGE = 50
_SNIPPET = 140
_SUMMARY = 240


@dataclass(frozen=True, slots=True)
class StudyName:
    """Which study, as the card's head shows it."""

    id: int
    name: str
    illustrative: bool
    simulated: bool
    closed: bool


@dataclass(frozen=True, slots=True)
class RaterName:
    """Who grades."""

    name: str


@dataclass(frozen=True, slots=True)
class RubricVersion:
    """Which version of the questions."""

    id: int
    version: int


@dataclass(frozen=True, slots=True)
class OptionFace:
    """One option; of a preference, the side."""

    key: str
    label: str
    definition: str


@dataclass(frozen=True, slots=True)
class NumericFace:
    """The range of free numbers; None where open."""

    low: float | None
    high: float | None
    step: float | None


@dataclass(frozen=True, slots=True)
class CriterionFace:
    """One question as the card asks it."""

    id: int
    lineage: str
    name: str
    question: str
    guidance_html: str
    applies_to: str
    required: bool
    numeric: NumericFace | None
    options: tuple[OptionFace, ...]


@dataclass(frozen=True, slots=True)
class StateFace:
    """Everything the card needs before its first subject."""

    study: StudyName
    rater: RaterName | None
    rubric: RubricVersion | None
    criteria: tuple[CriterionFace, ...]
    guideline: GuidelineFace | None
    settings: GradingRules
    progress: Progress
    dwell_ms: int = DWELL_MILLISECONDS


@dataclass(frozen=True, slots=True)
class Next:
    """The next cards; `done` where there is none besides those that the page holds."""

    cards: tuple[Card, ...]
    progress: Progress
    done: bool


@dataclass(frozen=True, slots=True)
class MineRow:
    """One subject somebody worked on: state, when, what they said, why it was set aside, how the item begins."""

    subject: int
    state: str
    at: datetime
    summary: str
    reason: str
    snippet: str


@dataclass(frozen=True, slots=True)
class Mine:
    """A page of one's own work, the last first; `more` is where the next page begins, None at the end."""

    rows: tuple[MineRow, ...]
    more: str | None


@dataclass(frozen=True, slots=True)
class Diff:
    """Two outputs with their different words marked, as they stand on the card.

    Attributes:
        coarse: Whether some passage was too long to compare word by word and is marked as a whole.
    """

    left: str
    right: str
    coarse: bool


def state(desk: GradingDesk, visitor: Visitor, *, study: int) -> StateFace:
    """What the study asks and how far this person is; makes no rater.

    Raises:
        NotFound: There is no such study.
    """
    with desk.workspace.database.reading() as session:
        face, person = read_face(study, visitor.name, session=session)
        frame = desk.frame(face, session=session)
        desk.subject_ids(face, frame, session=session)
        rater_id = person.id if person else None
        counts = count_mine(desk, face, frame, rater_id, session=session)
    rubric = None
    if frame.rubric_id is not None and frame.rubric_version is not None:
        rubric = RubricVersion(frame.rubric_id, frame.rubric_version)
    return StateFace(
        study=StudyName(face.id, face.name, face.illustrative, face.simulated, face.closed),
        rater=RaterName(visitor.name) if visitor.is_known else None,
        rubric=rubric,
        criteria=tuple(_criterion(criterion, frame) for criterion in frame.criteria),
        guideline=frame.guideline,
        settings=frame.rules,
        progress=progress_of(desk, study, counts),
    )


def _criterion(criterion: AskedCriterion, frame: Frame) -> CriterionFace:
    scale = criterion.scale
    options: tuple[OptionFace, ...]
    if has_sides(criterion):
        definitions = {option.key: option.definition for option in scale.options}
        shown = {shown_option(criterion, key, "AB"): key for key in scale.keys}
        options = tuple(  # what defines A or B would be wrong on half of the cards
            OptionFace(side, label, definitions[side] if side in ("tie", "both_bad") else "")
            for side, label in SIDE_LABELS.items()
            if side in shown
        )
    else:
        options = tuple(OptionFace(option.key, option.label, option.definition) for option in scale.options)
    return CriterionFace(
        id=criterion.id,
        lineage=criterion.lineage,
        name=criterion.name,
        question=criterion.question,
        guidance_html=frame.guidance[criterion.id],
        applies_to=criterion.applies_to,
        required=criterion.required,
        numeric=NumericFace(scale.low, scale.high, scale.step) if scale.is_numeric else None,
        options=options,
    )


def next_cards(desk: GradingDesk, visitor: Visitor, *, study: int, holding: Sequence[int], count: int) -> Next:
    """The next subjects of this person: open drafts first, then in their own order.

    Args:
        desk: The process's desk.
        visitor: Who grades.
        study: Where.
        holding: Subjects the card has already.
        count: How many are wanted.

    Raises:
        NotAllowed: Nobody said who grades.
        NotFound: There is no such study.
    """
    name, held = name_of(visitor), set(holding)
    with desk.workspace.database.reading() as session:
        face, person = read_face(study, name, session=session)
        frame = desk.frame(face, session=session)
        rater_id = person.id if person else None
        counts = count_mine(desk, face, frame, rater_id, session=session)
        chosen: list[int] = []
        places: dict[int, Place] = {}
        if not face.closed:
            ids = desk.subject_ids(face, frame, session=session)
            drafts: Sequence[int] = ()
            if rater_id is not None and counts.get("draft"):
                drafts = own.read_drafts(rater_id, session=session)
                chosen = [subject for subject in drafts if subject not in held and holds(ids, subject)][:count]
                places |= own.read_places(rater_id, chosen, session=session)
            if len(chosen) < count:
                more, seen = desk.upcoming(
                    face, frame, name=name, rater_id=rater_id, besides=held.union(drafts), count=count - len(chosen),
                    session=session,
                )  # fmt: skip
                chosen += more
                places |= seen
        parts = read_cards(
            face, frame, name=name, rater_id=rater_id, places=places, subject_ids=chosen, session=session
        )
    cards = draw_cards(desk, parts)
    return Next(cards, progress_of(desk, study, counts), not cards)


def open_card(desk: GradingDesk, visitor: Visitor, *, study: int, subject: int) -> Card:
    """The card of a subject this person worked on, with their answers, and with the reveal if they saw it.

    What an import brought in their name, in full, is theirs as well.

    Raises:
        NotAllowed: Nobody said who grades.
        NotFound: There is no such study, or the person has not touched the subject.
    """
    name = name_of(visitor)
    with desk.workspace.database.reading() as session:
        face, person = read_face(study, name, session=session)
        frame = desk.frame(face, session=session)
        if person is None:
            raise NotFound("subject of yours", subject)
        places = own.read_places(person.id, [subject], session=session)
        if not places and holds(desk.imported(face, frame, person.id, session=session), subject):
            places = _imported_places(person.id, [subject], session=session)
        if subject not in places:
            raise NotFound("subject of yours", subject)
        parts = read_cards(
            face, frame, name=name, rater_id=person.id, places=places, subject_ids=[subject], session=session
        )
    if not parts:
        raise NotFound("subject of yours that the rubric asks about", subject)
    return draw_cards(desk, parts)[0]


def diff(desk: GradingDesk, visitor: Visitor, *, study: int, subject: int) -> Diff:
    """The two outputs of a pair with their different words marked, left and right as this person sees them.

    Raises:
        NotAllowed: Nobody said who grades.
        NotFound: There is no such study, or no such pair in it.
    """
    name = name_of(visitor)
    with desk.workspace.database.reading() as session:
        face, person = read_face(study, name, session=session)
        content = texts.read_contents(study, [subject], session=session).get(subject)
        if content is None or content.subject.kind != "pair":
            raise NotFound("pair", subject)
        places = own.read_places(person.id, [subject], session=session) if person else {}
        order = order_of(content.subject, places.get(subject), seed=face.seed, name=name)
    words = [text_of(messages) for messages in content.outputs.values()]
    if order == "BA":
        words.reverse()
    marked = word_diff(words[0], words[1])
    return Diff(marked.left_html, marked.right_html, marked.coarse)


def mine(desk: GradingDesk, visitor: Visitor, *, study: int, which: str = "all", before: str | None = None) -> Mine:
    """What this person graded or set aside, the last first, 50 at a time; then what imports brought in their name.

    Args:
        desk: The process's desk.
        visitor: Who asks.
        study: Where.
        which: "all", or one state: "submitted", "skipped", "flagged".
        before: `more` of the page before.

    Raises:
        NotAllowed: Nobody said who grades.
        NotFound: There is no such study.
        BadInput: `which` or `before` is something else.
    """
    name = name_of(visitor)
    if which not in ("all", *own.SETTLED):
        raise BadInput(where="state", found=shortened(which), expected=f"all, {', '.join(own.SETTLED)}")
    states = own.SETTLED if which == "all" else (which,)
    cursor, imported_before = _cursor(before) if before else (None, None)
    with desk.workspace.database.reading() as session:
        face, person = read_face(study, name, session=session)
        frame = desk.frame(face, session=session)
        if person is None:
            return Mine((), None)
        rater_id = person.id
        places: list[Place] = []
        if imported_before is None:
            places += own.read_recent_places(rater_id, states, before=cursor, limit=_PAGE + 1, session=session)
        if "submitted" in states and len(places) <= _PAGE:
            rest = untouched(desk.imported(face, frame, rater_id, session=session), rater_id, session=session)
            rest = rest if imported_before is None else rest[rest < imported_before]
            wanted = rest[::-1][: _PAGE + 1 - len(places)].tolist()
            places += _imported_places(rater_id, wanted, session=session).values()
        more = _cursor_after(places[_PAGE - 1]) if len(places) > _PAGE else None
        places = places[:_PAGE]
        keys = [place.subject_id for place in places]
        contents = texts.read_contents(study, keys, session=session)
        given = own.read_standing(rater_id, keys, list(frame.questions), session=session)
    said: dict[int, list[Given]] = {}
    for row in given:
        said.setdefault(row.subject_id, []).append(row)
    rows = [
        MineRow(
            subject=place.subject_id,
            state=place.state,
            at=place.changed_at,
            summary=_summary(
                frame,
                order_of(contents[place.subject_id].subject, place, seed=face.seed, name=name),
                said.get(place.subject_id, ()),
            ),
            reason=place.reason,
            snippet=snippet(text_of(contents[place.subject_id].item.messages[-1:]), _SNIPPET),
        )
        for place in places
        if place.subject_id in contents
    ]
    return Mine(tuple(rows), more)


def _imported_places(rater_id: int, subject_ids: Sequence[int], *, session: Session) -> dict[int, Place]:
    times = read_imported_times(rater_id, subject_ids, session=session) if subject_ids else {}
    return {subject: imported_place(subject, times[subject]) for subject in subject_ids if subject in times}


def _cursor_after(place: Place) -> str:
    return f"{place.changed_at.isoformat()}|{place.id}" if place.id else f"imported|{place.subject_id}"


def _cursor(before: str) -> tuple[tuple[datetime, int] | None, int | None]:
    """From where a page goes on: a time and a place, or the subject before which imported ones come."""
    at, _, place = before.partition("|")
    try:
        number = int(place)
        if not 0 < number < 2**63:
            raise ValueError
        if at == "imported":
            return None, number
        return (datetime.fromisoformat(at).astimezone(UTC), number), None
    except (ValueError, OverflowError):
        raise BadInput(where="before", found=shortened(before), expected="what the last page gave as more") from None


def _summary(frame: Frame, order: str | None, given: Sequence[Given]) -> str:
    questions = {criterion.id: criterion for criterion in frame.criteria}
    latest: dict[int, Given] = {}
    for row in sorted(given, key=lambda row: (row.phase == "revised", row.id)):
        latest[frame.questions[row.criterion_id]] = row
    parts = [
        f"{criterion.name}: {shown_label(criterion, _answer(latest[key]), order)}"
        for key, criterion in questions.items()
        if key in latest and latest[key].absence != "withdrawn"
    ]
    return snippet("; ".join(parts), _SUMMARY)


def _answer(row: Given) -> Answer:
    return Answer(row.option, row.number, row.absence)
