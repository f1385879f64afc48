"""Ratings with what they are about, read a batch at a time."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from json import dumps
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, Select, func, or_, select
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from core.models.items import Item, Output, Reference, Subject, System
from core.models.judging import Call, Judge
from core.models.ratings import Absence, Import, ImportState, Rater, Rating, Submission
from core.models.study import Criterion, Guideline, Rubric, Scale
from core.store.database import Database

BATCH = 4_000
"""Rating rows read in one short transaction."""

Cell = str | int | float | None


@dataclass(frozen=True, slots=True)
class RatingFilter:
    """Which ratings to give; empty means all.

    Attributes:
        lineages: Criteria by lineage.
        raters: Keys of raters.
        kinds: Kinds of raters.
        phases: blind, exposed, revised.
        splits: Splits of the items.
        since: First moment of recording, included.
        until: End of recording, excluded.
        history: Also rows that others supersede, and withdrawn ones.
    """

    lineages: tuple[str, ...] = ()
    raters: tuple[int, ...] = ()
    kinds: tuple[str, ...] = ()
    phases: tuple[str, ...] = ()
    splits: tuple[str, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    history: bool = False


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What was there when an export began; nothing of it ever changes, so batches read later agree with it."""

    study_id: int
    last_rating: int
    last_subject: int
    imports: tuple[int, ...]


def take_snapshot(study_id: int, *, session: Session) -> Snapshot:
    """The study's ratings as of now."""
    last = session.execute(select(func.max(col(Rating.id))).where(col(Rating.study_id) == study_id)).scalar()
    subject = session.execute(select(func.max(col(Subject.id))).where(col(Subject.study_id) == study_id)).scalar()
    done = select(col(Import.id)).where(col(Import.study_id) == study_id, col(Import.state) == ImportState.DONE.value)
    return Snapshot(study_id, last or 0, subject or 0, tuple(session.execute(done).scalars()))


def count_ratings(snapshot: Snapshot, chosen: RatingFilter, *, session: Session) -> int:
    """How many rows `rating_rows` will give."""
    query = _chosen(select(func.count()).select_from(Rating), snapshot, chosen)
    return int(session.execute(query).scalar_one())


def rating_rows(
    database: Database, snapshot: Snapshot, chosen: RatingFilter, *, texts: bool
) -> Iterator[list[dict[str, Cell]]]:
    """Batches of rows by column name (`core.models.exchange.LONG_COLUMNS`), each read in a transaction of its own."""
    last = 0
    with database.reading() as session:
        judges = read_judges(snapshot.study_id, session=session)
    while True:
        with database.reading() as session:
            query = _chosen(_rating_query(), snapshot, chosen).where(col(Rating.id) > last)
            rows = session.execute(query.order_by(col(Rating.id)).limit(BATCH)).mappings().all()
            if not rows:
                return
            last = rows[-1]["rating_id"]
            yield _with_subjects(rows, judges, texts=texts, session=session)


_SHOWN: tuple[Any, ...] = (

    col(Rating.id).label("rating_id"), col(Rating.subject_id), col(Rating.rater_id), col(Rating.call_id),
    col(Rating.option), col(Rating.number),
    col(Rating.absence), col(Rating.probabilities), col(Rating.confidence), col(Rating.rationale),
    col(Rating.phase), col(Rating.order_shown), col(Rating.repetition),
    col(Rating.supersedes_id).label("supersedes"), col(Rating.created_at),
    col(Criterion.id).label("criterion_id"), col(Criterion.lineage).label("criterion"),
    col(Criterion.name).label("criterion_name"), col(Criterion.version).label("criterion_version"),
    col(Criterion.meaning), col(Criterion.applies_to), col(Criterion.question), col(Criterion.guidance),
    col(Scale.declared).label("scale"), col(Rater.name).label("rater"), col(Rater.kind).label("rater_kind"),
    col(Rater.family).label("rater_family"), col(Rater.group).label("rater_group"),
    col(Submission.comment), col(Submission.seconds), col(Rubric.version).label("rubric_version"),
    col(Guideline.version).label("guideline_version"), col(Call.request_hash), col(Call.tokens_in),
    col(Call.tokens_out), col(Call.cost), col(Call.latency),
)  # fmt: skip


