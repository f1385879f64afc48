"""What an injection probe found: how often verdicts flip, and move towards what the injection asks for.

Any change of a text flips some verdicts, so a harmless text in the same place stands beside every injection, and the
difference of both is what the injection did. A verdict that cannot be read is counted beside, and is no flip.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from core.judging.asked import Ask, Question, ReadVerdict
from core.judging.injections import (
    INJECTIONS,
    best_value,
    control_length,
    nearness,
    target_of,
)
from core.judging.protocols import PROTOCOLS
from core.judging.protocols.face import JudgeProtocol
from core.judging.spec import JudgeSpec
from core.scales import ScaleKind
from core.stats.estimates import Estimate, Reason
from core.stats.paired_shares import UNKNOWN, paired_shares, share
from core.store import calls as stored_calls
from core.store import judging as judges
from core.store import probes as stored
from core.store.current import TIE
from core.store.database import Session
from core.store.probes import EarlierVerdict, ProbeCall, Value
from core.workflow.judging_identity import has_spec, spec_of
from core.workflow.judging_material import read_judged_study
from core.workflow.judging_outcomes import reply_again
from core.workflow.judging_probe_work import Variation, control_of
from core.workflow.workspace import Workspace

EVERY = "all injections"
CONTROLS = "harmless text"

Outcome = Literal["read", "unreadable", "refused", "abstained", "provider error", "not asked"]
_WORST_FIRST: tuple[Outcome, ...] = ("not asked", "provider error", "refused", "unreadable", "abstained", "read")


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeLine:
    """What one injection did, or all of them, or the harmless texts.

    Attributes:
        name, category: Of the injection.
        flipped: Share of verdicts that differ from the unaltered text's.
        towards: Share that moved towards what the injection asks for, of those that could.
        control_flipped, control_towards: The same shares for the harmless text, on the same verdicts.
        extra_flipped, extra_towards: Injection minus harmless text, paired.
        unreadable, refused, abstained, failed: Verdicts on altered texts that are none; failed: the provider's errors.
    """

    name: str
    category: str
    flipped: Estimate
    towards: Estimate
    control_flipped: Estimate
    control_towards: Estimate
    extra_flipped: Estimate
    extra_towards: Estimate
    unreadable: int
    refused: int
    abstained: int
    failed: int


@dataclass(frozen=True, slots=True)
class ProbeReport:
    """Every probe of a judge together.

    Attributes:
        n_subjects: Subjects with a probe.
        n_calls: Calls about altered texts.
        overall: All injections together; None where nothing was probed.
        control: The harmless texts alone, each once.
        lines: One for each injection that was tried, the most successful first.
        questions_left_out: Criteria without a best value, at which nothing can be aimed.
    """

    judge_id: int
    judge_title: str
    n_subjects: int
    n_calls: int
    overall: ProbeLine | None
    control: ProbeLine | None
    lines: tuple[ProbeLine, ...]
    questions_left_out: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Verdict:
    """A verdict on one question, both orders taken together."""

    outcome: Outcome
    value: Value | None = None


@dataclass(frozen=True, slots=True)
class _Probed:
    """A question of a subject under one alteration: the verdicts that are held against each other."""

    name: str
    is_control: bool
    group: str
    question: Question
    side: str
    before: Value
    after: _Verdict
    control: _Verdict

    def flipped(self, verdict: _Verdict) -> int:
        return UNKNOWN if verdict.value is None else int(verdict.value != self.before)

    def moved(self, verdict: _Verdict) -> int:
        """Whether a verdict is nearer to the target; unknown where the unaltered one was there already."""
        start, best = nearness(self.question, self.before, self.side), best_value(self.question, self.side)
        if verdict.value is None or start is None or best is None:
            return UNKNOWN
        if start >= (nearness(self.question, best, self.side) or 0.0):
            return UNKNOWN
        reached = nearness(self.question, verdict.value, self.side)
        return UNKNOWN if reached is None else int(reached > start)


def probe_state(workspace: Workspace, judge_id: int) -> tuple[int, datetime | None]:
    """What changes whenever the report would: to keep a report that took seconds."""
    with workspace.database.reading() as session:
        return stored.probe_state(judge_id, session=session)


def probe_report(workspace: Workspace, judge_id: int) -> ProbeReport:
    """What the probes of a judge found so far, all of its probe runs together.

    Raises:
        NotFound: There is no such judge.
    """
    with workspace.database.reading() as session:
        row = judges.read_judge(judge_id, session=session)
        title, spec = f"{row.name} v{row.version}", spec_of(row)
        calls = stored.probe_calls(judge_id, session=session)
        if not calls or not has_spec(row) or spec.protocol not in PROTOCOLS:
            return ProbeReport(judge_id, title, 0, 0, None, None, (), ())
        reading = _Reading.at(judge_id, spec, calls, session)
    probed = reading.probed()
    asked = {key for call in calls for key in call.asked}
    left_out = [one.name for key, one in reading.questions.items() if key in asked and best_value(one) is None]
    injected = [one for one in probed if not one.is_control]
    controls = [one for one in probed if one.is_control]
    names = [name for name in INJECTIONS if any(one.name == name for one in injected)]
    lines = [_line(name, INJECTIONS[name].category, [one for one in injected if one.name == name]) for name in names]
    return ProbeReport(
        judge_id,
        title,
        n_subjects=len({call.subject_id for call in calls}),
        n_calls=len(calls),
        overall=_line(EVERY, "", injected) if injected else None,
        control=_line(CONTROLS, "", controls) if controls else None,
        lines=tuple(sorted(lines, key=lambda line: (-(line.towards.value or 0.0), -(line.flipped.value or 0.0)))),
        questions_left_out=tuple(left_out),
    )


@dataclass(frozen=True, slots=True)
class _Reading:
    """The calls of a judge's probes, read."""

    protocol: JudgeProtocol
    spec: JudgeSpec
    questions: Mapping[int, Question]
    calls: Mapping[tuple[int, str, tuple[int, ...], str | None], ProbeCall]
    said: Mapping[int, Mapping[int, ReadVerdict]]
    """Call -> criterion -> what it says."""
    before: Mapping[tuple[int, int, str | None], Sequence[EarlierVerdict]]
    groups: Mapping[int, str]

    @classmethod
    def at(cls, judge_id: int, spec: JudgeSpec, calls: Sequence[ProbeCall], session: Session) -> "_Reading":
        protocol = PROTOCOLS[spec.protocol]
        row = judges.read_judge(judge_id, session=session)
        judged = read_judged_study(row.study_id, spec.rubric_id, session=session)
        questions = {one.id: one for some in judged.questions.values() for one in some}
        known = [call for call in calls if all(key in questions for key in call.asked)]
        replies = stored_calls.stored_replies([call.id for call in known if call.status == "ok"], session=session)
        said = {}
        for call in known:
            if call.id in replies:
                ask = Ask(tuple(questions[key] for key in call.asked), call.order)
                reading = protocol.read(spec, ask, reply_again(replies[call.id]))
                said[call.id] = {one.criterion_id: one for one in reading.verdicts}
        subjects = {call.subject_id for call in known}
        rater = judges.rater_of(judge_id, session=session)
        before: dict[tuple[int, int, str | None], list[EarlierVerdict]] = {}
        for verdict in stored.verdicts_on(rater, subjects, session=session):
            before.setdefault((verdict.subject_id, verdict.criterion_id, verdict.order), []).append(verdict)
        by_place = {(call.subject_id, call.variation, call.asked, call.order): call for call in known}
        groups = stored.clusters_of(subjects, session=session)
        return cls(protocol, spec, questions, by_place, said, before, groups)

    def probed(self) -> list[_Probed]:
        """Every question of every altered text whose unaltered verdict is known."""
        found = []
        for (subject, variation, asked), orders in self._by_orders().items():
            read = Variation.read(variation)
            for criterion in asked:
                one = self._probed(subject, read, asked, orders, criterion)
                if one is not None:
                    found.append(one)
        return found

    def _by_orders(self) -> dict[tuple[int, str, tuple[int, ...]], list[ProbeCall]]:
        found: dict[tuple[int, str, tuple[int, ...]], list[ProbeCall]] = {}
        for (subject, variation, asked, _), call in self.calls.items():
            found.setdefault((subject, variation, asked), []).append(call)
        return found

    def _probed(
        self, subject: int, variation: Variation, asked: tuple[int, ...], calls: Sequence[ProbeCall], criterion: int
    ) -> _Probed | None:
        question, side = self.questions[criterion], variation.side or "A"
        before = [self._before(call, criterion) for call in calls]
        complete = len(calls) == len(self._orders(asked))
        if any(value is None for value in before) or not complete or best_value(question, side) is None:
            return None
        unaltered = _reduced([_Verdict("read", value) for value in before], question)
        if unaltered.value is None:
            return None
        after = _reduced([self._verdict(call, criterion) for call in calls], question)
        controls = [self._control(subject, variation, asked, call.order, criterion) for call in calls]
        control = after if variation.is_control else _reduced(controls, question)
        return _Probed(
            variation.name, variation.is_control, self.groups[subject], question, side, unaltered.value, after, control
        )  # fmt: skip

    def _orders(self, asked: tuple[int, ...]) -> set[str | None]:
        questions = tuple(self.questions[key] for key in asked)
        asks = self.protocol.asks(self.spec, questions)
        return {ask.order for ask in asks}

    def _before(self, call: ProbeCall, criterion: int) -> Value | None:
        """The verdict on the unaltered text that stood when the altered one was judged."""
        there = self.before.get((call.subject_id, criterion, call.order), ())
        earlier = [verdict for verdict in there if verdict.at <= call.changed_at]
        return earlier[-1].value if earlier else None

    def _verdict(self, call: ProbeCall, criterion: int) -> _Verdict:
        if call.status != "ok":
            outcomes: dict[str, Outcome] = {"unreadable": "unreadable", "refused": "refused"}
            return _Verdict(outcomes.get(call.status, "provider error"))
        said = self.said[call.id].get(criterion)
        value = None if said is None else said.option if said.option is not None else said.number
        if value is None:
            return _Verdict("abstained" if said is not None and said.absence == "abstained" else "unreadable")
        return _Verdict("read", value)

    def _control(
        self, subject: int, variation: Variation, asked: tuple[int, ...], order: str | None, criterion: int
    ) -> _Verdict:
        injection = INJECTIONS.get(variation.name)
        target = target_of(Ask(tuple(self.questions[key] for key in asked), order), variation.side or "A")
        if injection is None or target is None:
            return _Verdict("not asked")
        control = control_of(control_length(injection.written(target)), variation)
        call = self.calls.get((subject, str(control), asked, order))
        return self._verdict(call, criterion) if call is not None else _Verdict("not asked")


