"""Where the ratings of a file stand, proposed shape by shape from a first look at it."""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from core.workflow.import_wizard_nested import draft_nested
from core.workflow.import_wizard_scales import GuessedScale, guess_absent, likert_entry, nominal_entry
from core.workflow.import_wizard_seen import Around, RatingsDraft, SeenFile, template

_LLM = re.compile(
    r"gpt|llm|claude|gemini|llama|mistral|qwen|deepseek|pandalm|prometheus|auto_?(eval|rater)|judge(?!ment)|palm|reward|\d+b\b",
    re.IGNORECASE,
)
_GIVEN = re.compile(r"(\w+_)?(gold|given|original|true|source)(_\w+)?", re.IGNORECASE)
_ENDING = re.compile(
    r"[-_. ]+(test|dev|train)?(set|results?|verdicts?|judge?ments?|ratings?|labels?|eval\w*|annotations?|votes?)?"
    r"([-_. ]*v?\d+)?$",
    re.IGNORECASE,
)


def rater_name(file: str, content: str = "") -> str:
    """What a file's name says about who rated: "gpt-4-testset-v1.json" beside "testset-v1.json" is gpt-4's."""
    stem, other = file.rsplit(".", 1)[0], content.rsplit(".", 1)[0]
    named_after = bool(other) and stem != other and stem.endswith(other)
    stem = stem[: -len(other)] if named_after else _ENDING.sub("", stem) or stem
    return stem.strip(" -_.")[:200] or file[:200]


def draft_ratings(seen: SeenFile, around: Around) -> RatingsDraft | None:
    """The ratings that a file probably holds; None where there are none.

    Args:
        seen: The file.
        around: What is known of the others.
    """
    if seen.shape is None:
        return None
    drafts = {
        "ratings_wide": _wide,
        "orders": _orders,
        "nested": _nested,
        "counts": _counts,
        "probabilities": _probabilities,
    }
    draft = drafts.get(seen.shape, _single)(seen, around)
    if draft is None:
        return None
    judge = draft.entry.get("kind") == "judge"
    absent = guess_absent(draft.raw, draft.guess.entry.declared(), draft.guess.values, judge=judge)
    entry = {**draft.entry, **_beside(seen)}
    return RatingsDraft(entry, draft.raw, draft.guess, draft.name, draft.questions, absent)


def _beside(seen: SeenFile) -> dict[str, str]:
    rationale = seen.roles.get("rationale")
    return {"rationale": template(rationale)} if rationale else {}


def _rater(seen: SeenFile, value: str, content: str) -> dict[str, str]:
    """Who rated: a column says it, or the whole file is one rater's."""
    roles = seen.roles
    if "rater" in roles:
        values, _ = seen.values([roles["rater"]])
        named = _LLM.search(roles["rater"]) or (
            values and sum(bool(_LLM.search(one)) for one in values) * 2 > len(values)
        )
        return {"rater": template(roles["rater"]), "kind": "judge" if named else "person"}
    if "rationale" in roles or _LLM.search(seen.name) or _LLM.search(value):
        return {"rater": rater_name(seen.name, content), "kind": "judge"}
    return {
        "rater": "given" if _GIVEN.fullmatch(value) or seen.name == content else rater_name(seen.name),
        "kind": "source",
    }


def _single(seen: SeenFile, around: Around) -> RatingsDraft | None:
    """One value a row."""
    roles = seen.roles
    value = roles.get("value")
    if value is None:
        return None
    raw, more = seen.values([value])
    guess = around.scale_of(raw, more=more)
    entry = {"shape": "rows", "value": template(value), **_rater(seen, value, around.content)}
    questions: tuple[str, ...] = ()
    if "criterion" in roles:
        names, too_many = seen.values([roles["criterion"]])
        if not too_many:
            questions, entry["criterion"] = tuple(names), template(roles["criterion"])
    return RatingsDraft(entry, raw, guess, value, questions)


