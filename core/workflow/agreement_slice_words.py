"""A slice in words: what differs, what is too thin, and what stands behind every number of its row."""

from dataclasses import dataclass

from core.charts.writing import NONE, decimal
from core.stats.estimates import Estimate, Flag
from core.workflow.agreement_explained import Explanation, counted, explained, interval_made
from core.workflow.agreement_slices import IN_PLACE, SlicedAgreement, SliceRow
from core.workflow.agreement_view import AgreementView

P_SMALLEST = 0.001
P_TWO_PLACES = 0.01


@dataclass(frozen=True, slots=True)
class SliceExplanations:
    """What stands behind the numbers of a row; None where it has no such number."""

    people: Explanation
    judge: Explanation | None
    gap: Explanation | None
    difference: Explanation | None


def verdicts(row: SliceRow) -> tuple[str, ...]:
    """What is said of a slice in words: why it is grey, whether it differs from the rest, or judge from people."""
    if row.shown.value is None:
        return () if row.shown.reason is None else (row.shown.reason.sentence,)
    if not row.name:
        return ()
    if row.too_small:
        return (too_thin(row.shown),)
    said = [f"differs from the rest, adjusted p {p_words(row.adjusted_p)}"] if row.differs else []
    if row.apart and row.gap is not None and row.gap.value is not None:
        side = "below" if row.gap.value < 0 else "above"
        said.append(f"{side} people, adjusted p {p_words(row.adjusted_gap_p)}")
    return tuple(said)


def too_thin(estimate: Estimate) -> str:
    """Why a slice is grey: "only 12 clusters: no interval"."""
    n, clustered = estimate.n_groups, Flag.CLUSTERED in estimate.flags
    what = ("cluster" if n == 1 else "clusters") if clustered else ("unit" if n == 1 else "units")
    return f"only {n} {what}: no interval"


def p_words(p: float | None) -> str:
    """A p-value as people read it: ".03", ".004", "<.001", or a dash."""
    if p is None:
        return NONE
    if p < P_SMALLEST:
        return f"<{decimal(P_SMALLEST, 3)}"
    return decimal(p, 2 if p >= P_TWO_PLACES else 3)


def summary(found: SlicedAgreement) -> str:
    """What stands above the picture: how many slices differ, how many are too thin, how many units are in none."""
    parts = [_tested(found)]
    if found.judge is not None and any(row.gap_p is not None for row in found.rows):
        apart = sum(row.apart for row in found.rows)
        parts.append(f"Judge and people differ in {f'{apart} of them' if apart else 'none of them'}.")
    thin, n = sum(row.too_small for row in found.rows), len(found.rows)
    if thin:
        parts.append(f"{thin} of {n} {'is' if thin == 1 else 'are'} too thin for an interval.")
    if found.n_without:
        parts.append(f"{found.n_without:,} {'unit is' if found.n_without == 1 else 'units are'} in no slice.")
    if _above_every_slice(found):
        parts.append(
            "All units together lie above every slice: what parts the slices is variety too, and raters agree on it."
        )
    return " ".join(parts)


def _above_every_slice(found: SlicedAgreement) -> bool:
    values = [row.shown.value for row in found.rows if row.shown.value is not None and not row.too_small]
    whole = found.whole.shown.value
    return whole is not None and len(values) > 1 and not found.measure.percent and whole > max(values)


def _tested(found: SlicedAgreement) -> str:
    tested = sum(row.p_value is not None for row in found.rows)
    if len(found.rows) == 1 and not found.n_without:
        return "All units are in one slice, so there is no rest to compare it with."
    if not tested:
        return "No slice can be tested against the rest."
    differing = sum(row.differs for row in found.rows)
    rate = f"{found.q:.0%}".replace("%", " %")
    if tested == 1:
        return f"The one slice that can be tested {'differs' if differing else 'does not differ'} from the rest."
    said = "None" if not differing else f"{differing}"
    verb = "differs" if differing == 1 else "differ"
    return f"{said} of {tested} tested slices {verb} from the rest, at a false discovery rate of {rate}."


def slice_explanations(view: AgreementView, found: SlicedAgreement, row: SliceRow) -> SliceExplanations:
    """What stands behind the numbers of a row."""
    measure, ids = found.measure.key, () if found.judge is None else (found.judge.id,)
    where = f", {row.name}" if row.name else ""
    people = explained(view, row.people, measure=measure.removesuffix(IN_PLACE))
    judge = None if row.judge is None else explained(view, row.judge, measure=measure, raters=ids)
    gap = None if row.gap is None else explained(view, row.gap, measure="difference", raters=ids)
    rest = None if row.difference is None else _rest_explained(row, row.difference, where)
    return SliceExplanations(people, judge, gap, rest)


def _rest_explained(row: SliceRow, difference: Estimate, where: str) -> Explanation:
    """What stands behind a slice minus the rest."""
    p = (
        f" p {p_words(row.p_value)}, from the t statistic of the jackknife error; {p_words(row.adjusted_p)} after"
        " adjustment for the number of slices tested. It is said to differ where the adjusted p is at most .05 and the"
        " interval leaves out 0."
        if row.p_value is not None
        else " Not tested."
    )
    notes = tuple(flag.sentence for flag in difference.flags)
    return Explanation(
        title=f"The slice minus the rest{where}",
        definition="The number in the slice minus the number on all other units, those in no slice included; every"
        " resample of all units gives both." + p,
        formula="slice - rest",
        counted=counted(difference),
        left_out=(),
        interval=interval_made(difference),
        notes=notes,
        source="Efron and Tibshirani (1993), An Introduction to the Bootstrap; Benjamini and Hochberg (1995), Journal"
        " of the Royal Statistical Society B 57",
        reason="" if difference.reason is None else difference.reason.sentence,
    )
