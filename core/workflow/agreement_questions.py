"""What raters can agree on: criterion versions of the same lineage and meaning are one question.

Questions written for single items (checklists) have at most a few units each; they are pooled, scale by scale.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.errors import NotFound
from core.scales import DeclaredScale
from core.store.questions import CriterionRow

CHECKLISTS = "checklists"
"""Key and lineage of the pooled checklist questions."""


@dataclass(frozen=True, slots=True)
class Question:
    """One question, or all checklist questions on one scale.

    Attributes:
        key: How addresses and commands name it: the lineage, with `@meaning` where it is not the newest meaning.
        lineage, meaning: See `core.models.study.Criterion`.
        is_newest: Whether no later meaning exists.
        name, text, applies_to: Of the newest version.
        scale: The declared scale.
        criteria: Criterion id -> the id that stands for it: one id for a question, one for each pooled question.
        texts: Standing id -> what is asked, for pooled questions.
    """

    key: str
    lineage: str
    meaning: int
    is_newest: bool
    name: str
    text: str
    applies_to: str
    scale: DeclaredScale
    criteria: Mapping[int, int]
    texts: Mapping[int, str]

    @property
    def pooled(self) -> bool:
        """Whether many questions, each about one item, are looked at together."""
        return bool(self.texts)

    @property
    def title(self) -> str:
        """Name for people; an earlier meaning says so."""
        return self.name if self.is_newest else f"{self.name} (meaning {self.meaning}, replaced)"


def questions_of(rows: Sequence[CriterionRow], scales: Mapping[int, DeclaredScale]) -> tuple[Question, ...]:
    """The questions of a study: those of its criteria in the order they were made, then checklists.

    Args:
        rows: All criterion versions, the oldest first.
        scales: Scale id -> scale.
    """
    kin: dict[tuple[str, int], list[CriterionRow]] = {}
    for row in rows:
        kin.setdefault((row.lineage, row.meaning), []).append(row)
    newest = {row.lineage: max(row.meaning, 1) for row in sorted(rows, key=lambda row: row.meaning)}
    own = [versions for versions in kin.values() if versions[-1].item_id is None]
    written = [versions for versions in kin.values() if versions[-1].item_id is not None]
    place = {lineage: position for position, lineage in enumerate(dict.fromkeys(row.lineage for row in rows))}
    questions = [_question(versions, scales, newest) for versions in own]
    questions.sort(key=lambda question: (place[question.lineage], -question.meaning))
    return (*questions, *_pooled(written, scales, {question.key for question in questions}))


def _question(
    versions: Sequence[CriterionRow], scales: Mapping[int, DeclaredScale], newest: Mapping[str, int]
) -> Question:
    last = versions[-1]
    is_newest = last.meaning == newest[last.lineage]
    return Question(
        key=last.lineage if is_newest else f"{last.lineage}@{last.meaning}",
        lineage=last.lineage,
        meaning=last.meaning,
        is_newest=is_newest,
        name=last.name,
        text=last.question,
        applies_to=last.applies_to,
        scale=scales[last.scale_id],
        criteria={version.id: last.id for version in versions},
        texts={},
    )


def _pooled(
    written: Sequence[Sequence[CriterionRow]], scales: Mapping[int, DeclaredScale], taken: set[str]
) -> list[Question]:
    by_scale: dict[int, list[Sequence[CriterionRow]]] = {}
    for versions in written:
        by_scale.setdefault(versions[-1].scale_id, []).append(versions)
    questions = []
    for number, (scale_id, group) in enumerate(by_scale.items(), start=1):
        name = "Checklist questions" if len(by_scale) == 1 else f"Checklist questions, scale {number}"
        key = CHECKLISTS if number == 1 else f"{CHECKLISTS}-{number}"
        while key in taken:
            key += "-"
        questions.append(
            Question(
                key=key,
                lineage=key,
                meaning=1,
                is_newest=True,
                name=name,
                text=f"{len(group)} questions written for single items, looked at together",
                applies_to=group[0][-1].applies_to,
                scale=scales[scale_id],
                criteria={version.id: versions[-1].id for versions in group for version in versions},
                texts={versions[-1].id: versions[-1].question or versions[-1].name for versions in group},
            )
        )
    return questions


def find_question(questions: Sequence[Question], wanted: str) -> Question:
    """The question with this key, else with this name (the newest meaning first, without regard to case).

    Raises:
        NotFound: There is none; names those there are.
    """
    for question in questions:
        if question.key == wanted:
            return question
    folded = wanted.strip().casefold()
    named = [question for question in questions if folded in (question.name.casefold(), question.key.casefold())]
    if named:
        return max(named, key=lambda question: question.is_newest)
    raise NotFound("criterion", wanted, tuple(question.key for question in questions))
