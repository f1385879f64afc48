"""The subjects that judges are run on: counted, listed in ranges, and drawn.

Every function takes the `session` of a transaction that the caller opened. Subjects brought by an import that is not
done are not seen.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import BindParameter, bindparam, text
from sqlmodel import Session, col, func, select
from sqlmodel.sql.expression import SelectOfScalar

from core.errors import NotFound, shortened
from core.models.items import Draw, DrawnSubject, Subject
from core.models.ratings import Import, ImportState
from core.store.inserting import insert_missing
from core.store.studies import visible

_FROM = "from subject s"
_ITEM = " join item i on i.id = s.item_id and i.split in :splits"
_WHERE = " where s.study_id = :study and s.kind = :kind and s.id > :after and s.id <= :up_to"
_SEEN = " and (s.import_id is null or s.import_id not in :hidden)"
_GRADED = (
    " and exists (select 1 from rating r join rater p on p.id = r.rater_id where r.subject_id = s.id"
    " and p.kind = 'person' and r.absence is null and r.phase <> 'revised'"
    " and not exists (select 1 from rating l where l.supersedes_id = r.id))"
)
_LAST = 2**62


def has_unfinished(study_id: int, *, session: Session) -> bool:
    """Whether an import into the study is not done: its subjects will come into sight later, under ids of now."""
    return bool(_unfinished(study_id, session))


def _unfinished(study_id: int, session: Session) -> list[int]:
    query = select(Import.id).where(Import.study_id == study_id, Import.state != ImportState.DONE.value)
    return [found or 0 for found in session.exec(query)]


def _condition(
    study_id: int,
    kind: str,
    splits: Sequence[str],
    *,
    graded: bool,
    session: Session,
) -> tuple[str, dict[str, Any], list[BindParameter[Any]]]:
    hidden = _unfinished(study_id, session)
    words = _FROM + (_ITEM if splits else "") + _WHERE + (_SEEN if hidden else "") + (_GRADED if graded else "")
    asked: dict[str, Any] = {"study": study_id, "kind": kind}
    lists: list[BindParameter[Any]] = []
    for name, values in (("splits", list(splits)), ("hidden", hidden)):
        if values:
            asked[name] = values
            lists.append(bindparam(name, expanding=True))
    return words, asked, lists


def count_subjects(
    study_id: int, kind: str, *, splits: Sequence[str] = (), graded: bool = False, session: Session
) -> int:
    """How many subjects of a kind there are: of these splits, and with a person's grade that stands."""
    words, asked, lists = _condition(study_id, kind, splits, graded=graded, session=session)
    query = text(f"select count(*) {words}").bindparams(*lists)
    return int(session.connection().execute(query, asked | {"after": 0, "up_to": _LAST}).scalar_one())


def list_subjects(
    study_id: int, kind: str, *, splits: Sequence[str] = (), graded: bool = False, after: int = 0,
    up_to: int | None = None, limit: int | None = None, session: Session,
) -> NDArray[np.int64]:  # fmt: skip
    """Ids of the subjects of a kind above `after` and up to `up_to`, rising; at most `limit`."""
    words, asked, lists = _condition(study_id, kind, splits, graded=graded, session=session)
    asked |= {"after": after, "up_to": _LAST if up_to is None else up_to, "most": _LAST if limit is None else limit}
    query = text(f"select s.id {words} order by s.id limit :most").bindparams(*lists)
    return np.fromiter(session.connection().execute(query, asked).scalars(), dtype=np.int64)


def last_subject(study_id: int, *, session: Session) -> int:
    """The highest id of a subject of the study; 0 where it has none."""
    return session.exec(select(func.max(Subject.id)).where(Subject.study_id == study_id)).one() or 0


def add_draw(draw: Draw, *, session: Session) -> int:
    """Record how subjects were chosen; its id."""
    session.add(draw)
    session.flush()
    return draw.id or 0


def add_drawn(
    draw_id: int, subjects: Sequence[int], *, probability: float | None, first_rank: int, session: Session
) -> None:
    """Record some of the subjects of a draw, in the order of their ranks."""
    rows = [
        {"draw_id": draw_id, "subject_id": found, "probability": probability, "rank": first_rank + place}
        for place, found in enumerate(subjects)
    ]
    insert_missing(DrawnSubject, rows, session=session)


