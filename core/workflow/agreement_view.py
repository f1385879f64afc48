"""Everything the agreement page and command show of one question: computed once from the ratings in force."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np

from core.models.ratings import RaterKind
from core.scales import DeclaredScale, ScaleKind
from core.stats.against import Against, against
from core.stats.agreement import AgreementReport, agreement
from core.stats.arrays import FloatArray
from core.stats.pair_matrix import Confusion, PairMatrix, confusion, pair_matrix
from core.stats.ratings import RatingTable
from core.stats.splits import unit_splits
from core.store.current import AskedPhase
from core.workflow.agreement_lines import Majority, RaterLine, Times, majority_of, rater_lines
from core.workflow.agreement_narrowing import Asked, LeftOut, Narrowing
from core.workflow.agreement_questions import Question
from core.workflow.agreement_tables import Cells

RESAMPLES = 1000
MOST_JUDGES = 8
"""Judges compared with people one by one; the others are in the pair matrix."""

MOST_PEOPLE = 12
"""People whose place a judge takes in turn, those who share most units with it."""

Progress = Callable[[float, str], None]
"""Called with the share done (0 to 1) and what is being done."""


@dataclass(frozen=True, slots=True, eq=False)
class AgreementView:
    """Agreement on one question.

    Attributes:
        study_id: The study.
        asked: What was wanted, with everything filled in.
        seed: Seed of everything that is resampled for this question.
        left_out: What the filter leaves out.
        question: What was asked; all its criterion versions.
        version: Rises whenever the ratings behind it change.
        n_units: Units that one of the chosen raters has looked at.
        raters: The chosen raters, people first.
        others: Raters of the question that were not chosen.
        people, everyone: All coefficients among people, and among all chosen raters (`compared`).
        judges: Each judge against the people (named ones), the first `MOST_JUDGES`.
        pairs: Every pair of named raters.
        majority: What most people chose.
        splits: For each unit how far its raters disagree: pairs of ratings that differ, close answers counted in part
            where the kappa does; the standard deviation of free numbers; NaN with fewer than two ratings.
        last_rating_at: When the newest of these ratings was written.
        provisional: Whether intervals are still being computed.
        seconds: How long it took to compute.
        cells, table: What it was computed from, for the items behind a number.
    """

    study_id: int
    asked: Asked
    seed: int
    left_out: LeftOut
    question: Question
    version: int
    n_units: int
    raters: tuple[RaterLine, ...]
    others: tuple[RaterLine, ...]
    people: AgreementReport
    everyone: AgreementReport
    judges: tuple[Against, ...]
    pairs: PairMatrix
    majority: Majority
    splits: FloatArray
    last_rating_at: datetime | None
    provisional: bool
    seconds: float
    cells: Cells = field(repr=False)
    table: RatingTable = field(repr=False)

    @property
    def phase(self) -> AskedPhase:
        """Which answers: "blind", "exposed", "revised", "latest"."""
        return self.asked.phase

    @property
    def compared(self) -> tuple[RaterLine, ...]:
        """The raters that `everyone` and `splits` are about: see `_compared`."""
        return _compared(self.raters, self.chosen)

    @property
    def chosen(self) -> tuple[int, ...]:
        """The rater ids that were asked for; empty for all."""
        return self.asked.raters

    @property
    def coefficient(self) -> str:
        """The kappa of pairs and judges ("cohen", "cohen_linear", "cohen_quadratic")."""
        return self.asked.coefficient

    @property
    def narrowing(self) -> Narrowing:
        """Which of the ratings."""
        return self.asked.narrowing

    def rater(self, rater_id: int) -> RaterLine:
        """A chosen rater by id."""
        return next(line for line in self.raters if line.id == rater_id)

    @property
    def named_raters(self) -> tuple[RaterLine, ...]:
        """The raters in the order of `pairs`."""
        by_id = {line.id: line for line in self.raters}
        return tuple(by_id[int(found)] for found in self.pairs.rater_ids)

    def confusion(self, first: int, second: int) -> Confusion | None:
        """How two raters answered the units both rated; None on a scale of free numbers."""
        return None if self.question.scale.is_numeric else confusion(self.table, first, second)


def compute_view(  # noqa: PLR0913 - what it is about, and how
    cells: Cells, *, study_id: int, asked: Asked, version: int, left_out: LeftOut, times: Times, seed: int,
    resamples: int = RESAMPLES, progress: Progress | None = None, ticks: Callable[[], float],
) -> AgreementView:  # fmt: skip
    """Compute everything.

    Args:
        cells: The ratings in force that the filter leaves.
        study_id: Kept in the view.
        asked: Which raters and which kappa, filled in; kept in the view.
        version: Kept in the view.
        left_out: Kept in the view.
        times: Kept in the view.
        seed: Seed of the bootstrap.
        resamples: 0 gives values without intervals (a provisional view).
        progress: Told what is being done.
        ticks: A clock in seconds.
    """
    start = ticks()
    chosen, coefficient = asked.raters, asked.coefficient
    tell = progress or _silent
    tell(0.0, "Reading who rated what")
    lines = rater_lines(cells, times)
    wanted = tuple(line for line in lines if (line.id in chosen if chosen else not line.is_truth))
    people = tuple(line for line in wanted if line.is_person)
    named = tuple(line for line in wanted if line.kind != "seat")
    table = cells.table([line.id for line in named], named=True)
    people_table = _table(cells, people)
    tell(0.1, "Agreement among people")
    among_people = agreement(people_table, seed=seed, resamples=resamples)
    tell(0.45, "Agreement among everybody chosen")
    compared = _compared(wanted, chosen)
    same = len(people) == len(compared)
    every_table = people_table if same else _table(cells, compared)
    everyone = among_people if same else agreement(every_table, seed=seed, resamples=resamples)
    tell(0.75, "Judges against people")
    setting = _Setting(table, coefficient, seed, resamples)
    judges = _judges(setting, named)
    tell(0.95, "Pairs of raters")
    return AgreementView(
        study_id=study_id,
        asked=asked,
        seed=seed,
        left_out=left_out,
        question=cells.question,
        version=version,
        n_units=cells.n_units if len(wanted) == len(lines) else _units_of(cells, wanted),
        raters=wanted,
        others=tuple(line for line in lines if line not in wanted),
        people=among_people,
        everyone=everyone,
        judges=judges,
        pairs=pair_matrix(table, coefficient=coefficient),
        majority=majority_of(people_table),
        splits=_disagreement(every_table, coefficient),
        last_rating_at=times.newest,
        provisional=resamples == 0,
        seconds=ticks() - start,
        cells=cells,
        table=table,
    )


def _compared(lines: tuple[RaterLine, ...], chosen: Collection[int]) -> tuple[RaterLine, ...]:
    """Juries repeat what their members said, so agreement among all leaves them out, unless they are chosen by name.

    Where there are only juries, these are compared.
    """
    found = tuple(line for line in lines if line.kind != RaterKind.JURY.value or line.id in chosen)
    return found or lines


def _silent(share: float, doing: str) -> None:
    """Nobody listens."""


def _table(cells: Cells, lines: tuple[RaterLine, ...]) -> RatingTable:
    """The ratings of these raters; anonymous as soon as one of them is a seat."""
    return cells.table([line.id for line in lines], named=all(line.kind != "seat" for line in lines))


def _units_of(cells: Cells, lines: tuple[RaterLine, ...]) -> int:
    ids = {line.id for line in lines}
    chosen = np.array([row.id in ids for row in cells.raters], np.bool_)
    return int(np.sum(np.bincount(cells.unit[chosen[cells.rater]], minlength=1) > 0))


@dataclass(frozen=True, slots=True)
class _Setting:
    """What comparisons with people share."""

    table: RatingTable
    coefficient: str
    seed: int
    resamples: int

    def against(self, rater: int, people: list[int]) -> Against:
        """One rater against the people."""
        return against(
            self.table, rater, people, seed=self.seed, coefficient=self.coefficient, resamples=self.resamples
        )


def _judges(setting: _Setting, named: tuple[RaterLine, ...]) -> tuple[Against, ...]:
    people = [line.id for line in named if line.is_person]
    judges = [line.id for line in named if line.is_judge and line.n]
    return tuple(setting.against(judge, people) for judge in judges[:MOST_JUDGES]) if people else ()


def default_coefficient(scale: DeclaredScale) -> str:
    """The kappa that fits a scale: with quadratic credit for close answers where it has an order, else exact."""
    ordered = scale.kind in (ScaleKind.ORDINAL, ScaleKind.INTERVAL, ScaleKind.RATIO) and not scale.is_numeric
    return "cohen_quadratic" if ordered else "cohen"


def _disagreement(table: RatingTable, coefficient: str) -> FloatArray:
    """How far raters disagree on every unit; more of them disagreeing counts for more than two alone."""
    if table.scale.is_numeric:
        return unit_splits(table)
    m = table.ratings_per_unit()
    return unit_splits(table, weights=coefficient.partition("_")[2] or "identity") * m * (m - 1) / 2
