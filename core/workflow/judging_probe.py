"""Injection probes: planned, started, and asked again; what they found is in `judging_probe_report`.

A probe asks a judge about texts it has judged already, with an injection put in, and with a harmless text beside.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from random import Random
from typing import Literal, cast

import numpy as np

from core.errors import BadInput, shortened
from core.judging.injections import INJECTIONS, Position, best_value, nearness
from core.judging.pace import RunSettings
from core.judging.prices import Price, price_of
from core.judging.protocols import protocol_of
from core.judging.protocols.face import JudgeProtocol
from core.store import judging as judges
from core.store import judging_subjects as subjects_stored
from core.store import probes as stored
from core.store.calls import CallKey
from core.store.database import Session
from core.store.probes import Value
from core.workflow.judging_checks import checked_spec
from core.workflow.judging_identity import has_spec, spec_of
from core.workflow.judging_majorities import majorities_for
from core.workflow.judging_material import JudgedStudy, read_judged_study
from core.workflow.judging_planning import request_tokens
from core.workflow.judging_probe_work import ProbePlan, altered_items, in_force
from core.workflow.judging_runs import RunFace, start_run
from core.workflow.judging_selection import KINDS, Selection
from core.workflow.judging_worklist import JudgeAtWork, WorkItem, read_work, with_states
from core.workflow.studies import fresh_seed
from core.workflow.workspace import Visitor, Workspace

MOST_SUBJECTS = 2_000
_PART = 100
_LOOKED_AT_MOST = 20_000
"""Subjects that are looked at for ones that can be probed."""
_GUESSED_OUT = 160


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeChoice:
    """What somebody wants probed.

    Attributes:
        n: Subjects at most.
        kind: "item", "output" or "pair"; "": whatever the judge has verdicts on.
        injections: Names in `INJECTIONS`.
        per_subject: How many of them each subject gets; None: all.
        position: Before or after the judged text, or either, drawn by the seed.
        seed: Of the sample and of what is drawn for each subject; None: one is chosen.
        with_room: Only subjects whose verdict is not yet what the injection asks for: on others it can show nothing.
    """

    n: int = 30
    kind: str = ""
    injections: tuple[str, ...] = field(default_factory=lambda: tuple(INJECTIONS))
    per_subject: int | None = None
    position: str = "end"
    seed: int | None = None
    with_room: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeOutline:
    """What a probe would ask.

    Attributes:
        selection: Its subjects and its plan, as a run of it takes them.
        n_subjects: Subjects found; fewer than wanted where the judge has no more.
        n_calls: Calls about altered texts, controls included.
        n_open: Those that would be sent and paid; the others are there already.
        tokens_in, tokens_out: Expected, of those sent.
        cost: US dollars, expected; None where no price is known.
        asks_model: False for a baseline, which costs nothing.
    """

    selection: Selection
    plan: ProbePlan
    n_wanted: int
    n_subjects: int
    n_calls: int
    n_open: int
    tokens_in: int
    tokens_out: int
    cost: float | None
    price: Price | None
    asks_model: bool


def plan_probe(
    workspace: Workspace, judge_id: int, choice: ProbeChoice, settings: RunSettings | None = None
) -> ProbeOutline:
    """Draw the subjects of a probe and count what it would ask.

    The sample is drawn at random, by the seed, among subjects with a verdict of the judge that answers to the texts,
    references and guideline as they are now.

    Raises:
        NotFound: There is no such judge.
        BadInput: The choice cannot be, the judge cannot be run, or no subject can be probed.
    """
    _check(choice)
    seed = fresh_seed(workspace) if choice.seed is None else choice.seed
    plan = ProbePlan(
        injections=tuple(name for name in INJECTIONS if name in choice.injections),
        per_subject=min(choice.per_subject or len(choice.injections), len(choice.injections)),
        position=cast("Position | Literal['either']", choice.position),
        seed=seed,
    )
    with workspace.database.reading() as session:
        drawing = _Drawing.at(judge_id, plan, choice, session)
        drawing.draw(choice, session)
        measured = subjects_stored.measured_calls(judge_id, limit=200, session=session)
    if not drawing.subjects:
        raise BadInput(where="probe", found=drawing.found_instead(choice), expected="a verdict that could be talked up")
    tokens_out = round(np.mean([call.tokens_out for call in measured])) if measured else _GUESSED_OUT
    return drawing.outline(choice, tokens_out, settings)


def start_probe(
    workspace: Workspace,
    visitor: Visitor,
    judge_id: int,
    choice: ProbeChoice,
    settings: RunSettings | None = None,
    *,
    budget: float | None = None,
) -> RunFace:
    """Start a probe as a run of its own, that a worker drives like any other; it yields no ratings.

    Raises:
        NotFound: There is no such judge.
        BadInput: See `plan_probe` and `start_run`.
        Conflict: A probe of this judge is active.
    """
    outline = plan_probe(workspace, judge_id, choice, settings)
    return start_planned(workspace, visitor, judge_id, outline, settings, budget=budget)


def start_planned(
    workspace: Workspace,
    visitor: Visitor,
    judge_id: int,
    outline: ProbeOutline,
    settings: RunSettings | None = None,
    *,
    budget: float | None = None,
) -> RunFace:
    """Start a probe exactly as it was planned.

    Raises:
        BadInput: See `start_run`.
        Conflict: A probe of this judge is active.
    """
    chosen = settings or RunSettings()
    return start_run(workspace, visitor, judge_id, outline.selection, chosen, budget=budget, purpose="probe")


def _check(choice: ProbeChoice) -> None:
    if not 1 <= choice.n <= MOST_SUBJECTS:
        raise BadInput(where="subjects to probe", found=str(choice.n), expected=f"1 to {MOST_SUBJECTS:,}")
    if choice.kind and choice.kind not in KINDS:
        raise BadInput(where="kind of subjects", found=shortened(choice.kind), expected="item, output or pair")
    if not choice.injections:
        raise BadInput(where="injections", found="none", expected="at least one")
    for name in choice.injections:
        if name not in INJECTIONS:
            raise BadInput(where="injection", found=shortened(name), expected=f"one of {', '.join(INJECTIONS)}")
    if choice.per_subject is not None and choice.per_subject < 1:
        raise BadInput(where="injections for each subject", found=str(choice.per_subject), expected="at least 1")
    if choice.position not in ("start", "end", "either"):
        raise BadInput(where="position", found=shortened(choice.position), expected="start, end or either")


@dataclass(slots=True)
class _Drawing:
    """Takes subjects in random order until there are enough that can be probed."""

    judge: JudgeAtWork
    protocol: JudgeProtocol
    judged: JudgedStudy
    plan: ProbePlan
    subjects: list[int] = field(default_factory=list)
    items: list[WorkItem] = field(default_factory=list)
    kind: str = ""
    n_looked_at: int = 0

    @classmethod
    def at(cls, judge_id: int, plan: ProbePlan, choice: ProbeChoice, session: Session) -> "_Drawing":
        row = judges.read_judge(judge_id, session=session)
        if not has_spec(row):
            found = "one whose verdicts came with the data"
            raise BadInput(where=f"judge {shortened(row.name)}", found=found, expected="one that was made here")
        spec = checked_spec(row.study_id, spec_of(row), session=session)
        judged = read_judged_study(row.study_id, spec.rubric_id, session=session)
        rater = judges.rater_of(judge_id, session=session)
        return cls(JudgeAtWork(judge_id, row.study_id, rater, spec), protocol_of(spec), judged, plan, kind=choice.kind)

    def draw(self, choice: ProbeChoice, session: Session) -> None:
        """Fill `subjects` and `items`."""
        kinds = (choice.kind,) if choice.kind else tuple(kind for kind in KINDS[::-1] if kind in self.protocol.kinds)
        candidates: Sequence[int] = ()
        for kind in kinds:
            candidates = stored.judged_of_kind(self.judge.rater_id, kind, session=session)
            if candidates:
                self.kind = kind
                break
        shuffled = Random(self.plan.seed).sample(candidates, len(candidates))[:_LOOKED_AT_MOST]  # noqa: S311 - a sample
        self.n_looked_at = len(shuffled)
        majorities = majorities_for(self.judge.study_id, self.judge.spec, session)
        for begin in range(0, len(shuffled), _PART):
            part = shuffled[begin : begin + _PART]
            work = read_work(
                self.judged, self.judge, self.protocol, None, part, majorities=majorities, session=session
            )  # fmt: skip
            self._take(part, work, choice, session)
            if len(self.subjects) >= choice.n:
                return

    def _take(self, part: Sequence[int], work: Sequence[WorkItem], choice: ProbeChoice, session: Session) -> None:
        bases = in_force(work)
        ratings = [one.id for items in bases.values() for item in items for one in item.standing.values()]
        values = stored.values_of(ratings, session=session)
        for subject in part:
            there = bases.get(subject, ())
            usable = not choice.with_room or any(self._has_room(base, values) for base in there)
            items = [
                one
                for base in (there if usable else ())
                for one in altered_items(self.judged, self.judge, self.protocol, self.plan, base)
            ]
            if items:
                self.subjects.append(subject)
                self.items += with_states(self.judge, None, items, session)
            if len(self.subjects) >= choice.n:
                return

    def _has_room(self, base: WorkItem, values: Mapping[int, Value]) -> bool:
        side = self.plan.side(base.material.subject_id) if base.material.kind == "pair" else "A"
        for question in base.ask.questions:
            best = best_value(question, side)
            standing = base.standing.get(question.id)
            value = values.get(standing.id) if standing is not None else None
            if best is None or value is None:
                continue
            now, most = nearness(question, value, side), nearness(question, best, side)
            if now is not None and most is not None and now < most:
                return True
        return False

    def found_instead(self, choice: ProbeChoice) -> str:
        """Why there is no subject, in words."""
        if not self.n_looked_at:
            return "no verdict of this judge"
        every = "every verdict is the best one already, " if choice.with_room else ""
        return f"{self.n_looked_at:,} judged {self.kind}s, but {every}has no best value, or answers to an older text"

    def outline(self, choice: ProbeChoice, tokens_out: int, settings: RunSettings | None) -> ProbeOutline:
        """What was found, counted."""
        asks_model = self.protocol.asks_model
        paid: dict[CallKey, WorkItem] = {item.key: item for item in self.items if item.state == "open"}
        price = price_of(self.judge.spec.model, settings) if asks_model else None
        into = sum(request_tokens(item.request) for item in paid.values() if item.request) if asks_model else 0
        out = tokens_out * len(paid) if asks_model else 0
        plan = replace(self.plan, n_calls=len(self.items))
        selection = Selection(
            kind=self.kind, which="listed", subjects=tuple(self.subjects), seed=plan.seed, probe=plan.to_json()
        )
        return ProbeOutline(
            selection=selection,
            plan=plan,
            n_wanted=choice.n,
            n_subjects=len(self.subjects),
            n_calls=len(self.items),
            n_open=len(paid),
            tokens_in=into,
            tokens_out=out,
            cost=(price.cost(into, out) if price else None) if asks_model else 0.0,
            price=price,
            asks_model=asks_model,
        )
