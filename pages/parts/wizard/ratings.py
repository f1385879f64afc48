"""The form for the ratings of a file: whose they are, where they stand, and what their values mean."""

from collections.abc import Mapping
from html import escape
from typing import Any

import streamlit as st

from core.importing.mapping import CriterionEntry, RatingsEntry
from core.importing.shapes import SHAPES
from core.scales import DeclaredScale
from core.workflow.importing import FileMapping
from pages.parts.wizard.choices import choose, columns_of, shown, templates_of
from pages.parts.wizard.state import Wizard
from pages.parts.wizard.words import cut, lookups

_KINDS = {
    "person": "People", "judge": "An LLM judge", "source": "The source (a label that came with the data)",
    "seat": "Anonymous people (numbered seats)", "baseline": "A baseline without an LLM",
}  # fmt: skip
_BLIND = {
    "declared": "Yes, I declare it (Touchstone did not see it)",
    "no": "No, others' answers were seen",
    "unknown": "Not known",
}
_OTHER_VALUES = {"stop": "stop the import", "missing": "no rating", "unreadable": "unreadable, counted as such"}
_TREATMENTS = {
    "missing": "no rating (missing)", "unreadable": "unreadable", "abstained": "abstained: can't tell",
    "refused": "refused to answer",
}  # fmt: skip
_AS_OTHERS = "@others"
_TREATED = "@"
_VALUES_SHOWN = 16
_SHAPES_WITH_VALUES = ("rows", "columns", "criteria", "orders", "scores", "nested")


def edited_ratings(wizard: Wizard, place: int, entry: RatingsEntry) -> tuple[dict[str, Any], bool]:
    """A `[[ratings]]` entry as it stands on the page, and whether it is brought in."""
    key = f"ratings-{wizard.generation}-{place}"
    data = entry.model_dump(mode="json", exclude_defaults=True, exclude_none=True)
    upload = wizard.upload_of(entry.file)
    with st.container(key=f"wz-ratings-{place}"):
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            sentence = SHAPES[entry.shape].sentence if entry.shape in SHAPES else entry.shape
            name = upload.name if upload else entry.file
            st.html(f'<div class="wz-file"><h3>{escape(name)}</h3><p>{escape(sentence)}</p></div>')
            wanted = st.toggle("Bring these in", value=place not in wizard.left_out, key=f"{key}-in")
        if not wanted:
            return data, False
        if wizard.mapping is not None:
            _show_lookups(wizard.mapping, entry.file)
        _edit_whose(wizard, entry, data, key)
        with st.container(key=f"wz-values-{place}"):
            _edit_values(wizard, entry, data, key)
    return data, True


def _show_lookups(mapping: FileMapping, role: str) -> None:
    if mapping.files[role].join:
        st.html(lookups(mapping, role))


def _edit_whose(wizard: Wizard, entry: RatingsEntry, data: dict[str, Any], key: str) -> None:
    columns = columns_of(wizard, entry.file)
    options = templates_of(columns)
    left, right = st.columns(2, gap="medium")
    with left:
        _edit_place(entry, data, columns, options, key)
        if entry.item is not None:
            data["item"] = choose("Item id in this file", entry.item, options, key=f"{key}-item")
        if entry.shape not in ("criteria", "scores", "nested") or not entry.column_names:
            _edit_criterion(wizard, entry, data, options, key)
    with right:
        kinds = [*_KINDS, *([entry.kind] if entry.kind and entry.kind not in _KINDS else [])]
        usual = entry.kind or (SHAPES[entry.shape].kind if entry.shape in SHAPES else "person")
        kind = st.selectbox("Who rated", kinds, kinds.index(usual), key=f"{key}-kind",
                            format_func=lambda one: _KINDS.get(one, shown(one)))  # fmt: skip
        if kind != usual:
            data["kind"] = kind
        if entry.shape not in ("columns", "counts") or entry.rater is not None:
            seats = "numbered seats" if entry.shape == "scores" else None
            rater = choose(
                "Rater", entry.rater, options, key=f"{key}-rater", nothing=seats,
                help="The column that names the rater, or type one name for all of them.",
            )  # fmt: skip
            data.pop("rater", None)
            if rater:
                data["rater"] = rater
        if kind in ("person", "seat"):
            blinds = list(_BLIND)
            data["blind"] = st.selectbox("Were these ratings given blind?", blinds, blinds.index(entry.blind),
                                         key=f"{key}-blind", format_func=lambda one: _BLIND[one])  # fmt: skip
        else:
            rationale = choose("Rationale", entry.rationale, options, key=f"{key}-why", nothing="none")
            data.pop("rationale", None)
            if rationale:
                data["rationale"] = rationale


def _edit_place(entry: RatingsEntry, data: dict[str, Any], columns: list[str], options: list[str], key: str) -> None:
    """Where the values stand."""
    if entry.shape == "rows":
        data["value"] = choose("Value", entry.value, options, key=f"{key}-value")
        return
    if entry.shape not in ("columns", "criteria"):
        where = entry.path or ", ".join(entry.column_names)
        st.html(f'<p class="wz-quiet">Values are read from <code>{escape(cut(where))}</code></p>')
        return
    known = entry.column_names
    label = "One rater each" if entry.shape == "columns" else "One question each"
    offered = list(dict.fromkeys([*columns, *known]))
    chosen = st.multiselect(label, offered, list(known), key=f"{key}-columns")
    if chosen != list(known):
        data["columns"] = {name: known.get(name, name[:64]) for name in chosen}


