"""The form's fields on the model, on repeating and confidence, and on sampling."""

from json import JSONDecodeError, dumps, loads

import streamlit as st

from core.errors import BadInput, TouchstoneError
from core.judging.practice_rule import MODEL as PRACTICE
from core.judging.prices import price_of, supports_schema
from core.judging.providers import key_variable
from core.judging.spec import AnswerFormat, ConfidenceSource, JudgeSpec, Orders, ReferenceMode, RepetitionRule
from core.workflow.judging import with_model
from core.workflow.judging_runs import worker_state
from core.workflow.workspace import Workspace
from pages.parts.frame import show_error
from pages.parts.judging.fields import Fields
from pages.parts.judging.words import dollars, quiet

_PRACTICE_MODEL, _PRACTICE_ADDRESS = f"openai/{PRACTICE}", "http://127.0.0.1:8600/v1"
_PRACTICE_HELP = "It answers by counting words: no key, no cost. Start it with: touchstone practice-server"
_MODES = {ReferenceMode.HUMAN: "The item's references", ReferenceMode.SELF: "The judge's own answer, asked for first"}
_ALL_MODES = {ReferenceMode.NONE: "None", **_MODES}
_ORDERS = {Orders.BOTH: "Both orders; a verdict that flips counts as a tie", Orders.AB: "One order only"}
_RULES = {
    RepetitionRule.FIRST: "The first one",
    RepetitionRule.MAJORITY: "The majority",
    RepetitionRule.MEAN: "The mean (free numbers only)",
}
_CONFIDENCES = {
    ConfidenceSource.NONE: "None",
    ConfidenceSource.VERBAL: "The judge names a band",
    ConfidenceSource.VOTES: "Share of the repetitions that agree",
    ConfidenceSource.TOKENS: "Token probabilities, where the provider gives them",
}
_FORMATS = {AnswerFormat.SCHEMA: "JSON held to a schema", AnswerFormat.TEXT: "JSON asked for in words"}


def model_fields(space: Workspace, fields: Fields, spec: JudgeSpec | None) -> JudgeSpec | None:
    """Which model, at which address; what it costs and which key it takes."""
    key = fields.key
    model = st.text_input("Model", fields.base.model, key=f"{key}-model", max_chars=200,
                          placeholder="As litellm names it, such as openai/gpt-4o-mini")  # fmt: skip
    address = st.text_input("Address of your own server", fields.base.api_base, key=f"{key}-address", max_chars=400,
                            placeholder="For Ollama, vLLM, LM Studio: http://127.0.0.1:11434/v1")  # fmt: skip
    if not model.strip():
        st.button("Fill in the practice server", key=f"{key}-practice", on_click=_practice,
                  args=(key,), help=_PRACTICE_HELP)  # fmt: skip
    elif model.strip() == _PRACTICE_MODEL:
        quiet(f"The practice server is no LLM. {_PRACTICE_HELP}")
    else:
        _say_needs(space, model.strip(), address.strip())
    return None if spec is None else with_model(spec, model, api_base=address)


def _practice(key: str) -> None:
    st.session_state[f"{key}-model"], st.session_state[f"{key}-address"] = _PRACTICE_MODEL, _PRACTICE_ADDRESS


def _say_needs(space: Workspace, model: str, address: str) -> None:
    price = price_of(model)
    parts = []
    if price is None:
        parts.append("No price is known; one can be given when it runs.")
    else:
        per = f"{dollars(price.per_million_in)} in, {dollars(price.per_million_out)} out per million tokens"
        parts.append(f"{per} ({price.source}).")
    try:
        need = key_variable(model, address)
    except TouchstoneError:
        quiet(" ".join(parts))
        return
    names = " or ".join(need.names)
    state = worker_state(space)
    if names and need.required:
        is_set = (
            " It is set."
            if need.is_met(state.variables)
            else " It is not set where the worker runs."
            if state.is_alive
            else ""
        )
        parts.append(f"Its key is read from {names}.{is_set}")
    elif names:
        parts.append(f"If it wants a key, the worker reads it from {names}.")
    quiet(" ".join(parts))


