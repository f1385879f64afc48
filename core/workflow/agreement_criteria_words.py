"""What stands behind the numbers of a question's row, and what is said of it."""

from core.charts.writing import estimate_text
from core.stats.coefficients import COEFFICIENTS
from core.stats.estimates import Estimate, Flag
from core.workflow.agreement_criteria import Criteria, CriterionJudge, CriterionRow
from core.workflow.agreement_definitions import definition_of
from core.workflow.agreement_explained import Explanation, counted, interval_made

_LEFT_OUT = (Flag.OUTSIDE_ORDER_LEFT_OUT, Flag.TIES_LEFT_OUT, Flag.INVALID_VALUES)


def explained_alone(estimate: Estimate, measure: str, *, about: str) -> Explanation:
    """What stands behind a number of a question that is not the one the page is about.

    Args:
        estimate: The number.
        measure: Key in `core.workflow.agreement_definitions.DEFINITIONS`.
        about: Name of the question, for the title.
    """
    known = definition_of(measure)
    return Explanation(
        title=f"{known.title}: {about}",
        definition=known.definition,
        formula=known.formula,
        counted=counted(estimate),
        left_out=tuple(flag.sentence for flag in estimate.flags if flag in _LEFT_OUT),
        interval=interval_made(estimate),
        notes=tuple(flag.sentence for flag in estimate.flags if flag not in _LEFT_OUT),
        source=known.source,
        reason="" if estimate.reason is None else estimate.reason.sentence,
    )


def alpha_notes(row: CriterionRow) -> tuple[str, ...]:
    """Why alpha has no value, or no interval."""
    estimate = row.alpha
    if estimate.value is None:
        if row.n_people < 2 and row.n_units:
            people = "One person has" if row.n_people else "Nobody has"
            return (f"{people} rated it: agreement needs two people.",)
        return () if estimate.reason is None else (estimate.reason.sentence,)
    if estimate.interval is None and estimate.interval_reason is not None:
        return (estimate.interval_reason.sentence.partition(":")[0].rstrip(".") + ": no interval",)
    return ()


def judge_notes(found: CriterionJudge) -> tuple[str, ...]:
    """Whether a judge is told apart from people, or why there is no number."""
    if found.judge.value is None:
        return () if found.judge.reason is None else (found.judge.reason.sentence,)
    interval = found.gap.interval
    if interval is None:
        reason = found.gap.interval_reason
        return () if reason is None else (reason.sentence.partition(":")[0].rstrip(".") + ": not compared with people",)
    if interval.low <= 0 <= interval.high:
        return ()
    side = "below" if interval.high < 0 else "above"
    return (f"{side} people on the same units, {estimate_text(found.gap)}",)


def levels_said(found: Criteria) -> str:
    """Which levels of alpha stand in the picture, and that these are not one scale."""
    levels = sorted({row.level for row in found.rows if row.alpha.value is not None})
    if len(levels) < 2:
        return ""
    return (
        f"Alphas of different levels ({', '.join(levels)}) do not compare one to one: ordinal and interval ones count"
        " close answers in part."
    )


def alpha_title(row: CriterionRow) -> str:
    """Alpha with its level, as people read it."""
    return COEFFICIENTS[row.measure].title
