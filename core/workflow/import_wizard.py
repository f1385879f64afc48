"""What the import wizard proposes before a person has said anything: a whole mapping, from a first look at the files.

Proposals only. Everything here is pure but `see_file`, which reads.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

from core.errors import BadInput
from core.importing.columns import DetectedColumn
from core.importing.detection import Shape, detect, guess_shape
from core.importing.mapping import Mapping as FileMapping
from core.importing.mapping import RatingsEntry, parse_mapping, read_mapping_file
from core.importing.mapping_scales import ScaleEntry
from core.importing.readers import FileFormat, read_rows
from core.importing.rows import SourceRow
from core.importing.shapes import RowProblem, shape_of
from core.importing.templates import Template, plain
from core.workflow.import_wizard_ratings import draft_ratings
from core.workflow.import_wizard_scales import merged_scale
from core.workflow.import_wizard_seen import Around, RatingsDraft, SeenFile, can_be_read_alone, template

SHAPE_SENTENCES: dict[Shape, str] = {
    "ratings_long": "One rating a row: item, rater, value",
    "ratings_wide": "One item a row, one column per rater or per question",
    "orders": "One pair a row, a verdict for each order of showing",
    "pairs": "Two outputs a row",
    "outputs": "One item a row, with or without an output",
    "nested": "One item a row, its scores listed inside",
    "counts": "One item a row, with how many chose each option",
    "probabilities": "One item a row, with a probability per option",
}
"""What one record of a file may be, in words."""

ROWS_COUNTED = 50_000
"""Rows from which values are counted for the page; the check itself reads them all."""

_ROWS_COMPARED = 20_000
_PAIR_NAME = re.compile(
    r"(cmp|compare|comparison|compared|pair|matchup|battle|models|systems)(_?(key|id|name))?", re.IGNORECASE
)
_SEPARATORS = (" vs. ", " vs ", "_vs_", "-vs-", " / ", "|", ",", "_")
_SPLITS = {"train", "dev", "validation", "val", "valid", "test"}
_TARGET_NAMES = {
    "pair": ("preference", "Which is better?"),
    "output": ("quality", "Quality"),
    "item": ("label", "Label"),
}


@dataclass(frozen=True, slots=True)
class FoundValues:
    """Raw values of one `[[ratings]]`, the most frequent first, and whether all rows were read."""

    counts: tuple[tuple[str, int], ...]
    complete: bool


def see_file(path: Path, name: str) -> SeenFile:
    """A first look at a file.

    Raises:
        FileProblem: It is none that can be imported.
    """
    detected = detect(path, name)
    seen = SeenFile(detected, guess_shape(detected))
    if not detected.first_rows or not {"input", "output", "output_a"} & set(seen.roles):
        return seen
    rows = islice(read_rows(path, detected.format, name=name), _ROWS_COMPARED)
    return replace(seen, item_id=telling_id(seen, rows))


def telling_id(seen: SeenFile, rows: Iterable[SourceRow]) -> str:
    """A template whose value never names two different inputs; "" where the file has neither ids nor inputs.

    It is the id column; with a column of few values before it, where ids start again in every part; else a fingerprint
    of the input.
    """
    roles = seen.roles
    content = roles.get("input")
    if content is None:
        return template(roles["item_id"]) if "item_id" in roles else ""
    if "item_id" not in roles:
        return f"{{{content}|hash}}"
    parts = [column.name for column in seen.detected.columns if _few(column) and column.name not in roles.values()]
    candidates = [template(roles["item_id"]), *(f"{template(part)}/{template(roles['item_id'])}" for part in parts)]
    said: list[dict[str, int]] = [{} for _ in candidates]
    fills = [Template(candidate).fill for candidate in candidates]
    telling = set(range(len(candidates)))
    for row in rows:
        text = hash(plain(row.values.get(content)))
        for place in sorted(telling):
            if said[place].setdefault(fills[place](row.values), text) != text:
                telling.discard(place)
        if not telling:
            return f"{{{content}|hash}}"
    return candidates[min(telling)]


def propose_mapping(files: Sequence[SeenFile], *, name: str = "") -> FileMapping:
    """A mapping for these files: what names items, texts, outputs and raters, and what values mean.

    Raises:
        BadInput: Nothing in the files can be brought in.
    """
    taking_part = [seen for seen in files if seen.shape is not None]
    if not taking_part:
        raise BadInput(where="files", found="no file that takes part", expected="at least one with items or ratings")
    roles = _role_names(files)
    content = _content_file(taking_part)
    plan = _Content(content, roles[content.name], _looked_up(content, taking_part, roles))
    data: dict[str, Any] = {"version": 1, "name": name}
    data["files"] = {roles[seen.name]: {"name": seen.name} if len(files) > 1 else {} for seen in files}
    data["content"] = [plan.entry()]
    if plan.file_changes:
        data["files"][plan.role] |= plan.file_changes
    around = Around(content.name, on_pair=plan.kind == "pair", systems=plan.systems)
    book = _Questions()
    data["ratings"] = []
    for seen in taking_part:
        draft = draft_ratings(seen, around)
        if draft is None:
            continue
        entry = {"file": roles[seen.name], **draft.entry, **book.take(draft, plan.kind)}
        if seen is not content:
            names, changes = _names_in(seen, plan)
            entry |= names
            data["files"][roles[seen.name]] |= changes
        data["ratings"].append(entry)
    data["criteria"] = book.entries()
    return parse_mapping(data, name="proposal")


def found_values(path: Path, name: str, file_format: FileFormat, entry: RatingsEntry) -> FoundValues:
    """The raw values that an entry of a mapping finds in its file, with counts.

    Raises:
        BadInput: The entry lacks something its shape needs.
        FileProblem: The file cannot be read.
    """
    cells = shape_of(entry).prepare(entry)
    counts: Counter[str] = Counter()
    rows = read_rows(path, file_format, name=name)
    for row in islice(rows, ROWS_COUNTED):
        try:
            counts.update(plain(cell.raw).strip() for cell in cells(row.values))
        except RowProblem:
            continue
    return FoundValues(tuple(counts.most_common()), next(rows, None) is None)


def _role_names(files: Sequence[SeenFile]) -> dict[str, str]:
    """File name -> the part it plays, as a TOML key."""
    names: dict[str, str] = {}
    for seen in files:
        stem = re.sub(r"[^a-z0-9]+", "_", seen.name.rsplit(".", 1)[0].lower()).strip("_")[:40] or "file"
        taken, number, role = set(names.values()), 2, stem
        while role in taken:
            role, number = f"{stem}_{number}", number + 1
        names[seen.name] = role
    return names


def _content_file(files: Sequence[SeenFile]) -> SeenFile:
    """The file with the texts: outputs before inputs, then the longest."""

    def weight(seen: SeenFile) -> tuple[int, int, int]:
        roles = seen.roles
        outputs = ("output_a" in roles) * 2 or int("output" in roles)
        return 2 * ("input" in roles) + 2 * outputs, outputs, -files.index(seen)

    return max(files, key=weight)


def _looked_up(content: SeenFile, files: Sequence[SeenFile], roles: Mapping[str, str]) -> "_Lookup | None":
    """Where the inputs are looked up, if the file with the outputs has none."""
    if "input" in content.roles:
        return None
    for seen in files:
        if seen is content or not {"input", "item_id"} <= set(seen.roles):
            continue
        by = _same_key(content, seen.roles["item_id"], seen)
        if by is not None:
            return _Lookup(seen, roles[seen.name], by)
    return None


def _same_key(seen: SeenFile, key: str, other: SeenFile) -> str | None:
    """The column of `seen` that names the same things as the column `key` of another file."""
    if key in {column.name for column in seen.detected.columns}:
        return key
    values = set(other.detected.column(key).values)
    for column in seen.detected.columns:
        shared = len(values & set(column.values))
        if shared > 1 and shared * 2 > min(len(values), len(column.values)) and column.type != "number":
            return column.name
    return seen.roles.get("item_id")


@dataclass(frozen=True, slots=True)
class _Lookup:
    """A file in which inputs are looked up, and the column that says which."""

    seen: SeenFile
    role: str
    by: str

    def join(self) -> dict[str, Any]:
        key = template(self.seen.roles["item_id"])
        return {"file": self.role, "key": key, "by": template(self.by), "prefix": "item"}


class _Content:
    """What the file with the texts brings."""

    def __init__(self, seen: SeenFile, role: str, lookup: _Lookup | None) -> None:
        self.seen, self.role, self._lookup = seen, role, lookup
        roles = seen.roles
        self.kind = "pair" if {"output_a", "system_a"} & set(roles) else "output" if "output" in roles else "item"
        self.item_id = template(lookup.by) if lookup else seen.item_id or self._own_id()
        self.file_changes: dict[str, Any] = {"join": [lookup.join()]} if lookup else {}
        self._split = self._pair_column() if self.kind == "pair" and "system_a" not in roles else None
        if self._split is not None:
            column, separator = self._split
            pattern = f"(?P<first>.+){re.escape(separator)}(?P<second>.+)"
            self.file_changes["split"] = [{"column": column, "pattern": pattern}]
        self.names = self._names()
        columns = [roles[side] for side in ("system_a", "system_b", "system") if side in roles]
        self.systems = set(seen.values(columns)[0]) if columns else set[str]()

    def entry(self) -> dict[str, Any]:
        """A `[[content]]` entry."""
        roles = self.seen.roles
        item: dict[str, Any] = {"id": self.item_id, **self._input()}
        if "context" in roles:
            item["context"] = template(roles["context"])
        if "cluster" in roles:
            item["cluster"] = template(roles["cluster"])
        if "split" in roles and {one.lower() for one in self.seen.values([roles["split"]])[0]} <= _SPLITS:
            item["split"] = template(roles["split"])
        item["slices"] = self._slices(item)
        found: dict[str, Any] = {"file": self.role, "item": item, "outputs": self._outputs()}
        if "reference" in roles:
            listed = self.seen.detected.column(roles["reference"]).type == "list"
            found["references"] = [{"texts": roles["reference"]} if listed else {"text": template(roles["reference"])}]
        return found

    def _own_id(self) -> str:
        roles = self.seen.roles
        if "item_id" in roles:
            return template(roles["item_id"])
        named = [roles[role] for role in ("output", "output_a") if role in roles]
        named += [column.name for column in self.seen.detected.columns if can_be_read_alone(column.name)]
        if not named:
            raise BadInput(
                where=self.seen.name,
                found="column names that are empty, padded, or with { } | @",
                expected="one that a mapping can name",
            )
        return f"{{{named[0]}|hash}}"

    def _input(self) -> dict[str, str]:
        if self._lookup is not None:
            other = self._lookup.seen
            said = _said(other.detected.column(other.roles["input"]))
            return {
                kind: text.replace("{", "{item.") if kind == "text" else f"item.{text}" for kind, text in said.items()
            }
        column = self.seen.roles.get("input")
        return _said(self.seen.detected.column(column)) if column else {"text": self.item_id}

    def _names(self) -> list[dict[str, str]]:
        """What names the outputs: the columns of systems, what is split out of one, or else the outputs' columns."""
        roles = self.seen.roles
        if self.kind == "item":
            return []
        if self.kind == "output":
            return [{"system": template(roles["system"]) if "system" in roles else roles["output"]}]
        if "system_a" in roles:
            return [{"system": template(roles["system_a"])}, {"system": template(roles["system_b"])}]
        if self._split is not None:
            return [{"system": "{first}"}, {"system": "{second}"}]
        return [{"system": _braced(roles["output_a"])}, {"system": _braced(roles["output_b"])}]

    def _outputs(self) -> list[dict[str, str]]:
        roles = self.seen.roles
        sides = {"pair": ("output_a", "output_b"), "output": ("output",), "item": ()}[self.kind]
        return [
            # A pair of systems without texts: the names are all there is to show.
            {**name, **(_said(self.seen.detected.column(roles[side])) if side in roles else {"text": name["system"]})}
            for name, side in zip(self.names, sides, strict=True)
        ]

    def _pair_column(self) -> tuple[str, str] | None:
        """A column that names both systems in one cell, and what stands between the names."""
        for column in self.seen.detected.columns:
            if column.name in self.seen.roles.values() or column.more_values or not _PAIR_NAME.fullmatch(column.name):
                continue
            for separator in _SEPARATORS:
                parts = [value.split(separator) for value in column.values]
                if parts and all(len(pair) == 2 and all(pair) and pair[0] != pair[1] for pair in parts):
                    return column.name, separator
        return None

    def _slices(self, item: Mapping[str, Any]) -> dict[str, str]:
        used = {*self.seen.roles.values(), *([self._split[0]] if self._split else [])}
        used |= {
            path
            for text in item.values()
            if isinstance(text, str)
            for path in Template(text).paths
            if text != self.item_id
        }
        return {
            column.name: template(column.name)
            for column in self.seen.detected.columns
            if column.name not in used and _few(column)
        }


