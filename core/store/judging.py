"""Judges and what they are bound to, as the database holds them.

Every function takes the `session` of a transaction that the caller opened.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select as select_columns
from sqlalchemy import text
from sqlmodel import Session, col, func, select

from core.errors import Conflict, NotFound, shortened
from core.models import metadata
from core.models.items import Item, Reference, Subject, System
from core.models.judging import Judge
from core.models.ratings import Rater, RaterKind
from core.models.study import Rubric, Study
from core.store.judging_calls import STATUSES
from core.store.studies import AskedRubric, read_rubric, visible

_RUN, _CALL = metadata.tables["run"].c, metadata.tables["call"].c


def read_fence_key(study_id: int, *, session: Session) -> str:
    """The key of the marks that fence the study's texts in prompts.

    Raises:
        NotFound: There is no such study.
    """
    key = session.exec(select(Study.fence_key).where(Study.id == study_id)).first()
    if key is None:
        raise NotFound("study", study_id)
    return key


def read_rubric_of(study_id: int, rubric_id: int | None, *, session: Session) -> AskedRubric:
    """The rubric with this id, or the study's newest approved one.

    Raises:
        NotFound: It is none of the study's own, or the study has none.
    """
    query = select(Rubric).where(Rubric.study_id == study_id, col(Rubric.item_id).is_(None))
    if rubric_id is not None:
        query = query.where(Rubric.id == rubric_id)
    else:
        query = query.where(Rubric.status == "approved").order_by(col(Rubric.version).desc())
    rubric = session.exec(query).first()
    if rubric is None:
        raise NotFound("rubric", rubric_id if rubric_id is not None else "of the study")
    return read_rubric(rubric, session=session)


JUDGING = (RaterKind.JUDGE.value, RaterKind.BASELINE.value, RaterKind.JURY.value)
"""Kinds of raters that judge."""


@dataclass(frozen=True, slots=True)
class JudgeRow:
    """A rater that judges, with the record of its identity; `judge` is None where a file brought its verdicts."""

    rater_id: int
    rater_name: str
    kind: str
    imported: bool
    judge: Judge | None


def list_judges(study_id: int, *, session: Session) -> Sequence[JudgeRow]:
    """Every rater of a study that judges, oldest first."""
    rows = session.exec(
        select(Rater, Judge)
        .join(Judge, col(Judge.id) == Rater.judge_id, isouter=True)
        .where(Rater.study_id == study_id, col(Rater.kind).in_(JUDGING), visible(Rater, study_id=study_id))
        .order_by(col(Rater.id))
    )
    return [
        JudgeRow(rater.id or 0, rater.name, rater.kind, rater.import_id is not None, judge) for rater, judge in rows
    ]


def read_judge(judge_id: int, *, session: Session) -> Judge:
    """The judge with this key.

    Raises:
        NotFound: There is none.
    """
    found = session.get(Judge, judge_id)
    if found is None:
        raise NotFound("judge", judge_id)
    return found


def rater_of(judge_id: int, *, session: Session) -> int:
    """The key of the rater that a judge is.

    Raises:
        NotFound: It is none.
    """
    found = session.exec(select(Rater.id).where(Rater.judge_id == judge_id)).first()
    if found is None:
        raise NotFound("rater of judge", judge_id)
    return found


def add_judge(judge: Judge, *, rater_kind: RaterKind, rater_name: str, session: Session) -> int:
    """Store a judge and the rater it is; its key. The study must be held (`lock_study`).

    Raises:
        Conflict: A judge of the study is the same, or a rater has its name.
    """
    same = session.exec(
        select(Judge).where(Judge.study_id == judge.study_id, Judge.fingerprint == judge.fingerprint)
    ).first()
    if same is not None:
        raise Conflict(
            f"{shortened(f'{same.name} v{same.version}')} is exactly the same judge: nothing would change but the name."
        )
    taken = select(Rater.id).where(
        Rater.study_id == judge.study_id, Rater.kind == rater_kind.value, Rater.name == rater_name
    )
    if session.exec(taken).first() is not None:
        raise Conflict(f"A rater of the study is called {shortened(rater_name)} already; choose another name.")
    session.add(judge)
    session.flush()
    session.add(
        Rater(
            study_id=judge.study_id, kind=rater_kind.value, name=rater_name, family=judge.family, judge_id=judge.id,
            created_at=judge.created_at,
        )
    )  # fmt: skip
    session.flush()
    return judge.id or 0


def versions_named(study_id: int, name: str, *, session: Session) -> Sequence[Judge]:
    """Every version of the judge of this name (without regard to case), oldest first."""
    rows = session.exec(select(Judge).where(Judge.study_id == study_id).order_by(col(Judge.version)))
    return [row for row in rows if row.name.casefold() == name.casefold()]


@dataclass(frozen=True, slots=True)
class JudgeWork:
    """What a judge did, and what it cost.

    Attributes:
        calls: Status -> calls that ended so.
        spent: US dollars, of all attempts.
    """

    calls: Mapping[str, int]
    spent: float

    @property
    def n_calls(self) -> int:
        """Calls in all."""
        return sum(self.calls.values())


def read_work_done(study_id: int, *, session: Session) -> Mapping[int, JudgeWork]:
    """Judge id -> what it did; counted over an index run by run (1,000,000 calls: 0.04 s), without a look at them."""
    counts = [
        select_columns(func.count()).where(_CALL.run_id == _RUN.id, _CALL.status == status).scalar_subquery()
        for status in STATUSES
    ]
    calls: dict[int, Counter[str]] = {}
    spent: dict[int, float] = {}
    query = select_columns(_RUN.judge_id, _RUN.counters, *counts).where(_RUN.study_id == study_id)
    for judge_id, counters, *numbers in session.connection().execute(query):
        calls.setdefault(judge_id, Counter()).update(dict(zip(STATUSES, numbers, strict=True)))
        spent[judge_id] = spent.get(judge_id, 0.0) + float(counters.get("spent") or 0.0)
    return {judge_id: JudgeWork(found, spent[judge_id]) for judge_id, found in calls.items()}


_VERDICTS = text(
    "select t.id, (select count(*) - count(r.absence) from rating r where r.rater_id = t.id"
    "  and not exists (select 1 from rating l where l.supersedes_id = r.id)"
    "  and (r.import_id is null or r.import_id in"
    "   (select id from import where study_id = :study and state = 'done')))"
    " from rater t where t.study_id = :study and t.kind in ('judge', 'baseline')"
)


def count_verdicts(study_id: int, *, session: Session) -> Mapping[int, int]:
    """Rater id -> ratings of judges and baselines that stand and have a value (1,000,000 of them: 0.2 s)."""
    return {rater: int(n) for rater, n in session.connection().execute(_VERDICTS, {"study": study_id})}


def families_of_systems(study_id: int, *, session: Session) -> Mapping[str, str]:
    """System -> its model family, for those that have one."""
    query = select(System.name, System.family).where(
        System.study_id == study_id, System.family != "", visible(System, study_id=study_id)
    )
    return dict(session.exec(query.order_by(System.name)).all())


@dataclass(frozen=True, slots=True)
class ReferenceCounts:
    """Items of a study, those with an expected answer, and those where every such answer is unverified."""

    n_items: int
    n_with: int
    n_unverified: int


def count_references(study_id: int, *, session: Session) -> ReferenceCounts:
    """How many items have an expected answer."""
    items = select(func.count()).select_from(Item).where(Item.study_id == study_id, visible(Item, study_id=study_id))
    answers = (
        select(func.count(func.distinct(Reference.item_id)))
        .join(Item, col(Item.id) == Reference.item_id)
        .where(Item.study_id == study_id, Reference.kind == "answer", visible(Reference, study_id=study_id))
    )
    with_any = session.exec(answers).one()
    verified = session.exec(answers.where(Reference.status == "verified")).one()
    return ReferenceCounts(session.exec(items).one(), with_any, with_any - verified)


def kinds_of_subjects(study_id: int, *, session: Session) -> tuple[str, ...]:
    """The kinds of subjects that the study has."""
    found = []
    for kind in ("item", "output", "pair"):
        query = select(Subject.id).where(
            Subject.study_id == study_id, Subject.kind == kind, visible(Subject, study_id=study_id)
        )
        if session.exec(query.limit(1)).first() is not None:
            found.append(kind)
    return tuple(found)
