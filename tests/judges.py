"""Builders for tests: judges, runs, calls and verdicts by direct inserts, as an engine would have left them."""

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlmodel import Session, select

from core.judging.spec import ConfidenceSource, JudgeSpec, RepetitionRule
from core.models.judging import Call, Judge, Run
from core.models.ratings import Rater, Rating
from tests.builders import AT, Built


@dataclass(frozen=True)
class BuiltJudge:
    """A judge with the rater it is."""

    judge: int
    rater: int
    name: str


def add_judge(
    session: Session, built: Built, name: str, *, kind: str = "judge", version: int = 1, protocol: str = "direct",
    model: str = "openai/gpt-4o-mini", rule: str = "first", confidence: str = "none", **chosen: Any,
) -> BuiltJudge:  # fmt: skip
    """A judge version and its rater, called `NAME vVERSION`; `chosen` are further fields of its spec."""
    spec = JudgeSpec(
        protocol=protocol, model="" if kind != "judge" else model, rubric_id=built.rubric,
        repetition_rule=RepetitionRule(rule), confidence=ConfidenceSource(confidence), **chosen,
    )  # fmt: skip
    judge = Judge(
        study_id=built.study, name=name, version=version, protocol=protocol, model=spec.model, prompt=spec.prompt,
        fingerprint=sha256(f"{name} {version} {spec.fingerprint()}".encode()).hexdigest(), parameters=spec.to_json(),
        reference_mode=spec.reference_mode.value, rubric_id=spec.rubric_id, order_rule=spec.orders.value,
        repetition_rule=rule, created_at=AT,
    )  # fmt: skip
    session.add(judge)
    session.flush()
    rater = Rater(
        study_id=built.study, kind=kind, name=f"{name} v{version}", family=spec.family, judge_id=judge.id, created_at=AT
    )
    session.add(rater)
    session.flush()
    return BuiltJudge(judge.id or 0, rater.id or 0, rater.name)


def add_jury(
    session: Session, built: Built, name: str, members: tuple[BuiltJudge, ...], rule: str = "majority",
    weights: tuple[float, ...] = (),
) -> BuiltJudge:  # fmt: skip
    """A jury of judges; it has no ratings of its own."""
    options = {"members": [member.judge for member in members], "rule": rule, "weights": list(weights)}
    return add_judge(session, built, name, kind="jury", protocol="jury", options=options)


def add_call(session: Session, built: Built, judge: BuiltJudge, subject: str, **columns: Any) -> int:
    """A call of a judge in its one run, `ok` unless `columns` say otherwise."""
    run = session.exec(select(Run.id).where(Run.judge_id == judge.judge)).first()
    if run is None:
        row = Run(study_id=built.study, judge_id=judge.judge, state="done", created_at=AT)
        session.add(row)
        session.flush()
        run = row.id
    number = len(session.exec(select(Call.id)).all())
    call = Call(**{
        "run_id": run, "judge_id": judge.judge, "subject_id": built.subjects[subject], "rubric_id": built.rubric,
        "request_hash": sha256(f"{judge.judge} {subject} {number}".encode()).hexdigest(), "attempts": 1, "status": "ok",
        "reply": "A reply", "tokens_in": 100, "tokens_out": 20, "cost": 0.0015, "latency": 0.8, "created_at": AT,
        "changed_at": AT,
    } | columns)  # fmt: skip
    session.add(call)
    session.flush()
    return call.id or 0


def add_verdict(
    session: Session, built: Built, subject: str, criterion: str, judge: BuiltJudge, value: str | float | None, *,
    absence: str | None = None, order: str | None = None, repetition: int = 0, supersedes: int | None = None,
    rationale: str = "", confidence: float | None = None, call: int | None = None, at: datetime = AT,
) -> int:  # fmt: skip
    """A verdict, with a call of its own unless one is named."""
    call = call or add_call(
        session, built, judge, subject, order_shown=order, repetition=repetition, asked=[built.criteria[criterion]]
    )
    rating = Rating(
        study_id=built.study, subject_id=built.subjects[subject], criterion_id=built.criteria[criterion],
        rater_id=judge.rater, option=value if isinstance(value, str) else None,
        number=value if isinstance(value, float) else None, absence=absence, phase="blind", order_shown=order,
        repetition=repetition, supersedes_id=supersedes, rationale=rationale, confidence=confidence, call_id=call,
        created_at=at,
    )  # fmt: skip
    session.add(rating)
    session.flush()
    return rating.id or 0
