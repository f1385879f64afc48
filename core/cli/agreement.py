"""`touchstone agreement STUDY`."""

import json
import sys
from collections.abc import Sequence
from itertools import combinations
from typing import TYPE_CHECKING, Annotated

import typer

from core.cli.opening import prepared_workspace

if TYPE_CHECKING:
    from collections.abc import Mapping

    from core.workflow.agreement import AgreementView
    from core.workflow.agreement_scorecard import Scorecard
    from core.workflow.studies import StudySummary


def agreement(
    study: Annotated[str, typer.Argument(help="Name or number of the study.")],
    criterion: Annotated[
        str, typer.Option(help="Key or name of the criterion; the first that has ratings unless given.")
    ] = "",
    raters: Annotated[str, typer.Option(help="Names of raters, parted by commas; all unless given.")] = "",
    phase: Annotated[str, typer.Option(help="blind, revised, exposed or latest.")] = "blind",
    kappa: Annotated[
        str,
        typer.Option(help="Credit of close answers in pairs: exact, linear or quadratic; by the scale unless given."),
    ] = "",
    kind: Annotated[
        list[str] | None, typer.Option(help="Only this kind of rater (person, judge, ...); can be repeated.")
    ] = None,
    part: Annotated[
        list[str] | None,
        typer.Option(
            "--slice", metavar="KEY=VALUE", help="Only items in this slice; can be repeated: values of a key widen."
        ),
    ] = None,
    split: Annotated[str, typer.Option(help="Only items of this split: train, dev or test.")] = "",
    since: Annotated[str, typer.Option(metavar="DAY", help="Only ratings from this day (UTC) on.")] = "",
    until: Annotated[str, typer.Option(metavar="DAY", help="Only ratings up to this day (UTC).")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Everything as JSON.")] = False,
    cite: Annotated[
        bool, typer.Option("--cite", help="A sentence, methods and references for a paper; alpha by two programs.")
    ] = False,
) -> None:
    """Print who agrees with whom on STUDY, and how far."""
    from core.workflow.agreement import LiveStudies, asked_of
    from core.workflow.agreement_asking import left_out_words, narrowing_data
    from core.workflow.agreement_scorecard import scorecard
    from core.workflow.agreement_shown import as_data
    from core.workflow.studies import find_study

    workspace = prepared_workspace()
    found = find_study(workspace, study)
    live = LiveStudies(workspace).of(found.id)
    shown = sys.stderr.isatty()
    live.refresh(_progress if shown else None)
    if shown:
        sys.stderr.write("\r\033[K")
    names = [name for name in raters.split(",") if name.strip()]
    asked = asked_of(live, criterion=criterion, phase=phase, raters=names, credit=kappa, kinds=kind or (),
                     slices=part or (), split=split, since=since, until=until)  # fmt: skip
    view = live.view(asked)
    card = scorecard(live, view)
    if as_json:
        data = as_data(view, card) | {"study_name": found.name, "filter": narrowing_data(view)}
        typer.echo(json.dumps(data, ensure_ascii=False, indent=1))
        return
    if cite:
        typer.echo(_citation(view, found, card), nl=False)
        return
    mark = " (simulated)" if found.simulated else " (illustrative)" if found.illustrative else ""
    typer.echo(f"{found.name}{mark} · {view.question.title} · {view.phase} · {view.n_units:,} units")
    if words := left_out_words(live, view):
        typer.echo(words)
    for block in _blocks(view, card):
        typer.echo("\n" + "\n".join(block))
    others = [question.key for question in live.questions if question.key != view.question.key]
    if others and not criterion:
        typer.echo(f"\nOther criteria: {', '.join(others)}.")


def _citation(view: "AgreementView", study: "StudySummary", card: "Scorecard") -> str:
    from core.workflow.agreement_citing import citation, touchstone_version
    from core.workflow.agreement_recomputed import recomputed
    from core.workflow.workspace import utc_now

    today, software = utc_now().date(), touchstone_version()
    return citation(view, study, card, today=today, software=software, checked=recomputed(view)).text


def _progress(share: float, doing: str) -> None:
    sys.stderr.write(f"\r{doing} ({share:.0%})\033[K")


def _blocks(view: "AgreementView", card: "Scorecard") -> list[list[str]]:
    from core.workflow.agreement import headline, plain_text

    return [
        [plain_text(headline(view, card))],
        _who(view),
        _coefficients(view),
        _judges(card),
        _pairs(view),
    ]


def _who(view: "AgreementView") -> list[str]:
    scale = view.question.scale
    header = ["rater", "kind", "n", *scale.keys, "no answer", "unstable"]
    rows = [
        [
            line.name,
            line.kind,
            f"{line.n:,}",
            *(f"{line.counts.get(key, 0):,}" for key in scale.keys),
            _absent(line.absences, line.n_invalid),
            f"{line.n_unstable:,}" if line.n_unstable else "",
        ]
        for line in view.raters
    ]
    if scale.keys and any(line.is_person for line in view.raters):
        counts = view.majority.counts
        total = sum(counts.values())
        shown = [f"{counts.get(key, 0):,}" for key in scale.keys]
        rows.append(["majority of people", "", f"{total:,}", *shown, f"{view.majority.n_tied} tied", ""])
    return _table(header, rows, left=2)


def _absent(absences: "Mapping[str, int]", invalid: int) -> str:
    parts = [f"{n:,} {name}" for name, n in absences.items()] + ([f"{invalid:,} off the scale"] if invalid else [])
    return ", ".join(parts)


def _coefficients(view: "AgreementView") -> list[str]:
    from core.workflow.agreement_shown import estimate_row, measures

    rows: list[list[str]] = []
    notes: dict[str, str] = {}
    people = any(line.is_person for line in view.raters)
    for measure in measures(view):
        for who, estimate in (("people", measure.people), ("all chosen", measure.everyone))[not people :]:
            row = estimate_row(estimate)
            rows.append([measure.coefficient.title, who, row.value, row.interval, row.n, row.note])
            notes |= row.notes
    lines = _table(["measure", "among", "value", "95 % interval", "units in clusters", "note"], rows, left=2)
    return lines + [f"  {code}: {sentence}" for code, sentence in notes.items()]


def _judges(card: "Scorecard") -> list[str]:
    from core.workflow.agreement_shown import estimate_row

    if not card.judges:
        return []
    rows: list[list[str]] = []
    for place, judge in enumerate(card.judges):
        for row in card.rows:
            cell = row.cells[place]
            sides = ((row.title, cell.judge), ("  people on its units", cell.people), ("  difference", cell.difference))
            found = [(title, estimate_row(estimate)) for title, estimate in sides if estimate is not None]
            rows += [[judge.name, title, one.value, one.interval, one.n, one.note] for title, one in found]
    columns = ["judge", "measure", "value", "95 % interval", "units in clusters", "note"]
    return ["Judges with people", *_table(columns, rows, left=2)]


def _pairs(view: "AgreementView") -> list[str]:
    from core.workflow.agreement_shown import kappa_title, number_or_reason

    pairs, names = view.pairs, [line.name for line in view.named_raters]
    if pairs.reason:
        return [f"Pairs of raters: {pairs.reason.sentence}"]
    rows = []
    for i, j in combinations(range(len(names)), 2):
        reason = pairs.reason_at(i, j)
        rows.append(
            [
                names[i],
                names[j],
                f"{int(pairs.n[i, j]):,}",
                number_or_reason(float(pairs.percent[i, j]), None, places=3),
                number_or_reason(float(pairs.kappa[i, j]), reason, places=2),
                number_or_reason(float(pairs.kappa[i, j]), None, places=3),
            ]
        )
    title = kappa_title(pairs.coefficient)
    return [f"Pairs of raters: {title}", *_table(["rater", "with", "units", "same", "kappa", "3 digits"], rows, left=2)]


def _table(header: Sequence[str], rows: Sequence[Sequence[str]], *, left: int) -> list[str]:
    """Columns padded to their widest cell; the first `left` and the last one begin at the left."""
    widths = [max(len(row[column]) for row in [header, *rows]) for column in range(len(header))]
    lines = []
    for row in [header, *rows]:
        cells = [
            cell.ljust(width) if column < left or column == len(row) - 1 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append("  ".join(cells).rstrip())
    return lines
