"""What a row says about items, outputs and references."""

import json
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import NamedTuple

from core.errors import shortened
from core.importing.mapping import ContentEntry, OutputNameEntry, ReferenceEntry
from core.importing.records import ItemRecord, Message, OutputName, OutputRecord, ReferenceRecord, SubjectRecord
from core.importing.shapes.cell import RowProblem
from core.importing.templates import ABSENT, Template, Values, getter, key_of, plain

ITEM_ID, SYSTEM, SLICE = 400, 200, 200
_SPLITS = {"train": "train", "dev": "dev", "validation": "dev", "val": "dev", "valid": "dev", "test": "test"}


_OutputReaders = tuple[Callable[[Values], str], Callable[[Values], Sequence[Message]]]
"""What reads an output's family and messages."""


class RowContent(NamedTuple):
    """Everything one row holds."""

    item: ItemRecord
    outputs: Sequence[OutputRecord]
    references: Sequence[ReferenceRecord]
    subjects: Sequence[SubjectRecord]


class SubjectNames:
    """Reads which item and which outputs a row names."""

    def __init__(self, item: str, outputs: Sequence[OutputNameEntry]) -> None:
        self.item_source = item
        self.item = Template(item).fill
        self.outputs = [(Template(output.system).fill, Template(output.sample).fill) for output in outputs]
        self.paths = Template(item).paths + tuple(path for output in outputs for path in Template(output.system).paths)
        texts = (item, *(text for output in outputs for text in (output.system, output.sample)))
        self.names = tuple(dict.fromkeys(name for text in texts for name in Template(text).names))

    def read(self, values: Values) -> tuple[str, tuple[OutputName, ...]]:
        """The item's id and the outputs' names; an output whose system is empty is not there.

        Raises:
            RowProblem: No item id, or one that is too long.
        """
        item = self.item(values).strip()
        if not 0 < len(item) <= ITEM_ID:
            found = "no item id" if not item else f"an item id of {len(item)} characters"
            raise RowProblem(found=found, expected=f"1 to {ITEM_ID} characters")
        return item, tuple(
            [_output_name(name, sample(values)) for system, sample in self.outputs if (name := system(values))]
        )


def _output_name(system: str, sample: str) -> OutputName:
    system = system.strip()
    if not 0 < len(system) <= SYSTEM:
        raise RowProblem(found=f"a system name of {len(system)} characters", expected=f"1 to {SYSTEM} characters")
    if sample == "0":
        return system, 0
    if not (sample.isascii() and sample.isdigit() and len(sample) < 10):
        raise RowProblem(found=f"the sample {shortened(sample)}", expected="a whole number from 0")
    return system, int(sample)


class ContentReader:
    """Reads one `[[content]]`; a row that says the same about the same item as one before is read once."""

    _REMEMBERED = 100_000

    def __init__(self, entry: ContentEntry, *, texts_only: bool = False) -> None:
        item = entry.item
        self.names = SubjectNames(
            item.id, [OutputNameEntry(system=output.system, sample=output.sample) for output in entry.outputs]
        )
        self._message = _message_reader(item.text, item.messages, "user")
        self._outputs = [
            (Template(output.family).fill, _message_reader(output.text, output.messages, "assistant"))
            for output in entry.outputs
        ]
        self._context, self._cluster, self._split = (
            Template(text or "").fill for text in (item.context, item.cluster, item.split)
        )
        self._slices = {name: Template(text).value for name, text in item.slices.items()}
        self._slices_from = getter(item.slices_from) if item.slices_from else None
        self._references = [(reference, _reference_reader(reference)) for reference in entry.references]
        self._kinds = entry.subjects
        self.paths = _paths(entry)
        self._fingerprint = _fingerprint(self.paths, entry, texts_only=texts_only)
        self._seen: set[int] = set()
        self._last: Hashable = None

    def read(self, values: Values, line: int) -> RowContent | None:
        """What the row holds; None if an earlier row held just the same.

        Raises:
            RowProblem: It cannot be read.
        """
        said = self._fingerprint(values)
        if said == self._last:
            return None
        fingerprint = hash(said)
        if fingerprint in self._seen:
            self._last = said
            return None
        if len(self._seen) >= self._REMEMBERED:
            self._seen.clear()
        item, outputs = self.names.read(values)
        readers = self._present(values, len(outputs))
        content = RowContent(
            self._item(item, values, line),
            [
                OutputRecord(item, system, family(values)[:100], sample, messages(values), line)
                for (system, sample), (family, messages) in zip(outputs, readers, strict=True)
            ],
            [
                ReferenceRecord(item, text, kind, status, line)
                for _, read in self._references for text, kind, status in read(values)
            ],
            self._subjects(item, outputs),
        )  # fmt: skip
        self._seen.add(fingerprint)
        self._last = said
        return content

    def _present(self, values: Values, count: int) -> Sequence[_OutputReaders]:
        if count == len(self._outputs):
            return self._outputs
        named = zip(self.names.outputs, self._outputs, strict=True)
        return [readers for (system, _), readers in named if system(values)]

    def _item(self, item: str, values: Values, line: int) -> ItemRecord:
        split = self._split(values).strip().lower()
        if split and split not in _SPLITS:
            raise RowProblem(found=f"the split {shortened(split)}", expected="train, dev (or validation) or test")
        slices = {name: read(values) for name, read in self._slices.items()}
        if self._slices_from and isinstance(found := _unpacked(self._slices_from(values)), Mapping):
            slices |= {str(name): value for name, value in found.items()}
        return ItemRecord(
            external_id=item,
            messages=self._message(values),
            context=self._context(values) or None,
            slices={name: value for name, value in slices.items() if value not in (None, "", ABSENT)} if slices else {},
            cluster=self._cluster(values)[:ITEM_ID] or None,
            split=_SPLITS.get(split),
            line=line,
        )

    def _subjects(self, item: str, outputs: tuple[OutputName, ...]) -> list[SubjectRecord]:
        if len(outputs) == 2 and outputs[0] == outputs[1]:
            raise RowProblem(found=f"the output of {shortened(outputs[0][0])} twice", expected="two different outputs")
        kinds = self._kinds or (("item", "output", "pair")[len(outputs)],)
        subjects = [SubjectRecord(item)] if "item" in kinds else []
        subjects += [SubjectRecord(item, output) for output in outputs if "output" in kinds]
        subjects += [SubjectRecord(item, *outputs)] if "pair" in kinds and len(outputs) == 2 else []
        return subjects


