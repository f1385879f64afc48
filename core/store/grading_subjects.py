"""What the grading card reads: the face of a study, its subjects, their texts. Few round trips, no ORM rows.

Every function takes the `session` of a transaction that the caller opened. Rows brought by an import that is not done
are not seen.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import bindparam, literal_column, or_, select, text
from sqlmodel import Session

from core.errors import NotFound
from core.models import metadata

KINDS = ("item", "output", "pair")

_ITEM, _OUTPUT, _SUBJECT = metadata.tables["item"], metadata.tables["output"], metadata.tables["subject"]
_IMPORT, _GUIDELINE, _CRITERION = (metadata.tables[name] for name in ("import", "guideline", "criterion"))


@dataclass(frozen=True, slots=True)
class StudyFace:
    """What may have changed since the last request; everything it names is immutable and can be kept.

    Attributes:
        rubric_id: The newest approved rubric of the study; None where there is none.
        last_subjects: By kind in the order of `KINDS`, the last subject there is; None where there is none.
        n_imports: How many imports are done: what they brought came into sight when they were, and stays.
    """

    id: int
    name: str
    illustrative: bool
    simulated: bool
    closed: bool
    seed: int
    settings_id: int | None
    rubric_id: int | None
    rubric_version: int | None
    guideline_id: int | None
    last_subjects: tuple[int | None, ...]
    n_imports: int


_FACE = text(
    "select s.id, s.name, s.illustrative, s.simulated, s.closed, s.seed,"
    " (select id from study_settings where study_id = s.id order by version desc limit 1) as settings_id,"
    " (select id from rubric where study_id = s.id and item_id is null and status = 'approved'"
    "  order by version desc limit 1) as rubric_id,"
    " (select version from rubric where study_id = s.id and item_id is null and status = 'approved'"
    "  order by version desc limit 1) as rubric_version,"
    " (select id from guideline where study_id = s.id order by version desc limit 1) as guideline_id,"
    " (select max(id) from subject where study_id = s.id and kind = 'item') as last_item,"
    " (select max(id) from subject where study_id = s.id and kind = 'output') as last_output,"
    " (select max(id) from subject where study_id = s.id and kind = 'pair') as last_pair,"
    " (select count(*) from import where study_id = s.id and state = 'done') as n_imports,"
    " (select id from rater where study_id = s.id and kind = 'person' and name = :name) as person,"
    " (select i.state from rater r join import i on i.id = r.import_id"
    "  where r.study_id = s.id and r.kind = 'person' and r.name = :name) as person_import"
    " from study s where s.id = :study"
)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who grades; `import_state` is that of the import that brought them, None where none did."""

    id: int
    import_state: str | None


def read_face(study_id: int, name: str = "", *, session: Session) -> tuple[StudyFace, Person | None]:
    """The face of a study and the person of exactly this name in it, None before their first act.

    One round trip of index seeks, whatever the size of the study.

    Raises:
        NotFound: There is no such study.
    """
    row = session.connection().execute(_FACE, {"study": study_id, "name": name}).one_or_none()
    if row is None:
        raise NotFound("study", study_id)
    person = Person(row.person, row.person_import) if row.person is not None else None
    face = StudyFace(
        id=row.id,
        name=row.name,
        illustrative=bool(row.illustrative),
        simulated=bool(row.simulated),
        closed=bool(row.closed),
        seed=row.seed,
        settings_id=row.settings_id,
        rubric_id=row.rubric_id,
        rubric_version=row.rubric_version,
        guideline_id=row.guideline_id,
        last_subjects=(row.last_item, row.last_output, row.last_pair),
        n_imports=row.n_imports,
    )
    return face, person


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


SUBJECT_COLUMNS = tuple(_SUBJECT.c[name] for name in ("id", "kind", "item_id", "output_a_id", "output_b_id"))
"""What `subject_row` reads."""
VISIBLE = or_(
    _SUBJECT.c.import_id.is_(None),
    _SUBJECT.c.import_id.in_(
        select(_IMPORT.c.id).where(_IMPORT.c.study_id == bindparam("study"), _IMPORT.c.state == "done")
    ),
)
"""The condition that a subject belongs to no unfinished import of the study given as `study`."""
_OF_STUDY = literal_column("+subject.study_id", _SUBJECT.c.study_id.type)
"""The study, compared after the subject was found by its id: not through all subjects of the study."""
_HERE = (_SUBJECT.c.id.in_(bindparam("subjects", expanding=True)), bindparam("study") == _OF_STUDY, VISIBLE)
_SUBJECTS = select(*SUBJECT_COLUMNS).where(*_HERE)


def subject_row(row: Sequence[Any]) -> SubjectRow:
    """The subject that a row begins with (`SUBJECT_COLUMNS`)."""
    return SubjectRow(row[0], row[1], row[2], tuple(key for key in row[3:5] if key is not None))


def read_subjects(study_id: int, subject_ids: Sequence[int], *, session: Session) -> Mapping[int, SubjectRow]:
    """The subjects with these ids that belong to the study and to no unfinished import."""
    rows = session.connection().execute(_SUBJECTS, {"study": study_id, "subjects": list(subject_ids)})
    return {row[0]: subject_row(row) for row in rows}


@dataclass(frozen=True, slots=True)
class ItemRow:
    """What an item says; its metadata and where it came from are not read."""

    messages: Sequence[Mapping[str, Any]]
    context: str | None


@dataclass(frozen=True, slots=True)
class Content:
    """A subject with its texts: the item's, and the messages of its outputs by key. Never the systems' names."""

    subject: SubjectRow
    item: ItemRow
    outputs: Mapping[int, Sequence[Mapping[str, Any]]]


_A, _B = _OUTPUT.alias("a"), _OUTPUT.alias("b")
_CONTENTS = (
    select(*SUBJECT_COLUMNS, _ITEM.c.messages, _ITEM.c.context, _A.c.messages, _B.c.messages)
    .select_from(
        _SUBJECT.join(_ITEM, _ITEM.c.id == _SUBJECT.c.item_id)
        .join(_A, _A.c.id == _SUBJECT.c.output_a_id, isouter=True)
        .join(_B, _B.c.id == _SUBJECT.c.output_b_id, isouter=True)
    )
    .where(*_HERE)
)


def read_contents(study_id: int, subject_ids: Sequence[int], *, session: Session) -> Mapping[int, Content]:
    """The subjects of `read_subjects` with their texts, in one round trip."""
    rows = session.connection().execute(_CONTENTS, {"study": study_id, "subjects": list(subject_ids)})
    found = {}
    for row in rows:
        subject = subject_row(row)
        found[subject.id] = Content(
            subject, ItemRow(row[5], row[6]), dict(zip(subject.output_ids, row[7:9], strict=False))
        )
    return found


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
