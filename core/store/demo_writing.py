"""Writing a study that comes complete with its items, outputs, subjects, raters and ratings."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from json import dumps
from typing import Any

from sqlmodel import Session

from core.models.items import Design, Draw, DrawnSubject, Item, Output, Reference, Subject, System
from core.models.judging import Judge
from core.models.keys import item_key, output_key, pair_key
from core.models.ratings import Import, ImportState, Rater, RaterKind, Rating
from core.models.study import Study, Target
from core.scales import yes_no
from core.store.inserting import add_records
from core.store.study_edits import (
    CriterionDraft,
    Edition,
    Place,
    Signed,
    add_criterion,
    add_guideline,
    add_new_criteria,
    add_rubric,
    add_settings,
)


@dataclass(frozen=True, slots=True, order=True)
class SubjectName:
    """A subject by name: an item, an item's output of one system, or its outputs of two systems."""

    item: str
    systems: tuple[str, ...] = ()

    @property
    def kind(self) -> Target:
        """What it is."""
        return (Target.ITEM, Target.OUTPUT, Target.PAIR)[len(self.systems)]

    @property
    def key(self) -> str:
        """Its key in the study; for a pair the same whichever system is named first."""
        if self.kind is Target.ITEM:
            return item_key(self.item)
        if self.kind is Target.OUTPUT:
            return output_key(self.item, self.systems[0])
        return pair_key(self.item, (self.systems[0], 0), (self.systems[1], 0))


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedRater:
    """A rater of the content; a judge also has what its identity is made of."""

    name: str
    kind: RaterKind
    family: str = ""
    model: str = ""
    protocol: str = ""
    version: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedItem:
    """An item with its references and the text of every system's output."""

    name: str
    messages: Sequence[Mapping[str, Any]]
    context: str | None
    slices: Mapping[str, Any]
    cluster: str | None
    split: str | None
    references: Sequence[tuple[str, str, str]]
    """(text, kind, status) each."""
    outputs: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedRating:
    """A rating by names; exactly one of option, number and absence is set."""

    subject: SubjectName
    criterion: str
    rater: str
    option: str | None = None
    number: float | None = None
    absence: str | None = None
    phase: str = "blind"
    confidence: float | None = None
    rationale: str = ""
    order_shown: str | None = None
    seconds_ago: float = 0.0
    """How long before the study was written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedChecklist:
    """The questions of one item: (key, text, critical) each; a rating names its question "item/key"."""

    item: str
    questions: Sequence[tuple[str, str, bool]]


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedDraw:
    """Subjects that were chosen together; see `core.models.items.Draw`."""

    design: Design
    kind: Target
    subjects: Sequence[SubjectName]
    population: int | None
    probability: float | None = None
    seed: int | None = None
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyContent:
    """Everything a complete study brings, by names."""

    settings: Mapping[str, Any]
    guideline: str
    criteria: Sequence[CriterionDraft]
    systems: Mapping[str, str]
    """Name -> family."""
    raters: Sequence[NamedRater]
    items: Sequence[NamedItem]
    checklists: Sequence[NamedChecklist]
    ratings: Sequence[NamedRating]
    draws: Sequence[NamedDraw]
    """Every subject is in at least one."""
    files: Sequence[Mapping[str, Any]]
    """`{name, sha256, bytes}` of where it came from."""


def write_content(study: Study, content: StudyContent, *, signed: Signed, session: Session) -> None:
    """Fill a new study; everything hangs on one import that is done."""
    writing = _Writing(study.id or 0, content, signed, session)
    writing.write_questions()
    writing.write_items()
    writing.write_subjects()
    writing.write_raters()
    writing.write_ratings()


class _Writing:
    """One pass over the content, with the keys that earlier steps gave."""

    def __init__(self, study_id: int, content: StudyContent, signed: Signed, session: Session) -> None:
        self.study_id, self.content, self.signed, self.session = study_id, content, signed, session
        self.brought = Import(
            study_id=study_id,
            files=[dict(file) for file in content.files],
            mapping={"name": signed.by},
            counts={
                "items": len(content.items),
                "outputs": sum(len(item.outputs) for item in content.items),
                "ratings": len(content.ratings),
            },
            state=ImportState.DONE.value,
            created_at=signed.at,
            created_by=signed.by,
            done_at=signed.at,
        )
        add_records([self.brought], session=session)
        self.criteria: dict[str, int] = {}
        self.items: dict[str, int] = {}
        self.outputs: dict[tuple[str, str], int] = {}
        self.subjects: dict[str, int] = {}
        self.raters: dict[str, int] = {}
        self.rubric_id = 0

    def write_questions(self) -> None:
        """Settings, guideline, criteria and the rubric that asks them."""
        where: dict[str, Any] = {"signed": self.signed, "session": self.session}
        add_settings(self.study_id, dict(self.content.settings), **where)
        if self.content.guideline:
            add_guideline(self.study_id, self.content.guideline, note="", **where)
        places = add_new_criteria(self.study_id, self.content.criteria, note="", **where)
        self.criteria = {
            draft.key: place.criterion_id for draft, place in zip(self.content.criteria, places, strict=True)
        }
        self.rubric_id = add_rubric(self.study_id, places, note="", **where)

    def write_items(self) -> None:
        """Systems, items, references, outputs, checklists."""
        systems = {
            name: System(study_id=self.study_id, name=name, family=family, **self._origin())
            for name, family in self.content.systems.items()
        }
        self._add(systems.values())
        items = {item.name: self._item(item) for item in self.content.items}
        self._add(items.values())
        self.items = {name: row.id or 0 for name, row in items.items()}
        self._add(
            Reference(item_id=self.items[item.name], text=text, kind=kind, status=status, created_by=self.signed.by,
                      **self._origin())
            for item in self.content.items
            for text, kind, status in item.references
        )  # fmt: skip
        outputs = {
            (item.name, system): Output(
                item_id=self.items[item.name],
                system_id=systems[system].id or 0,
                messages=[{"role": "assistant", "content": text}],
                **self._origin(),
            )
            for item in self.content.items
            for system, text in item.outputs.items()
        }
        self._add(outputs.values())
        self.outputs = {names: row.id or 0 for names, row in outputs.items()}
        for checklist in self.content.checklists:
            self._write_checklist(checklist)

    def _item(self, item: NamedItem) -> Item:
        return Item(
            study_id=self.study_id,
            external_id=item.name,
            messages=[dict(message) for message in item.messages],
            context=item.context,
            slices=dict(item.slices),
            cluster=item.cluster,
            split=item.split,
            **self._origin(),
        )

    def _write_checklist(self, checklist: NamedChecklist) -> None:
        places = []
        for key, text, critical in checklist.questions:
            lineage = f"{checklist.item}/{key}"
            draft = CriterionDraft(name=key, question=text, applies_to=Target.OUTPUT, scale=yes_no(na=True))
            self.criteria[lineage] = add_criterion(
                self.study_id,
                draft,
                edition=Edition(lineage),
                item_id=self.items[checklist.item],
                signed=self.signed,
                session=self.session,
            )
            places.append(Place(self.criteria[lineage], critical=critical))
        item_id = self.items[checklist.item]
        add_rubric(self.study_id, places, note="", item_id=item_id, signed=self.signed, session=self.session)

    def write_subjects(self) -> None:
        """Every drawn subject once, then the draws over them."""
        names: dict[str, SubjectName] = {}
        for draw in self.content.draws:
            for subject in draw.subjects:
                names.setdefault(subject.key, subject)  # a pair keeps the order in which it was first named
        made = {key: self._subject(key, name) for key, name in names.items()}
        self._add(made.values())
        self.subjects = {key: subject_row.id or 0 for key, subject_row in made.items()}
        for named in self.content.draws:
            row = Draw(
                study_id=self.study_id,
                design=named.design.value,
                kind=named.kind.value,
                seed=named.seed,
                population=named.population,
                note=named.note,
                created_by=self.signed.by,
                **self._origin(),
            )
            self._add([row])
            self._add(
                DrawnSubject(
                    draw_id=row.id or 0,
                    subject_id=self.subjects[subject.key],
                    probability=named.probability,
                    rank=rank,
                )
                for rank, subject in enumerate(named.subjects)
            )

    def _subject(self, key: str, name: SubjectName) -> Subject:
        outputs = [self.outputs[name.item, system] for system in name.systems]
        a, b = (*outputs, None, None)[:2]
        return Subject(
            study_id=self.study_id,
            item_id=self.items[name.item],
            kind=name.kind.value,
            output_a_id=a,
            output_b_id=b,
            key=key,
            **self._origin(),
        )

    def write_raters(self) -> None:
        """People and sources; judges with the record of their identity."""
        for rater in self.content.raters:
            judge = self._judge(rater) if rater.kind is RaterKind.JUDGE else None
            if judge is not None:
                self._add([judge])
            row = Rater(
                study_id=self.study_id,
                kind=rater.kind.value,
                name=rater.name,
                family=rater.family,
                judge_id=judge.id if judge is not None else None,
                **self._origin(),
            )
            self._add([row])
            self.raters[rater.name] = row.id or 0

    def _judge(self, rater: NamedRater) -> Judge:
        identity = {
            "name": rater.name,
            "model": rater.model,
            "family": rater.family,
            "protocol": rater.protocol,
            "version": rater.version,
            "illustrative": True,
        }
        return Judge(
            study_id=self.study_id,
            name=f"{rater.model} ({rater.protocol})",
            version=rater.version,
            fingerprint=sha256(dumps(identity, sort_keys=True).encode()).hexdigest(),
            protocol=rater.protocol,
            model=rater.model,
            family=rater.family,
            parameters={"illustrative": True},
            rubric_id=None if rater.protocol == "checklist" else self.rubric_id,
            created_at=self.signed.at,
            created_by=self.signed.by,
        )

    def write_ratings(self) -> None:
        """All ratings in their order, blind answers before revised ones."""
        self._add(
            Rating(
                study_id=self.study_id,
                subject_id=self.subjects[rating.subject.key],
                criterion_id=self.criteria[rating.criterion],
                rater_id=self.raters[rating.rater],
                option=rating.option,
                number=rating.number,
                absence=rating.absence,
                confidence=rating.confidence,
                rationale=rating.rationale,
                phase=rating.phase,
                order_shown=rating.order_shown,
                **self._origin() | {"created_at": self.signed.at - timedelta(seconds=rating.seconds_ago)},
            )
            for rating in sorted(self.content.ratings, key=lambda one: one.phase == "revised")
        )

    def _origin(self) -> dict[str, Any]:
        return {"import_id": self.brought.id, "created_at": self.signed.at}

    def _add(self, records: Iterable[Any]) -> None:
        add_records(records, session=self.session)