def _paths(entry: ContentEntry) -> tuple[str, ...]:
    item = entry.item
    texts = [item.id, item.text, item.context, item.cluster, item.split, *item.slices.values()]
    texts += [text for output in entry.outputs for text in (output.system, output.family, output.sample, output.text)]
    texts += [reference.text for reference in entry.references]
    paths = [path for text in texts if text for path in Template(text).paths]
    paths += [column for column in (item.messages, *(output.messages for output in entry.outputs)) if column]
    return tuple(dict.fromkeys(paths))


def _fingerprint(paths: Sequence[str], entry: ContentEntry, *, texts_only: bool) -> Callable[[Values], Hashable]:
    extra = [reference.texts for reference in entry.references if reference.texts]
    extra += [entry.item.slices_from] if entry.item.slices_from else []
    return key_of((*paths, *extra), texts_only=texts_only)


def _message_reader(text: str | None, column: str | None, role: str) -> Callable[[Values], Sequence[Message]]:
    if text is not None:
        fill = Template(text).fill
        return lambda values: [{"role": role, "content": fill(values)}]
    get, name = getter(column or ""), column or ""

    def read(values: Values) -> Sequence[Message]:
        found = _unpacked(get(values))
        if isinstance(found, list) and found and all(_is_message(message) for message in found):
            return [{"role": message["role"], "content": message["content"]} for message in found]
        raise RowProblem(
            found=shortened("" if found is ABSENT else found), expected="a list of {role, content}", column=name
        )

    return read


def _is_message(message: object) -> bool:
    return (
        isinstance(message, Mapping)
        and isinstance(message.get("role"), str)
        and bool(message["role"])
        and isinstance(message.get("content"), str)
    )


def _unpacked(value: object) -> object:
    if isinstance(value, str) and value[:1] in ("[", "{"):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value


def _reference_reader(entry: ReferenceEntry) -> Callable[[Values], list[tuple[str, str, str]]]:
    if entry.text is not None:
        fill = Template(entry.text).fill
        return lambda values: [(text, entry.kind, entry.status)] if (text := fill(values)) else []
    get = getter(entry.texts or "")

    def read(values: Values) -> list[tuple[str, str, str]]:
        found = _unpacked(get(values))
        several = found if isinstance(found, list) else [] if found in (ABSENT, None, "") else [found]
        return [_one_reference(one, entry) for one in several]

    return read


def _one_reference(one: object, entry: ReferenceEntry) -> tuple[str, str, str]:
    if not isinstance(one, Mapping):
        return plain(one), entry.kind, entry.status
    kind, status = plain(one.get("kind", entry.kind)), plain(one.get("status", entry.status))
    if kind not in ("answer", "falsified") or status not in ("unverified", "verified"):
        raise RowProblem(
            found=shortened(one), expected="a reference: text, kind answer or falsified, status", column="reference"
        )
    return plain(one.get("text")), kind, status
