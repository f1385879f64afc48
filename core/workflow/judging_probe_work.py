"""The calls of an injection probe: a judge is asked again about texts into which something was put on purpose.

Only subjects with a verdict in force that answers to the texts as they are now are asked about, so that the verdict on
the altered text has something to be held against. Probes yield no ratings.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from hashlib import sha256
from typing import Any, Literal, cast

from core.judging.asked import Ask, Material
from core.judging.injections import (
    CONTROL,
    INJECTIONS,
    Position,
    control_length,
    control_text,
    target_of,
    with_text,
)
from core.judging.protocols.face import JudgeProtocol
from core.store.database import Session
from core.store.runs import RunRow
from core.workflow.judging_material import JudgedStudy
from core.workflow.judging_worklist import JudgeAtWork, WorkItem, read_work, with_states

NO_VERDICT = "no verdict in force"
"""Why a subject that was drawn is not probed: its text, reference or guideline changed since."""

Side = Literal["A", "B"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbePlan:
    """What is put where; kept with the run in `Selection.probe`.

    Attributes:
        injections: Names in `INJECTIONS`.
        per_subject: How many of them each subject gets, drawn by the seed.
        position: Before or after the judged text, or either, drawn by the seed.
        seed: Draws the above, and of a pair the side that is altered.
        n_calls: Calls that all subjects take, controls included; 0 where it was not counted.
    """

    injections: tuple[str, ...] = tuple(INJECTIONS)
    per_subject: int = len(INJECTIONS)
    position: Position | Literal["either"] = "end"
    seed: int = 0
    n_calls: int = 0

    def to_json(self) -> dict[str, Any]:
        """A JSON object that `from_json` reads back unchanged."""
        return asdict(self) | {"injections": list(self.injections)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "ProbePlan":
        """Read back what `to_json` wrote."""
        return cls(**{**data, "injections": tuple(data["injections"])})

    def drawn(self, subject_id: int) -> tuple[str, ...]:
        """The injections of a subject, in the order of the plan."""
        ranked = sorted(self.injections, key=lambda name: self._hash(subject_id, name))
        chosen = set(ranked[: self.per_subject])
        return tuple(name for name in self.injections if name in chosen)

    def side(self, subject_id: int) -> Side:
        """The output of a pair that is altered."""
        return "A" if self._hash(subject_id, "side") % 2 else "B"

    def place(self, subject_id: int, name: str) -> Position:
        """Where an injection stands in the text."""
        if self.position != "either":
            return self.position
        return "start" if self._hash(subject_id, f"place of {name}") % 2 else "end"

    def _hash(self, subject_id: int, what: str) -> int:
        return int.from_bytes(sha256(f"{self.seed}\0{subject_id}\0{what}".encode()).digest()[:8], "big")


@dataclass(frozen=True, slots=True)
class Variation:
    """How a text was altered, as `Call.variation` says it: "authority, end", "control 200, start of B".

    Attributes:
        name: Of the injection; of a control "control" and its length.
        side: Of a pair, the altered output; None for other subjects.
    """

    name: str
    position: str
    side: str | None

    @property
    def is_control(self) -> bool:
        """Whether it is harmless."""
        return self.name.startswith(f"{CONTROL} ")

    def __str__(self) -> str:
        """As it is stored."""
        return f"{self.name}, {self.position}" + (f" of {self.side}" if self.side else "")

    @classmethod
    def read(cls, stored: str) -> "Variation":
        """Read back what `str` wrote."""
        name, _, where = stored.rpartition(", ")
        position, _, side = where.partition(" of ")
        return cls(name, position, side or None)


def control_of(length: int, like: Variation) -> Variation:
    """The control beside an injection."""
    return replace(like, name=f"{CONTROL} {length}")


def probe_work(
    judged: JudgedStudy,
    judge: JudgeAtWork,
    protocol: JudgeProtocol,
    run: RunRow,
    subject_ids: Sequence[int],
    *,
    majorities: Mapping[str, str | float] | None = None,
    session: Session,
) -> list[WorkItem]:
    """Every call of a probe run about these subjects, in their order; the arguments are those of `read_work`.

    Items are of kind "probe" and carry their variation. A subject without a verdict in force is one skipped item.
    """
    plan = ProbePlan.from_json(run.selection["probe"])
    unaltered = read_work(judged, judge, protocol, None, subject_ids, majorities=majorities, session=session)
    usable = in_force(unaltered)
    items = []
    for base in (one for one in unaltered if one.repetition == 0):
        is_usable = any(base is one for one in usable.get(base.material.subject_id, ()))
        items += altered_items(judged, judge, protocol, plan, base) if is_usable else [_skipped(base)]
    return with_states(judge, run, items, session)


def in_force(unaltered: Sequence[WorkItem]) -> Mapping[int, Sequence[WorkItem]]:
    """Subject -> the calls of the first repetition whose verdict stands, was read, and answers to what is there now.

    A question of a pair is only there if it was answered in every order in which it is asked.
    """
    together: dict[tuple[int, tuple[int, ...]], list[WorkItem]] = {}
    for item in unaltered:
        if item.repetition == 0:
            together.setdefault((item.material.subject_id, item.criteria), []).append(item)
    found: dict[int, list[WorkItem]] = {}
    for (subject, _), orders in together.items():
        if all(_is_in_force(item) for item in orders):
            found.setdefault(subject, []).extend(orders)
    return found


def _is_in_force(base: WorkItem) -> bool:
    return base.state == "settled" and base.request is not None and base.known is not None and base.known.status == "ok"


def altered_items(
    judged: JudgedStudy, judge: JudgeAtWork, protocol: JudgeProtocol, plan: ProbePlan, base: WorkItem
) -> list[WorkItem]:
    """What a probe asks in place of one call of the judge; none where no question has a best value."""
    return [
        _altered(judged, judge, protocol, base, material, variation)
        for variation, material in alterations(plan, base.ask, base.material)
    ]


def alterations(plan: ProbePlan, ask: Ask, material: Material) -> Iterator[tuple[Variation, Material]]:
    """Each way in which a subject is altered for one call: its injections, and for every length one control."""
    side: Side | None = plan.side(material.subject_id) if material.kind == "pair" else None
    target = target_of(ask, side or "A")
    if target is None:
        return
    controls: dict[Variation, Material] = {}
    for name in plan.drawn(material.subject_id):
        text = INJECTIONS[name].written(target)
        variation = Variation(name, plan.place(material.subject_id, name), side)
        yield variation, _with(material, text, variation)
        length = control_length(text)
        control = control_of(length, variation)
        controls.setdefault(control, _with(material, control_text(length), control))
    yield from controls.items()


def _with(material: Material, text: str, variation: Variation) -> Material:
    position = cast("Position", variation.position)
    return with_text(material, text, position=position, side=variation.side or "A")


def _altered(
    judged: JudgedStudy, judge: JudgeAtWork, protocol: JudgeProtocol, base: WorkItem, material: Material,
    variation: Variation,
) -> WorkItem:  # fmt: skip
    own = base.own_answer.text if base.own_answer else None
    request = protocol.request(judge.spec, base.ask, material, fence=judged.fence, own_answer=own)
    return WorkItem(
        material=material, ask=base.ask, repetition=0, request=request, request_hash=request.hash(), kind="probe",
        variation=str(variation),
    )  # fmt: skip


def _skipped(base: WorkItem) -> WorkItem:
    said = f"probe\0{base.material.subject_id}\0{base.criteria}\0{base.ask.order}\0{base.request_hash}"
    return WorkItem(
        material=base.material, ask=base.ask, repetition=0, request=None, kind="probe", status="skipped",
        request_hash=sha256(said.encode()).hexdigest(), skip=NO_VERDICT,
    )  # fmt: skip
