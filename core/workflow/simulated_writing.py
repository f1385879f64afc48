"""Writing a simulated study in short transactions, as an import that is seen when it is whole."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np

from core.errors import Cancelled
from core.models.items import Design, Draw
from core.models.keys import item_key, pair_key
from core.models.ratings import ImportState, Phase, RaterKind
from core.models.study import Target
from core.scales import ScaleKind
from core.stats.arrays import FloatArray, IntArray
from core.stats.simulation import SimulatedRatings
from core.store import imports
from core.store import study_edits as edits
from core.store.database import Session
from core.store.imports import insert_rows, reserve_ids, stored_time
from core.workflow.workspace import Visitor, Workspace

Progress = Callable[[int, int | None, str], None]

BATCH = 5_000
"""Rows written in one transaction."""

SPAN = timedelta(days=30)
"""Over which the units come, one after the other."""

SYSTEMS = ("simulated A", "simulated B")
"""Whose outputs a preference is about."""

_THIRDS = ("first third", "middle third", "last third")
_QUALITIES = ("low", "middle", "high")
_FEW_CLUSTERS = 12
"""Up to so many clusters each is a slice of its own."""


def write_simulated(
    workspace: Workspace, visitor: Visitor, drawn: SimulatedRatings, *, study_id: int, import_id: int,
    truth: str | None, progress: Progress, cancelled: Callable[[], bool],
) -> int:  # fmt: skip
    """Write units, raters and ratings under a running import, then make all of it seen.

    Args:
        workspace: The outside world.
        visitor: Who asked for it.
        drawn: What was simulated.
        study_id: The new study.
        import_id: The import that everything hangs on.
        truth: Name of the rater that gives the true answers; None for none.
        progress: Told (done, total, what is being done).
        cancelled: Asked as often.

    Returns:
        How many ratings the raters gave, without those of the truth.

    Raises:
        Cancelled: `cancelled` said so.
    """
    answers = _Answers.of(drawn, with_truth=truth is not None)
    writing = _Writing(workspace, visitor, drawn, study_id, import_id, answers, truth, progress, cancelled)
    criterion_id = writing.write_question()
    rater_ids = writing.write_raters()
    subjects = writing.write_units()
    n_written = writing.write_ratings(criterion_id, rater_ids, subjects)
    writing.write_draw()
    writing.make_seen(criterion_id, n_written)
    return n_written - (drawn.study.n_units if truth is not None else 0)


@dataclass(frozen=True, slots=True, eq=False)
class _Answers:
    """The answers to write.

    Attributes:
        values: Units x raters (the truth last, where wanted) x repeats; the truth is there once.
        present: Which of them are.
    """

    values: FloatArray | IntArray
    present: Any

    @classmethod
    def of(cls, drawn: SimulatedRatings, *, with_truth: bool) -> "_Answers":
        values = drawn.values
        if with_truth:
            column = np.repeat(drawn.truth[:, None, None], drawn.study.repeats, axis=2)
            values = np.concatenate([values, column], axis=1)
        present = ~np.isnan(values) if drawn.study.scale.is_numeric else values >= 0
        if with_truth:
            present[:, -1, 1:] = False
        return cls(values, present)


@dataclass(frozen=True, slots=True)
class _Writing:
    """One simulated study on its way into the database."""

    workspace: Workspace
    visitor: Visitor
    drawn: SimulatedRatings
    study_id: int
    import_id: int
    answers: _Answers
    truth: str | None
    progress: Progress
    cancelled: Callable[[], bool]

    @property
    def is_pair(self) -> bool:
        return self.drawn.study.scale.kind is ScaleKind.PREFERENCE

    def _alive(self, session: Session, done: int, total: int, doing: str) -> datetime:
        if self.cancelled():
            raise Cancelled("The simulation was stopped; nothing of it was kept.")
        now = self.workspace.clock()
        imports.still_running(self.import_id, now, session=session)
        self.progress(done, total, doing)
        return now

    def write_question(self) -> int:
        """The one criterion; its key."""
        columns = ("id", "study_id", "lineage", "version", "meaning", "name", "question", "guidance", "applies_to",
                   "scale_id", "note", "import_id", "created_at", "created_by")  # fmt: skip
        target = Target.PAIR if self.is_pair else Target.ITEM
        question = "Which output is better? (simulated)" if self.is_pair else "How good is it? (simulated)"
        with self.workspace.database.writing() as session:
            (key,) = reserve_ids("criterion", 1, session=session)
            scale = edits.ensure_scale(self.drawn.study.scale, session=session)
            now = stored_time(self.workspace.clock(), session=session)
            row = (key, self.study_id, "quality", 1, 1, "Quality", question, "", target.value, scale, "",
                   self.import_id, now, self.visitor.name)  # fmt: skip
            insert_rows("criterion", columns, [row], session=session)
        return key

    def write_raters(self) -> list[int]:
        """The raters, the truth last; their keys."""
        names = [rater.name.strip() for rater in self.drawn.study.raters]
        names += [] if self.truth is None else [self.truth]
        kind, now = RaterKind.SIMULATED.value, self.workspace.clock()
        made = {"study_id": self.study_id, "kind": kind, "group": "", "family": "", "import_id": self.import_id}
        with self.workspace.database.writing() as session:
            rows = [made | {"name": name, "created_at": now} for name in names]
            keys = imports.ensure_raters(rows, study_id=self.study_id, session=session)
        return [keys[kind, name] for name in names]

    def write_units(self) -> IntArray:
        """Items, for pairs two outputs of each, and one subject an item; the subjects' keys."""
        systems = self._write_systems() if self.is_pair else ()
        n, subjects = self.drawn.study.n_units, np.empty(self.drawn.study.n_units, np.int64)
        slices = self._slices()
        for start in range(0, n, BATCH):
            units = range(start, min(start + BATCH, n))
            with self.workspace.database.writing() as session:
                now = self._alive(session, start, n, "Writing units")
                same: dict[str, int | datetime] = {"import_id": self.import_id, "created_at": now}
                subjects[start : units.stop] = self._write_some(units, slices, systems, same, session)
        return subjects

    def _write_some(
        self, units: range, slices: Sequence[str], systems: Sequence[int], same: dict[str, int | datetime],
        session: Session,
    ) -> Sequence[int]:  # fmt: skip
        study, names = self.study_id, [f"unit {unit + 1}" for unit in units]
        clustered, clusters = self.drawn.study.cluster_size > 1, self.drawn.clusters
        items = reserve_ids("item", len(units), session=session)
        rows = [
            (item, study, name, _messages("user", f"Simulated {name}"), slices[unit],
             f"cluster {clusters[unit] + 1}" if clustered else None)
            for item, unit, name in zip(items, units, names, strict=True)
        ]  # fmt: skip
        columns = ("id", "study_id", "external_id", "messages", "slices", "cluster")
        insert_rows("item", columns, rows, same=same, session=session)
        subjects = reserve_ids("subject", len(units), session=session)
        if not self.is_pair:
            plain = [(key, study, item, "item", item_key(name))
                     for key, item, name in zip(subjects, items, names, strict=True)]  # fmt: skip
            insert_rows("subject", ("id", "study_id", "item_id", "kind", "key"), plain, same=same, session=session)
            return subjects
        outputs = reserve_ids("output", 2 * len(units), session=session)
        texts = [(outputs[2 * place + side], item, systems[side], 0, _messages("assistant", f"{SYSTEMS[side]}: {name}"))
                 for place, (item, name) in enumerate(zip(items, names, strict=True)) for side in (0, 1)]  # fmt: skip
        insert_rows("output", ("id", "item_id", "system_id", "sample", "messages"), texts, same=same, session=session)
        pairs = [(key, study, item, "pair", outputs[2 * place], outputs[2 * place + 1],
                  pair_key(name, (SYSTEMS[0], 0), (SYSTEMS[1], 0)))
                 for place, (key, item, name) in enumerate(zip(subjects, items, names, strict=True))]  # fmt: skip
        named = ("id", "study_id", "item_id", "kind", "output_a_id", "output_b_id", "key")
        insert_rows("subject", named, pairs, same=same, session=session)
        return subjects

    def _write_systems(self) -> tuple[int, ...]:
        made = {"study_id": self.study_id, "family": "", "import_id": self.import_id,
                "created_at": self.workspace.clock()}  # fmt: skip
        with self.workspace.database.writing() as session:
            rows = [made | {"name": name} for name in SYSTEMS]
            keys = imports.ensure_systems(rows, study_id=self.study_id, session=session)
        return tuple(keys[name] for name in SYSTEMS)

    def _slices(self) -> list[str]:
        """The slices of every unit as JSON: its place in the sequence, its true quality, its cluster where few."""
        n, quality = self.drawn.study.n_units, self.drawn.quality
        place = np.arange(n) * 3 // n
        level = np.searchsorted(np.quantile(quality, [1 / 3, 2 / 3]), quality)
        clusters = self.drawn.clusters
        few = 1 < int(clusters[-1]) + 1 <= _FEW_CLUSTERS and self.drawn.study.cluster_size > 1
        known: dict[tuple[int, int, int], str] = {}
        found = []
        for key in zip(place.tolist(), level.tolist(), clusters.tolist() if few else [-1] * n, strict=True):
            if key not in known:
                named = {"sequence": _THIRDS[key[0]], "true quality": _QUALITIES[key[1]]}
                known[key] = json.dumps(named | ({"cluster": f"cluster {key[2] + 1}"} if few else {}))
            found.append(known[key])
        return found

    def write_ratings(self, criterion_id: int, rater_ids: Sequence[int], subjects: IntArray) -> int:
        """The ratings in the order of their times; how many."""
        study, total, done = self.drawn.study, int(self.answers.present.sum()), 0
        columns = ("subject_id", "rater_id", "option", "number", "phase", "rationale", "repetition", "created_at")
        same: dict[str, int | datetime] = {"study_id": self.study_id, "import_id": self.import_id,
                                           "criterion_id": criterion_id}  # fmt: skip
        begun = self.workspace.clock() - SPAN
        step = max(1, BATCH // (len(rater_ids) * study.repeats))
        for start in range(0, study.n_units, step):
            units = slice(start, min(start + step, study.n_units))
            with self.workspace.database.writing() as session:
                self._alive(session, done, total, "Writing ratings")
                at = [stored_time(begun + SPAN * (unit / study.n_units), session=session)
                      for unit in range(units.start, units.stop)]  # fmt: skip
                rows = list(self._rows(units, rater_ids, subjects[units].tolist(), at))
                insert_rows("rating", columns, rows, same=same, session=session)
            done += len(rows)
        return done

    def _rows(
        self, units: slice, rater_ids: Sequence[int], subjects: Sequence[int], at: Sequence[Any]
    ) -> Iterator[tuple[Any, ...]]:
        keys, blind = self.drawn.study.scale.keys, Phase.BLIND.value
        present = self.answers.present[units].transpose(0, 2, 1)  # everybody's first answers come before the repeats
        values = self.answers.values[units].transpose(0, 2, 1)[present].tolist()
        for value, unit, repeat, rater in zip(values, *(axis.tolist() for axis in np.nonzero(present)), strict=True):
            option, number = (keys[value], None) if keys else (None, value)
            yield subjects[unit], rater_ids[rater], option, number, blind, "", repeat, at[unit]

    def write_draw(self) -> None:
        """All units there are were drawn."""
        with self.workspace.database.reading() as session:
            brought = imports.brought_subjects(self.import_id, session=session)
        for kind, (count, low, high) in brought.items():
            draw = Draw(
                study_id=self.study_id, design=Design.ALL.value, kind=kind, population=count, note="Simulated.",
                import_id=self.import_id, created_at=self.workspace.clock(), created_by=self.visitor.name,
            )  # fmt: skip
            with self.workspace.database.writing() as session:
                draw_id = imports.add_draw_of_import(draw, session=session)
            rank = 0
            for above in range(low - 1, high, 4 * BATCH):
                with self.workspace.database.writing() as session:
                    self._alive(session, rank, count, "Writing the draw")
                    rank += imports.add_drawn(
                        draw_id, self.import_id, kind, 1.0, above=above, up_to=above + 4 * BATCH, rank=rank,
                        session=session,
                    )  # fmt: skip

    def make_seen(self, criterion_id: int, n_ratings: int) -> None:
        """One transaction: the rubric asks the question, and the import is done."""
        now, n = self.workspace.clock(), self.drawn.study.n_units
        signed = edits.Signed(now, self.visitor.name)
        with self.workspace.database.writing() as session:
            edits.lock_study(self.study_id, session=session)
            imports.still_running(self.import_id, now, session=session)
            edits.add_rubric(self.study_id, [edits.Place(criterion_id)], note="Simulated", signed=signed,
                             session=session)  # fmt: skip
            counts = {"items": n, "ratings": n_ratings}
            imports.end_import(self.import_id, ImportState.DONE, now=now, counts=counts, session=session)


def _messages(role: str, text: str) -> str:
    return json.dumps([{"role": role, "content": text}])