def list_drawn(draw_id: int, *, after: int = 0, limit: int | None = None, session: Session) -> NDArray[np.int64]:
    """Ids of the subjects of a draw above `after`, rising; at most `limit`."""
    query = (
        select(DrawnSubject.subject_id)
        .where(DrawnSubject.draw_id == draw_id, DrawnSubject.subject_id > after)
        .order_by(col(DrawnSubject.subject_id))
    )
    return np.fromiter(session.exec(query.limit(limit) if limit is not None else query), dtype=np.int64)


@dataclass(frozen=True, slots=True)
class PlaceAmong:
    """A subject among those of some kinds, by id.

    Attributes:
        subject: The one asked for, or the first there is; None where there is none.
        place: From 1; 0 where there is none.
    """

    subject: int | None
    before: int | None
    after: int | None
    place: int
    total: int


def place_among(study_id: int, kinds: Sequence[str], near: int | None, *, session: Session) -> PlaceAmong:
    """Where a subject stands among the visible ones of some kinds; the first one where it is none of them."""
    here = (Subject.study_id == study_id, col(Subject.kind).in_(list(kinds)), visible(Subject, study_id=study_id))

    def one_of(chosen: SelectOfScalar[Any]) -> int | None:
        found: int | None = session.exec(chosen).one()
        return found

    lowest, highest, n = func.min(col(Subject.id)), func.max(col(Subject.id)), func.count(col(Subject.id))
    subject = one_of(select(lowest).where(*here, Subject.id == near)) if near is not None else None
    subject = subject or one_of(select(lowest).where(*here))
    total = one_of(select(n).where(*here)) or 0
    if subject is None:
        return PlaceAmong(None, None, None, 0, total)
    before = one_of(select(highest).where(*here, col(Subject.id) < subject))
    after = one_of(select(lowest).where(*here, col(Subject.id) > subject))
    place = (one_of(select(n).where(*here, col(Subject.id) < subject)) or 0) + 1
    return PlaceAmong(subject, before, after, place, total)


def subject_at(study_id: int, kinds: Sequence[str], place: int, *, session: Session) -> int | None:
    """The subject at this place, from 1, among the visible ones of some kinds; None where it has no such place."""
    here = (Subject.study_id == study_id, col(Subject.kind).in_(list(kinds)), visible(Subject, study_id=study_id))
    if place < 1:
        return None
    return session.exec(select(Subject.id).where(*here).order_by(col(Subject.id)).offset(place - 1).limit(1)).first()


def subject_named(study_id: int, key: str, *, session: Session) -> int:
    """The subject with this key ("q1/alder"), or this id.

    Raises:
        NotFound: The study has none; names some it has.
    """
    here = (Subject.study_id == study_id, visible(Subject, study_id=study_id))
    found = session.exec(select(Subject.id).where(*here, Subject.key == key.strip())).first()
    if found is None and key.strip().isdigit() and len(key.strip()) < 19:
        found = session.exec(select(Subject.id).where(*here, Subject.id == int(key))).first()
    if found is None:
        known = session.exec(select(Subject.key).where(*here).order_by(col(Subject.id)).limit(5)).all()
        raise NotFound("subject", shortened(key).strip('"'), tuple(known))
    return found


def judged_subjects(judge_id: int, statuses: Sequence[str], *, session: Session) -> NDArray[np.int64]:
    """The subject of every call for a verdict that a judge made and that ended so; one for each call."""
    query = text(
        "select subject_id from call where judge_id = :judge and kind = 'verdict' and status in :statuses"
    ).bindparams(bindparam("statuses", expanding=True))
    rows = session.connection().execute(query, {"judge": judge_id, "statuses": list(statuses)})
    return np.fromiter(rows.scalars(), dtype=np.int64)


@dataclass(frozen=True, slots=True)
class MeasuredCall:
    """A finished call as far as its tokens are told."""

    subject_id: int
    request_hash: str
    tokens_in: int
    tokens_out: int


def measured_calls(judge_id: int, *, limit: int, session: Session) -> Sequence[MeasuredCall]:
    """The newest finished calls for verdicts whose tokens the provider told."""
    query = text(
        "select subject_id, request_hash, tokens_in, tokens_out from call where judge_id = :judge and kind = 'verdict'"
        " and status in ('ok', 'unreadable') and tokens_in > 0 and tokens_out is not null and copied_from_id is null"
        " order by id desc limit :most"
    )
    rows = session.connection().execute(query, {"judge": judge_id, "most": limit})
    return [MeasuredCall(*row) for row in rows]
