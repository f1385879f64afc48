"""What the baseline "always the majority" says: read once for a run, and handed to `read_materials`."""

from collections.abc import Mapping

from core.judging.spec import JudgeSpec
from core.store.database import Session
from core.store.judging import read_rubric_of
from core.store.majorities import Majorities, read_majorities
from core.workflow.agreement_tables import PEOPLE

MAJORITY = "majority"
"""Key of the protocol that needs them."""


def majorities_for(study_id: int, spec: JudgeSpec, session: Session) -> Mapping[str, str | float]:
    """Lineage -> the most frequent value among people, for `read_materials`; empty where the judge needs none.

    Raises:
        NotFound: The judge's rubric is none of the study.
    """
    return majorities_behind(study_id, spec, session).values if spec.protocol == MAJORITY else {}


def majorities_behind(study_id: int, spec: JudgeSpec, session: Session) -> Majorities:
    """The same with its counts and the split it was counted on.

    Raises:
        NotFound: The judge's rubric is none of the study.
    """
    rubric = read_rubric_of(study_id, spec.rubric_id, session=session)
    meanings = {
        one.lineage: one.meaning for one in rubric.criteria if not spec.criteria or one.lineage in spec.criteria
    }
    return read_majorities(study_id, meanings, kinds=PEOPLE, session=session)
