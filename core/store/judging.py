"""Judges and what they are bound to, as the database holds them.

Every function takes the `session` of a transaction that the caller opened.
"""

from sqlmodel import Session, col, select

from core.errors import NotFound
from core.models.study import Rubric, Study
from core.store.studies import AskedRubric, read_rubric


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