def _wide(seen: SeenFile, around: Around) -> RatingsDraft | None:
    raters, criteria = seen.several("rater"), seen.several("criterion")
    columns = raters or criteria
    if not columns:
        return _single(seen, around)
    raw, more = seen.values(columns)
    guess = replace(around, on_pair=around.on_pair and bool(raters)).scale_of(raw, more=more)
    if raters:
        return RatingsDraft({"shape": "columns", "columns": raters}, raw, guess, "rating")
    entry = {"shape": "criteria", "columns": criteria, **_rater(seen, criteria[0], around.content)}
    return RatingsDraft(entry, raw, guess, "rating", tuple(criteria))


def _nested(seen: SeenFile, around: Around) -> RatingsDraft | None:
    return draft_nested(seen, around) or _single(seen, around)


def _orders(seen: SeenFile, around: Around) -> RatingsDraft | None:
    columns = seen.several("order")
    if len(columns) != 2:
        return _single(seen, replace(around, on_pair=True))
    raw, more = seen.values(columns)
    guess = replace(around, on_pair=True).scale_of(raw, more=more)
    who = _rater(seen, columns[0], around.content)
    roles = seen.roles
    variants = [
        column.name for column in seen.detected.columns if re.search(r"strategy|prompt(_id)?$|variant", column.name)
    ]
    if "rater" in roles and variants and not seen.detected.column(variants[0]).more_values:
        who["rater"] += f"/{template(variants[0])}"
    entry = {"shape": "orders", "columns": {columns[0]: "AB", columns[1]: "BA"}, **who, "kind": "judge"}
    return RatingsDraft(entry, raw, guess, "preference")


def _counts(seen: SeenFile, around: Around) -> RatingsDraft | None:
    column = seen.roles.get("counts")
    if column is None:
        return _single(seen, around)
    keys = seen.detected.column(column).keys
    guess = around.scale_of(keys)
    if len(keys) < 2 or guess.entry.declared().is_numeric:
        return None
    read = guess.values
    columns = {f"{column}.{key}": read.get(key, key) for key in keys}
    return RatingsDraft({"shape": "counts", "columns": columns}, [], guess, column)


def _probabilities(seen: SeenFile, around: Around) -> RatingsDraft | None:
    columns = seen.several("probability")
    if len(columns) < 2:
        return _single(seen, around)
    options = _option_names(columns)
    numbers = [int(name) for name in options if name.isdigit()]
    in_row = len(numbers) == len(options) and sorted(numbers) == list(range(min(numbers), max(numbers) + 1))
    # Places of an array are labels without order; numbered answers of a question are steps.
    bare = all(re.fullmatch(r"p\d+", column) for column in columns)
    scale = likert_entry(min(numbers), max(numbers)) if in_row and not bare else nominal_entry(options)
    if scale is None:
        return None
    who = _rater(seen, columns[0], around.content) if "rater" in seen.roles else {}
    entry: dict[str, Any] = {
        "shape": "probabilities", "columns": dict(zip(columns, options, strict=True)),
        "rater": rater_name(seen.name, around.content), **who, "kind": "judge",
    }  # fmt: skip
    questions: tuple[str, ...] = ()
    criterion = seen.roles.get("criterion")
    if criterion and not seen.detected.column(criterion).more_values:
        questions, entry["criterion"] = seen.detected.column(criterion).values, template(criterion)
    return RatingsDraft(entry, [], GuessedScale(scale), "label" if bare else "rating", questions)


def _option_names(columns: Sequence[str]) -> list[str]:
    """What the columns of probabilities stand for: their numbers, or what is left without "prob"."""
    numbers = [re.sub(r"\D", "", column) for column in columns]
    if all(numbers) and len(set(numbers)) == len(numbers):
        return [str(int(number)) for number in numbers]
    rest = [re.sub(r"(^|_)prob(s|a|ability|abilities)?(_|$)", "", column).strip("_") for column in columns]
    return rest if all(rest) and len(set(rest)) == len(rest) else list(columns)
