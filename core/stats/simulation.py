"""Simulated raters: noise, leniency and drift on a declared scale, with a truth that is known. Seeded arrays out.

A unit has a quality: a normal number, partly shared by its cluster. A rater sees it through noise, shifted by a
leniency, which drifts from the first unit to the last. On a scale of options the shifted quality falls between
thresholds that give the options their declared shares; free numbers stretch it over the range; a preference is about
the difference of two qualities, so it is the same with A, tie and B.

Simulated ratings are for planning and for tests of intervals; they are never mixed with real ones.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from core.errors import BadInput
from core.scales import MISSING, DeclaredScale
from core.stats.arrays import FloatArray, IntArray
from core.stats.ratings import RatingTable
from core.stats.weights import ordered_options


@dataclass(frozen=True, slots=True)
class SimulatedRater:
    """How one rater rates; all in standard deviations of quality.

    Attributes:
        name: Name of the rater.
        noise: Standard deviation of what the rater adds to a unit's quality, afresh each time.
        leniency: What the rater adds always; above 0 higher answers.
        drift: What leniency grows by from the first to the last unit.
        missing: Share of units that the rater does not rate.
    """

    name: str
    noise: float = 0.5
    leniency: float = 0.0
    drift: float = 0.0
    missing: float = 0.0


@dataclass(frozen=True, slots=True)
class SimulatedStudy:
    """What is simulated.

    Attributes:
        scale: The declared scale.
        raters: Who rates.
        n_units: Units.
        cluster_size: Units of a cluster (the last may have fewer); 1 for units that stand alone.
        cluster_share: Share of the variance of quality that a cluster's units have in common, 0 to 1.
        shares: True share of each option, in their order; default all the same.
        repeats: How often each rater rates each unit.
    """

    scale: DeclaredScale
    raters: tuple[SimulatedRater, ...]
    n_units: int
    cluster_size: int = 1
    cluster_share: float = 0.0
    shares: tuple[float, ...] | None = None
    repeats: int = 1

    def __post_init__(self) -> None:
        """Refuse what cannot be simulated.

        Raises:
            BadInput: A share or a number is out of range, or names occur twice.
        """
        names = [rater.name for rater in self.raters]
        n_options = len(self.scale.options)
        wrong = [
            ("raters", not names or len(set(names)) < len(names), f"{len(names)} names", "one different name each"),
            ("units", self.n_units < 1, str(self.n_units), "1 or more"),
            ("repeats", self.repeats < 1, str(self.repeats), "1 or more"),
            ("cluster size", self.cluster_size < 1, str(self.cluster_size), "1 or more"),
            ("cluster share", not 0 <= self.cluster_share <= 1, str(self.cluster_share), "0 to 1"),
            ("noise", any(not rater.noise >= 0 for rater in self.raters), "below 0", "0 or more"),
            ("missing", any(not 0 <= rater.missing <= 1 for rater in self.raters), "outside", "0 to 1"),
            ("range", self.scale.is_numeric and self.scale.low is None, "none", "a scale with both ends"),
        ]
        if self.shares is not None:
            fit = len(self.shares) == n_options and min(self.shares) >= 0 and abs(sum(self.shares) - 1) < 1e-9
            expected = f"{n_options} shares that sum to 1" if n_options else "none: free numbers have no options"
            wrong.append(("shares", not fit, str(self.shares), expected))
        for where, is_wrong, found, expected in wrong:
            if is_wrong:
                raise BadInput(where=where, found=found, expected=expected)


@dataclass(frozen=True, slots=True, eq=False)
class SimulatedRatings:
    """Simulated ratings and the truth behind them.

    Attributes:
        study: What was simulated.
        quality: True quality of each unit.
        truth: True answer of each unit: a code, or a number.
        values: Units x raters x repeats: codes (`MISSING` where not rated) or numbers (NaN).
        clusters: Cluster of each unit.
    """

    study: SimulatedStudy
    quality: FloatArray
    truth: NDArray[np.int64] | FloatArray
    values: NDArray[np.int64] | FloatArray
    clusters: IntArray

    def table(self, repeat: int = 0) -> RatingTable:
        """The ratings of one repeat."""
        names = [rater.name for rater in self.study.raters]
        clusters = self.clusters if self.study.cluster_size > 1 else None
        build = RatingTable.from_numbers if self.study.scale.is_numeric else RatingTable.from_codes
        return build(self.values[:, :, repeat], self.study.scale, rater_ids=names, clusters=clusters)

    def runs(self, rater: int) -> RatingTable:
        """All repeats of one rater, as the raters of a table."""
        clusters = self.clusters if self.study.cluster_size > 1 else None
        build = RatingTable.from_numbers if self.study.scale.is_numeric else RatingTable.from_codes
        return build(self.values[:, rater], self.study.scale, clusters=clusters)


def simulate(study: SimulatedStudy, *, seed: int | np.random.Generator) -> SimulatedRatings:
    """Draw units, their true answers and everybody's ratings; the same seed gives the same."""
    rng = np.random.default_rng(seed)
    n = study.n_units
    clusters = np.arange(n) // study.cluster_size
    common = rng.normal(size=int(clusters[-1]) + 1)[clusters]
    share = study.cluster_share
    quality = np.sqrt(share) * common + np.sqrt(1 - share) * rng.normal(size=n)
    progress = np.linspace(0.0, 1.0, n)
    seen = []
    for rater in study.raters:
        shift = rater.leniency + rater.drift * progress
        own = quality[:, None] + shift[:, None] + rater.noise * rng.normal(size=(n, study.repeats))
        left_out = rng.random(n) < rater.missing
        seen.append(np.where(left_out[:, None], np.nan, own))
    values = _answers(study, np.stack(seen, axis=1))
    return SimulatedRatings(study, quality, _answers(study, quality), values, clusters)


def _answers(study: SimulatedStudy, quality: FloatArray) -> NDArray[np.int64] | FloatArray:
    """The answers that qualities stand for; NaN is missing."""
    scale = study.scale
    if scale.low is not None and scale.high is not None and scale.is_numeric:
        number = scale.low + (scale.high - scale.low) * ndtr(quality)
        if scale.step is None:
            return np.asarray(number, dtype=np.float64)
        stepped = scale.low + np.round((number - scale.low) / scale.step) * scale.step
        return np.asarray(np.minimum(stepped, scale.high), dtype=np.float64)
    order = np.array(ordered_options(scale) or range(len(scale.options)))
    outside = [code for code in range(len(scale.options)) if code not in order]
    shares = np.full(len(scale.options), 1 / len(order)) if study.shares is None else np.array(study.shares)
    shares[outside] = 0.0
    thresholds = ndtri(np.clip(np.cumsum(shares[order] / shares[order].sum())[:-1], 0.0, 1.0))
    codes = order[np.searchsorted(thresholds, np.nan_to_num(quality))]
    return np.where(np.isnan(quality), MISSING, codes).astype(np.int64)
