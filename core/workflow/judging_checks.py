"""What is looked at before a judge is saved: what cannot be is refused, what should be known is said."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite

from core.errors import BadInput, NotFound, shortened
from core.judging.asked import Question
from core.judging.protocols import PROTOCOLS, protocol_of
from core.judging.protocols.by_reference import ByReference
from core.judging.protocols.face import JudgeProtocol
from core.judging.providers import check_sendable
from core.judging.spec import ConfidenceSource, JudgeSpec, ReferenceMode, RepetitionRule
from core.judging.templates import field_names
from core.store import judging as stored
from core.store.database import Session
from core.store.studies import current_rubric
from core.store.study_edits import checked_line, checked_text
from core.workflow.judging_identity import JURY, VARIANT_LENGTH, family_of
from core.workflow.judging_material import as_question

MOST_REPETITIONS = 100
_MOST_TOKENS = 1_000_000
_DEEPEST = 20
_BARE = "bare_answer_format"
"""The field of prompts that ask for the verdict without a rationale."""


@dataclass(frozen=True, slots=True)
class Warning_:  # noqa: N801 - the word itself is a builtin
    """Something that should be known of a judge before it is saved or run.

    Attributes:
        setting: The setting it is about ("model", "confidence", "criteria", ...).
        text: In words, plain text.
    """

    setting: str
    text: str


def checked_spec(study_id: int, spec: JudgeSpec, *, session: Session) -> JudgeSpec:
    """The judge as it can be kept: in its normal form, with its model's family and the rubric that it answers.

    Raises:
        BadInput: It cannot be, with the setting that is wrong.
        NotFound: Its rubric is none of the study.
    """
    if spec.protocol == JURY:
        raise BadInput(where="protocol", found="a jury", expected="a judge (a jury is made of judges that are there)")
    spec = spec.normal()
    protocol = protocol_of(spec)
    rubric = stored.read_rubric_of(study_id, spec.rubric_id, session=session)
    spec = spec.changed(family=spec.family or family_of(spec.model), rubric_id=rubric.id)
    questions = asked_questions(study_id, spec, protocol, session=session)
    _check_texts(spec)
    _check_numbers(spec)
    _check_json(spec.extra, "further parameters")
    _check_json(spec.options, "settings of the protocol")
    _check_model(spec, protocol)
    protocol.check(spec, questions)
    _check_repetitions(spec, questions)
    return spec


def asked_questions(
    study_id: int, spec: JudgeSpec, protocol: JudgeProtocol, *, session: Session
) -> tuple[Question, ...]:
    """The criteria that a judge answers, of every kind its protocol can judge, in order.

    Raises:
        BadInput: It names a criterion that its rubric does not ask, or its protocol can answer none of them.
        NotFound: Its rubric is none of the study.
    """
    rubric = stored.read_rubric_of(study_id, spec.rubric_id, session=session)
    asked = {one.lineage: one for one in rubric.criteria}
    for lineage in spec.criteria:
        if lineage not in asked:
            raise BadInput(
                where="criteria", found=shortened(lineage), expected=f"some of {', '.join(asked) or 'none there are'}"
            )
    wanted = [one for one in rubric.criteria if not spec.criteria or one.lineage in spec.criteria]
    fitting = [one for one in wanted if one.applies_to in protocol.kinds]
    if not fitting:
        found = ", ".join(sorted({f"about the {one.applies_to}" for one in wanted})) or "none"
        expected = f"at least one about the {' or the '.join(protocol.kinds)}"
        raise BadInput(where="criteria", found=found, expected=expected)
    for one in wanted:
        if spec.criteria and one not in fitting:
            raise BadInput(
                where="criteria",
                found=f"{shortened(one.name)}, which is about the {one.applies_to}",
                expected=f"criteria about the {' or the '.join(protocol.kinds)}",
            )
    return tuple(as_question(one) for one in fitting)


def warnings_of(study_id: int, spec: JudgeSpec, *, session: Session) -> tuple[Warning_, ...]:
    """What should be known of a judge that was checked."""
    return tuple(
        Warning_(setting, text)
        for setting, text in (
            ("model", _own_family(study_id, spec, session)),
            ("reference_mode", _references(study_id, spec, session)),
            ("criteria", _nothing_fits(study_id, spec, session)),
            ("criteria", _old_rubric(study_id, spec, session)),
            ("confidence", _inflated(spec)),
            ("repetitions", _idle_repetitions(spec)),
        )
        if text
    )


def _check_texts(spec: JudgeSpec) -> None:
    checked_text(spec.prompt, where="prompt")
    checked_text(spec.persona, where="persona", limit=20_000)
    for name, limit in (("model", 200), ("api_base", 400), ("family", 100), ("variant", VARIANT_LENGTH)):
        value = getattr(spec, name)
        if value:
            checked_line(value, where=name.replace("_", " "), limit=limit)


def _check_numbers(spec: JudgeSpec) -> None:
    bounds: tuple[tuple[str, float | None, float, float], ...] = (
        ("temperature", spec.temperature, 0.0, 2.0),
        ("top p", spec.top_p, 0.0, 1.0),
        ("max tokens", spec.max_tokens, 1, _MOST_TOKENS),
        ("seed", spec.seed, 0, 2**63 - 1),
        ("repetitions", spec.repetitions, 1, MOST_REPETITIONS),
    )
    for name, value, low, high in bounds:
        if value is not None and not low <= value <= high:
            raise BadInput(where=name, found=f"{value:g}", expected=f"{low:g} to {high:g}")


def _check_json(value: object, where: str, depth: int = 0) -> None:
    """Refuse what no database keeps as JSON: numbers that are none, dates, texts with a NUL or half a character."""
    if depth > _DEEPEST:
        raise BadInput(where=where, found="a list in a list, and so on", expected=f"at most {_DEEPEST} levels")
    if isinstance(value, str):
        checked_text(value, where=where)
    elif isinstance(value, Mapping):
        for name, one in value.items():
            checked_text(str(name), where=where)
            _check_json(one, f"{where}, {shortened(str(name))}", depth + 1)
    elif isinstance(value, list | tuple):
        for one in value:
            _check_json(one, where, depth + 1)
    elif isinstance(value, float) and isfinite(value):
        pass
    elif not (value is None or isinstance(value, int)):
        raise BadInput(where=where, found=shortened(str(value)), expected="a text, a finite number, true or false")


def _check_model(spec: JudgeSpec, protocol: JudgeProtocol) -> None:
    if not protocol.asks_model:
        if spec.model or spec.api_base or spec.prompt:
            raise BadInput(
                where="model", found="a model, address or prompt", expected=f"none: {protocol.title} asks no model"
            )
        return
    if not spec.model or any(one.isspace() for one in spec.model):
        raise BadInput(
            where="model",
            found=shortened(spec.model) if spec.model else "none",
            expected="a name as litellm knows it, such as openai/gpt-4o-mini",
        )
    check_sendable(spec.model, spec.api_base, spec.extra)


def _check_repetitions(spec: JudgeSpec, questions: Sequence[Question]) -> None:
    if spec.repetition_rule is RepetitionRule.MEAN:
        for question in questions:
            if not question.scale.is_numeric:
                raise BadInput(
                    where="repetition rule",
                    found=f"mean, and {shortened(question.name)} has options",
                    expected="first or majority; the mean is for scales of free numbers",
                )
    by_votes = spec.repetition_rule is RepetitionRule.MAJORITY and spec.repetitions > 1
    if spec.confidence is ConfidenceSource.VOTES and not by_votes:
        raise BadInput(
            where="confidence",
            found=f"vote share, with {spec.repetitions} repetition(s) and the rule {spec.repetition_rule.value}",
            expected="at least 2 repetitions and the rule majority",
        )


def _own_family(study_id: int, spec: JudgeSpec, session: Session) -> str:
    families = stored.families_of_systems(study_id, session=session)
    mine = {one.casefold() for one in (spec.family, family_of(spec.model)) if one}
    same = [system for system, family in families.items() if family.casefold() in mine]
    if not same:
        return ""
    return (
        f"{', '.join(same[:5])}{' and others' if len(same) > 5 else ''}: outputs of the judge's own model family"
        f" ({spec.family}). Judges tend to favour their own family."
    )


def _references(study_id: int, spec: JudgeSpec, session: Session) -> str:
    looks_at_them = isinstance(PROTOCOLS.get(spec.protocol), ByReference)
    if spec.reference_mode is not ReferenceMode.HUMAN and not looks_at_them:
        return ""
    counts = stored.count_references(study_id, session=session)
    if not counts.n_with:
        return "No item has a reference: every subject would be skipped."
    parts = []
    if counts.n_with < counts.n_items:
        without = counts.n_items - counts.n_with
        have = "has no reference and is" if without == 1 else "have no reference and are"
        parts.append(f"{without:,} of {counts.n_items:,} {'item' if counts.n_items == 1 else 'items'} {have} skipped.")
    if counts.n_unverified:
        items = "item" if counts.n_unverified == 1 else "items"
        parts.append(
            f"The references of {counts.n_unverified:,} {items} were verified by nobody; a wrong reference makes"
            " a wrong verdict."
        )
    return " ".join(parts)


def _nothing_fits(study_id: int, spec: JudgeSpec, session: Session) -> str:
    try:
        questions = stored.read_rubric_of(study_id, spec.rubric_id, session=session).criteria
    except NotFound:
        return ""
    kinds = {one.applies_to for one in questions if not spec.criteria or one.lineage in spec.criteria}
    there = stored.kinds_of_subjects(study_id, session=session)
    if kinds & set(there):
        return ""
    return f"The study has no {' or '.join(sorted(kinds))} to judge; its criteria fit nothing that is there yet."


def _old_rubric(study_id: int, spec: JudgeSpec, session: Session) -> str:
    newest = current_rubric(study_id, session=session)
    if newest is None or spec.rubric_id in (None, newest.id):
        return ""
    return (
        f"The criteria changed since: people are asked version {newest.version} now. Make a new version of the judge to"
        " ask it the same."
    )


def _inflated(spec: JudgeSpec) -> str:
    if spec.confidence is not ConfidenceSource.VERBAL or _BARE in field_names(spec.prompt):
        return ""
    return (
        "A confidence that is named after a rationale tends to be too high; the vote share of several repetitions is"
        " steadier."
    )


def _idle_repetitions(spec: JudgeSpec) -> str:
    if spec.repetitions < 2 or spec.temperature != 0:
        return ""
    return (
        f"{spec.repetitions} repetitions at temperature 0 say little: most providers answer nearly the same each time,"
        " and every one is paid."
    )


def judged_kinds_in(study_id: int, spec: JudgeSpec, *, session: Session) -> tuple[str, ...]:
    """The kinds of subjects that a judge is asked about: those of its criteria.

    Raises:
        BadInput: See `asked_questions`.
        NotFound: Its rubric is none of the study.
    """
    questions = asked_questions(study_id, spec, protocol_of(spec), session=session)
    ids = {one.id for one in questions}
    rubric = stored.read_rubric_of(study_id, spec.rubric_id, session=session)
    found = {one.applies_to for one in rubric.criteria if one.id in ids}
    return tuple(kind for kind in ("item", "output", "pair") if kind in found)
