"""The settings of a baseline, made from what its protocol declares."""

import streamlit as st

from core.errors import BadInput
from core.judging.protocols.without_model import Baseline, Setting
from core.judging.spec import JudgeSpec
from pages.parts.frame import show_error
from pages.parts.judging.fields import Fields
from pages.parts.judging.words import quiet


def baseline_options(fields: Fields, spec: JudgeSpec | None) -> JudgeSpec | None:
    """One field for every setting; what is left empty keeps its default."""
    if not isinstance(fields.protocol, Baseline) or spec is None:
        return spec
    options: dict[str, object] = {}
    for name, setting in fields.protocol.settings.items():
        given = fields.base.options.get(name)
        try:
            value = _field(f"{fields.key}-option-{name}", name, setting, given)
        except BadInput as error:
            show_error(error)
            return None
        if value is not None and value != setting.default:
            options[name] = value
    return spec.changed(options=options)


def _field(key: str, name: str, setting: Setting, given: object) -> object:
    label = name.replace("_", " ").capitalize()
    if setting.choices:
        known = list(setting.choices)
        value = given if given in known else setting.default
        found: object = st.selectbox(label, known, index=known.index(str(value)) if value in known else 0, key=key)
    elif setting.is_share:
        start = given if isinstance(given, int | float) else setting.default
        found = st.number_input(
            label, 0.0, 0.99, float(start) if isinstance(start, int | float) else None, step=0.05, key=key
        )
    elif setting.is_list:
        found = _whole_numbers(label, key, name, setting, given)
    elif setting.least is not None:
        start = given if isinstance(given, int) else setting.default
        whole = start if isinstance(start, int) else None
        found = st.number_input(label, setting.least, None, whole, step=1, key=key, placeholder="not set")
    else:
        found = (
            st.text_input(label, str(given or ""), key=key, max_chars=200, placeholder="As the scale has it").strip()
            or None
        )
    quiet(setting.about)
    return found


def _whole_numbers(label: str, key: str, name: str, setting: Setting, given: object) -> list[int] | None:
    written = ", ".join(map(str, given)) if isinstance(given, list | tuple) else ""
    text = st.text_input(label, written, key=key, max_chars=400, placeholder="Such as 200, 600, 1500")
    parts = [part for part in text.replace(",", " ").split() if part]
    if not all(part.isascii() and part.isdigit() for part in parts):
        raise BadInput(where=f'setting "{name}"', found=text[:40], expected=setting.expected())
    return [int(part) for part in parts] or None
