"""What came of a judge's calls: failures by cause, and every reply as it came with its verdicts.

Whoever reads a verdict or a reply is shown what a judge says of a subject; that is noted first, so that a first grade
of theirs that comes later counts as exposed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from core.errors import BadInput
from core.rendering import snippet
from core.store import judging as judges
from core.store import judging_calls as stored
from core.store import judging_runs as runs
from core.store.database import Session
from core.store.exposing import expose_subjects
from core.store.opened_items import Titled, read_titles
from core.store.questions import read_criteria, read_scales
from core.workflow.judging_runs import FAILED
from core.workflow.workspace import Visitor, Workspace

PAGE = 50
_EXAMPLES = 3


@dataclass(frozen=True, slots=True)
class FailureExample:
    """One failed call: which, about what, and why, as plain text."""

    call_id: int
    subject_id: int
    subject: str
    error: str


@dataclass(frozen=True, slots=True)
class FailureGroup:
    """Failures of a run of one status and cause."""

    status: str
    cause: str
    n: int
    examples: tuple[FailureExample, ...]


def failures(workspace: Workspace, run_id: int, *, skipped: bool = False) -> tuple[FailureGroup, ...]:
    """The failures of a run by cause, the most frequent first; none of them holds a verdict.

    Args:
        workspace: The outside world.
        run_id: Which run.
        skipped: Whether subjects that could not be asked about are listed too.

    Raises:
        NotFound: There is no such run.
    """
    statuses = (*FAILED, "skipped") if skipped else FAILED
    with workspace.database.reading() as session:
        study_id = runs.read_run(run_id, session=session).run.study_id
        groups = stored.read_failures(run_id, statuses, examples=_EXAMPLES, session=session)
        rows = stored.read_calls([key for group in groups for key in group.calls], session=session)
        titles = _titles(study_id, [row.subject_id for row in rows.values()], session)
    return tuple(
        FailureGroup(
            group.status,
            group.cause,
            group.n,
            tuple(
                FailureExample(key, rows[key].subject_id, titles.get(rows[key].subject_id, ""), rows[key].error)
                for key in group.calls
            ),
        )
        for group in groups
    )


@dataclass(frozen=True, slots=True)
class CallVerdict:
    """A rating that a call gave, as plain text.

    Attributes:
        value: The option's label or the number; "" where there is none and `absence` says why.
        is_superseded: Whether a later call took its place.
    """

    subject_id: int
    criterion: str
    value: str
    option: str | None
    number: float | None
    absence: str | None
    confidence: float | None
    rationale: str
    is_superseded: bool


AttemptLine = stored.EarlierAttempt
"""What an earlier attempt brought, before a later one took its place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallLine:
    """A call with everything that came of it; all of it plain text that others wrote.

    Attributes:
        subject: The item's name and the systems of its outputs.
        text: The item's first words.
        kind: "verdict", "answer" (the judge's own answer) or "probe" (`variation` says which).
        attempts: Requests sent for it.
        copied_from: The judge whose call asked the very same and paid for it; "".
        n_subjects: How many subjects it serves.
        verdicts: What it gave, for at most three of its subjects.
        history: Earlier attempts, oldest first.
    """

    id: int
    run_id: int
    judge_id: int
    judge: str
    subject_id: int
    subject: str
    text: str
    kind: str
    variation: str
    order_shown: str | None
    repetition: int
    status: str
    cause: str
    error: str
    reply: str
    request_hash: str
    attempts: int
    copied_from: str
    tokens_in: int | None
    tokens_out: int | None
    cost: float | None
    latency: float | None
    created_at: datetime
    changed_at: datetime
    n_subjects: int
    verdicts: tuple[CallVerdict, ...]
    history: tuple[AttemptLine, ...]


_AS_STORED = tuple(name for name in stored.CallRow.__dataclass_fields__ if name in CallLine.__dataclass_fields__)


@dataclass(frozen=True, slots=True)
class CallPage:
    """A page of calls, the newest first.

    Attributes:
        total: Calls that fit, on all pages.
        next_before: What to ask for as `before` for the next page; None at the end.
        noted: Whether it is noted who read them; False where the visitor has no name.
    """

    total: int
    calls: tuple[CallLine, ...]
    next_before: int | None
    noted: bool


def calls(
    workspace: Workspace,
    visitor: Visitor,
    *,
    judge_id: int | None = None,
    run_id: int | None = None,
    subject_id: int | None = None,
    status: str | None = None,
    cause: str | None = None,
    before: int | None = None,
) -> CallPage:
    """A page of calls with replies and verdicts; that the visitor is shown them is noted first.

    Args:
        workspace: The outside world.
        visitor: Who reads.
        judge_id: Of this judge.
        run_id: Of this run; it or a judge must be named.
        subject_id: About this subject.
        status: Only calls that ended so.
        cause: Only failures of this cause.
        before: Only calls made before this one (`next_before` of the page before).

    Raises:
        NotFound: There is no such judge or run.
        BadInput: Neither is named, or the status is none.
    """
    if status is not None and status not in stored.STATUSES:
        raise BadInput(where="status", found=f'"{status}"', expected=f"one of {', '.join(stored.STATUSES)}")
    with workspace.database.reading() as session:
        study_id = _study_of(judge_id, run_id, session)
        wanted = stored.CallFilter(
            study_id=study_id, judge_id=judge_id, run_id=run_id, subject_id=subject_id, status=status, cause=cause
        )
        keys = stored.page_of_calls(wanted, before=before, limit=PAGE, session=session)
        total = stored.count_calls(wanted, session=session)
        given = stored.given_verdicts(keys, session=session)
        rows = stored.read_calls(keys, session=session)
    shown = {row.subject_id for row in rows.values()} | {one.subject_id for one in _shown(given)}
    noted = note_shown(workspace, visitor, study_id, sorted(shown))
    with workspace.database.reading() as session:
        lines = _lines(study_id, [rows[key] for key in keys], given, session)
    return CallPage(total, lines, keys[-1] if len(keys) == PAGE else None, noted)


