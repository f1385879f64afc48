"""Making what is to be judged: pairs of outputs, and the items and outputs that an import did not make subjects of.

Everything is counted before it is done. Doing it twice does nothing twice: subjects are found by their keys, a draw by
its design, seed and words. Subjects are written in short batches and the draw that names them all at the end, so that
people who grade meanwhile never wait long, and a crash leaves subjects that the next try finds.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from core.errors import BadInput
from core.models.items import Design, Draw
from core.models.keys import item_key, output_key, pair_key
from core.models.study import Target
from core.store import drawing
from core.store.drawing import NewSubject, OutputFace
from core.store.study_edits import Signed, lock_study
from core.workflow.balancing import all_pairs, balanced_pairs
from core.workflow.workspace import Visitor, Workspace

BATCH = 5_000
"""Subjects written in one transaction."""

Progress = Callable[[int, int], None]
"""Told how many of how many are written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PairDesign:
    """Which pairs are wanted.

    Attributes:
        design: All pairs of systems of every item, or a balanced random subset.
        per_item, total: For a random subset, exactly one of both: pairs of each item, or of all items together.
        seed: For a random subset: the same seed chooses the same pairs.
    """

    design: Design = Design.ALL
    per_item: int | None = None
    total: int | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse a design that says too little or too much.

        Raises:
            BadInput: See the attributes.
        """
        if self.design not in (Design.ALL, Design.RANDOM):
            raise BadInput(where="design of pairs", found=f'"{self.design.value}"', expected='"all" or "random"')
        sizes = [size for size in (self.per_item, self.total) if size is not None]
        if len(sizes) != (self.design is Design.RANDOM):
            raise BadInput(
                where="design of pairs",
                found=f"{len(sizes)} sizes",
                expected='none for "all"; for "random" either pairs per item or pairs in total',
            )
        if any(size < 1 for size in sizes):
            raise BadInput(where="number of pairs", found=str(min(sizes)), expected="at least 1")

    def note(self) -> str:
        """The design in words, as the draw keeps it."""
        if self.design is Design.ALL:
            return "All pairs of systems of every item."
        size = f"{self.per_item} per item" if self.per_item is not None else f"{self.total} in total"
        return f"Pairs of systems, balanced and random, {size}."


@dataclass(frozen=True, slots=True)
class PairPlan:
    """What a design comes to, before anything is made.

    Attributes:
        n_items: Items with outputs of at least two systems.
        n_possible: All pairs of systems of all items.
        n_chosen: Pairs the design chooses.
        n_there: Of these, how many are subjects already.
        by_systems: (first system, second system, pairs), the systems in the order they came.
        probability: Chance of every possible pair to be chosen; None where items have different systems.
    """

    n_items: int
    n_possible: int
    n_chosen: int
    n_there: int
    by_systems: tuple[tuple[str, str, int], ...]
    probability: float | None

    @property
    def n_new(self) -> int:
        """Subjects that would be made."""
        return self.n_chosen - self.n_there


@dataclass(frozen=True, slots=True)
class MissingSubjects:
    """Items or outputs that are not yet subjects, so that nobody can be asked about them."""

    kind: Target
    n_there: int
    n_missing: int


@dataclass(frozen=True, slots=True)
class DrawSummary:
    """A recorded draw in one line."""

    id: int
    design: str
    kind: str
    seed: int | None
    population: int | None
    n_drawn: int
    note: str
    at: datetime
    by: str


@dataclass(frozen=True, slots=True)
class Made:
    """What was made: new subjects, the draw that names all of them, and whether that draw was there before."""

    n_new: int
    draw_id: int
    draw_is_new: bool


def plan_pairs(workspace: Workspace, study_id: int, design: PairDesign) -> PairPlan:
    """What this design would make; nothing is written."""
    with workspace.database.reading() as session:
        outputs = drawing.output_faces(study_id, session=session)
        there = drawing.subject_ids(study_id, Target.PAIR.value, session=session)
    chosen = _chosen(outputs, design)
    return PairPlan(
        n_items=chosen.n_items,
        n_possible=chosen.n_possible,
        n_chosen=len(chosen.subjects),
        n_there=sum(subject.key in there for subject in chosen.subjects),
        by_systems=chosen.by_systems,
        probability=chosen.probability,
    )


def make_pairs(
    workspace: Workspace,
    visitor: Visitor,
    study_id: int,
    design: PairDesign,
    *,
    progress: Progress | None = None,
    batch: int = BATCH,
) -> Made:
    """Make pair subjects by this design, and record how they were chosen.

    Where a system has several samples of an item, its first one stands for it.

    Raises:
        NotFound: There is no such study.
        BadInput: No item has outputs of two systems.
    """
    with workspace.database.reading() as session:
        outputs = drawing.output_faces(study_id, session=session)
    chosen = _chosen(outputs, design)
    if not chosen.subjects:
        raise BadInput(where="pairs", found="no item with outputs of two systems", expected="at least one")
    draw = Draw(
        study_id=study_id,
        design=design.design.value,
        kind=Target.PAIR.value,
        seed=design.seed if design.design is Design.RANDOM else None,
        population=chosen.n_possible,
        note=design.note(),
        created_at=workspace.clock(),
        created_by=visitor.name,
    )
    return _make(workspace, draw, chosen.subjects, chosen.probability, _Writing(progress, batch))


def missing_subjects(workspace: Workspace, study_id: int) -> tuple[MissingSubjects, ...]:
    """For items and for outputs: how many are subjects already, how many are not."""
    with workspace.database.reading() as session:
        wanted = {
            Target.ITEM: _item_subjects(drawing.item_faces(study_id, session=session)),
            Target.OUTPUT: _output_subjects(drawing.output_faces(study_id, session=session)),
        }
        there = {kind: drawing.subject_ids(study_id, kind.value, session=session) for kind in wanted}
    return tuple(
        MissingSubjects(kind, len(there[kind]), sum(subject.key not in there[kind] for subject in subjects))
        for kind, subjects in wanted.items()
    )


def make_subjects(
    workspace: Workspace,
    visitor: Visitor,
    study_id: int,
    kind: Target,
    *,
    progress: Progress | None = None,
    batch: int = BATCH,
) -> Made:
    """Make every item, or every output, a subject, and record that all were taken.

    Raises:
        NotFound: There is no such study.
        BadInput: Pairs are asked for (see `make_pairs`), or there is nothing to make subjects of.
    """
    with workspace.database.reading() as session:
        if kind is Target.ITEM:
            subjects = _item_subjects(drawing.item_faces(study_id, session=session))
        elif kind is Target.OUTPUT:
            subjects = _output_subjects(drawing.output_faces(study_id, session=session))
        else:
            raise BadInput(where="kind of subjects", found='"pair"', expected='"item" or "output"')
    if not subjects:
        raise BadInput(where=f"{kind.value}s", found="none", expected="at least one; import a file first")
    draw = Draw(
        study_id=study_id,
        design=Design.ALL.value,
        kind=kind.value,
        population=len(subjects),
        note=f"Every {kind.value} of the study.",
        created_at=workspace.clock(),
        created_by=visitor.name,
    )
    return _make(workspace, draw, subjects, 1.0, _Writing(progress, batch))


def list_draws(workspace: Workspace, study_id: int) -> tuple[DrawSummary, ...]:
    """How subjects were chosen so far, the newest first."""
    with workspace.database.reading() as session:
        return tuple(
            DrawSummary(
                draw.id or 0,
                draw.design,
                draw.kind,
                draw.seed,
                draw.population,
                n_drawn,
                draw.note,
                draw.created_at,
                draw.created_by,
            )
            for draw, n_drawn in drawing.list_draws(study_id, session=session)
        )


@dataclass(frozen=True, slots=True)
class _Writing:
    progress: Progress | None
    batch: int


@dataclass(frozen=True, slots=True)
class _Chosen:
    subjects: tuple[NewSubject, ...]
    by_systems: tuple[tuple[str, str, int], ...]
    n_items: int
    n_possible: int
    probability: float | None


def _chosen(outputs: Sequence[OutputFace], design: PairDesign) -> _Chosen:
    """Carry the design out on paper."""
    of_items: dict[int, dict[int, OutputFace]] = {}
    for output in outputs:
        of_items.setdefault(output.item_id, {}).setdefault(output.system_id, output)
    comparable = [of_system for of_system in of_items.values() if len(of_system) > 1]
    systems_of_items = [tuple(of_system) for of_system in comparable]
    n_possible = sum(len(systems) * (len(systems) - 1) // 2 for systems in systems_of_items)
    probability: float | None
    if design.design is Design.ALL:
        choices, probability = all_pairs(systems_of_items), 1.0
    else:
        choices = balanced_pairs(systems_of_items, seed=design.seed, per_item=design.per_item, total=design.total)
        alike = len({frozenset(systems) for systems in systems_of_items}) == 1
        everything = len(choices) == n_possible
        probability = len(choices) / n_possible if n_possible and (alike or everything) else None
    met = Counter((first, second) for _, first, second in choices)
    names = {output.system_id: output.system for output in outputs}
    return _Chosen(
        tuple(_pair(comparable[place][first], comparable[place][second]) for place, first, second in choices),
        tuple((names[first], names[second], number) for (first, second), number in sorted(met.items())),
        len(comparable),
        n_possible,
        probability,
    )


def _pair(a: OutputFace, b: OutputFace) -> NewSubject:
    return NewSubject(pair_key(a.external_id, (a.system, a.sample), (b.system, b.sample)), a.item_id, a.id, b.id)


def _item_subjects(items: Sequence[tuple[int, str]]) -> tuple[NewSubject, ...]:
    return tuple(NewSubject(item_key(external_id), item_id) for item_id, external_id in items)


def _output_subjects(outputs: Sequence[OutputFace]) -> tuple[NewSubject, ...]:
    return tuple(
        NewSubject(output_key(output.external_id, output.system, output.sample), output.item_id, output.id)
        for output in outputs
    )


def _make(
    workspace: Workspace,
    draw: Draw,
    subjects: Sequence[NewSubject],
    probability: float | None,
    how: _Writing,
) -> Made:
    """Write what is missing in batches, then the draw over all of them."""
    study_id, signed = draw.study_id, Signed(draw.created_at, draw.created_by)
    with workspace.database.reading() as session:
        there = drawing.subject_ids(study_id, draw.kind, session=session)
    missing = [subject for subject in subjects if subject.key not in there]
    written = 0
    for batch in _batches(missing, how.batch):
        with workspace.database.writing() as session:
            drawing.add_subjects(study_id, draw.kind, batch, signed=signed, session=session)
        written += len(batch)
        if how.progress is not None:
            how.progress(written, len(missing))
    with workspace.database.writing() as session:
        lock_study(study_id, session=session)
        ids = drawing.subject_ids(study_id, draw.kind, session=session)
        drawn = [ids[subject.key] for subject in subjects if subject.key in ids]
        before = drawing.same_draw(draw, len(drawn), session=session)
        if before is not None:
            return Made(len(missing), before.id or 0, draw_is_new=False)
        return Made(len(missing), drawing.add_draw(draw, drawn, probability, session=session), draw_is_new=True)


def _batches(subjects: Sequence[NewSubject], size: int) -> Iterator[Sequence[NewSubject]]:
    for start in range(0, len(subjects), size):
        yield subjects[start : start + size]
