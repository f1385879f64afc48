"""Every alpha once more, by the `krippendorff` package: two programs that agree are better evidence than one."""

from dataclasses import dataclass
from importlib.metadata import version

import krippendorff
import numpy as np

from core.scales import AlphaLevel
from core.stats.agreement import AgreementReport
from core.stats.applying import looked_at
from core.stats.arrays import FloatArray
from core.stats.coefficients import COEFFICIENTS, alpha_key
from core.stats.ratings import RatingTable
from core.stats.weights import option_values
from core.workflow.agreement_view import AgreementView

SAME = 1e-9
"""Two values that differ by no more are called the same."""

QUICK_WORK = 4_000_000
MOST_WORK = 200_000_000
"""Units x values^2: up to the one the package takes about a second, beyond the other more than half a minute."""

_LEVELS: tuple[AlphaLevel, ...] = ("nominal", "ordinal", "interval", "ratio")


@dataclass(frozen=True, slots=True)
class Recomputed:
    """One alpha by two programs.

    Attributes:
        key: Key in `COEFFICIENTS`.
        ours: Value by Touchstone.
        theirs: Value by the package; None where it was not asked, and then `reason` says why.
        reason: Why it was not asked; "" where it was.
    """

    key: str
    ours: float
    theirs: float | None
    reason: str = ""

    @property
    def difference(self) -> float | None:
        """How far the two are apart; None where only one is known."""
        return None if self.theirs is None else abs(self.ours - self.theirs)


def package_version() -> str:
    """The version of the package that is installed."""
    return version("krippendorff")


def cited_report(view: AgreementView) -> AgreementReport:
    """The report that is cited: among people where two of them can be compared, else among everybody chosen."""
    return view.people if view.people.n_pairable else view.everyone


def cited_table(view: AgreementView) -> RatingTable:
    """The ratings that `cited_report` is about."""
    people = [line for line in view.raters if line.is_person]
    lines = people if view.people.n_pairable else list(view.compared)
    return view.cells.table([line.id for line in lines], named=all(line.kind != "seat" for line in lines))


def is_quick(view: AgreementView) -> bool:
    """Whether the package takes about a second at most."""
    table = cited_table(view)
    return _work(table, _n_values(table)) <= QUICK_WORK


def _n_values(table: RatingTable) -> int:
    return len(np.unique(table.numbers)) if table.scale.is_numeric else len(table.scale.options)


def _work(table: RatingTable, n_values: int) -> int:
    """What the package's time grows with."""
    return table.n_units * n_values**2


def recomputed(view: AgreementView) -> tuple[Recomputed, ...]:
    """Every alpha of the cited report that has a value, by both programs; seconds where it is not quick."""
    return recompute(cited_report(view), cited_table(view))


def recompute(report: AgreementReport, table: RatingTable) -> tuple[Recomputed, ...]:
    """Every alpha of a report that has a value, by both programs.

    Args:
        report: What Touchstone found.
        table: The ratings that it found it in.
    """
    defined = [(level, value) for level in _LEVELS if (value := report[alpha_key(level)].value) is not None]
    n_values = _n_values(table)
    if _work(table, n_values) > MOST_WORK:
        reason = f"{table.n_units:,} units with {n_values:,} different values would take that package minutes"
        return tuple(Recomputed(alpha_key(level), ours, None, reason) for level, ours in defined)
    ask = _of_numbers if table.scale.is_numeric else _of_options
    return tuple(ask(table, level, ours) for level, ours in defined)


def _of_options(table: RatingTable, level: AlphaLevel, ours: float) -> Recomputed:
    key = alpha_key(level)
    options = list(looked_at(COEFFICIENTS[key], table.scale))
    counts = table.counts()[:, options]
    spaced = level in ("interval", "ratio")
    domain = option_values(table.scale) if spaced else np.arange(len(options), dtype=np.float64)
    rising = np.argsort(domain, kind="stable")
    return Recomputed(key, ours, _asked(counts[:, rising].astype(np.float64), domain[rising], level))


def _of_numbers(table: RatingTable, level: AlphaLevel, ours: float) -> Recomputed:
    domain, place = np.unique(table.numbers, return_inverse=True)
    n_cells = table.n_units * len(domain)
    cells = table.units.astype(np.int64) * len(domain) + place.reshape(-1)
    counts = np.bincount(cells, minlength=n_cells).reshape(table.n_units, len(domain)).astype(np.float64)
    return Recomputed(alpha_key(level), ours, _asked(counts, domain, level))


def _asked(counts: FloatArray, domain: FloatArray, level: AlphaLevel) -> float:
    return float(krippendorff.alpha(value_counts=counts, value_domain=domain, level_of_measurement=level))
