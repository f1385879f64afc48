"""The prompt editor, with the fields that it may and must have."""

from html import escape

import streamlit as st

from core.judging.spec import JudgeSpec
from core.judging.templates import field_names
from pages.parts.judging.fields import Fields
from pages.parts.judging.words import quiet, table

_HEIGHT = 420


def prompt_fields(fields: Fields, spec: JudgeSpec | None) -> JudgeSpec | None:
    """The prompt, where it begins from, its persona and the label of a variant."""
    key = fields.key
    prompts = fields.protocol.prompts
    prompt_key = f"{key}-prompt"
    if len(prompts) > 1:
        with st.container(horizontal=True, vertical_alignment="bottom"):
            start = st.selectbox("Begin with", list(prompts), key=f"{key}-begin", width=240,
                                 format_func=lambda one: one.capitalize() or "The usual prompt")  # fmt: skip
            st.button("Put it into the editor", key=f"{key}-take", on_click=_take, args=(key, start, prompts[start]))
    prompt = st.text_area("Prompt", fields.base.prompt, key=prompt_key, height=_HEIGHT, max_chars=100_000)
    persona = st.text_area("Persona", fields.base.persona, key=f"{key}-persona", height=80, max_chars=20_000,
                           placeholder="Stands where the prompt says {{persona}}; empty: the line goes")  # fmt: skip
    variant = st.text_input("Label of this variant", fields.base.variant, key=f"{key}-variant", max_chars=40,
                            placeholder="Only where several prompts are compared")  # fmt: skip
    if spec is None:
        return None
    spec = spec.changed(prompt=prompt, persona=persona, variant=variant)
    _show_fields(fields, spec)
    return spec


def _take(key: str, variant: str, text: str) -> None:
    st.session_state[f"{key}-prompt"], st.session_state[f"{key}-variant"] = text, variant


def _show_fields(fields: Fields, spec: JudgeSpec) -> None:
    used = field_names(spec.prompt)
    known = fields.protocol.fields(spec)
    missing = [name for name, one in known.items() if one.required and name not in used]
    with st.expander(
        f"Fields of the prompt: {len(known)}" + (f", {len(missing)} missing" if missing else ""), expanded=bool(missing)
    ):
        quiet("A line that starts with ## system or ## user begins a message. Texts of the study come fenced by marks"
              " that their authors cannot guess.")  # fmt: skip
        rows = []
        for name, one in known.items():
            if name in used:
                state = '<span class="jd-fine">used</span>'
            else:
                state = '<span class="jd-warn">missing</span>' if one.required else "not used"
            must = "yes" if one.required else "no"
            rows.append((f"<code>{{{{{escape(name)}}}}}</code>", escape(one.about), must, state))
        table(["Field", "What stands there", "Required", "Now"], rows, label="Fields of the prompt")
