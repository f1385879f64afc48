"""Reading the files of the demo, with the place of whatever is wrong in them."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any
from zlib import crc32

from core.errors import BadInput, FileProblem, shortened
from core.models.grading_rules import GradingRules
from core.models.items import Design
from core.models.ratings import RaterKind
from core.models.study import Target
from core.scales import DeclaredScale, yes_no
from core.store.demo_writing import (
    NamedChecklist,
    NamedDraw,
    NamedItem,
    NamedRater,
    NamedRating,
    StudyContent,
    SubjectName,
)
from core.store.study_edits import CriterionDraft
from core.workflow.balancing import all_pairs, balanced_pairs

_SEED = 7
"""Chooses the pairs beyond the rated ones."""
_JUDGE = re.compile(r"(?:judge )?(?P<model>.+) \((?P<protocol>[a-z]+), prompt v(?P<version>\d+)\)")


@dataclass(frozen=True, slots=True)
class Demo:
    """The demo as its files say."""

    name: str
    description: str
    content: StudyContent


def read_demo(folder: Path) -> Demo:
    """Read and check the demo.

    Raises:
        FileProblem: A file is missing, is no JSON, or names something that is not there.
    """
    texts = {name: _text(folder / name) for name in _FILES}
    study = _parsed("study.json", None, texts["study.json"])
    items = _items(texts)
    scales: dict[str, DeclaredScale] = {}
    criteria = []
    with _in_file("study.json", None):
        for given in study["criteria"]:
            criteria.append(_criterion(given))
            scales[given["key"]] = criteria[-1].scale
    checklists, answers = _checklists(texts["checklists.jsonl"])
    scales |= {rating.criterion: yes_no(na=True) for rating in answers}
    ratings = [*_in_time(_ratings(texts["ratings.jsonl"], scales)), *answers]
    with _in_file("study.json", None):
        content = StudyContent(
            settings=GradingRules.from_json(study["settings"]).to_json(),
            guideline=study["guideline"],
            criteria=criteria,
            systems={system["name"]: system.get("family", "") for system in study["systems"]},
            raters=[_rater(rater) for rater in study["raters"]],
            items=items,
            checklists=checklists,
            ratings=ratings,
            draws=_draws(items, ratings),
            files=[
                {"name": name, "sha256": sha256(text.encode()).hexdigest(), "bytes": len(text.encode())}
                for name, text in texts.items()
            ],
        )
    _refuse_unknown(content)
    return Demo(study["name"], study["description"], content)


_FILES = ("study.json", "items.jsonl", "outputs.jsonl", "ratings.jsonl", "checklists.jsonl")


class _in_file:  # noqa: N801 - used like a function
    """Turns a missing or unreadable field into a problem at its place."""

    def __init__(self, file: str, line: int | None) -> None:
        self.file, self.line = file, line

    def __enter__(self) -> None:
        """Nothing to prepare."""

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        """Name the place.

        Raises:
            FileProblem: A field was missing or of another type.
        """
        if isinstance(error, FileProblem) or error is None:
            return
        if isinstance(error, BadInput):
            raise FileProblem(file=self.file, line=self.line, found=error.found, expected=error.expected) from error
        if isinstance(error, KeyError):
            raise FileProblem(
                file=self.file, line=self.line, found="no such field or name", expected=shortened(str(error.args[0]))
            ) from error
        if isinstance(error, (TypeError, ValueError, AttributeError)):
            raise FileProblem(
                file=self.file, line=self.line, found=shortened(str(error)), expected="the form of the demo"
            ) from error


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise FileProblem(file=path.name, found="no file that can be read", expected="a file of the demo") from error


def _parsed(file: str, line: int | None, text: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise FileProblem(file=file, line=line or error.lineno, found=error.msg, expected="JSON") from error


def _lines(file: str, text: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            yield number, _parsed(file, number, line)


def _items(texts: Mapping[str, str]) -> list[NamedItem]:
    outputs: dict[str, dict[str, str]] = {}
    for number, row in _lines("outputs.jsonl", texts["outputs.jsonl"]):
        with _in_file("outputs.jsonl", number):
            outputs.setdefault(row["item"], {})[row["system"]] = row["text"]
    items = []
    for number, row in _lines("items.jsonl", texts["items.jsonl"]):
        with _in_file("items.jsonl", number):
            items.append(
                NamedItem(
                    name=row["id"],
                    messages=row["messages"],
                    context=row["context"],
                    slices=row["metadata"],
                    cluster=row["cluster"],
                    split=row["split"],
                    references=[(one["text"], one["kind"], one["status"]) for one in row["references"]],
                    outputs=outputs.get(row["id"], {}),
                )
            )
    return items


def _criterion(given: Mapping[str, Any]) -> CriterionDraft:
    return CriterionDraft(
        key=given["key"],
        name=given["name"],
        question=given["question"],
        guidance=given["guidance"],
        applies_to=Target(given["applies_to"]),
        required=given["required"],
        scale=DeclaredScale.from_json(given["scale"]),
    )


def _rater(given: Mapping[str, Any]) -> NamedRater:
    kind = RaterKind(given["kind"])
    named = _JUDGE.fullmatch(given["name"])
    if kind is not RaterKind.JUDGE:
        return NamedRater(name=given["name"], kind=kind, family=given.get("family", ""))
    if named is None:
        raise BadInput(where="name of a judge", found=shortened(given["name"]), expected='"NAME (PROTOCOL, prompt vN)"')
    return NamedRater(
        name=given["name"],
        kind=kind,
        family=given.get("family", ""),
        model=named["model"],
        protocol=named["protocol"],
        version=int(named["version"]),
    )


_A_DAY = 86_400.0
_A_SITTING = 40
"""Grades of one person on one day."""


def _in_time(rows: Iterable[tuple[NamedRating, float]]) -> list[NamedRating]:
    """The ratings with times: a person's grades follow each other in an order of their own, forty a day."""
    rows = list(rows)
    took = {(rating.rater, rating.subject.key): seconds for rating, seconds in rows}
    ago: dict[tuple[str, str], float] = {}
    passed: dict[str, float] = {}
    for number, (rater, key) in enumerate(sorted(took, key=lambda one: (one[0], crc32(" ".join(one).encode())))):
        ago[rater, key] = passed.get(rater, 0.0)
        pause = _A_DAY if number % _A_SITTING == 0 else 0.0
        passed[rater] = ago[rater, key] + took[rater, key] + pause
    return [replace(rating, seconds_ago=ago[rating.rater, rating.subject.key]) for rating, _ in rows]


