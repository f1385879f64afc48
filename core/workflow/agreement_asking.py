"""What an address or a command asks for: names become ids, and what is not there is named with what is."""

from collections.abc import Sequence
from datetime import date

from core.errors import BadInput, NotFound, shortened
from core.models.ratings import RaterKind
from core.stats.weights import ordered_options
from core.store.current import AskedPhase
from core.store.questions import RaterRow
from core.workflow.agreement_live import LiveAgreement
from core.workflow.agreement_narrowing import Asked, Narrowing, SliceKey
from core.workflow.agreement_questions import Question
from core.workflow.agreement_view import AgreementView

PHASES: dict[AskedPhase, str] = {
    "blind": "Blind",
    "revised": "Revised after the reveal",
    "exposed": "First answers, exposed",
    "latest": "Latest of each",
}
"""The phases that can be asked for, in words."""

CREDITS = {"exact": "cohen", "linear": "cohen_linear", "quadratic": "cohen_quadratic"}
"""How close answers count in a kappa -> the coefficient."""

KINDS = {
    RaterKind.PERSON.value: "people",
    RaterKind.SEAT.value: "anonymous people",
    RaterKind.JUDGE.value: "judges",
    RaterKind.JURY.value: "juries",
    RaterKind.BASELINE.value: "baselines",
    RaterKind.SIMULATED.value: "simulated raters",
    RaterKind.SOURCE.value: "labels that came along",
}
"""Kinds of raters, in words."""


FIRST_DAY, LAST_DAY = date(1970, 1, 1), date(2199, 12, 31)
"""Days that can be asked for."""


def find_raters(raters: Sequence[RaterRow], names: Sequence[str]) -> tuple[int, ...]:
    """Rater ids by name, without regard to case, else by id; a name that several kinds of raters have means all.

    Raises:
        NotFound: Nobody has one of the names; names those there are.
    """
    found: list[int] = []
    for name in names:
        folded = name.strip().casefold()
        ids = [row.id for row in raters if row.name.casefold() == folded]
        ids = ids or [row.id for row in raters if str(row.id) == folded]
        if not ids:
            raise NotFound("rater", name.strip(), tuple(row.name for row in raters))
        found += [rater for rater in ids if rater not in found]
    return tuple(found)


def asked_of(  # noqa: PLR0913 - each stands in the address
    live: LiveAgreement, *, criterion: str = "", phase: str = "", raters: Sequence[str] = (), credit: str = "",
    kinds: Sequence[str] = (), slices: Sequence[str] = (), split: str = "", since: str = "", until: str = "",
) -> Asked:  # fmt: skip
    """What an address or a command asks for.

    Args:
        live: The study, refreshed.
        criterion: Key or name of a question; "" for the first that has ratings.
        phase: "blind" unless given.
        raters: Names; empty for all.
        credit: A key of `CREDITS`; "" for what fits the scale.
        kinds: Kinds of raters; empty for all.
        slices: "key=name" each; of the names of one key any, of different keys all.
        split: train, dev or test; "" for all.
        since: First day, such as 2026-11-20 (UTC); "" for no end.
        until: Last day.

    Raises:
        NotFound: The criterion, the phase, a rater, the credit, a kind, a slice or the split does not exist.
        BadInput: A slice or a day is not written as one, or the days are the wrong way round.
    """
    question = live.question(criterion)
    wanted = phase.strip().casefold() or "blind"
    known = next((found for found in PHASES if found == wanted), None)
    if known is None:
        raise NotFound("phase", phase, tuple(PHASES))
    chosen = tuple(sorted(find_raters(live.raters, raters)))
    first, last = _day("since", since), _day("until", until)
    if first is not None and last is not None and first > last:
        raise BadInput(where="until", found=last.isoformat(), expected=f"a day from {first.isoformat()} on")
    narrowing = Narrowing(
        kinds=_kinds(live, question, kinds),
        slices=_slices(live, question, slices) if slices else (),
        split=_split(live, question, split) if split else "",
        since=first,
        until=last,
    )
    return Asked(question.key, known, chosen, _coefficient(question, credit), narrowing)


def _coefficient(question: Question, credit: str) -> str:
    if not credit:
        return ""
    known = credits_of(question)
    if credit not in known:
        raise NotFound("credit", credit, known)
    return CREDITS[credit]


def credits_of(question: Question) -> tuple[str, ...]:
    """The credits that the scale of a question allows: close answers need an order."""
    return tuple(CREDITS) if ordered_options(question.scale) else ("exact",)


def kinds_of(live: LiveAgreement, question: str) -> tuple[str, ...]:
    """The kinds of raters that a question has, in the order of `KINDS`."""
    there = {row.kind for row in live.raters_of(question)}
    return tuple(kind for kind in KINDS if kind in there)