def _said(column: DetectedColumn) -> dict[str, str]:
    """A column as what an item or output says: messages where it holds them, else a text."""
    if column.type == "list" and {"role", "content"} <= set(column.keys):
        return {"messages": column.name}
    return {"text": template(column.name)}


def _few(column: DetectedColumn) -> bool:
    """Whether a column has few short values, so that it may tell groups of items."""
    short = column.type == "text" and column.mean_length <= 40
    return (
        short
        and can_be_read_alone(column.name)
        and not column.more_values
        and len(column.values) > 1
        and column.empty_share < 0.5
    )


def _braced(text: str) -> str:
    """A text as a template that reads nothing."""
    return text.replace("{", "{{").replace("}", "}}")


def _names_in(seen: SeenFile, plan: _Content) -> tuple[dict[str, Any], dict[str, Any]]:
    """How a file without the texts names what is rated: entries for `[[ratings]]`, and a join where it needs one."""
    columns = {column.name for column in seen.detected.columns}
    key = Template(plan.item_id).paths
    if set(key) <= columns:
        item: str | None = plan.item_id
    else:
        by = (
            _same_key(seen, key[0], plan.seen)
            if len(key) == 1 and "|" not in plan.item_id
            else seen.roles.get("item_id")
        )
        item = template(by) if by else None
    names = _own_names(seen, plan, columns)
    if item is None:
        return ({"outputs": names} if names is not None else {}), {}
    if names is None:
        join = {"file": plan.role, "key": plan.item_id, "by": item}
        return {"item": item, "outputs": plan.names}, {"join": [join]}
    return {"item": item, "outputs": names}, {}


