"""What a run would ask and cost, known before it is started.

Every request is made as the run would make it, and its hash looked up: what was asked before costs nothing. Of very
many subjects what is there is counted, and a random part of them is looked at for the rest; the plan says so.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from core.errors import Cancelled
from core.judging.asked import Request
from core.judging.pace import RunSettings
from core.judging.prices import Price, estimated_tokens, price_of
from core.judging.protocols import protocol_of
from core.judging.protocols.face import JudgeProtocol
from core.judging.spec import JudgeSpec
from core.store import judging as judges
from core.store import judging_subjects as stored
from core.store.calls import ANSWERED, CallKey
from core.store.database import Session
from core.workflow.judging_checks import checked_spec
from core.workflow.judging_identity import spec_of
from core.workflow.judging_majorities import majorities_for
from core.workflow.judging_material import JudgedStudy, read_judged_study
from core.workflow.judging_selection import Selection, matching_subjects, sampled
from core.workflow.judging_worklist import JudgeAtWork, WorkItem, read_work
from core.workflow.studies import fresh_seed
from core.workflow.workspace import Workspace

Progress = Callable[[int, int], None]
"""Subjects looked at, and how many there are."""

EXACT_UP_TO = 20_000
"""Subjects that are all looked at."""
SAMPLE = 2_000
"""Subjects looked at where there are more."""
CALIBRATED_FROM = 20
"""Finished calls of the judge from which its own token counts are used."""
_RANGE = 500
_CALIBRATED_BY = 200
_GUESSED_OUT = {True: 30, False: 160}
"""Tokens of an answer to one question, by whether it is a bare verdict."""
_OWN_ANSWER_OUT = 300
_SETTLED = (*ANSWERED, "skipped")


@dataclass(frozen=True, slots=True, kw_only=True)
class RunPlan:
    """What a run would ask.

    Attributes:
        selection: With its seed, so that a run of it takes the same subjects.
        n_subjects: Subjects it takes.
        n_calls: Calls for verdicts about them, those that are there already too.
        n_open: Requests for verdicts that would be sent and paid.
        n_answers: Requests for the judge's own answers, once an item, beside those.
        n_already: Calls that are there already, or are the very same as another of this run: they cost nothing.
        n_copied: Calls whose reply another judge of the study paid for: they cost nothing.
        skipped: Reason -> calls that are not made.
        tokens_in, tokens_out: Expected, of all requests that would be sent.
        tokens_out_most: If every answer were as long as allowed; None where the judge has no limit.
        cost: US dollars, expected; None where no price is known; 0 where nothing is asked.
        cost_most: If every answer were as long as allowed; None where that or the price is unknown.
        price: Of the model; None where it is unknown.
        is_sampled: Whether only some of the subjects were looked at (`n_looked_at`), and counts are scaled up.
        is_calibrated: Whether tokens are told by the judge's own finished calls, and not by rules of thumb.
        asks_model: False for a baseline, which costs nothing.
    """

    judge_id: int
    selection: Selection
    n_subjects: int
    n_calls: int
    n_open: int
    n_answers: int
    n_already: int
    n_copied: int
    skipped: Mapping[str, int]
    tokens_in: int
    tokens_out: int
    tokens_out_most: int | None
    cost: float | None
    cost_most: float | None
    price: Price | None
    is_sampled: bool
    n_looked_at: int
    is_calibrated: bool
    asks_model: bool

    @property
    def n_requests(self) -> int:
        """Requests that would be sent."""
        return self.n_open + self.n_answers

    @property
    def n_skipped(self) -> int:
        """Calls that are not made, whatever the reason."""
        return sum(self.skipped.values())


def plan_run(
    workspace: Workspace,
    judge_id: int,
    selection: Selection,
    settings: RunSettings,
    *,
    progress: Progress | None = None,
    cancelled: Callable[[], bool] = lambda: False,
    exact_up_to: int = EXACT_UP_TO,
    sample: int = SAMPLE,
) -> RunPlan:
    """What a run of this judge over these subjects would ask and cost now.

    Args:
        workspace: The outside world.
        judge_id: Which judge.
        selection: Which subjects; a random one without a seed is given one (see `RunPlan.selection`).
        settings: Prices, where the table has none or others are wanted.
        progress: Told how far it is.
        cancelled: Asked between parts.
        exact_up_to: So many subjects are all looked at.
        sample: So many random ones are looked at where there are more.

    Raises:
        NotFound: There is no such judge.
        BadInput: The judge cannot be run, or the selection cannot be.
        Cancelled: `cancelled` said so.
    """
    looking = _Looking.at(workspace, judge_id)
    if selection.which == "random" and selection.seed is None:
        selection = replace(selection, seed=fresh_seed(workspace))
    with workspace.database.reading() as session:
        subjects = matching_subjects(looking.judge.study_id, selection, session=session)
    if selection.which == "random":
        subjects = np.sort(sampled(subjects, selection.n or 0, selection.seed or 0))
    is_sampled = len(subjects) > exact_up_to
    looked_at = np.sort(sampled(subjects, sample, seed=1)) if is_sampled else subjects
    for begin in range(0, len(looked_at), _RANGE):
        if cancelled():
            raise Cancelled("The plan was stopped.")
        with workspace.database.reading() as session:
            looking.look(looked_at[begin : begin + _RANGE].tolist(), session)
        if progress is not None:
            progress(min(begin + _RANGE, len(looked_at)), len(looked_at))
    with workspace.database.reading() as session:
        known = stored.judged_subjects(judge_id, _SETTLED, session=session) if is_sampled else None
        usage = _usage(looking, session)
    counts = looking.counts if known is None else _scaled(looking, subjects, looked_at, known)
    return _plan(looking, selection, counts, usage, settings, n_subjects=len(subjects), n_looked_at=len(looked_at))


@dataclass(slots=True)
class _Counts:
    """What was seen of some subjects."""

    calls: int = 0
    open: int = 0
    answers: int = 0
    already: int = 0
    copied: int = 0
    questions: int = 0
    tokens: float = 0.0
    tokens_of_answers: float = 0.0
    skipped: Counter[str] = field(default_factory=Counter)


@dataclass(slots=True)
class _Looking:
    """Looks at the work on some subjects after others."""

    judge: JudgeAtWork
    protocol: JudgeProtocol
    judged: JudgedStudy
    majorities: Mapping[str, str | float]
    counts: _Counts = field(default_factory=_Counts)
    _asked: set[CallKey] = field(default_factory=set)

    @classmethod
    def at(cls, workspace: Workspace, judge_id: int) -> "_Looking":
        with workspace.database.reading() as session:
            row = judges.read_judge(judge_id, session=session)
            spec = checked_spec(row.study_id, spec_of(row), session=session)
            judged = read_judged_study(row.study_id, spec.rubric_id, session=session)
            majorities = majorities_for(row.study_id, spec, session)
            rater = judges.rater_of(judge_id, session=session)
        return cls(JudgeAtWork(judge_id, row.study_id, rater, spec), protocol_of(spec), judged, majorities)

    def work(self, subjects: Sequence[int], session: Session) -> list[WorkItem]:
        """The work on some subjects, as a run that begins now would find it."""
        return read_work(
            self.judged, self.judge, self.protocol, None, subjects, majorities=self.majorities, session=session
        )

    def look(self, subjects: Sequence[int], session: Session) -> None:
        """Count the work on some subjects."""
        for item in self.work(subjects, session):
            self._count(item)

    def _count(self, item: WorkItem) -> None:
        counts = self.counts
        counts.calls += 1
        if item.skip:
            counts.skipped[item.skip] += 1
        elif item.state in ("settled", "shared"):
            counts.already += 1
        elif item.state == "copy":
            counts.copied += 1
        elif item.request is not None and item.key in self._asked:
            counts.already += 1
        else:
            self._count_open(item)

    def _count_open(self, item: WorkItem) -> None:
        counts = self.counts
        own = item.own_answer
        if own is not None and own.text is None and own.key not in self._asked:
            self._asked.add(own.key)
            counts.answers += 1
            counts.tokens_of_answers += estimated_tokens(own.request.characters)
        if item.request is not None:
            self._asked.add(item.key)
        counts.open += 1
        counts.questions += len(item.ask.questions)
        counts.tokens += self._tokens(item)

    def _tokens(self, item: WorkItem) -> float:
        if item.request is not None:
            return request_tokens(item.request)
        request = self.protocol.request(
            self.judge.spec, item.ask, item.material, fence=self.judged.fence, own_answer=" "
        )
        return request_tokens(request) + _OWN_ANSWER_OUT


def request_tokens(request: Request) -> int:
    """About how many tokens a request has: its messages, and the form its answer is held to."""
    form = request.parameters.get("response_format")
    return estimated_tokens(request.characters + (len(str(form)) if form else 0))


@dataclass(frozen=True, slots=True)
class _Usage:
    """How many tokens a judge's calls take.

    Attributes:
        ratio: Tokens told by the provider for each that is estimated.
        out: Tokens of an answer; None: not known.
    """

    ratio: float = 1.0
    out: float | None = None


def _usage(looking: _Looking, session: Session) -> _Usage:
    """What the judge's own finished calls tell, where there are enough whose requests are still the same."""
    measured = stored.measured_calls(looking.judge.id, limit=_CALIBRATED_BY, session=session)
    if len(measured) < CALIBRATED_FROM:
        return _Usage()
    out = float(np.mean([call.tokens_out for call in measured]))
    told = {call.request_hash: call.tokens_in for call in measured}
    items = looking.work(sorted({call.subject_id for call in measured}), session)
    pairs = [
        (told[item.request_hash], request_tokens(item.request))
        for item in items
        if item.request is not None and item.request_hash in told
    ]
    if len(pairs) < CALIBRATED_FROM:
        return _Usage(out=out)
    return _Usage(sum(found for found, _ in pairs) / max(1, sum(guess for _, guess in pairs)), out)


