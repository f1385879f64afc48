"""What every statistic returns: a value with its interval, its counts and its reasons, never a bare number."""

from dataclasses import dataclass
from enum import StrEnum


class Reason(StrEnum):
    """Why a value, or its interval, is undefined. `sentence` says it to people."""

    NO_RATINGS = "no_ratings"
    NO_PAIRABLE_ITEMS = "no_pairable_items"
    NO_VARIATION = "no_variation"
    SINGLE_CATEGORY_SCALE = "single_category_scale"
    ZERO_VARIANCE = "zero_variance"
    ANONYMOUS_RATERS = "anonymous_raters"
    NEEDS_OPTIONS = "needs_options"
    NEEDS_ORDER = "needs_order"
    NEEDS_NUMBERS = "needs_numbers"
    NEEDS_TWO_RATERS = "needs_two_raters"
    NEGATIVE_VALUES = "negative_values"
    TOO_LITTLE_OVERLAP = "too_little_overlap"
    NO_POSITIVE_OPTION = "no_positive_option"
    NO_HUMAN_POSITIVES = "no_human_positives"
    NO_HUMAN_NEGATIVES = "no_human_negatives"
    NO_JUDGE_POSITIVES = "no_judge_positives"
    NO_JUDGE_NEGATIVES = "no_judge_negatives"
    TOO_FEW_ITEMS = "too_few_items"
    UNDEFINED_RESAMPLES = "undefined_resamples"
    ONE_SIDED_RESAMPLES = "one_sided_resamples"
    TOO_MANY_OPTIONS = "too_many_options"
    NOT_RESAMPLED = "not_resampled"
    NO_BETWEEN_ITEM_VARIANCE = "no_between_item_variance"
    NO_COMPLETE_UNITS = "no_complete_units"
    TOO_MANY_VALUES = "too_many_values"
    NEEDS_PREFERENCE = "needs_preference"
    NO_DECISIVE_PAIRS = "no_decisive_pairs"
    NO_REFERENCE = "no_reference"
    NO_REPEATS = "no_repeats"
    NO_GAMES = "no_games"
    SEPARATED_OR_DISCONNECTED = "separated_or_disconnected"
    NEEDS_THREE_PLAYERS = "needs_three_players"
    NO_TIMES = "no_times"
    NOTHING_COMPARED = "nothing_compared"
    NO_ROOM = "no_room"

    @property
    def sentence(self) -> str:
        """The reason as one sentence for people."""
        return _REASON_SENTENCES[self]


class Flag(StrEnum):
    """What a reader of a defined value must know. `sentence` says it to people."""

    SMALL_SAMPLE = "small_sample"
    NO_VARIATION = "no_variation"
    CONSTANT_RATER = "constant_rater"
    ANONYMOUS_RATERS = "anonymous_raters"
    CLUSTERED = "clustered"
    PAIRS_LEFT_OUT = "pairs_left_out"
    OUTSIDE_ORDER_LEFT_OUT = "outside_order_left_out"
    INVALID_VALUES = "invalid_values"
    UNDEFINED_RESAMPLES = "undefined_resamples"
    INCOMPLETE_UNITS_LEFT_OUT = "incomplete_units_left_out"
    HIGH_PERCENT_LOW_KAPPA = "high_percent_low_kappa"
    TIES_LEFT_OUT = "ties_left_out"
    SMALL_SLICE = "small_slice"
    NO_DECISIVE_COMPARISON = "no_decisive_comparison"
    WITH_PRIOR = "with_prior"
    NOISY_RANKINGS = "noisy_rankings"
    UNREADABLE_AS_ANSWER = "unreadable_as_answer"

    @property
    def sentence(self) -> str:
        """The flag as one sentence for people."""
        return _FLAG_SENTENCES[self]


