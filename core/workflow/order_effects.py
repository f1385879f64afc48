"""Judges asked in both orders of every pair: how right each order is, and how often the order changes the verdict."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from core.errors import BadInput
from core.models.ratings import Order
from core.scales import DeclaredScale, ScaleKind
from core.stats.arrays import IntArray
from core.stats.order_effects import NOT_ASKED, UNREADABLE, BothOrders, OrderEffects, Unreadable, order_effects
from core.store.following import ORDERS
from core.workflow.agreement_answers import answers_of
from core.workflow.agreement_lines import RaterLine
from core.workflow.agreement_live import LiveAgreement
from core.workflow.agreement_view import RESAMPLES, AgreementView
from core.workflow.rating_rows import RatingRows

_BOTH = np.array([ORDERS.index(Order.AB.value), ORDERS.index(Order.BA.value)])


@dataclass(frozen=True, slots=True)
class JudgeOrders:
    """One rater who judged pairs in both orders.

    Attributes:
        rater: Who.
        slice: Name of the slice of pairs that the numbers are about; "" for all pairs.
        effects: The numbers.
    """

    rater: RaterLine
    slice: str
    effects: OrderEffects


def judges_by_order(
    live: LiveAgreement, view: AgreementView, *, reference: int | None = None, slices: str = "",
    unreadable: Unreadable = "missing", seed: int, resamples: int = RESAMPLES,
) -> tuple[JudgeOrders, ...]:  # fmt: skip
    """The order effects of every chosen rater with pairs judged in both orders, in the order of `view.raters`.

    Repetitions are left out. A reply without a verdict (unreadable, refused or abstained) counts as `unreadable` says.

    Args:
        live: The study.
        view: Agreement on a preference; its filter and its raters hold.
        reference: The rater whose rating in force is the right answer; None for none.
        slices: Key of slices: numbers for each of them; "" for all pairs together.
        unreadable: See `core.stats.order_effects.order_effects`.
        seed: Seed of the bootstrap.
        resamples: Bootstrap resamples; 0 for values and standard errors only.

    Raises:
        BadInput: The question asks for no preference.
        NotFound: No slices have this key.
    """
    scale, cells = view.question.scale, view.cells
    if scale.kind is not ScaleKind.PREFERENCE:
        raise BadInput(where="criterion", found=f"a {scale.kind.value} scale", expected="a preference between outputs")
    options = _options(scale)
    right = np.full(cells.n_units, UNREADABLE)
    if reference is not None:
        right = options[np.nan_to_num(answers_of(view, reference), nan=-1.0).astype(np.int64)]
    parts = {"": np.ones(cells.n_units, np.bool_)}
    if slices:
        parting = live.slice_of(view, slices)
        parts = {name: parting.codes == code for code, name in enumerate(parting.names)}
    found = []
    for line, verdicts in _verdicts(live.rows(view), view, options):
        asked = verdicts > NOT_ASKED
        for name, inside in parts.items():
            here = inside & asked.any(axis=0)
            if line.id == reference or not asked[:, here].all(axis=0).any():
                continue
            clusters = None if cells.cluster is None else cells.cluster[here]
            both = BothOrders.of(*verdicts[:, here], reference=right[here], clusters=clusters)
            effects = order_effects(both, seed=seed, unreadable=unreadable, resamples=resamples)
            found.append(JudgeOrders(line, name, effects))
    return tuple(found)


def _options(scale: DeclaredScale) -> IntArray:
    """Code on the scale -> 0 for A, 1 for B, from 2 on for others; last (code -1) no verdict."""
    outputs = {"A": 0, "B": 1}
    return np.array([outputs.get(key, 2 + code) for code, key in enumerate(scale.keys)] + [UNREADABLE], np.int64)


def _verdicts(rows: RatingRows, view: AgreementView, options: IntArray) -> Iterator[tuple[RaterLine, IntArray]]:
    """For each rater with single orders a 2 x units array: what they said in AB and in BA."""
    unit = rows.units_in(view.cells)
    used = np.flatnonzero((rows.repetition == 0) & np.isin(rows.order, _BOTH) & (unit >= 0))
    used = used[np.argsort(rows.rater[used], kind="stable")]  # within a rater by id: the newest row counts
    rater = rows.rater[used]
    for line in view.raters:
        mine = used[np.searchsorted(rater, line.id) : np.searchsorted(rater, line.id, side="right")]
        if len(mine):
            verdicts = np.full((2, view.cells.n_units), NOT_ASKED, np.int64)
            verdicts[np.searchsorted(_BOTH, rows.order[mine]), unit[mine]] = options[rows.codes[mine]]
            yield line, verdicts