def _scaled(
    looking: _Looking, subjects: NDArray[np.int64], looked_at: NDArray[np.int64], known: NDArray[np.int64]
) -> _Counts:
    """Counts of all subjects from those of some; what is there already is counted, as far as it still is the same.

    Calls of the judge whose request has changed since are asked again: how many of those that are there still stand is
    known of the subjects looked at.
    """
    seen, factor = looking.counts, len(subjects) / len(looked_at)
    there = int(np.isin(known, subjects).sum())
    there_seen = int(np.isin(known, looked_at).sum())
    stands = min(1.0, (seen.already + sum(seen.skipped.values())) / there_seen) if there_seen else 0.0
    calls = round(seen.calls * factor)
    skipped = Counter({reason: round(n * factor) for reason, n in seen.skipped.items()})
    already = max(0, round(there * stands) - sum(skipped.values())) if there_seen else round(seen.already * factor)
    copied = round(seen.copied * factor)
    open_calls = max(0, calls - already - copied - sum(skipped.values()))
    scale = open_calls / seen.open if seen.open else 0.0
    return _Counts(
        calls=calls,
        open=open_calls,
        answers=round(seen.answers * factor),
        already=already,
        copied=copied,
        questions=round(seen.questions * scale),
        tokens=seen.tokens * scale,
        tokens_of_answers=seen.tokens_of_answers * factor,
        skipped=skipped,
    )