def _kinds(live: LiveAgreement, question: Question, wanted: Sequence[str]) -> tuple[str, ...]:
    known = kinds_of(live, question.key) if wanted else ()
    folded = {kind.strip().casefold() for kind in wanted}
    for kind in wanted:
        if kind.strip().casefold() not in known:
            raise NotFound("kind of rater here", kind, known)
    return tuple(kind for kind in known if kind in folded)


def _slices(live: LiveAgreement, question: Question, wanted: Sequence[str]) -> tuple[tuple[str, str], ...]:
    known = live.slice_choices(question.key)
    found = {_slice(known, text) for text in wanted}
    place = {(one.key, name): (row, column) for row, one in enumerate(known) for column, name in enumerate(one.names)}
    return tuple(sorted(found, key=lambda pair: place[pair]))


def _slice(known: Sequence[SliceKey], text: str) -> tuple[str, str]:
    """Key and name of "key=name"; keys may hold a "=" themselves."""
    if "=" not in text:
        expected = f"key=name, such as {known[0].key}={known[0].names[0]}" if known else "key=name"
        raise BadInput(where="slice", found=shortened(text), expected=expected)
    folded = text.casefold()
    keys = [one for one in known if folded.startswith(f"{one.key.casefold()}=")]
    if not keys:
        raise NotFound("kind of slice here", text.partition("=")[0], tuple(one.key for one in known))
    key = max(keys, key=lambda one: len(one.key))
    name = folded[len(key.key) + 1 :].strip()
    for found in key.names:
        if name in (found.casefold(), short_name(key.key, found).casefold()):
            return key.key, found
    raise NotFound(f"slice of {key.key}", text[len(key.key) + 1 :], key.names)


def short_name(key: str, name: str) -> str:
    """How an address names a slice: thirds of the output length by their first word, as their limits may move."""
    return name.partition(" (")[0] if key == "length" else name


def _split(live: LiveAgreement, question: Question, wanted: str) -> str:
    known = live.splits(question.key)
    name = wanted.strip().casefold()
    if name not in known:
        raise NotFound("split here", wanted, known)
    return name


def _day(where: str, written: str) -> date | None:
    if not written.strip():
        return None
    try:
        day = date.fromisoformat(written.strip())
    except ValueError as error:
        raise BadInput(where=where, found=shortened(written), expected="a day such as 2026-11-20") from error
    if not FIRST_DAY <= day <= LAST_DAY:
        raise BadInput(where=where, found=day.isoformat(), expected=f"a day from {FIRST_DAY} to {LAST_DAY}")
    return day


def narrowing_words(narrowing: Narrowing, keys: Sequence[SliceKey] = ()) -> tuple[str, ...]:
    """What a filter leaves, in words, one for each part of it.

    Args:
        narrowing: The filter.
        keys: For the titles of slices.
    """
    titles = {one.key: one.title for one in keys}
    parts = [", ".join(KINDS[kind] for kind in narrowing.kinds)] if narrowing.kinds else []
    for key in dict(narrowing.slices):
        names = " or ".join(name for found, name in narrowing.slices if found == key)
        parts.append(f"{titles.get(key, key)}: {names}")
    parts += [f"split: {narrowing.split}"] if narrowing.split else []
    since = f"from {narrowing.since.isoformat()}" if narrowing.since else ""
    until = f"up to {narrowing.until.isoformat()}" if narrowing.until else ""
    return (*parts, f"written {since} {until} (UTC)".replace("  ", " ")) if since or until else tuple(parts)


def left_out_words(live: LiveAgreement, view: AgreementView) -> str:
    """What the filter of a view leaves and how much it leaves out; "" where there is no filter."""
    if view.narrowing.is_open:
        return ""
    left = view.left_out
    keys = live.slice_choices(view.question.key) if view.narrowing.slices else ()
    return (
        f"Only {'; '.join(narrowing_words(view.narrowing, keys))}. Left out: {left.n_ratings:,} of {left.of_ratings:,}"
        f" ratings, {left.n_units:,} of {left.of_units:,} units."
    )


def narrowing_data(view: AgreementView) -> dict[str, object]:
    """The filter of a view and what it leaves out, as JSON-ready data."""
    narrowing = view.narrowing
    return {
        "kinds": list(narrowing.kinds),
        "slices": [f"{key}={name}" for key, name in narrowing.slices],
        "split": narrowing.split or None,
        "since": narrowing.since.isoformat() if narrowing.since else None,
        "until": narrowing.until.isoformat() if narrowing.until else None,
        "left_out": {"ratings": view.left_out.n_ratings, "units": view.left_out.n_units},
    }