def _rating_query() -> Select[Any]:
    return (
        select(*_SHOWN)
        .select_from(Rating)
        .join(Criterion, col(Criterion.id) == col(Rating.criterion_id))
        .join(Scale, col(Scale.id) == col(Criterion.scale_id))
        .join(Rater, col(Rater.id) == col(Rating.rater_id))
        .outerjoin(Submission, col(Submission.id) == col(Rating.submission_id))
        .outerjoin(Rubric, col(Rubric.id) == col(Submission.rubric_id))
        .outerjoin(Call, col(Call.id) == col(Rating.call_id))
        .outerjoin(Guideline, col(Guideline.id) == col(Submission.guideline_id))
    )


def _chosen(query: Select[Any], snapshot: Snapshot, chosen: RatingFilter) -> Select[Any]:
    conditions: list[ColumnElement[bool]] = [
        col(Rating.study_id) == snapshot.study_id,
        col(Rating.id) <= snapshot.last_rating,
        or_(col(Rating.import_id).is_(None), col(Rating.import_id).in_(snapshot.imports)),
    ]
    if chosen.lineages:
        wanted = select(col(Criterion.id)).where(
            col(Criterion.study_id) == snapshot.study_id, col(Criterion.lineage).in_(chosen.lineages)
        )
        conditions.append(col(Rating.criterion_id).in_(wanted))
    if chosen.raters:
        conditions.append(col(Rating.rater_id).in_(chosen.raters))
    if chosen.kinds:
        wanted = select(col(Rater.id)).where(
            col(Rater.study_id) == snapshot.study_id, col(Rater.kind).in_(chosen.kinds)
        )
        conditions.append(col(Rating.rater_id).in_(wanted))
    if chosen.phases:
        conditions.append(col(Rating.phase).in_(chosen.phases))
    if chosen.splits:
        wanted = (
            select(col(Subject.id))
            .join(Item, col(Item.id) == col(Subject.item_id))
            .where(col(Subject.study_id) == snapshot.study_id, col(Item.split).in_(chosen.splits))
        )
        conditions.append(col(Rating.subject_id).in_(wanted))
    if chosen.since is not None:
        conditions.append(col(Rating.created_at) >= chosen.since)
    if chosen.until is not None:
        conditions.append(col(Rating.created_at) < chosen.until)
    if not chosen.history:
        later = aliased(Rating)
        superseded = (
            select(col(later.id))
            .where(col(later.supersedes_id) == col(Rating.id), col(later.id) <= snapshot.last_rating)
            .exists()
        )
        conditions += [~superseded, func.coalesce(col(Rating.absence), "") != Absence.WITHDRAWN.value]
    return query.where(*conditions)


def read_judges(study_id: int, *, session: Session) -> dict[int, dict[str, Cell]]:
    """The columns that say what a judge is made of, by its rater's key."""
    query = (
        select(col(Rater.id), *_IDENTITY).join(Judge, col(Judge.id) == col(Rater.judge_id))
        .where(col(Rater.study_id) == study_id)
    )  # fmt: skip
    return {row.pop("id"): row for row in map(dict, session.execute(query).mappings())}


_IDENTITY: tuple[Any, ...] = (
    col(Judge.protocol).label("judge_protocol"), col(Judge.model).label("judge_model"),
    col(Judge.version).label("judge_version"), col(Judge.fingerprint).label("judge_fingerprint"),
    col(Judge.reference_mode).label("reference_mode"),
    col(Judge.parameters)["confidence"].as_string().label("confidence_source"),
)  # fmt: skip


def _with_subjects(
    rows: Sequence[RowMapping], judges: Mapping[int, dict[str, Cell]], *, texts: bool, session: Session
) -> list[dict[str, Cell]]:
    subjects = read_subjects(sorted({row["subject_id"] for row in rows}), texts=texts, session=session)
    scales: dict[int, str] = {}
    return [
        _row(row, subjects[row["subject_id"]] | judges.get(row["rater_id"], {}), scales, texts=texts) for row in rows
    ]


