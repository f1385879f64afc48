"""What the grading card reads: the face of a study, its subjects, their texts. Few round trips, no ORM rows.

Every function takes the `session` of a transaction that the caller opened. Rows brought by an import that is not done
are not seen.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import bindparam, or_, select, text
from sqlmodel import Session

from core.errors import NotFound
from core.models import metadata

KINDS = ("item", "output", "pair")

_ITEM, _OUTPUT, _SUBJECT = metadata.tables["item"], metadata.tables["output"], metadata.tables["subject"]
_REFERENCE, _IMPORT, _GUIDELINE = metadata.tables["reference"], metadata.tables["import"], metadata.tables["guideline"]
_CRITERION = metadata.tables["criterion"]


@dataclass(frozen=True, slots=True)
class StudyFace:
    """What may have changed since the last request; everything it names is immutable and can be kept.

    Attributes:
        rubric_id: The newest approved rubric of the study; None where there is none.
        last_subjects: By kind in the order of `KINDS`, the last subject there is; None where there is none.
        n_imports: How many imports are done: their subjects came into sight when they were.
    """

    id: int
    name: str
    illustrative: bool
    closed: bool
    seed: int
    settings_id: int | None
    rubric_id: int | None
    rubric_version: int | None
    guideline_id: int | None
    last_subjects: tuple[int | None, ...]
    n_imports: int


_FACE = text(
    "select s.id, s.name, s.illustrative, s.closed, s.seed,"
    " (select id from study_settings where study_id = s.id order by version desc limit 1) as settings_id,"
    " (select id from rubric where study_id = s.id and item_id is null and status = 'approved'"
    "  order by version desc limit 1) as rubric_id,"
    " (select version from rubric where study_id = s.id and item_id is null and status = 'approved'"
    "  order by version desc limit 1) as rubric_version,"
    " (select id from guideline where study_id = s.id order by version desc limit 1) as guideline_id,"
    " (select max(id) from subject where study_id = s.id and kind = 'item') as last_item,"
    " (select max(id) from subject where study_id = s.id and kind = 'output') as last_output,"
    " (select max(id) from subject where study_id = s.id and kind = 'pair') as last_pair,"
    " (select count(*) from import where study_id = s.id and state = 'done') as n_imports"
    " from study s where s.id = :study"
)


def read_face(study_id: int, *, session: Session) -> StudyFace:
    """The face of a study: one round trip of index seeks, whatever the size of the study.

    Raises:
        NotFound: There is no such study.
    """
    row = session.connection().execute(_FACE, {"study": study_id}).one_or_none()
    if row is None:
        raise NotFound("study", study_id)
    return StudyFace(
        id=row.id,
        name=row.name,
        illustrative=bool(row.illustrative),
        closed=bool(row.closed),
        seed=row.seed,
        settings_id=row.settings_id,
        rubric_id=row.rubric_id,
        rubric_version=row.rubric_version,
        guideline_id=row.guideline_id,
        last_subjects=(row.last_item, row.last_output, row.last_pair),
        n_imports=row.n_imports,
    )


def read_guideline(guideline_id: int, *, session: Session) -> tuple[int, str]:
    """Version and text of a guideline."""
    query = select(_GUIDELINE.c.version, _GUIDELINE.c.text).where(_GUIDELINE.c.id == guideline_id)
    row = session.connection().execute(query).one()
    return row.version, row.text


def owns_guideline(study_id: int, guideline_id: int, *, session: Session) -> bool:
    """Whether the guideline is one of the study."""
    query = select(_GUIDELINE.c.id).where(_GUIDELINE.c.id == guideline_id, _GUIDELINE.c.study_id == study_id)
    return session.connection().execute(query).one_or_none() is not None


_RUBRIC_OF_STUDY = text("select 1 from rubric where id = :rubric and study_id = :study and item_id is null")


def owns_rubric(study_id: int, rubric_id: int, *, session: Session) -> bool:
    """Whether the rubric is one of the study's own (and not an item's checklist)."""
    row = session.connection().execute(_RUBRIC_OF_STUDY, {"rubric": rubric_id, "study": study_id})
    return row.one_or_none() is not None


def read_kin(study_id: int, lineages: Sequence[str], *, session: Session) -> Mapping[tuple[str, int], tuple[int, ...]]:
    """(lineage, meaning) -> the ids of all its versions: the same question, worded differently."""
    query = (
        select(_CRITERION.c.id, _CRITERION.c.lineage, _CRITERION.c.meaning)
        .where(_CRITERION.c.study_id == study_id, _CRITERION.c.lineage.in_(list(lineages)))
        .order_by(_CRITERION.c.id)
    )
    kin: dict[tuple[str, int], list[int]] = {}
    for row in session.connection().execute(query):
        kin.setdefault((row.lineage, row.meaning), []).append(row.id)
    return {unit: tuple(ids) for unit, ids in kin.items()}


_SUBJECT_IDS = text(
    "select id from subject where study_id = :study and kind = :kind and id > :after and id <= :last order by id"
)
_UNFINISHED = text(
    "select id from subject where import_id in (select id from import where study_id = :study and state <> 'done')"
)


def read_subject_ids(
    face: StudyFace, kinds: Sequence[str], *, after: Sequence[int | None] | None = None, session: Session
) -> NDArray[np.int64]:
    """Ids of the visible subjects of these kinds, rising.

    Args:
        face: The study as it is now.
        kinds: Which kinds of subjects.
        after: By kind in the order of `KINDS`, the last subject already known; None: none is known.
        session: A session that sees at least what `face` saw.
    """
    connection = session.connection()
    parts: list[NDArray[np.int64]] = []
    for place, kind in enumerate(KINDS):
        last = face.last_subjects[place]
        if kind not in kinds or last is None:
            continue
        known = (after[place] if after else None) or 0
        rows = connection.execute(_SUBJECT_IDS, {"study": face.id, "kind": kind, "after": known, "last": last})
        parts.append(np.fromiter(rows.scalars(), dtype=np.int64))
    found = np.sort(np.concatenate(parts)) if parts else _NONE
    hidden = [row[0] for row in connection.execute(_UNFINISHED, {"study": face.id})]
    return found[~np.isin(found, np.array(hidden, dtype=np.int64))] if hidden else found


_NONE: NDArray[np.int64] = np.empty(0, dtype=np.int64)


@dataclass(frozen=True, slots=True)
class SubjectRow:
    """A subject and the outputs it is made of, in stored order (A, B)."""

    id: int
    kind: str
    item_id: int
    output_ids: tuple[int, ...]


def read_subjects(study_id: int, subject_ids: Sequence[int], *, session: Session) -> Mapping[int, SubjectRow]:
    """The subjects with these ids that belong to the study and to no unfinished import."""
    done = select(_IMPORT.c.id).where(_IMPORT.c.study_id == study_id, _IMPORT.c.state == "done")
    query = select(
        _SUBJECT.c.id, _SUBJECT.c.kind, _SUBJECT.c.item_id, _SUBJECT.c.output_a_id, _SUBJECT.c.output_b_id
    ).where(
        _SUBJECT.c.id.in_(list(subject_ids)),
        _SUBJECT.c.study_id == study_id,
        or_(_SUBJECT.c.import_id.is_(None), _SUBJECT.c.import_id.in_(done)),
    )
    return {
        row.id: SubjectRow(
            row.id, row.kind, row.item_id, tuple(key for key in (row.output_a_id, row.output_b_id) if key is not None)
        )
        for row in session.connection().execute(query)
    }


@dataclass(frozen=True, slots=True)
class ItemRow:
    """What an item says; its metadata and where it came from are not read."""

    messages: Sequence[Mapping[str, Any]]
    context: str | None


def read_items(item_ids: Sequence[int], *, session: Session) -> Mapping[int, ItemRow]:
    """The items by key."""
    query = select(_ITEM.c.id, _ITEM.c.messages, _ITEM.c.context).where(_ITEM.c.id.in_(list(item_ids)))
    return {row.id: ItemRow(row.messages, row.context) for row in session.connection().execute(query)}


def read_outputs(output_ids: Sequence[int], *, session: Session) -> Mapping[int, Sequence[Mapping[str, Any]]]:
    """The messages of outputs by key; never the system that made them."""
    query = select(_OUTPUT.c.id, _OUTPUT.c.messages).where(_OUTPUT.c.id.in_(list(output_ids)))
    return {row.id: row.messages for row in session.connection().execute(query)}


_REFERENCES = text(
    "select r.id, r.item_id, r.text, r.status from reference r where r.item_id in :items and r.kind = 'answer'"
    " and (r.import_id is null or r.import_id in (select id from import where study_id = :study and state = 'done'))"
    " order by r.id"
).bindparams(bindparam("items", expanding=True))


@dataclass(frozen=True, slots=True)
class ReferenceRow:
    """An expected answer; those falsified on purpose are for testing judges and never read here."""

    id: int
    item_id: int
    text: str
    status: str


def read_references(study_id: int, item_ids: Sequence[int], *, session: Session) -> Sequence[ReferenceRow]:
    """The expected answers of these items, oldest first."""
    rows = session.connection().execute(_REFERENCES, {"items": list(item_ids), "study": study_id})
    return [ReferenceRow(row.id, row.item_id, row.text, row.status) for row in rows]
