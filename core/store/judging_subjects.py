"""The subjects that judges are run on: counted, listed in ranges, and drawn.

Every function takes the `session` of a transaction that the caller opened. Subjects brought by an import that is not
done are not seen.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import BindParameter, bindparam, text
from sqlmodel import Session, col, func, select

from core.models.items import Draw, DrawnSubject, Subject
from core.models.ratings import Import, ImportState
from core.store.inserting import insert_missing

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
