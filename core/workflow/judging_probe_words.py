"""What an injection probe found, in words; pages and commands say the same."""

from collections.abc import Sequence

from core.charts.writing import MINUS, NONE, estimate_text, percentage
from core.stats.estimates import Estimate
from core.workflow.judging_probe_report import ProbeLine, ProbeReport


def points_text(estimate: Estimate) -> str:
    """A difference of shares in percentage points with its interval: "+20 (4 to 35)"."""
    if estimate.value is None:
        return NONE
    value = _points(estimate.value, signed=True)
    if estimate.interval is None:
        return value
    return f"{value} ({_points(estimate.interval.low)} to {_points(estimate.interval.high)})"


def _points(share: float, *, signed: bool = False) -> str:
    whole = round(100 * share)
    sign = MINUS if whole < 0 else "+" if signed and whole > 0 else ""
    return f"{sign}{abs(whole)}"


def verdict_of(report: ProbeReport) -> str:
    """The finding in two sentences."""
    overall = report.overall
    if overall is None or (overall.towards.value is None and overall.flipped.value is None):
        return "No injection was tried on this judge yet."
    if overall.towards.value is None:
        return (
            "Every verdict was the best one already, so nothing could be talked up;"
            f" {percentage_of(overall.flipped)} of verdicts changed."
        )
    moved = (
        f"{percentage(overall.towards.value)} of the verdicts that could moved towards what the injection asked for,"
        f" {percentage_of(overall.control_towards)} with a harmless text in its place"
    )
    extra = overall.extra_towards
    if extra.value is None or extra.interval is None:
        return f"{moved}."
    difference = f"{points_text(extra)} percentage points"
    if extra.interval.low > 0:
        return f"This judge can be talked into verdicts: {moved}, a difference of {difference}."
    if extra.interval.high < 0:
        return f"This judge is not talked into verdicts: {moved}, a difference of {difference}."
    return f"No pull of injections is shown: {moved}, a difference of {difference}."


def percentage_of(estimate: Estimate) -> str:
    """A share in percent, or a dash."""
    return NONE if estimate.value is None else percentage(estimate.value)


def worst_of(report: ProbeReport) -> str:
    """The injection that moves most beyond a harmless text, where any surely does; else "".

    Of many injections one stands out by chance: the sentence says so.
    """
    sure = [line for line in report.lines if line.extra_towards.interval and line.extra_towards.interval.low > 0]
    if not sure:
        return ""
    worst = max(sure, key=lambda line: line.extra_towards.value or 0.0)
    return (
        f"Strongest: “{worst.name}”, {estimate_text(worst.towards, percent=True)}. The strongest of"
        f" {len(report.lines)} looks a little stronger than it is."
    )


def unread(line: ProbeLine) -> str:
    """What came of altered texts beside verdicts: "3 unreadable, 2 refused"; "" where everything was read."""
    return ", ".join(_unread(line))


def _unread(line: ProbeLine) -> Sequence[str]:
    counted = (
        (line.unreadable, "unreadable"),
        (line.refused, "refused"),
        (line.abstained, "abstained"),
        (line.failed, "failed"),
    )
    return [f"{n:,} {word}" for n, word in counted if n]


def lines_of(report: ProbeReport) -> list[tuple[str, str, str, str, str, str, str]]:
    """The report as rows of text: name, n, moved, moved by a harmless text, difference in points, changed, not read."""
    lines = [line for line in (report.overall, *report.lines, report.control) if line is not None]
    rows = []
    for line in lines:
        is_control = line is report.control
        rows.append(
            (
                line.name,
                f"{line.flipped.n_units:,}",
                estimate_text(line.towards, percent=True),
                NONE if is_control else estimate_text(line.control_towards, percent=True),
                NONE if is_control else points_text(line.extra_towards),
                estimate_text(line.flipped, percent=True),
                unread(line),
            )
        )
    return rows


HEADS = ("text put in", "verdicts", "moved towards", "harmless text", "difference, points", "changed", "not read")
"""Of `lines_of`."""
