"""How a study came to be what it is: every version, in words, with what it replaced."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from core.models.grading_rules import GradingRules
from core.scales import DeclaredScale, Option
from core.store.studies import AskedCriterion
from core.workflow.study_detail import CriterionVersion, StudyDetail


@dataclass(frozen=True, slots=True)
class Change:
    """One version that was saved.

    Attributes:
        at, by: When and by whom; `by` is "" where nobody said who they are.
        title: What was saved, and which version it is.
        note: Why, in the words of who saved it.
        before, after: The replaced and the new version as plain text; `before` is "" for a first version.
    """

    at: datetime
    by: str
    title: str
    note: str
    before: str
    after: str


def study_history(detail: StudyDetail) -> tuple[Change, ...]:
    """Every change of a study, the newest first; of one moment, what was decided last first."""
    changes = [*_settings(detail), *_guidelines(detail), *_criteria(detail), *_rubrics(detail)]
    return tuple(sorted(changes, key=lambda change: change.at)[::-1])


def _settings(detail: StudyDetail) -> Iterator[Change]:
    before = ""
    closed = False
    for row in detail.settings:
        after = rules_in_words(row.rules)
        verb = "Settings" if row.closed == closed else ("Closed for grading" if row.closed else "Opened for grading")
        yield Change(row.at, row.by, f"{verb}, version {row.version}", "", before, after)
        before, closed = after, row.closed


def _guidelines(detail: StudyDetail) -> Iterator[Change]:
    before = ""
    for row in detail.guidelines:
        yield Change(row.at, row.by, f"Guideline, version {row.version}", row.note, before, row.text)
        before = row.text


def _criteria(detail: StudyDetail) -> Iterator[Change]:
    for criterion in detail.criteria:
        before, meaning = "", 1
        for row in criterion.versions:
            after = criterion_in_words(row)
            title = f"Criterion {row.name}, version {row.version}"
            if before:
                title += ": new meaning" if row.meaning > meaning else ": same meaning"
            yield Change(row.at, row.by, title, row.note, before, after)
            before, meaning = after, row.meaning


def _rubrics(detail: StudyDetail) -> Iterator[Change]:
    before = ""
    for row in detail.rubrics:
        after = rubric_in_words(row.criteria)
        yield Change(row.at, row.by, f"What is asked, version {row.version}", row.note, before, after)
        before = after


def rules_in_words(rules: GradingRules) -> str:
    """Settings, one a line."""
    return "\n".join(
        (
            f"Reveal verdicts and labels: {rules.reveal.value}{' a grade' if rules.reveal.value == 'after' else ''}",
            f"Comment: {rules.comment.value}",
            f"Confidence: {rules.confidence.value}",
            f"Reference: {rules.reference.value}{'' if rules.reference.value == 'never' else ' a grade'}",
            f"Order: {rules.order.value}",
        )
    )


def criterion_in_words(criterion: CriterionVersion) -> str:
    """A criterion version, one field a line."""
    lines = [
        f"Name: {criterion.name}",
        f"Question: {criterion.question}",
        f"Guidance: {criterion.guidance}",
        f"Asked about: {criterion.applies_to}",
        *scale_in_words(criterion.scale),
    ]
    return "\n".join(lines)


def scale_in_words(scale: DeclaredScale) -> tuple[str, ...]:
    """A scale: its kind, then its options or its range, one a line."""
    if scale.is_numeric:
        ends = "any number" if scale.low is None or scale.high is None else f"{scale.low:g} to {scale.high:g}"
        step = f" in steps of {scale.step:g}" if scale.step is not None else ""
        return (f"Scale: {scale.kind.value}, {ends}{step}",)
    passing = (f"Counts as a pass: {scale.positive}",) if scale.positive is not None else ()
    return (f"Scale: {scale.kind.value}", *(_option(option) for option in scale.options), *passing)


def _option(option: Option) -> str:
    value = f" = {option.value:g}" if option.value is not None else ""
    definition = f": {option.definition}" if option.definition else ""
    return f"- {option.key} ({option.label}{value}){definition}"


def rubric_in_words(criteria: Sequence[AskedCriterion]) -> str:
    """What a rubric asks, one criterion a line."""
    return "\n".join(
        f"{place}. {asked.name}, version {asked.version}, {'required' if asked.required else 'optional'}"
        + (f", weight {asked.weight:g}" if asked.weight != 1 else "")
        + (", critical" if asked.critical else "")
        for place, asked in enumerate(criteria, start=1)
    )