def _plan(
    looking: _Looking, selection: Selection, counts: _Counts, usage: _Usage, settings: RunSettings, *,
    n_subjects: int, n_looked_at: int,
) -> RunPlan:  # fmt: skip
    spec, asks_model = looking.judge.spec, looking.protocol.asks_model
    price = price_of(spec.model, settings) if asks_model else None
    requests = counts.open + counts.answers
    tokens_in = round((counts.tokens + counts.tokens_of_answers) * usage.ratio) if asks_model else 0
    tokens_out = _expected_out(spec, counts, usage) if asks_model else 0
    most = spec.max_tokens * requests if spec.max_tokens is not None else None
    return RunPlan(
        judge_id=looking.judge.id,
        selection=selection,
        n_subjects=n_subjects,
        n_calls=counts.calls,
        n_open=counts.open,
        n_answers=counts.answers,
        n_already=counts.already,
        n_copied=counts.copied,
        skipped=dict(counts.skipped),
        tokens_in=tokens_in,
        tokens_out=tokens_out,
        tokens_out_most=most if asks_model else 0,
        cost=_cost(price, tokens_in, tokens_out, asks_model=asks_model and requests > 0),
        cost_most=_cost(price, tokens_in, most, asks_model=asks_model and requests > 0),
        price=price,
        is_sampled=n_looked_at < n_subjects,
        n_looked_at=n_looked_at,
        is_calibrated=usage.out is not None,
        asks_model=asks_model,
    )


def _expected_out(spec: JudgeSpec, counts: _Counts, usage: _Usage) -> int:
    bare = "bare_answer_format" in spec.prompt
    verdicts = usage.out * counts.open if usage.out is not None else _GUESSED_OUT[bare] * counts.questions
    found = verdicts + _OWN_ANSWER_OUT * counts.answers
    if spec.max_tokens is not None:
        found = min(found, spec.max_tokens * (counts.open + counts.answers))
    return round(found)


def _cost(price: Price | None, tokens_in: int, tokens_out: int | None, *, asks_model: bool) -> float | None:
    if not asks_model:
        return 0.0
    return price.cost(tokens_in, tokens_out) if price is not None and tokens_out is not None else None