_REASON_SENTENCES = {
    Reason.NO_RATINGS: "Nothing has been rated yet.",
    Reason.NO_PAIRABLE_ITEMS: "No unit has ratings by two raters, so there is nothing to compare.",
    Reason.NO_VARIATION: "All compared ratings are the same, so agreement cannot be told from chance.",
    Reason.SINGLE_CATEGORY_SCALE: "The scale has a single option, so raters cannot disagree.",
    Reason.ZERO_VARIANCE: "One of the two raters always gives the same answer, so a correlation does not exist.",
    Reason.ANONYMOUS_RATERS: "The ratings do not say who gave them, and this number compares named raters.",
    Reason.NEEDS_OPTIONS: "This number needs a scale of options; here the raters gave free numbers.",
    Reason.NEEDS_ORDER: "This number needs options in an order; the options of this scale have none.",
    Reason.NEEDS_NUMBERS: "This number needs a declared number for every option.",
    Reason.NEEDS_TWO_RATERS: "This number is defined for two raters only.",
    Reason.NEGATIVE_VALUES: "Ratios are not defined on a scale with negative values.",
    Reason.TOO_LITTLE_OVERLAP: "No two raters share enough units to compare them.",
    Reason.NO_POSITIVE_OPTION: "No option of the scale counts as positive.",
    Reason.NO_HUMAN_POSITIVES: "The reference has no positive unit, so the rate of found positives does not exist.",
    Reason.NO_HUMAN_NEGATIVES: "The reference has no negative unit, so the rate of found negatives does not exist.",
    Reason.NO_JUDGE_POSITIVES: "The judge never answers positive, so the share of right positives does not exist.",
    Reason.NO_JUDGE_NEGATIVES: "The judge never answers negative, so the share of right negatives does not exist.",
    Reason.TOO_FEW_ITEMS: "Fewer than 20 independent units: an interval would promise more than it can keep.",
    Reason.UNDEFINED_RESAMPLES: "More than 5 % of the resamples have no value, so the rest would mislead.",
    Reason.ONE_SIDED_RESAMPLES: "The resamples do not spread around the value, so they give no interval.",
    Reason.TOO_MANY_OPTIONS: "The scale has too many options to resample this number.",
    Reason.NOT_RESAMPLED: "No interval was asked for.",
    Reason.NO_BETWEEN_ITEM_VARIANCE: "Units do not differ more than ratings of one unit do, so a share of variance"
    " between units does not exist.",
    Reason.NO_COMPLETE_UNITS: "Fewer than two units were rated by every rater, and this number uses no others.",
    Reason.TOO_MANY_VALUES: "There are too many different numbers to compare all of them.",
    Reason.NEEDS_PREFERENCE: "This number is about preferences between two outputs.",
    Reason.NO_DECISIVE_PAIRS: "No two raters both preferred one of the outputs of a unit.",
    Reason.NO_REFERENCE: "No unit has a majority of people to compare with.",
    Reason.NO_REPEATS: "No unit was rated twice by the same rater.",
    Reason.NO_GAMES: "Nothing was compared.",
    Reason.SEPARATED_OR_DISCONNECTED: "Some never lost to, or were never compared with, the others, so strengths do"
    " not exist.",
    Reason.NEEDS_THREE_PLAYERS: "Two rankings of fewer than three cannot be compared.",
    Reason.NO_TIMES: "The ratings have no times, or all the same one, so nothing can be said of change over time.",
    Reason.NOTHING_COMPARED: "No altered text has a verdict that could be read beside the unaltered one's.",
    Reason.NO_ROOM: "Every verdict was the one asked for already, so nothing could move towards it.",
}