def _edit_criterion(wizard: Wizard, entry: RatingsEntry, data: dict[str, Any], options: list[str], key: str) -> None:
    criteria = wizard.mapping.criteria if wizard.mapping else ()
    keys = [one.key.replace("{", "{{").replace("}", "}}") for one in criteria]
    names = {key: one.name or one.key for key, one in zip(keys, criteria, strict=True)}
    by_column = [one for one in options if one == entry.criterion] if entry.criterion not in keys else []
    offered = [*keys, *by_column]
    if not offered or (len(offered) == 1 and entry.criterion in offered):
        return
    if entry.criterion not in offered:
        offered.append(entry.criterion)
    data["criterion"] = st.selectbox(
        "Answers the question", offered, offered.index(entry.criterion), key=f"{key}-criterion",
        format_func=lambda one: names.get(one) or f"the one that {shown(one)} names",
    )  # fmt: skip


def _scale_of(wizard: Wizard, entry: RatingsEntry) -> DeclaredScale | None:
    """The scale of the entry's question; of several, the one they all have."""
    criteria = wizard.mapping.criteria if wizard.mapping else ()
    named: list[CriterionEntry] = [one for one in criteria if one.key == entry.criterion]
    if not named:
        keys = set(entry.column_names.values()) if entry.shape in ("criteria", "scores", "nested") else set[str]()
        named = [one for one in criteria if one.key in keys] or list(criteria)
    scales = [one.scale.declared() for one in named]
    return scales[0] if scales and all(scale == scales[0] for scale in scales) else None


def _edit_values(wizard: Wizard, entry: RatingsEntry, data: dict[str, Any], key: str) -> None:
    """What each raw value means; those that the scale reads by itself are only listed."""
    scale = _scale_of(wizard, entry)
    found = wizard.found(entry) if entry.shape in _SHAPES_WITH_VALUES else None
    if scale is not None and found is not None:
        told = [
            (value, count) for value, count in found.counts if value not in entry.values and value not in entry.absent
        ]
        by_itself = [(v, n) for v, n in told if not entry.values and v and scale.read(v) is not None]
        asked = [(v, n) for v, n in found.counts if (v, n) not in by_itself and (v or n)]
        if by_itself:
            some = ", ".join(f"{cut(value, 30)} ({count:,})" for value, count in by_itself[:12])
            more = f" and {len(by_itself) - 12:,} more" if len(by_itself) > 12 else ""
            st.html(f'<p class="wz-quiet">Read as they are: {escape(some)}{more}</p>')
        if asked:
            _edit_meanings(entry, data, scale, asked[:_VALUES_SHOWN], key)
        if len(asked) > _VALUES_SHOWN:
            st.html(f'<p class="wz-quiet">{len(asked) - _VALUES_SHOWN:,} rarer values are treated as all others.</p>')
        if not found.complete:
            st.html('<p class="wz-quiet">Counted in the first records; the check reads them all.</p>')
    others = list(_OTHER_VALUES)
    data["unmapped"] = st.selectbox(
        "Any other value", others, others.index(entry.unmapped), key=f"{key}-unmapped",
        format_func=lambda one: _OTHER_VALUES[one],
    )  # fmt: skip


def _edit_meanings(
    entry: RatingsEntry, data: dict[str, Any], scale: DeclaredScale, asked: list[tuple[str, int]], key: str
) -> None:
    labels = {option.key: option.label or option.key for option in scale.options}
    words = (
        labels | {f"{_TREATED}{name}": text for name, text in _TREATMENTS.items()} | {_AS_OTHERS: "as any other value"}
    )
    values, absent = dict(entry.values), dict(entry.absent)
    st.html('<p class="wz-label">What the values in the file mean</p>')
    for place, (value, count) in enumerate(asked):
        meaning = _meaning(entry, scale, value)
        offered = [*words, *([meaning] if meaning not in words else [])]
        row = st.container(horizontal=True, wrap=False, vertical_alignment="center", gap="small")
        row.html(f'<p class="wz-value"><code>{escape(cut(value, 60)) or "(empty)"}</code> <span>{count:,} ×</span></p>')
        chosen = row.selectbox(
            f"Meaning of value {place + 1}", offered, offered.index(meaning), key=f"{key}-means-{place}-{value[:40]}",
            format_func=lambda one: words.get(one, one), label_visibility="collapsed",
        )  # fmt: skip
        values.pop(value, None)
        absent.pop(value, None)
        if chosen.startswith(_TREATED) and chosen != _AS_OTHERS:
            if (value, chosen) != ("", f"{_TREATED}missing"):
                absent[value] = chosen.removeprefix(_TREATED)  # type: ignore[assignment] # one of the treatments
        elif chosen != _AS_OTHERS:
            values[value] = chosen
    data["values"], data["absent"] = _needed(values, scale, entry.values), absent


def _needed(values: Mapping[str, str], scale: DeclaredScale, before: Mapping[str, str]) -> dict[str, str]:
    """The values that must be written down: none, where the scale reads all of them alike by itself."""
    if not before and all(scale.read(value) == meaning for value, meaning in values.items()):
        return {}
    return dict(values)


def _meaning(entry: RatingsEntry, scale: DeclaredScale, value: str) -> str:
    if value in entry.absent:
        return f"{_TREATED}{entry.absent[value]}"
    if value in entry.values:
        return entry.values[value]
    if not value:
        return f"{_TREATED}missing"
    read = scale.read(value)
    strict = bool(entry.values) and value not in scale.keys
    return str(read) if read is not None and not strict else _AS_OTHERS
