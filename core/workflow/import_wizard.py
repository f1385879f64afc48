"""What the import wizard proposes before a person has said anything: a whole mapping, from a first look at the files.

Proposals only. Everything here is pure but `see_file`, which reads.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from itertools import islice
from pathlib import Path
from typing import Any

from core.errors import BadInput
from core.importing.content import ContentReader
from core.importing.detection import Shape, detect, guess_shape
from core.importing.mapping import Mapping as FileMapping
from core.importing.mapping import RatingsEntry, parse_mapping, read_mapping_file
from core.importing.mapping_scales import ScaleEntry
from core.importing.readers import FileFormat, read_rows
from core.importing.rows import SourceRow
from core.importing.shapes import RowProblem, shape_of
from core.importing.templates import Template, plain
from core.workflow.import_wizard_content import Content, braced, is_few, looked_up, names_in
from core.workflow.import_wizard_ratings import draft_ratings
from core.workflow.import_wizard_scales import merged_scale
from core.workflow.import_wizard_seen import Around, RatingsDraft, SeenFile, template

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
_OWN_COLUMNS = {"subject_kind", "rater_kind", "criterion_version", "order_shown", "rating_id"}
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
    parts = [column.name for column in seen.detected.columns if is_few(column) and column.name not in roles.values()]
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
    plan = Content(content, roles[content.name], looked_up(content, taking_part, roles))
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
            names, changes = names_in(seen, plan)
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
            found["criterion"] = braced(self._shared(draft, kind))
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


def known_mapping(files: Sequence[SeenFile], own_export: Path) -> FileMapping | None:
    """The mapping of Touchstone's own long export, if that is what the one file is.

    Raises:
        BadInput: `own_export` is no mapping.
    """
    if len(files) != 1 or not {column.name for column in files[0].detected.columns} >= _OWN_COLUMNS:
        return None
    return read_mapping_file(own_export)


def bundled_mapping(files: Sequence[SeenFile], folder: Path) -> FileMapping | None:
    """The mapping in `folder` that was written for just these files, by their names and columns.

    Every file plays a part, every part that is needed has its file, and the columns read from files that are neither
    split nor joined are there. The parts carry the files' own names. A mapping whose parts take any name fits nothing.

    Raises:
        BadInput: One in the folder is no mapping.
    """
    for path in sorted(folder.glob("*.toml")):
        mapping = read_mapping_file(path)
        parts = _parts_of(mapping, files)
        if parts is not None and all(_has_columns(mapping, role, file) for role, file in parts.items()):
            named = {
                role: entry.model_copy(update={"name": parts[role].name}) if role in parts else entry
                for role, entry in mapping.files.items()
            }
            return mapping.model_copy(update={"files": named})
    return None


def _parts_of(mapping: FileMapping, files: Sequence[SeenFile]) -> dict[str, SeenFile] | None:
    """Part -> file, if every file fits exactly one part and every part at most one file."""
    parts: dict[str, SeenFile] = {}
    for file in files:
        fitting = [
            role for role, entry in mapping.files.items() if entry.name != "*" and fnmatchcase(file.name, entry.name)
        ]
        if len(fitting) != 1 or fitting[0] in parts:
            return None
        parts[fitting[0]] = file
    needed = {role for role, entry in mapping.files.items() if not entry.optional}
    return parts if parts and needed <= set(parts) else None


def _has_columns(mapping: FileMapping, role: str, file: SeenFile) -> bool:
    entry, there = mapping.files[role], {column.name for column in file.detected.columns}
    read = {split.column for split in entry.split}
    if not entry.split and not entry.join:
        read |= {path for one in mapping.content if one.file == role for path in ContentReader(one).paths}
        read |= {path for one in mapping.ratings if one.file == role for path in shape_of(one).columns(one)}
    read |= {path for other in mapping.files.values() for join in other.join if join.file == role and not entry.split
             for path in Template(join.key).paths}  # fmt: skip
    return all(path in there or path.partition(".")[0] in there for path in read)