def _row(row: RowMapping, subject: dict[str, Cell], scales: dict[int, str], *, texts: bool) -> dict[str, Cell]:
    scale = scales.setdefault(row["criterion_id"], dumps(row["scale"], ensure_ascii=False))
    names = (
        "rating_id", "criterion", "criterion_name", "criterion_version", "meaning", "applies_to", "rater", "rater_kind",
        "rater_family", "rater_group", "absence", "confidence", "rationale", "comment", "phase", "order_shown",
        "repetition", "supersedes", "seconds", "rubric_version", "guideline_version", "call_id", "request_hash",
        "tokens_in", "tokens_out", "cost", "latency",
    )  # fmt: skip
    found: dict[str, Cell] = subject | {name: row[name] for name in names}
    number = row["number"]
    found["value"] = row["option"] if number is None else repr(float(number))
    found["probabilities"] = None if row["probabilities"] is None else dumps(row["probabilities"])
    found["scale"] = scale
    found["created_at"] = row["created_at"].isoformat()
    if texts:
        found |= {"question": row["question"], "guidance": row["guidance"]}
    return found


def read_subjects(ids: Sequence[int], *, texts: bool, session: Session) -> dict[int, dict[str, Cell]]:
    """The columns that say what a subject is, by its key."""
    query = select(Subject, Item).join(Item, col(Item.id) == col(Subject.item_id)).where(col(Subject.id).in_(ids))
    pairs = session.execute(query).all()
    wanted = {key for subject, _ in pairs for key in (subject.output_a_id, subject.output_b_id) if key is not None}
    outputs = _outputs(sorted(wanted), session)
    references = _references(sorted({item.id for _, item in pairs}), session) if texts else {}
    return {subject.id: _subject(subject, item, outputs, references, texts=texts) for subject, item in pairs}


def _outputs(ids: Sequence[int], session: Session) -> dict[int, tuple[Output, System]]:
    query = select(Output, System).join(System, col(System.id) == col(Output.system_id)).where(col(Output.id).in_(ids))
    return {output.id: (output, system) for output, system in session.execute(query)}


def _references(items: Sequence[int], session: Session) -> dict[int, list[dict[str, str]]]:
    found: dict[int, list[dict[str, str]]] = {}
    query = select(Reference).where(col(Reference.item_id).in_(items)).order_by(col(Reference.id))
    for reference in session.execute(query).scalars():
        entry = {"text": reference.text, "kind": reference.kind, "status": reference.status}
        found.setdefault(reference.item_id, []).append(entry)
    return found


def _subject(
    subject: Subject,
    item: Item,
    outputs: Mapping[int, tuple[Output, System]],
    references: Mapping[int, list[dict[str, str]]],
    *,
    texts: bool,
) -> dict[str, Cell]:
    found: dict[str, Cell] = {
        "item": item.external_id,
        "subject": subject.key,
        "subject_kind": subject.kind,
        "cluster": item.cluster,
        "split": item.split,
        "slices": dumps(item.slices, ensure_ascii=False) if item.slices else None,
    }
    for side, output_id in (("a", subject.output_a_id), ("b", subject.output_b_id)):
        output, system = outputs[output_id] if output_id is not None else (None, None)
        found[f"system_{side}"] = system.name if system else None
        found[f"sample_{side}"] = output.sample if output else None
        if texts:
            found[f"family_{side}"] = system.family if system else None
            found[f"output_{side}"] = dumps(output.messages, ensure_ascii=False) if output else None
    if texts and item.id is not None:
        listed = references.get(item.id)
        found["input"] = dumps(item.messages, ensure_ascii=False)
        found["context"] = item.context
        found["references"] = dumps(listed, ensure_ascii=False) if listed else None
    return found


def subjects_in_splits(ids: Sequence[int], splits: Sequence[str], *, session: Session) -> set[int]:
    """Those of the subjects whose item is in one of the splits."""
    found: set[int] = set()
    for start in range(0, len(ids), BATCH):
        query = (
            select(col(Subject.id))
            .join(Item, col(Item.id) == col(Subject.item_id))
            .where(col(Subject.id).in_(ids[start : start + BATCH]), col(Item.split).in_(splits))
        )
        found |= set(session.execute(query).scalars())
    return found