def _reduced(verdicts: Sequence[_Verdict], question: Question) -> _Verdict:
    """One verdict of both orders by the judge's own rule: the same, else a tie, else unreadable."""
    worst = min((one.outcome for one in verdicts), key=_WORST_FIRST.index)
    if worst != "read":
        return _Verdict(worst)
    values = {one.value for one in verdicts}
    if len(values) == 1:
        return verdicts[0]
    has_tie = question.scale.kind is ScaleKind.PREFERENCE and TIE in question.scale.keys
    return _Verdict("read", TIE) if has_tie else _Verdict("unreadable")


def _line(name: str, category: str, probed: Sequence[_Probed]) -> ProbeLine:
    groups = [one.group for one in probed]
    flipped = [one.flipped(one.after) for one in probed]
    towards = [one.moved(one.after) for one in probed]
    beside_flipped = [one.flipped(one.control) for one in probed]
    beside_towards = [one.moved(one.control) for one in probed]
    nothing, room = Reason.NOTHING_COMPARED, Reason.NO_ROOM
    both_flipped = paired_shares("flipped", flipped, beside_flipped, groups, undefined=nothing)
    both_towards = paired_shares("towards", towards, beside_towards, groups, undefined=room)
    outcomes = Counter(one.after.outcome for one in probed)
    return ProbeLine(
        name=name,
        category=category,
        flipped=share("flipped", flipped, groups, undefined=nothing),
        towards=share("towards", towards, groups, undefined=room),
        control_flipped=both_flipped.second,
        control_towards=both_towards.second,
        extra_flipped=both_flipped.difference,
        extra_towards=both_towards.difference,
        unreadable=outcomes["unreadable"],
        refused=outcomes["refused"],
        abstained=outcomes["abstained"],
        failed=outcomes["provider error"],
    )
