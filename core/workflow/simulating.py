"""Simulating: a new study whose raters and items are made up, with a truth that is known.

For planning (how many raters, how many units) and for trying pages and intervals. A simulated study stays apart for
good: nobody grades it, nothing is imported into it, and no real study ever takes a simulated rater.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from math import isfinite
from typing import Any

from core.errors import BadInput, Conflict, shortened
from core.models.grading_rules import GradingRules
from core.models.ratings import TRUTH, Import, ImportState
from core.scales import DeclaredScale, ScaleKind, likert, pass_fail, preference
from core.stats.simulation import SimulatedRater, SimulatedStudy, simulate
from core.store import imported, imports
from core.store import studies as stored
from core.store import study_edits as edits
from core.workflow import import_liveness as liveness
from core.workflow.processes import this_process
from core.workflow.simulated_writing import Progress, write_simulated
from core.workflow.studies import StudySummary, find_study, fresh_seed
from core.workflow.workspace import Visitor, Workspace

__all__ = ["SCALES", "Simulated", "SimulatedRater", "SimulatedStudy", "alike_raters", "read_rater", "read_shares",
           "scale_named", "simulate_study"]  # fmt: skip

SCALES: Mapping[str, DeclaredScale] = {
    "binary": pass_fail(),
    "likert": likert(1, 5),
    "preference": preference(),
    "numbers": DeclaredScale(ScaleKind.INTERVAL, low=0.0, high=100.0),
}
"""Name -> the scale: pass or fail; 1 to 5; A, tie or B of two outputs; a free number from 0 to 100."""

MOST_RATINGS = 20_000_000
_TRAITS = ("noise", "leniency", "drift", "missing")


@dataclass(frozen=True, slots=True)
class Simulated:
    """A simulated study, written.

    Attributes:
        study: The study.
        simulated: What was asked for.
        seed: The seed it was drawn with; the same seed and wishes give the same ratings.
        n_ratings: Ratings of the raters; those of the truth come beside them.
    """

    study: StudySummary
    simulated: SimulatedStudy
    seed: int
    n_ratings: int


def simulate_study(
    workspace: Workspace, visitor: Visitor, name: str, wanted: SimulatedStudy, *, seed: int | None = None,
    truth: bool = True, progress: Progress = lambda _done, _total, _doing: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Simulated:  # fmt: skip
    """Make a new study with simulated ratings, all of it or nothing.

    The units come one after the other over the last 30 days, so that drift shows in the times of the ratings.

    Args:
        workspace: The outside world.
        visitor: Who asked for it.
        name: Of the new study.
        wanted: Scale, raters and units.
        seed: Of the draw; None takes a fresh one, which is in the answer.
        truth: Whether the true answers are written as well, as those of a rater named `TRUTH`.
        progress: Told (done, total, what is being done).
        cancelled: Asked as often.

    Raises:
        BadInput: The name is a study's, or it or a rater's name cannot be used; or there would be too many ratings.
        Cancelled: `cancelled` said so; nothing is kept.
    """
    names = [edits.checked_line(rater.name, where="name of a rater") for rater in wanted.raters]
    if TRUTH in names:
        raise BadInput(where="name of a rater", found=f'"{TRUTH}"', expected="another one: the truth is called so")
    size = len(names) * wanted.n_units * wanted.repeats
    if size > MOST_RATINGS:
        raise BadInput(where="size", found=f"{size:,} ratings", expected=f"at most {MOST_RATINGS:,}")
    seed = fresh_seed(workspace) if seed is None else seed
    drawn = simulate(wanted, seed=seed)
    study_id = _new_study(workspace, visitor, name, wanted, seed)
    import_id = _begin(workspace, visitor, study_id, wanted, seed)
    with liveness.whole_or_nothing(workspace, import_id):
        n_ratings = write_simulated(
            workspace, visitor, drawn, study_id=study_id, import_id=import_id, truth=TRUTH if truth else None,
            progress=progress, cancelled=cancelled,
        )  # fmt: skip
    return Simulated(find_study(workspace, study_id), wanted, seed, n_ratings)


def _new_study(workspace: Workspace, visitor: Visitor, name: str, wanted: SimulatedStudy, seed: int) -> int:
    """A study of its own; one that a stopped simulation left empty is taken up."""
    signed = edits.Signed(workspace.clock(), visitor.name)
    with workspace.database.writing() as session:
        for known in stored.list_studies(session=session):
            if known.name.casefold() != name.strip().casefold() or known.id is None:
                continue
            if known.simulated and imported.is_untouched(known.id, session=session):
                return known.id
            what = "a simulated study" if known.simulated else "a study of real ratings"
            found = f"{shortened(known.name)}, {what} that is there already"
            raise BadInput(where="name of the study", found=found, expected="a name of its own: nothing is mixed")
        made = edits.add_study(
            name=name, description=_description(wanted, seed), seed=seed & 0x7FFFFFFF, simulated=True, signed=signed,
            session=session,
        )  # fmt: skip
        if made.id is None:
            raise Conflict("The new study could not be stored.")
        edits.add_settings(made.id, GradingRules().to_json(), signed=signed, session=session)
        return made.id


def _begin(workspace: Workspace, visitor: Visitor, study_id: int, wanted: SimulatedStudy, seed: int) -> int:
    now = workspace.clock()
    asked: dict[str, Any] = asdict(wanted) | {"scale": wanted.scale.to_json(), "seed": seed}
    record = Import(
        study_id=study_id, files=[], mapping={"simulation": asked}, state=ImportState.RUNNING.value,
        owner=this_process(), heartbeat_at=now, created_at=now, created_by=visitor.name,
    )  # fmt: skip
    with workspace.database.writing() as session:
        return imports.begin_import(record, session=session)


def _description(wanted: SimulatedStudy, seed: int) -> str:
    clusters = f" in clusters of {wanted.cluster_size}" if wanted.cluster_size > 1 else ""
    raters = "; ".join(_in_words(rater) for rater in wanted.raters[:8])
    more = f"; {len(wanted.raters) - 8} more" if len(wanted.raters) > 8 else ""
    return (f"Simulated: nobody rated anything here. {wanted.n_units:,} units{clusters}, seed {seed}. {raters}{more}.")[
        :2_000
    ]


def _in_words(rater: SimulatedRater) -> str:
    traits = ", ".join(f"{trait} {getattr(rater, trait):g}" for trait in _TRAITS if getattr(rater, trait))
    return f"{rater.name}: {traits or 'no noise'}"


def scale_named(name: str) -> DeclaredScale:
    """One of `SCALES`.

    Raises:
        BadInput: There is none of this name.
    """
    if name not in SCALES:
        raise BadInput(where="scale", found=shortened(name), expected=f"one of {', '.join(SCALES)}")
    return SCALES[name]


def read_rater(text: str) -> SimulatedRater:
    """A rater as typed: `Ana:noise=.5,leniency=.2,drift=.3,missing=.1`; what is left out has its default.

    Raises:
        BadInput: A trait does not exist, comes twice, or is no number.
    """
    name, _, rest = text.partition(":")
    where, expected = f"rater {shortened(text)}", f"{', '.join(_TRAITS)}, each once, as trait=number"
    traits: dict[str, float] = {}
    for part in rest.split(",") if rest.strip() else ():
        trait, _, number = (piece.strip() for piece in part.partition("="))
        value = _number(number)
        if trait not in _TRAITS or trait in traits or value is None:
            raise BadInput(where=where, found=shortened(part.strip()), expected=expected)
        traits[trait] = value
    return SimulatedRater(name.strip(), **traits)


def alike_raters(count: int, *, noise: float, missing: float = 0.0) -> tuple[SimulatedRater, ...]:
    """Raters that differ only by chance: "simulated 1", "simulated 2", ..."""
    return tuple(SimulatedRater(f"simulated {place}", noise=noise, missing=missing) for place in range(1, count + 1))


def read_shares(text: str) -> tuple[float, ...] | None:
    """True shares of the options as typed, in their order: `.7,.3`; None for "".

    Raises:
        BadInput: One is no number.
    """
    if not text.strip():
        return None
    numbers = [_number(part) for part in text.split(",")]
    if None in numbers:
        raise BadInput(where="shares", found=shortened(text), expected="numbers parted by commas, such as .7,.3")
    return tuple(number for number in numbers if number is not None)


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if isfinite(value) else None