def _ratings(text: str, scales: Mapping[str, DeclaredScale]) -> Iterator[tuple[NamedRating, float]]:
    """Every rating with the seconds it took, 0 where nobody measured them."""
    for number, row in _lines("ratings.jsonl", text):
        with _in_file("ratings.jsonl", number):
            given = row["subject"]
            systems = tuple(given["pair"]) if "pair" in given else (given["system"],) if "system" in given else ()
            rating = _rating(row, SubjectName(given["item"], systems), row["criterion"], scales[row["criterion"]])
            yield rating, float(row.get("seconds") or 0.0)


def _rating(row: Mapping[str, Any], subject: SubjectName, criterion: str, scale: DeclaredScale) -> NamedRating:
    value = scale.read(row["value"])
    absence = row.get("absence")
    if (value is None) != (absence is not None):
        raise BadInput(where=criterion, found=shortened(row["value"]), expected="a value of its scale, or an absence")
    return NamedRating(
        subject=subject,
        criterion=criterion,
        rater=row["rater"],
        option=value if isinstance(value, str) else None,
        number=value if isinstance(value, float) else None,
        absence=absence,
        phase=row.get("phase", "blind"),
        confidence=row.get("confidence"),
        rationale=row.get("rationale") or row.get("comment") or row.get("note") or "",
        order_shown=row.get("order_shown"),
    )


def _checklists(text: str) -> tuple[list[NamedChecklist], list[NamedRating]]:
    checklists, answers = [], []
    for number, row in _lines("checklists.jsonl", text):
        with _in_file("checklists.jsonl", number):
            item = row["item"]
            questions = [(one["key"], one["text"], one.get("critical", False)) for one in row["questions"]]
            checklists.append(NamedChecklist(item=item, questions=questions))
            answers += [
                _rating(given, SubjectName(item, (given["system"],)), f"{item}/{given['question']}", yes_no(na=True))
                for given in row["answers"]
            ]
    return checklists, answers


def _draws(items: Sequence[NamedItem], ratings: Sequence[NamedRating]) -> list[NamedDraw]:
    """Every output; the items that somebody labelled; the rated pairs; and a balanced set of pairs to be graded."""
    outputs = [SubjectName(item.name, (system,)) for item in items for system in item.outputs]
    labelled = {rating.subject.item for rating in ratings if rating.subject.kind is Target.ITEM}
    subjects = [SubjectName(item.name) for item in items if item.name in labelled]
    rated = list(dict.fromkeys(rating.subject for rating in ratings if rating.subject.kind is Target.PAIR))
    systems = [tuple(item.outputs) for item in items]
    places = [tuple(range(len(names))) for names in systems]
    chosen = balanced_pairs(places, seed=_SEED, per_item=1)
    drawn = [SubjectName(items[at].name, (systems[at][a], systems[at][b])) for at, a, b in chosen]
    population = len(all_pairs(places))
    named = [
        NamedDraw(design=Design.ALL, kind=Target.OUTPUT, subjects=outputs, population=len(outputs), probability=1.0,
                  note="Every output of the study."),
        NamedDraw(design=Design.BY_HAND, kind=Target.ITEM, subjects=subjects, population=len(items),
                  note="Every message that has a label."),
        NamedDraw(design=Design.BY_HAND, kind=Target.PAIR, subjects=rated, population=population,
                  note="The pairs whose grades came with the demo."),
        NamedDraw(design=Design.RANDOM, kind=Target.PAIR, subjects=drawn, population=population, seed=_SEED,
                  probability=len(drawn) / population if _alike(places) else None,
                  note="Pairs of systems, balanced and random, 1 per item."),
    ]  # fmt: skip
    return [draw for draw in named if draw.subjects]


def _alike(places: Sequence[tuple[int, ...]]) -> bool:
    return len({names for names in places if len(names) > 1}) == 1


def _refuse_unknown(content: StudyContent) -> None:
    """Every rating names a rater, an item and systems that are there; every pair keeps the order it was first given.

    Raises:
        FileProblem: One does not.
    """
    raters = {rater.name for rater in content.raters}
    outputs = {item.name: item.outputs.keys() for item in content.items}
    first_order: dict[str, tuple[str, ...]] = {}
    for rating in content.ratings:
        subject = rating.subject
        if rating.rater not in raters:
            raise FileProblem(file="ratings.jsonl", found=f"the rater {rating.rater}", expected="one of study.json")
        if not set(subject.systems) <= outputs.get(subject.item, set()) or subject.item not in outputs:
            raise FileProblem(
                file="ratings.jsonl", found=f"a rating of {subject.item} {subject.systems}", expected="an output of it"
            )
        if first_order.setdefault(subject.key, subject.systems) != subject.systems:
            raise FileProblem(
                file="ratings.jsonl", found=f"the pair {subject.systems} turned round", expected="one order for A and B"
            )
