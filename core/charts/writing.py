"""How numbers are written, in charts, tables and sentences alike."""

from collections.abc import Iterable
from math import floor

from core.stats.estimates import Estimate

MINUS = "−"
NONE = "–"


def decimal(value: float, places: int = 2) -> str:
    """A number as tables show it: no zero before the point (".61", "−.12", "1.00")."""
    text = f"{abs(value):.{places}f}"
    text = text[1:] if text.startswith("0.") else text
    return MINUS + text if value < 0 and float(f"{value:.{places}f}") != 0 else text


def percentage(share: float) -> str:
    """A share in percent, without decimals but where it rounds to all or nothing ("79 %", "99.6 %")."""
    whole = round(100 * share)
    if whole in (0, 100) and share not in (0.0, 1.0):
        return f"{100 * share:.1f} %"
    return f"{whole} %"


def estimate_text(estimate: Estimate, *, percent: bool = False) -> str:
    """Value and interval of an estimate: ".61 (.52 to .69)", ".61", or a dash where there is no value."""
    if estimate.value is None:
        return NONE
    value = percentage(estimate.value) if percent else decimal(estimate.value)
    return f"{value} ({interval_text(estimate, percent=percent)})" if estimate.interval else value


def interval_text(estimate: Estimate, *, percent: bool = False) -> str:
    """The interval of an estimate: ".52 to .69", "74 to 83 %", or a dash where there is none."""
    if estimate.interval is None:
        return NONE
    low, high = estimate.interval.low, estimate.interval.high
    if percent:
        return f"{round(100 * low)} to {percentage(high)}"
    return f"{decimal(low)} to {decimal(high)}"


def tick_text(value: float) -> str:
    """A value at an axis: one place after the point, none for 0 and 1."""
    return f"{value:.0f}" if value in (0.0, 1.0) else decimal(value, 1)


def axis_start(estimates: Iterable[Estimate]) -> float:
    """Where an axis up to 1 begins: 0, or the next fifth below the lowest value or interval, never below -1."""
    low = [one.interval.low if one.interval else one.value for one in estimates if one.value is not None]
    return max(floor(min([0.0, *low]) * 5) / 5, -1.0)
