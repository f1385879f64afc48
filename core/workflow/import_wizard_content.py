"""What the file with the texts brings, and how the other files name the same things."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core.errors import BadInput
from core.importing.columns import DetectedColumn
from core.importing.templates import Template
from core.workflow.import_wizard_seen import SeenFile, can_be_read_alone, template

_PAIR_NAME = re.compile(
    r"(cmp|compare|comparison|compared|pair|matchup|battle|models|systems)(_?(key|id|name))?", re.IGNORECASE
)
_SEPARATORS = (" vs. ", " vs ", "_vs_", "-vs-", " / ", "|", ",", "_")
_SPLITS = {"train", "dev", "validation", "val", "valid", "test"}


def looked_up(content: SeenFile, files: Sequence[SeenFile], roles: Mapping[str, str]) -> "Lookup | None":
    """Where the inputs are looked up, if the file with the outputs has none."""
    if "input" in content.roles:
        return None
    for seen in files:
        if seen is content or not {"input", "item_id"} <= set(seen.roles):
            continue
        by = _same_key(content, seen.roles["item_id"], seen)
        if by is not None:
            return Lookup(seen, roles[seen.name], by)
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
class Lookup:
    """A file in which inputs are looked up, and the column that says which."""

    seen: SeenFile
    role: str
    by: str

    def join(self) -> dict[str, Any]:
        """The entry of a mapping that looks it up; its columns are then named `item.column`."""
        key = template(self.seen.roles["item_id"])
        return {"file": self.role, "key": key, "by": template(self.by), "prefix": "item"}


class Content:
    """What the file with the texts brings."""

    def __init__(self, seen: SeenFile, role: str, lookup: Lookup | None) -> None:
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
        return [{"system": braced(roles["output_a"])}, {"system": braced(roles["output_b"])}]

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
            if column.name not in used and is_few(column)
        }


def _said(column: DetectedColumn) -> dict[str, str]:
    """A column as what an item or output says: messages where it holds them, else a text."""
    if column.type == "list" and {"role", "content"} <= set(column.keys):
        return {"messages": column.name}
    return {"text": template(column.name)}


def is_few(column: DetectedColumn) -> bool:
    """Whether a column has few short values, so that it may tell groups of items."""
    short = column.type == "text" and column.mean_length <= 40
    return (
        short
        and can_be_read_alone(column.name)
        and not column.more_values
        and len(column.values) > 1
        and column.empty_share < 0.5
    )


def braced(text: str) -> str:
    """A text as a template that reads nothing."""
    return text.replace("{", "{{").replace("}", "}}")


def names_in(seen: SeenFile, plan: Content) -> tuple[dict[str, Any], dict[str, Any]]:
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


def _own_names(seen: SeenFile, plan: Content, columns: set[str]) -> list[dict[str, str]] | None:
    """Outputs as the file itself names them; None where it does not."""
    roles = seen.roles
    if plan.kind == "pair" and {"system_a", "system_b"} <= set(roles):
        return [{"system": template(roles["system_a"])}, {"system": template(roles["system_b"])}]
    if plan.kind == "output" and "system" in roles:
        return [{"system": template(roles["system"])}]
    read = {path for name in plan.names for path in Template(name["system"]).paths}
    return plan.names if read <= columns else None
