"""What judges are shown of subjects, read from the study as it stands now."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.judging.asked import Material, Question, ReferenceText
from core.judging.fencing import Fence
from core.store import studies
from core.store.database import Session
from core.store.grading_subjects import ReferenceRow, read_contents, read_references
from core.store.judging import read_fence_key, read_rubric_of
from core.store.studies import AskedCriterion


@dataclass(frozen=True, slots=True)
class JudgedStudy:
    """What all requests of a judge in a study share.

    Attributes:
        questions: The criteria of the judge's rubric by what they apply to ("item", "output", "pair"), in order.
        guideline: The newest version's text; "" where there is none.
    """

    study_id: int
    questions: Mapping[str, tuple[Question, ...]]
    guideline: str
    guideline_id: int | None
    fence: Fence


def read_judged_study(study_id: int, rubric_id: int | None, *, session: Session) -> JudgedStudy:
    """The study as a judge with this rubric sees it.

    Raises:
        NotFound: The rubric is none of the study.
    """
    rubric = read_rubric_of(study_id, rubric_id, session=session)
    by_kind: dict[str, tuple[Question, ...]] = {}
    for criterion in rubric.criteria:
        by_kind[criterion.applies_to] = (*by_kind.get(criterion.applies_to, ()), as_question(criterion))
    guideline = studies.current_guideline(study_id, session=session)
    return JudgedStudy(
        study_id,
        by_kind,
        guideline.text if guideline else "",
        guideline.id if guideline else None,
        Fence(read_fence_key(study_id, session=session)),
    )


def as_question(criterion: AskedCriterion) -> Question:
    """A criterion as a judge is asked it."""
    return Question(
        criterion.id, criterion.lineage, criterion.name, criterion.question, criterion.guidance, criterion.scale
    )


def read_materials(
    judged: JudgedStudy,
    subject_ids: Sequence[int],
    *,
    majorities: Mapping[str, str | float] | None = None,
    session: Session,
) -> list[Material]:
    """The material of these subjects, in their order; those of unfinished imports are left out.

    Args:
        judged: Their study.
        subject_ids: At most some thousands.
        majorities: Lineage -> the most frequent value among people, for the baseline that says it.
        session: Any session.
    """
    contents = read_contents(judged.study_id, subject_ids, session=session)
    items = sorted({content.subject.item_id for content in contents.values()})
    references: dict[int, list[ReferenceRow]] = {}
    for row in read_references(judged.study_id, items, session=session) if items else ():
        references.setdefault(row.item_id, []).append(row)
    found = []
    for key in subject_ids:
        content = contents.get(key)
        if content is None:
            continue
        subject = content.subject
        found.append(
            Material(
                subject_id=subject.id,
                item_id=subject.item_id,
                kind=subject.kind,
                messages=content.item.messages,
                context=content.item.context,
                outputs=tuple(content.outputs[output] for output in subject.output_ids),
                references=tuple(ReferenceText(row.text, row.status) for row in references.get(subject.item_id, ())),
                guideline=judged.guideline,
                majorities=majorities or {},
            )
        )
    return found