def repeating_fields(fields: Fields, spec: JudgeSpec | None) -> JudgeSpec | None:
    """References, orders, repetitions and where the confidence comes from."""
    key, base = fields.key, fields.base
    mode, orders = base.reference_mode, base.orders
    modes = _MODES if base.protocol == "reference" else _ALL_MODES
    mode = st.selectbox("Reference", list(modes), index=list(modes).index(mode) if mode in modes else 0,
                        key=f"{key}-reference", format_func=lambda one: modes[one])  # fmt: skip
    if "pair" in fields.protocol.kinds:
        orders = st.selectbox("Orders", list(_ORDERS), index=list(_ORDERS).index(orders), key=f"{key}-orders",
                              format_func=lambda one: _ORDERS[one])  # fmt: skip
    left, right = st.columns([1, 2])
    with left:
        times = int(st.number_input("Repetitions", 1, 100, base.repetitions, key=f"{key}-times"))
    rule = base.repetition_rule
    with right:
        rule = st.selectbox("Of several, what counts", list(_RULES), index=list(_RULES).index(rule), key=f"{key}-rule",
                            format_func=lambda one: _RULES[one], disabled=times == 1,
                            help="With the first one, the others only tell how steady the judge is.")  # fmt: skip
    confidence = st.selectbox("Confidence", list(_CONFIDENCES), index=list(_CONFIDENCES).index(base.confidence),
                              key=f"{key}-confidence", format_func=lambda one: _CONFIDENCES[one])  # fmt: skip
    if spec is None:
        return None
    return spec.changed(
        reference_mode=mode, orders=orders, repetitions=times, confidence=confidence,
        repetition_rule=rule if times > 1 else RepetitionRule.FIRST,
    )  # fmt: skip


def sampling_fields(fields: Fields, spec: JudgeSpec | None) -> JudgeSpec | None:
    """Temperature and the like, sent as they are; an empty field is not sent."""
    key, base = fields.key, fields.base
    with st.expander("Sampling and answer format"):
        left, right = st.columns(2)
        with left:
            temperature = st.number_input(
                "Temperature", 0.0, 2.0, base.temperature, step=0.1, key=f"{key}-temperature", placeholder="not sent"
            )
            most = st.number_input(
                "Tokens of an answer at most", 1, 1_000_000, base.max_tokens, key=f"{key}-most", placeholder="not sent"
            )
        with right:
            top_p = st.number_input(
                "Top p", 0.0, 1.0, base.top_p, step=0.05, key=f"{key}-top-p", placeholder="not sent"
            )
            seed = st.number_input("Seed", 0, None, base.seed, key=f"{key}-seed", placeholder="not sent")
        answer = _answer_format(fields, spec)
        written = dumps(dict(base.extra)) if base.extra else ""
        extra_text = st.text_input(
            "Further parameters as JSON", written, key=f"{key}-extra", max_chars=4_000, placeholder='{"top_k": 20}'
        )
        try:
            extra = _read_extra(extra_text)
        except BadInput as error:
            show_error(error)
            return None
    if spec is None:
        return None
    return spec.changed(
        temperature=temperature, max_tokens=most, top_p=top_p, seed=seed, extra=extra, answer_format=answer
    )


def _answer_format(fields: Fields, spec: JudgeSpec | None) -> AnswerFormat:
    """Begins with what the model can be held to; a choice made earlier stays while the model is the same."""
    model = spec.model if spec else ""
    is_same = bool(model) and model == fields.base.model
    usual = fields.base.answer_format if is_same else spec.answer_format if spec else AnswerFormat.TEXT
    known = supports_schema(model) if model else False
    key, formats = f"{fields.key}-format-{known}", list(_FORMATS)
    chosen = st.selectbox("Answer", formats, index=formats.index(usual), key=key,
                          format_func=lambda one: _FORMATS[one])  # fmt: skip
    if chosen is AnswerFormat.SCHEMA and model and not known:
        quiet("It is not known whether this model can be held to a schema; a provider may refuse it.")
    return chosen


def _read_extra(text: str) -> dict[str, object]:
    if not text.strip():
        return {}
    try:
        found = loads(text)
    except JSONDecodeError as error:
        where = f"further parameters, character {error.pos + 1}"
        raise BadInput(where=where, found="no JSON", expected='a JSON object, such as {"top_k": 20}') from None
    if not isinstance(found, dict):
        raise BadInput(where="further parameters", found="no object", expected='a JSON object, such as {"top_k": 20}')
    return found