def note_shown(workspace: Workspace, visitor: Visitor, study_id: int, subjects: Sequence[int]) -> bool:
    """Note that the visitor is shown what a judge said of these subjects; False where nobody is known to be there."""
    if not visitor.is_known:
        return False
    if subjects:
        with workspace.database.writing() as session:
            now = workspace.clock()
            expose_subjects(study_id, visitor.name, subjects, shown_on="judging", now=now, session=session)
    return True


def _study_of(judge_id: int | None, run_id: int | None, session: Session) -> int:
    if run_id is not None:
        return runs.read_run(run_id, session=session).run.study_id
    if judge_id is None:
        raise BadInput(where="calls", found="neither a judge nor a run", expected="one of them")
    return judges.read_judge(judge_id, session=session).study_id


_MOST_SHOWN = 3
"""Subjects of a call whose verdicts are shown."""


def _shown(given: Sequence[stored.GivenVerdict]) -> list[stored.GivenVerdict]:
    """The verdicts about the first few subjects of every call."""
    subjects: dict[int, list[int]] = {}
    kept = []
    for one in given:
        known = subjects.setdefault(one.call_id, [])
        if one.subject_id not in known and len(known) < _MOST_SHOWN:
            known.append(one.subject_id)
        if one.subject_id in known:
            kept.append(one)
    return kept


def _titles(study_id: int, subjects: Sequence[int], session: Session) -> Mapping[int, str]:
    """Subject id -> the item's name and the systems of its outputs."""
    found = read_titles(study_id, sorted(set(subjects)), session=session)
    return {key: _title(one) for key, one in found.items()}


def _title(titled: Titled) -> str:
    return " · ".join((titled.external_id, *titled.systems))


def _lines(
    study_id: int, rows: Sequence[stored.CallRow], given: Sequence[stored.GivenVerdict], session: Session
) -> tuple[CallLine, ...]:
    keys = [row.id for row in rows]
    titled = read_titles(study_id, sorted({row.subject_id for row in rows}), session=session)
    names = {row.judge.id: row.rater_name for row in judges.list_judges(study_id, session=session) if row.judge}
    sources = stored.read_calls([row.copied_from_id for row in rows if row.copied_from_id], session=session)
    verdicts = _verdicts(study_id, _shown(given), session)
    served: dict[int, set[int]] = {}
    for one in given:
        served.setdefault(one.call_id, set()).add(one.subject_id)
    history: dict[int, list[AttemptLine]] = {}
    for attempt in stored.earlier_attempts(keys, session=session):
        history.setdefault(attempt.call_id, []).append(attempt)
    lines = []
    for row in rows:
        title = titled.get(row.subject_id)
        source = sources.get(row.copied_from_id or 0)
        lines.append(
            CallLine(
                **{name: getattr(row, name) for name in _AS_STORED},
                judge=names.get(row.judge_id, f"judge {row.judge_id}"),
                subject=_title(title) if title else f"subject {row.subject_id}",
                text=_first_words(title.messages) if title else "",
                copied_from=names.get(source.judge_id, "another judge") if source else "",
                n_subjects=max(1, len(served.get(row.id, ()))),
                verdicts=tuple(verdicts.get(row.id, ())),
                history=tuple(history.get(row.id, ())),
            )
        )
    return tuple(lines)


def _first_words(messages: Sequence[Mapping[str, Any]]) -> str:
    return snippet(next((str(one.get("content") or "") for one in messages if one.get("role") != "system"), ""), 110)


def _verdicts(study_id: int, given: Sequence[stored.GivenVerdict], session: Session) -> Mapping[int, list[CallVerdict]]:
    criteria = {row.id: row for row in read_criteria(study_id, session=session)} if given else {}
    wanted = {one.criterion_id for one in given}
    scales = read_scales([criteria[key].scale_id for key in wanted if key in criteria], session=session)
    found: dict[int, list[CallVerdict]] = {}
    for one in given:
        criterion = criteria.get(one.criterion_id)
        scale = scales[criterion.scale_id] if criterion else None
        label = next((option.label for option in scale.options if option.key == one.option), "") if scale else ""
        value = label or one.option or (f"{one.number:g}" if one.number is not None else "")
        found.setdefault(one.call_id, []).append(
            CallVerdict(
                one.subject_id,
                criterion.name if criterion else f"criterion {one.criterion_id}",
                value,
                one.option,
                one.number,
                one.absence,
                one.confidence,
                one.rationale,
                one.is_superseded,
            )
        )
    return found