def _own_names(seen: SeenFile, plan: _Content, columns: set[str]) -> list[dict[str, str]] | None:
    """Outputs as the file itself names them; None where it does not."""
    roles = seen.roles
    if plan.kind == "pair" and {"system_a", "system_b"} <= set(roles):
        return [{"system": template(roles["system_a"])}, {"system": template(roles["system_b"])}]
    if plan.kind == "output" and "system" in roles:
        return [{"system": template(roles["system"])}]
    read = {path for name in plan.names for path in Template(name["system"]).paths}
    return plan.names if read <= columns else None


class _Questions:
    """The criteria of a proposal: questions of several files are one where their scales go together."""

    def __init__(self) -> None:
        self._scales: dict[str, ScaleEntry] = {}
        self._faces: dict[str, dict[str, Any]] = {}

    def entries(self) -> list[dict[str, Any]]:
        """`[[criteria]]`."""
        return [
            {**face, "scale": self._scales[key].model_dump(mode="json", exclude_defaults=True)}
            for key, face in self._faces.items()
        ]

    def take(self, draft: RatingsDraft, kind: str) -> dict[str, Any]:
        """Book the questions of a file; what its `[[ratings]]` says about them."""
        found: dict[str, Any] = {"values": dict(draft.guess.values), "absent": dict(draft.absent)}
        if draft.guess.names != "output":
            found["names"] = draft.guess.names
        for question in draft.questions:
            self._add(question[:64], question, kind, draft.guess.entry)
        if not draft.questions:
            found["criterion"] = _braced(self._shared(draft, kind))
        elif "criterion" not in draft.entry:
            found["columns"] = {question: question[:64] for question in draft.questions}
        return found

    def _shared(self, draft: RatingsDraft, kind: str) -> str:
        scale = draft.guess.entry
        for key, face in self._faces.items():
            merged = merged_scale(self._scales[key], scale)
            if face["applies_to"] == kind and merged is not None:
                self._scales[key] = merged
                return key
        is_usual = scale.preset == "preference" or kind == "item"
        key, name = _TARGET_NAMES[kind] if is_usual else (draft.name, draft.name.replace("_", " ").capitalize())
        free = key = key.strip()[:60] or kind
        number = 2
        while free in self._faces:
            free, number = f"{key}_{number}", number + 1
        self._add(free, name, kind, scale)
        return free

    def _add(self, key: str, name: str, kind: str, scale: ScaleEntry) -> None:
        known = self._scales.get(key)
        self._scales[key] = scale if known is None else merged_scale(known, scale) or known
        self._faces.setdefault(key, {"key": key, "name": name[:200], "applies_to": kind})


_OWN_COLUMNS = {"subject_kind", "rater_kind", "criterion_version", "order_shown", "rating_id"}


def known_mapping(files: Sequence[SeenFile], own_export: Path) -> FileMapping | None:
    """The mapping of Touchstone's own long export, if that is what the one file is.

    Raises:
        BadInput: `own_export` is no mapping.
    """
    if len(files) != 1 or not {column.name for column in files[0].detected.columns} >= _OWN_COLUMNS:
        return None
    return read_mapping_file(own_export)
