"""Simulated studies for coverage tests: each draws n units (alone or in clusters) and returns all its estimates."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from core.scales import DeclaredScale, ScaleKind, likert, pass_fail, preference
from core.stats.agreement import agreement
from core.stats.ceiling import human_ceiling
from core.stats.drift import drift
from core.stats.estimates import Estimate
from core.stats.extra_rater import extra_rater_curve
from core.stats.games import Games
from core.stats.judge_slices import judge_in_a_place, judge_with_majorities
from core.stats.number_pairs import compare_numbers
from core.stats.order_effects import BothOrders, order_effects
from core.stats.others import Others
from core.stats.preference import preferences_against
from core.stats.rankings import RankingMethod, ranking
from core.stats.ratings import RatingTable
from core.stats.repeats import self_consistency
from core.stats.replacement import replace_one
from core.stats.simulation import SimulatedRater, SimulatedRatings, SimulatedStudy, simulate
from core.stats.slices import by_slice
from core.stats.two_raters import compare
from core.stats.with_others import with_others
from core.stats.without_rater import without_each_rater

PEOPLE = ("ann", "bob", "cy")
RATERS = (
    SimulatedRater("ann", noise=0.6),
    SimulatedRater("bob", noise=0.8, leniency=0.2),
    SimulatedRater("cy", noise=0.7, missing=0.1),
    SimulatedRater("judge", noise=0.9, leniency=0.4),
)
SLIDER = DeclaredScale(ScaleKind.RATIO, low=0.0, high=100.0, step=1.0)
Estimates = Mapping[str, Estimate]


@dataclass(frozen=True)
class Size:
    """How much is drawn: groups of `cluster_size` units."""

    groups: int
    cluster_size: int = 1


Draw = Callable[[Size, int, int], Estimates]
"""From a size, a seed and a number of resamples to estimates by name."""


def _drawn(scale: DeclaredScale, size: Size, seed: int, *, repeats: int = 1, **rest: object) -> SimulatedRatings:
    raters = rest.get("raters", RATERS)
    assert isinstance(raters, tuple)
    shares = rest.get("shares")
    assert shares is None or isinstance(shares, tuple)
    study = SimulatedStudy(
        scale, raters, size.groups * size.cluster_size, size.cluster_size, 0.6 if size.cluster_size > 1 else 0.0,
        shares, repeats,
    )  # fmt: skip
    return simulate(study, seed=np.random.default_rng([7, seed]))


def of_options(size: Size, seed: int, resamples: int) -> Estimates:
    table = _drawn(likert(1, 5), size, seed).table().of_raters(PEOPLE)
    keys = {"percent", "cohen", "cohen_linear", "fleiss", "ac1", "ac2_quadratic", "brennan_prediger", "alpha_nominal",
            "alpha_ordinal", "alpha_interval", "alpha_ratio", "icc_1_1", "icc_2_1", "icc_3_k"}  # fmt: skip
    return agreement(table, seed=seed, resamples=resamples, only=keys).estimates


def of_rare_answers(size: Size, seed: int, resamples: int) -> Estimates:
    table = _drawn(pass_fail(), size, seed, shares=(0.85, 0.15)).table().of_raters(PEOPLE)
    keys = {"percent", "cohen", "fleiss", "ac1", "brennan_prediger", "alpha_nominal"}
    return agreement(table, seed=seed, resamples=resamples, only=keys).estimates


def of_numbers(size: Size, seed: int, resamples: int) -> Estimates:
    table = _drawn(SLIDER, size, seed).table().of_raters(PEOPLE)
    keys = {"percent", "alpha_interval", "alpha_ratio", "icc_1_1", "icc_2_1", "icc_3_1", "icc_1_k", "icc_2_k",
            "icc_3_k"}  # fmt: skip
    return agreement(table, seed=seed, resamples=resamples, only=keys).estimates


def of_a_judge_and_a_reference(size: Size, seed: int, resamples: int) -> Estimates:
    binary = _drawn(pass_fail(), size, seed, shares=(0.3, 0.7)).table()
    ordinal = _drawn(likert(1, 5), size, seed).table()
    rates = compare(binary, "ann", "judge", seed=seed, resamples=resamples)
    graded = compare(ordinal, "ann", "judge", seed=seed, resamples=resamples)
    rate_keys = ("accuracy", "mcc", "macro_f1", "tpr", "tnr", "ppv", "npv", "f1", "balanced_accuracy",
                 "prevalence_index", "bias_index")  # fmt: skip
    grade_keys = ("spearman", "kendall_tau_b", "pearson", "mae", "bias", "macro_f1")
    return {key: rates[key] for key in rate_keys} | {f"graded {key}": graded[key] for key in grade_keys}


def of_paired_numbers(size: Size, seed: int, resamples: int) -> Estimates:
    drawn = _drawn(SLIDER, size, seed)
    clusters = drawn.clusters if size.cluster_size > 1 else None
    found = compare_numbers(
        drawn.values[:, 0, 0], drawn.values[:, 3, 0], seed=seed, resamples=resamples, clusters=clusters
    )
    return found.estimates


def of_preferences(size: Size, seed: int, resamples: int) -> Estimates:
    table = _drawn(preference(), size, seed, shares=(0.4, 0.25, 0.35)).table()
    found = preferences_against(table, "judge", PEOPLE, seed=seed, resamples=resamples)
    sides = {
        f"{who} {key}": getattr(side, key)
        for who, side in (("judge", found.judge), ("people", found.people))
        for key in ("exact", "decisive", "coverage", "half_credit")
    }
    return sides | {f"difference {key}": estimate for key, estimate in found.difference.items()}


def of_the_ceiling(size: Size, seed: int, resamples: int) -> Estimates:
    table = _drawn(likert(1, 3), size, seed).table()
    found = human_ceiling(table, "judge", PEOPLE, seed=seed, resamples=resamples)
    keys = ("people_percent", "judge_percent", "difference_percent", "people_kappa", "judge_kappa",
            "difference_kappa")  # fmt: skip
    close = human_ceiling(table, "judge", PEOPLE, seed=seed, coefficient="cohen_quadratic", resamples=resamples)
    weighted = {f"{key} with credit": getattr(close, key) for key in keys[3:]}
    first = found.by_person[0]
    persons = {"person": first.person, "judge beside person": first.judge, "person difference": first.difference}
    return {key: getattr(found, key) for key in keys} | weighted | persons


def of_replacement(size: Size, seed: int, resamples: int) -> Estimates:
    table = _drawn(likert(1, 4), size, seed).table()
    found = replace_one(table, "judge", PEOPLE, "alpha_ordinal", seed=seed, resamples=resamples)
    without = without_each_rater(table, "alpha_ordinal", seed=seed, resamples=resamples)[3]
    return {"people": found.people, "replaced": found.replaced, "difference": found.difference,
            "one difference": found.by_person[1].difference, "without judge": without.difference}  # fmt: skip


def of_an_extra_rater(size: Size, seed: int, resamples: int) -> Estimates:
    ordinal = _drawn(likert(1, 4), size, seed).table()
    nominal = _drawn(pass_fail(), size, seed).table()
    found = {}
    for name, table in (("medians", ordinal), ("majority", nominal)):
        curve = extra_rater_curve(table, "judge", PEOPLE, seed=seed, most=2, orders=6, resamples=resamples)
        for point in curve.points:
            found |= {f"{name} {point.k} {key}": getattr(point, key) for key in ("without", "with_judge", "gain")}
    return found


def of_repeats(size: Size, seed: int, resamples: int) -> Estimates:
    runs = _drawn(likert(1, 3), size, seed, repeats=3).runs(3)
    found = self_consistency(runs, "judge", seed=seed, resamples=resamples)
    return {"flip_noise": found.flip_noise, "kappa": found.kappa, "alpha": found.alpha}


def of_drift(size: Size, seed: int, resamples: int) -> Estimates:
    raters = (*RATERS[:3], SimulatedRater("judge", noise=0.6, drift=0.8))
    table = _drawn(likert(1, 4), size, seed, raters=raters).table()
    others, times = Others.of(table, PEOPLE), np.arange(float(table.n_units))
    found = drift(others, "judge", times, seed=seed, resamples=resamples)
    beside = with_others(others, "bob", coefficient="cohen_quadratic", seed=seed, resamples=resamples)
    changes = {"agreement change": found.agreement_change, "leniency change": found.leniency_change}
    return changes | {"percent": beside.percent, "kappa": beside.kappa, "leniency": beside.leniency}


def of_slices(size: Size, seed: int, resamples: int) -> Estimates:
    drawn = _drawn(likert(1, 3), size, seed)
    hard = np.random.default_rng([8, seed]).random(drawn.study.n_units) < 0.4
    codes = drawn.values[:, :, 0].copy()
    random = np.random.default_rng([9, seed]).integers(0, 3, codes.shape)
    codes[hard] = np.where(random[hard] == 0, random[hard], codes[hard])
    clusters = drawn.clusters if size.cluster_size > 1 else None
    table = RatingTable.from_codes(codes, likert(1, 3), clusters=clusters)
    names = np.where(hard, "hard", "easy").tolist()
    first = by_slice(table, names, "alpha_nominal", seed=seed, resamples=resamples).slices[0]
    return {"slice": first.estimate, "difference": first.difference}


def of_judge_slices(size: Size, seed: int, resamples: int) -> Estimates:
    """The first of two slices, which a coin parts, cluster by cluster."""
    table = _drawn(likert(1, 3), size, seed).table()
    names = np.repeat(np.random.default_rng([11, seed]).random(size.groups) < 0.5, size.cluster_size)
    slices = np.where(names, "first", "second").tolist()
    kappa = judge_with_majorities(table, slices, "judge", PEOPLE, seed=seed, resamples=resamples).slices[0]
    place = judge_in_a_place(
        table, slices, "judge", PEOPLE, "alpha_ordinal", seed=seed, resamples=resamples
    ).slices[0]  # fmt: skip
    return {
        f"{way} {key}": estimate
        for way, each in (("majority", kappa), ("place", place))
        for key, estimate in (
            ("people", each.here.people), ("judge", each.here.judge), ("gap", each.here.gap),
            ("difference", each.difference),
        )
    }  # fmt: skip


def of_rankings(size: Size, seed: int, resamples: int) -> Estimates:
    """Four systems; alone: one game a group; in clusters: all six pairs of systems on a prompt."""
    rng = np.random.default_rng([10, seed])
    players = ("w", "x", "y", "z")
    strength = np.array([0.0, 0.3, 0.6, 1.2])
    if size.cluster_size > 1:
        prompt = np.repeat(np.arange(size.groups), 6)
        left, right = (np.tile(side, size.groups) for side in np.triu_indices(4, 1))
        quality = strength + 0.8 * rng.normal(size=(size.groups, 4))
        gap = quality[prompt, left] - quality[prompt, right]
    else:
        left = rng.integers(0, 4, 4 * size.groups)
        right = (left + rng.integers(1, 4, len(left))) % 4
        prompt, gap = None, strength[left] - strength[right]
    seen = gap + rng.logistic(size=len(gap))
    score = np.where(np.abs(seen) < 0.2, 0.5, (seen > 0).astype(float))
    names = np.array(players)
    games = Games.of(names[left].tolist(), names[right].tolist(), score, players=players, clusters=prompt)
    methods: tuple[RankingMethod, ...] = ("win_rate", "average_win_rate", "bradley_terry")
    return {
        f"{method} {each.player}": each.score
        for method in methods
        for each in ranking(games, method, seed=seed, resamples=resamples).players
    }


def of_presentation_orders(size: Size, seed: int, resamples: int) -> Estimates:
    """A judge who prefers the better output and the first one, and hits some pairs of a prompt less than others."""
    rng = np.random.default_rng([12, seed])
    cluster = np.repeat(np.arange(size.groups), size.cluster_size)
    gap = rng.normal(size=size.groups)[cluster] + 0.7 * rng.normal(size=len(cluster))
    ab, ba = ((gap + pull + 0.8 * rng.normal(size=len(gap)) < 0).astype(int) for pull in (0.5, -0.5))
    verdicts = BothOrders.of(
        ab, ba, reference=(gap < 0).astype(int), clusters=cluster if size.cluster_size > 1 else None
    )
    found = order_effects(verdicts, seed=seed, resamples=resamples)
    keys = ("accuracy_ab", "accuracy_ba", "accuracy", "same", "first_shown")
    return {key: getattr(found, key) for key in keys}


STUDIES: Mapping[str, Draw] = {
    "options": of_options,
    "rare answers": of_rare_answers,
    "numbers": of_numbers,
    "judge and reference": of_a_judge_and_a_reference,
    "paired numbers": of_paired_numbers,
    "preferences": of_preferences,
    "ceiling": of_the_ceiling,
    "replacement": of_replacement,
    "extra rater": of_an_extra_rater,
    "repeats": of_repeats,
    "drift": of_drift,
    "slices": of_slices,
    "judge slices": of_judge_slices,
    "rankings": of_rankings,
    "presentation orders": of_presentation_orders,
}


LARGE = {"paired numbers": 1_200}
"""Units of the studies whose mean value counts as true, where one cannot be as large as others: rank correlations."""


def true_values(name: str, size: Size, *, large: int) -> dict[str, float]:
    """The mean of the values of some very large studies."""
    units, times = (LARGE[name], 40) if name in LARGE else (large, 6)
    units //= size.cluster_size
    draws = [STUDIES[name](Size(units, size.cluster_size), 10**6 + time, 0) for time in range(times)]
    return {key: float(np.mean([draw[key].value for draw in draws])) for key in draws[0]}  # type: ignore[misc]


def coverage(name: str, size: Size, *, runs: int, resamples: int, large: int) -> dict[str, tuple[float, int]]:
    """By name the share of intervals that hold the true value, and how many intervals there were."""
    truth = true_values(name, size, large=large)
    held: dict[str, list[bool]] = {key: [] for key in truth}
    for run in range(runs):
        for key, estimate in STUDIES[name](size, run, resamples).items():
            interval = estimate.interval
            if interval is not None:
                held[key].append(interval.low <= truth[key] <= interval.high)
    return {key: (float(np.mean(each)) if each else float("nan"), len(each)) for key, each in held.items()}
