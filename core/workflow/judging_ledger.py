"""What the judges of a study asked and cost, by judge and by run."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.workflow.judging_watching import RunFace, list_runs
from core.workflow.workspace import Workspace


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """What a judge, or one run of it, asked and cost."""

    judge_id: int
    judge: str
    run: RunFace | None
    n_calls: int
    sent: int
    copied: int
    failed: int
    tokens_in: int
    tokens_out: int
    cost: float


@dataclass(frozen=True, slots=True)
class Ledger:
    """What all judges of a study asked and cost.

    Attributes:
        judges: One line a judge, the dearest first.
        runs: One line a run, the newest first.
        cost: US dollars in all.
    """

    judges: tuple[LedgerLine, ...]
    runs: tuple[LedgerLine, ...]
    cost: float


def ledger(workspace: Workspace, study_id: int) -> Ledger:
    """What the judges of a study asked and cost, by judge and by run."""
    lines = tuple(_ledger_line(run) for run in list_runs(workspace, study_id))
    by_judge: dict[int, list[LedgerLine]] = {}
    for line in lines:
        by_judge.setdefault(line.judge_id, []).append(line)
    judged = (_summed(found) for found in by_judge.values())
    return Ledger(
        tuple(sorted(judged, key=lambda line: (-line.cost, line.judge))), lines, sum(line.cost for line in lines)
    )


def _ledger_line(run: RunFace) -> LedgerLine:
    counts = run.counts
    return LedgerLine(
        run.judge_id,
        run.judge_title,
        run,
        counts.ok + counts.failed + counts.skipped,
        run.sent,
        counts.copied,
        counts.failed,
        run.tokens_in,
        run.tokens_out,
        run.spent,
    )


def _summed(lines: Sequence[LedgerLine]) -> LedgerLine:
    return LedgerLine(
        lines[0].judge_id,
        lines[0].judge,
        None,
        sum(line.n_calls for line in lines),
        sum(line.sent for line in lines),
        sum(line.copied for line in lines),
        sum(line.failed for line in lines),
        sum(line.tokens_in for line in lines),
        sum(line.tokens_out for line in lines),
        sum(line.cost for line in lines),
    )
