"""Scores inside a row: a list of them, or objects by rater or by question."""

import re
from collections.abc import Iterable, Sequence
from typing import Any

from core.workflow.import_wizard_seen import Around, RatingsDraft, SeenFile

_VALUE = re.compile(r"(\w+_)?(score|rating|value|label|grade|vote|verdict)")
_RATER = re.compile(r"rater|annotator|worker|judge|user")


def draft_nested(seen: SeenFile, around: Around) -> RatingsDraft | None:
    """The ratings in a file's column of scores; None where nothing in it looks like scores."""
    roles = seen.roles
    column = roles.get("ratings") or roles.get("counts")
    if column is None:
        return None
    cells = [cell for row in seen.detected.first_rows if (cell := row.values.get(column))]
    lists = [cell for cell in cells if isinstance(cell, list)]
    objects = [cell for cell in cells if isinstance(cell, dict)]
    if lists:
        return _listed(column, [score for scores in lists for score in scores], around)
    return _keyed(column, objects, around) if objects else None


def _keyed(column: str, objects: Sequence[dict[str, Any]], around: Around) -> RatingsDraft:
    keys = list(dict.fromkeys(key for one in objects for key in one))
    inner = [value for one in objects for value in one.values()]
    if all(isinstance(value, list) for value in inner):
        return _lists_by_question(column, "@column", keys, inner, around)
    if all(isinstance(value, dict) for value in inner):
        return _keyed_twice(column, keys, inner, around)
    raw = texts(inner)
    entry = {"shape": "nested", "path": column, "rater": "{@key}"}
    return RatingsDraft(entry, raw, around.scale_of(raw), column)


def _keyed_twice(column: str, keys: list[str], inner: Sequence[dict[str, Any]], around: Around) -> RatingsDraft:
    named = [key for value in inner for key, scores in value.items() if _are_scores(scores)]
    if named:
        lists = [value.get(named[0]) for value in inner]
        return _lists_by_question(column, f"@column.{named[0]}", keys, lists, around)
    questions = tuple(dict.fromkeys(key for value in inner for key in value))
    raw = texts(score for value in inner for score in value.values())
    entry = {"shape": "nested", "path": column, "columns": questions, "rater": "{@key}"}
    return RatingsDraft(entry, raw, around.scale_of(raw), column, questions)


def _listed(column: str, scores: Sequence[object], around: Around) -> RatingsDraft | None:
    objects = [score for score in scores if isinstance(score, dict)]
    entry: dict[str, Any] = {"shape": "scores", "path": column}
    if not objects:
        raw = texts(scores)
        return RatingsDraft(entry, raw, around.scale_of(raw), column)
    keys = list(dict.fromkeys(key for score in objects for key in score))
    value = next((key for key in keys if _VALUE.fullmatch(key)), None)
    rater = next((key for key in keys if _RATER.search(key)), None)
    if value is None:
        return None
    entry["value"] = f"{{@value.{value}}}"
    if rater is not None:
        entry |= {"rater": f"{{@value.{rater}}}", "kind": "judge" if rater.startswith("judge") else "person"}
    raw = texts(score.get(value) for score in objects)
    return RatingsDraft(entry, raw, around.scale_of(raw), column)


def _lists_by_question(
    column: str, path: str, keys: Sequence[str], lists: Sequence[object], around: Around
) -> RatingsDraft:
    raw = texts(score for scores in lists if isinstance(scores, list) for score in scores)
    entry = {"shape": "scores", "path": f"{column}.{path}", "columns": list(keys)}
    return RatingsDraft(entry, raw, around.scale_of(raw), column, tuple(keys))


def _are_scores(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(one, int | float | str) for one in value)


def texts(values: Iterable[object]) -> list[str]:
    """The different plain values, as text, in the order first seen."""
    plain = [str(value) for value in values if value is not None and not isinstance(value, list | dict)]
    return list(dict.fromkeys(plain))
