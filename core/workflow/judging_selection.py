"""Which subjects a judge is run on: chosen once, frozen with how they were chosen, read in ranges."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from core.errors import BadInput, shortened
from core.models.items import Design, Draw, Split
from core.store import judging_subjects as stored
from core.store.database import Session
from core.store.slice_facts import SliceFacts
from core.workflow.studies import fresh_seed
from core.workflow.workspace import Visitor, Workspace

Which = Literal["all", "graded", "random", "listed"]

KINDS = ("item", "output", "pair")
WRITTEN_AT_ONCE = 10_000
"""Subjects listed under a draw in one transaction."""
_KEPT_BY_NAME = 100
"""Up to so many listed subjects are kept with the run as well."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Which subjects of one kind.

    Attributes:
        kind: "item", "output" or "pair".
        which: All; those that people graded; a random sample; those that are listed.
        n, seed: Of a random sample: how many, and what makes it the same again (None: one is chosen when frozen).
        splits: Only items of these splits; empty: of any, and of none.
        slices: Slice key -> the slices of it that count; several keys narrow, several slices of a key widen.
        subjects: Those listed.
        statuses, causes: Of a retry: only calls that ended so are asked again; empty: calls never asked, or not yet
            settled.
        up_to_subject_id: The last subject there was when it was frozen; None before.
        is_drawn: Whether its subjects are listed one by one under its draw.
        probe: Of an injection probe, what is put into the texts; see `core.workflow.judging_probe_work.ProbePlan`.
    """

    kind: str
    which: Which = "all"
    n: int | None = None
    seed: int | None = None
    splits: tuple[str, ...] = ()
    slices: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    subjects: tuple[int, ...] = ()
    statuses: tuple[str, ...] = ()
    causes: tuple[str, ...] = ()
    up_to_subject_id: int | None = None
    is_drawn: bool = False
    probe: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """A JSON object that `from_json` reads back unchanged."""
        return {
            "kind": self.kind,
            "which": self.which,
            "n": self.n,
            "seed": self.seed,
            "splits": list(self.splits),
            "slices": {key: list(names) for key, names in self.slices.items()},
            "subjects": list(self.subjects),
            "statuses": list(self.statuses),
            "causes": list(self.causes),
            "up_to_subject_id": self.up_to_subject_id,
            "is_drawn": self.is_drawn,
            "probe": dict(self.probe),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Selection":
        """Read back what `to_json` wrote."""
        listed = {name: tuple(data.get(name, ())) for name in ("splits", "subjects", "statuses", "causes")}
        slices = {key: tuple(names) for key, names in data.get("slices", {}).items()}
        return cls(**{**data, **listed, "slices": slices})

    @property
    def in_words(self) -> str:
        """What is selected, for people: "all outputs, split dev"."""
        many, n = f"{self.kind}s", len(self.subjects) if self.n is None else self.n
        chosen = {
            "all": f"all {many}",
            "graded": f"{many} graded by people",
            "random": f"{self.n or 0:,} random {many}",
            "listed": f"{n:,} chosen {many if n != 1 else self.kind}",
        }[self.which]
        parts = [f"split {' or '.join(self.splits)}"] if self.splits else []
        parts += [f"{key}: {' or '.join(names)}" for key, names in self.slices.items()]
        if self.statuses:
            every = len(self.statuses) > 2 and not self.causes
            parts.append("only what failed" if every else f"only what was {' or '.join(self.causes or self.statuses)}")
        return ", ".join((chosen, *parts))


_TOO_LARGE = 2**63
"""What no database keeps as a whole number."""


def check_selection(selection: Selection) -> None:
    """Refuse a selection that cannot be.

    Raises:
        BadInput: An unknown kind, way or split; a random sample without a size.
    """
    if selection.kind not in KINDS:
        raise BadInput(where="selection, kind", found=shortened(selection.kind), expected="item, output or pair")
    if selection.which not in ("all", "graded", "random", "listed"):
        raise BadInput(where="selection", found=shortened(selection.which), expected="all, graded, random or listed")
    if selection.which == "random" and not (selection.n and selection.n > 0):
        raise BadInput(where="selection, size of the sample", found=str(selection.n), expected="a number above 0")
    for where, number in (("seed", selection.seed or 0), *(("subject", one) for one in selection.subjects)):
        if not 0 <= number < _TOO_LARGE:
            raise BadInput(where=f"selection, {where}", found=str(number), expected=f"0 to {_TOO_LARGE - 1}")
    for split in selection.splits:
        if split not in [one.value for one in Split]:
            raise BadInput(where="selection, split", found=shortened(split), expected="train, dev or test")


def matching_subjects(study_id: int, selection: Selection, *, session: Session) -> NDArray[np.int64]:
    """Every subject that a selection takes, or of a random one: draws from; rising.

    Raises:
        BadInput: See `check_selection`; or a slice is unknown.
    """
    check_selection(selection)
    found = stored.list_subjects(
        study_id, selection.kind, splits=selection.splits, graded=selection.which == "graded", session=session
    )
    if selection.which == "listed":
        found = np.intersect1d(found, np.array(selection.subjects, np.int64))
    if selection.slices:
        found = _in_slices(study_id, selection.slices, found, session)
    return found


def count_selection(workspace: Workspace, study_id: int, selection: Selection) -> int:
    """How many subjects a selection takes, before it is frozen.

    Raises:
        BadInput: See `matching_subjects`.
    """
    check_selection(selection)
    with workspace.database.reading() as session:
        if selection.which == "listed" or selection.slices:
            n = len(matching_subjects(study_id, selection, session=session))
        else:
            n = stored.count_subjects(
                study_id, selection.kind, splits=selection.splits, graded=selection.which == "graded", session=session
            )
    return min(n, selection.n or 0) if selection.which == "random" else n


@dataclass(frozen=True, slots=True, eq=False)
class Chosen:
    """A selection frozen: its subjects were chosen, and nothing is written yet.

    Attributes:
        selection: As it is kept with a run.
        draw: How its subjects were chosen.
        subjects: Those to be listed under the draw, in the order of their ranks; none where a condition is enough.
        probability: That each had to be chosen; None where the way of choosing does not tell.
    """

    selection: Selection
    draw: Draw
    subjects: NDArray[np.int64]
    probability: float | None


def choose(workspace: Workspace, visitor: Visitor, study_id: int, selection: Selection, *, note: str = "") -> Chosen:
    """Choose the subjects now; those that come later do not come in.

    All of a kind are kept as a condition, others subject by subject: random ones with the probability each had.

    Raises:
        BadInput: It cannot be, or takes no subject.
    """
    with workspace.database.reading() as session:
        found = matching_subjects(study_id, selection, session=session)
        last = stored.last_subject(study_id, session=session)
        unfinished = stored.has_unfinished(study_id, session=session)
    listed = selection.which != "all" or bool(selection.slices) or unfinished
    population = len(found)
    if not population:
        raise BadInput(where="selection", found=f"none of {selection.in_words}", expected="at least one subject")
    is_random = selection.which == "random"
    seed = selection.seed
    if is_random:
        seed = fresh_seed(workspace) if seed is None else seed
        found = sampled(found, selection.n or 0, seed)
    few = len(selection.subjects) <= _KEPT_BY_NAME
    frozen = replace(
        selection, seed=seed, n=len(found), up_to_subject_id=last, is_drawn=listed,
        subjects=selection.subjects if few else (),
    )  # fmt: skip
    design = {"all": Design.ALL, "random": Design.RANDOM}.get(selection.which, Design.BY_HAND)
    draw = Draw(
        study_id=study_id,
        design=design.value,
        kind=selection.kind,
        seed=seed if is_random else None,
        population=population,
        note=note or f"Judge run: {selection.in_words}",
        created_at=workspace.clock(),
        created_by=visitor.name,
    )
    known = selection.which in ("all", "random")
    return Chosen(frozen, draw, found if listed else found[:0], len(found) / population if known else None)


def write_drawn(workspace: Workspace, chosen: Chosen, draw_id: int, *, at_once: int = WRITTEN_AT_ONCE) -> None:
    """List the chosen subjects under their draw, in short transactions of at most `at_once`."""
    for begin in range(0, len(chosen.subjects), at_once):
        with workspace.database.writing() as session:
            add_drawn_part(chosen, draw_id, begin, at_once=at_once, session=session)


def add_drawn_part(chosen: Chosen, draw_id: int, begin: int, *, at_once: int, session: Session) -> None:
    """List at most `at_once` of the chosen subjects under their draw, from the one of rank `begin` on."""
    part = chosen.subjects[begin : begin + at_once].tolist()
    stored.add_drawn(draw_id, part, probability=chosen.probability, first_rank=begin, session=session)


def sampled(subjects: NDArray[np.int64], n: int, seed: int) -> NDArray[np.int64]:
    """A simple random sample without replacement, in random order; all of them where there are not more than `n`."""
    if n >= len(subjects):
        return subjects
    places = Random(seed).sample(range(len(subjects)), n)  # noqa: S311 - a sample, not a secret
    return subjects[np.array(places, np.int64)]


def selected_subjects(
    study_id: int, selection: Selection, draw_id: int | None, *, after: int = 0, limit: int | None = None,
    session: Session,
) -> NDArray[np.int64]:  # fmt: skip
    """Ids of a frozen selection's subjects above `after`, rising; at most `limit` of them.

    Raises:
        BadInput: It was never frozen.
    """
    if selection.up_to_subject_id is None:
        raise BadInput(where="selection", found="one that was never frozen", expected="a frozen one")
    if selection.is_drawn and draw_id is not None:
        return stored.list_drawn(draw_id, after=after, limit=limit, session=session)
    if selection.which == "listed":
        named = np.array(sorted(set(selection.subjects)), np.int64)
        return named[named > after][:limit]
    return stored.list_subjects(
        study_id, selection.kind, splits=selection.splits, after=after, up_to=selection.up_to_subject_id, limit=limit,
        session=session,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class SliceChoice:
    """One way to narrow a selection: key, title and the slices there are."""

    key: str
    title: str
    names: tuple[str, ...]


def slice_choices(workspace: Workspace, study_id: int) -> tuple[SliceChoice, ...]:
    """Every way to narrow a selection by slices; the split stands apart."""
    facts = SliceFacts(study_id)
    with workspace.database.reading() as session:
        facts.learn(np.empty(0, np.int64), session=session)
    return tuple(SliceChoice(one.key, one.title, one.names) for one in facts.columns() if one.key != "split")


def _in_slices(
    study_id: int, slices: Mapping[str, Sequence[str]], subjects: NDArray[np.int64], session: Session
) -> NDArray[np.int64]:
    facts = SliceFacts(study_id)
    facts.learn(subjects, session=session)
    columns = {column.key: column for column in facts.columns()}
    kept = np.ones(len(subjects), np.bool_)
    places = facts.places(subjects)
    for key, names in slices.items():
        column = columns.get(key)
        if column is None:
            raise BadInput(where="selection, slice", found=shortened(key), expected=f"one of {', '.join(columns)}")
        for name in names:
            if name not in column.names:
                expected = f"one of {', '.join(column.names[:12])}"
                raise BadInput(where=f"selection, slice {key}", found=shortened(name), expected=expected)
        wanted = np.array([place for place, name in enumerate(column.names) if name in names], np.int32)
        kept &= np.isin(np.append(column.codes, np.int32(-1))[places], wanted)
    return subjects[kept]
