"""One study in full: how it is graded, its guidelines, its criteria, and how all of it came to be."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from core.models.grading_rules import GradingRules
from core.models.study import Criterion, Guideline, Scale
from core.scales import DeclaredScale
from core.store import studies as stored
from core.store import study_history as versions
from core.workflow.studies import StudySummary, summarised
from core.workflow.workspace import Workspace


@dataclass(frozen=True, slots=True)
class SettingsVersion:
    """How the study was graded from `at` on."""

    version: int
    rules: GradingRules
    closed: bool
    at: datetime
    by: str


@dataclass(frozen=True, slots=True)
class GuidelineVersion:
    """The study's instructions (Markdown, untrusted) from `at` on."""

    version: int
    text: str
    note: str
    at: datetime
    by: str


@dataclass(frozen=True, slots=True)
class CriterionVersion:
    """One version of one question; see `core.models.study.Criterion`."""

    id: int
    lineage: str
    version: int
    meaning: int
    name: str
    question: str
    guidance: str
    applies_to: str
    scale: DeclaredScale
    note: str
    at: datetime
    by: str


@dataclass(frozen=True, slots=True)
class RubricVersion:
    """What was asked from `at` on, in order."""

    version: int
    criteria: tuple[stored.AskedCriterion, ...]
    note: str
    at: datetime
    by: str


@dataclass(frozen=True, slots=True)
class CriterionHistory:
    """A question through all its versions.

    Attributes:
        versions: The oldest first, at least one.
        asked: Its place in the current rubric; None where it is retired.
    """

    lineage: str
    versions: tuple[CriterionVersion, ...]
    asked: stored.AskedCriterion | None

    @property
    def newest(self) -> CriterionVersion:
        """The version that holds."""
        return self.versions[-1]


@dataclass(frozen=True, slots=True)
class StudyDetail:
    """Everything the study's page shows.

    Attributes:
        rules: How it is graded now.
        criteria: Those that are asked, in their order, then the retired ones.
        settings, guidelines, rubrics: All versions, the oldest first.
        n_graded: Subjects with at least one standing grade of a person, by kind.
    """

    summary: StudySummary
    rules: GradingRules
    criteria: tuple[CriterionHistory, ...]
    settings: tuple[SettingsVersion, ...]
    guidelines: tuple[GuidelineVersion, ...]
    rubrics: tuple[RubricVersion, ...]
    n_graded: Mapping[str, int]

    @property
    def asked(self) -> tuple[CriterionHistory, ...]:
        """The criteria of the current rubric, in order."""
        return tuple(criterion for criterion in self.criteria if criterion.asked is not None)

    @property
    def kinds_asked(self) -> tuple[str, ...]:
        """What the current criteria are asked about: "item", "output", "pair"; each once, in this order."""
        kinds = {criterion.newest.applies_to for criterion in self.asked}
        return tuple(kind for kind in ("item", "output", "pair") if kind in kinds)

    @property
    def guideline(self) -> str:
        """The instructions that hold; "" where none were written."""
        return self.guidelines[-1].text if self.guidelines else ""


def study_detail(workspace: Workspace, name_or_id: str | int) -> StudyDetail:
    """A study in full.

    Raises:
        NotFound: There is no such study.
    """
    with workspace.database.reading() as session:
        study = stored.find_study(name_or_id, session=session)
        study_id = study.id or 0
        rubrics = tuple(
            RubricVersion(rubric.version, asked.criteria, rubric.note, rubric.created_at, rubric.created_by)
            for rubric, asked in versions.rubric_versions(study_id, session=session)
        )
        settings = tuple(
            SettingsVersion(
                row.version,
                GradingRules.from_json(row.settings),
                bool(row.settings.get("closed", False)),
                row.created_at,
                row.created_by,
            )
            for row in versions.settings_versions(study_id, session=session)
        )
        return StudyDetail(
            summary=summarised(study, stored.count_study(study_id, session=session)),
            rules=settings[-1].rules if settings else GradingRules(),
            criteria=_histories(versions.criterion_versions(study_id, session=session), rubrics),
            settings=settings,
            guidelines=tuple(_guideline(row) for row in versions.guideline_versions(study_id, session=session)),
            rubrics=rubrics,
            n_graded=versions.count_graded(study_id, session=session),
        )


def _guideline(row: Guideline) -> GuidelineVersion:
    return GuidelineVersion(row.version, row.text, row.note, row.created_at, row.created_by)


def _histories(
    rows: Sequence[tuple[Criterion, Scale]], rubrics: tuple[RubricVersion, ...]
) -> tuple[CriterionHistory, ...]:
    places = {asked.lineage: asked for asked in rubrics[-1].criteria} if rubrics else {}
    by_lineage: dict[str, list[CriterionVersion]] = {}
    for criterion, scale in rows:
        by_lineage.setdefault(criterion.lineage, []).append(_version(criterion, scale))
    found = [CriterionHistory(lineage, tuple(history), places.get(lineage)) for lineage, history in by_lineage.items()]
    last = len(places)
    return tuple(sorted(found, key=lambda one: one.asked.position if one.asked else last))


def _version(criterion: Criterion, scale: Scale) -> CriterionVersion:
    return CriterionVersion(
        id=criterion.id or 0,
        lineage=criterion.lineage,
        version=criterion.version,
        meaning=criterion.meaning,
        name=criterion.name,
        question=criterion.question,
        guidance=criterion.guidance,
        applies_to=criterion.applies_to,
        scale=DeclaredScale.from_json(scale.declared),
        note=criterion.note,
        at=criterion.created_at,
        by=criterion.created_by,
    )
