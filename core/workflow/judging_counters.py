"""How far a run is, in numbers: kept with the run in the same transactions as the calls they count."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from core.store.call_writing import CallRow
from core.store.calls import RunTotals

_FIELDS = {
    "ok": "ok", "unreadable": "unreadable", "refused": "refused", "provider error": "error", "skipped": "skipped"
}  # fmt: skip
"""Status of a call -> the counter it counts in."""


@dataclass(slots=True, kw_only=True)
class Counters:
    """Counts of calls for verdicts; money and tokens are those of own answers and failed attempts too.

    Attributes:
        planned: Calls that all subjects take.
        already: Settled without a call of this run: asked before, or the same request as another subject's.
        copied: Those among the others whose reply another judge had paid for.
        sent: Requests that went out.
        in_flight: Requests that wait for their answer now.
        spent: US dollars.
    """

    planned: int = 0
    ok: int = 0
    unreadable: int = 0
    refused: int = 0
    error: int = 0
    skipped: int = 0
    copied: int = 0
    already: int = 0
    spent: float = 0.0
    tokens_in: int = 0
    tokens_out: int = 0
    in_flight: int = 0
    sent: int = 0

    @property
    def done(self) -> int:
        """Calls that are settled."""
        return self.ok + self.unreadable + self.refused + self.error + self.skipped + self.already

    def as_json(self) -> dict[str, int | float]:
        """As they stand in `Run.counters`."""
        return asdict(self) | {"done": self.done, "spent": round(self.spent, 10)}

    def add_totals(self, totals: RunTotals) -> None:
        """Take over what the rows of the run add up to."""
        for status, name in _FIELDS.items():
            setattr(self, name, totals.statuses.get(status, 0))
        self.copied, self.sent = totals.copied, totals.sent
        self.spent, self.tokens_in, self.tokens_out = totals.spent, totals.tokens_in, totals.tokens_out

    def add_calls(self, rows: Sequence[CallRow], *, doubled: frozenset[tuple[str, int]]) -> None:
        """Count calls that were written; of doubled ones only what they cost."""
        for row in rows:
            for attempt in (*row.earlier, row.last):
                self.spent += attempt.cost or 0.0
                self.tokens_in += attempt.tokens_in or 0
                self.tokens_out += attempt.tokens_out or 0
            self.sent += row.sent
            if row.kind == "answer" or row.key in doubled:
                continue
            name = _FIELDS[row.last.status]
            setattr(self, name, getattr(self, name) + 1)
            self.copied += row.copied_from_id is not None