_FLAG_SENTENCES = {
    Flag.SMALL_SAMPLE: "Fewer than 50 independent units: read the interval, not the value.",
    Flag.NO_VARIATION: "All compared ratings are the same; chance-corrected numbers say nothing here.",
    Flag.CONSTANT_RATER: "One rater gave the same answer to every unit.",
    Flag.ANONYMOUS_RATERS: "It is not known who gave which rating.",
    Flag.CLUSTERED: "Units that hang together were resampled together.",
    Flag.PAIRS_LEFT_OUT: "Some pairs of raters share too few units, or do not vary, and are left out of the mean.",
    Flag.OUTSIDE_ORDER_LEFT_OUT: "Ratings outside the order of the options are left out of this number.",
    Flag.INVALID_VALUES: "Some values are not on the scale and count as missing.",
    Flag.UNDEFINED_RESAMPLES: "Some resamples had no value and were dropped.",
    Flag.INCOMPLETE_UNITS_LEFT_OUT: "Units that not every rater rated are left out of this number.",
    Flag.HIGH_PERCENT_LOW_KAPPA: "Raters agree often (80 % or more) but hardly more than chance would give (kappa below"
    " 0.4): one answer is very common, so look at AC1 and at the base rates.",
    Flag.TIES_LEFT_OUT: "Where people tie there is no majority; such comparisons are left out and counted.",
    Flag.SMALL_SLICE: "Fewer than 20 units in this slice: too few to say anything.",
    Flag.NO_DECISIVE_COMPARISON: "Only ties: 0.5 by convention.",
    Flag.NOISY_RANKINGS: "With so few units a ranking hardly agrees with its own resamples, which pulls the correlation"
    " and its interval towards 0: with more units it would likely be farther from it.",
    Flag.UNREADABLE_AS_ANSWER: "Replies that could not be read count as an answer of their own: a wrong one, and two of"
    " them as the same.",
    Flag.WITH_PRIOR: "Fitted with a prior that pulls everybody towards the middle.",
}


class IntervalMethod(StrEnum):
    """How the ends of an interval were found."""

    BCA = "bca"
    JACKKNIFE = "jackknife"
    WILSON = "wilson"
    PERCENTILE = "percentile"
    NEWCOMBE = "newcombe"

    @property
    def sentence(self) -> str:
        """The method in words, as it stands under a table."""
        return _METHOD_SENTENCES[self]


_METHOD_SENTENCES = {
    IntervalMethod.BCA: "Bias-corrected accelerated bootstrap over units (or clusters); it generalises to new units,"
    " not to new raters.",
    IntervalMethod.JACKKNIFE: "Value and t-quantile times the delete-one standard error over units (or clusters); it"
    " generalises to new units, not to new raters.",
    IntervalMethod.WILSON: "Wilson score interval of a proportion.",
    IntervalMethod.PERCENTILE: "Percentiles of the bootstrap over units (or clusters).",
    IntervalMethod.NEWCOMBE: "Newcombe's score interval of the difference of two paired proportions.",
}


@dataclass(frozen=True, slots=True)
class Interval:
    """The ends of a confidence interval.

    Attributes:
        low, high: Both ends, `low <= high`.
        level: Nominal coverage, e.g. 0.95.
        method: How the ends were found.
    """

    low: float
    high: float
    level: float
    method: IntervalMethod


@dataclass(frozen=True, slots=True)
class Estimate:
    """One number and everything that must stand beside it.

    Attributes:
        name: Key of the statistic ("fleiss").
        value: The number; None where it is undefined, and then `reason` says why.
        n_units: Units that entered the comparison (two ratings or more).
        n_ratings: Ratings on these units.
        n_groups: Independent groups that were resampled: clusters where declared, else units.
        interval: None where there is none, and then `interval_reason` says why.
        standard_error: Delete-one jackknife; None where it does not exist.
        reason: Why there is no value.
        interval_reason: Why there is no interval.
        flags: What a reader must know.
        resamples: Bootstrap resamples drawn.
        undefined_resamples: How many of them had no value and were dropped.
    """

    name: str
    value: float | None
    n_units: int
    n_ratings: int
    n_groups: int = 0
    interval: Interval | None = None
    standard_error: float | None = None
    reason: Reason | None = None
    interval_reason: Reason | None = None
    flags: tuple[Flag, ...] = ()
    resamples: int = 0
    undefined_resamples: int = 0
