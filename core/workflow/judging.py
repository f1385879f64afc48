"""Judges of a study: making one, changing one (a new version), and juries of them."""

from collections.abc import Sequence
from math import isfinite

from core.errors import BadInput, Conflict, shortened
from core.judging.prices import supports_schema
from core.judging.protocols import PROTOCOLS, protocol_of
from core.judging.spec import WORDING, AnswerFormat, JudgeSpec, ReferenceMode
from core.models.judging import Judge
from core.store import judging as stored
from core.store import study_edits as edits
from core.store.database import Session
from core.store.studies import refuse_simulated
from core.workflow.judging_checks import Warning_, checked_spec, judged_kinds_in, warnings_of
from core.workflow.judging_identity import JURY, NAME_LENGTH, family_of, rater_kind, rater_name, spec_of
from core.workflow.judging_listing import (
    JudgeFace,
    as_plain,
    find_among,
    find_judge,
    list_judges,
    raters_beside,
    read_judge_face,
    same_family,
)
from core.workflow.judging_versions import SettingChange, VersionDifference, compare_versions, settings_in_words
from core.workflow.workspace import Visitor, Workspace

__all__ = [
    "FEWEST_MEMBERS", "JURY", "JURY_RULES", "JudgeFace", "SettingChange", "VersionDifference", "Warning_", "add_judge",
    "add_jury", "as_plain", "check_judge", "compare_versions", "draft", "find_among", "find_judge", "judged_kinds",
    "list_judges", "raters_beside", "read_judge_face", "same_family", "settings_in_words", "spec_of", "with_model",
]  # fmt: skip

JURY_RULES = ("majority", "mean", "weights")
FEWEST_MEMBERS = 2


def draft(workspace: Workspace, study_id: int, protocol: str, *, kind: str = "output", model: str = "") -> JudgeSpec:
    """A judge to begin with: the protocol's own prompt, sensible settings, the study's criteria as they are asked now.

    Raises:
        BadInput: There is no such protocol.
        NotFound: The study has no criteria.
    """
    found = protocol_of(JudgeSpec(protocol=protocol))
    with workspace.database.reading() as session:
        rubric = stored.read_rubric_of(study_id, None, session=session)
    fitting = {one.lineage: one.applies_to for one in rubric.criteria if one.applies_to in found.kinds}
    lineages = tuple(lineage for lineage, applies_to in fitting.items() if applies_to == kind)
    criteria = lineages if lineages and len(lineages) < len(fitting) else ()
    if not found.asks_model:
        return JudgeSpec(protocol=protocol, temperature=None, max_tokens=None, rubric_id=rubric.id, criteria=criteria)
    spec = JudgeSpec(
        protocol=protocol,
        prompt=found.prompts.get("", ""),
        rubric_id=rubric.id,
        criteria=criteria,
        reference_mode=ReferenceMode.HUMAN if protocol == "reference" else ReferenceMode.NONE,
    )
    return with_model(spec, model)


def with_model(spec: JudgeSpec, model: str, *, api_base: str | None = None) -> JudgeSpec:
    """The same judge asking another model: with its family, and the answer format it can be held to."""
    model = model.strip()
    can = bool(model) and supports_schema(model)
    return spec.changed(
        model=model,
        api_base=spec.api_base if api_base is None else api_base.strip(),
        family=family_of(model),
        answer_format=AnswerFormat.SCHEMA if can else AnswerFormat.TEXT,
    )


def check_judge(workspace: Workspace, study_id: int, spec: JudgeSpec) -> tuple[Warning_, ...]:
    """What should be known before this judge is saved or run.

    Raises:
        BadInput: It cannot be: an unknown or missing field of the prompt, a setting out of range, criteria that are
            not the study's or that its protocol cannot answer, a key where none may be.
        NotFound: Its rubric is none of the study.
    """
    with workspace.database.reading() as session:
        return warnings_of(study_id, checked_spec(study_id, spec, session=session), session=session)


def add_judge(
    workspace: Workspace,
    visitor: Visitor,
    study_id: int,
    name: str,
    spec: JudgeSpec,
    *,
    note: str = "",
    based_on: int | None = None,
) -> JudgeFace:
    """A new judge; under a name that is there, its next version. No version ever changes.

    Args:
        workspace: The outside world.
        visitor: Who makes it.
        study_id: Where.
        name: 1 to 150 visible characters.
        spec: Everything that is chosen about it.
        note: Why this version was made.
        based_on: The newest version of this name that stood on the page; 0: there was none.

    Raises:
        BadInput: See `check_judge`; or the name or note cannot be kept, or the study is simulated.
        NotFound: There is no such study, or the rubric is none of it.
        Conflict: A judge of the study is exactly the same; or the judge was changed since `based_on`.
    """
    with workspace.database.writing() as session:
        edits.lock_study(study_id, session=session)
        refuse_simulated(study_id, session=session)
        saved = checked_spec(study_id, spec.changed(wording=WORDING), session=session)
        judge_id = _add(workspace, visitor, study_id, name, saved, note=note, based_on=based_on, session=session)
    return read_judge_face(workspace, judge_id)


def add_jury(
    workspace: Workspace,
    visitor: Visitor,
    study_id: int,
    name: str,
    *,
    members: Sequence[int],
    rule: str = "majority",
    weights: Sequence[float] = (),
    note: str = "",
) -> JudgeFace:
    """Several judges as one rater: derived from their verdicts wherever those are read, never run and never paid.

    Args:
        workspace: The outside world.
        visitor: Who makes it.
        study_id: Where.
        name: 1 to 150 visible characters; under a name that is there, its next version.
        members: Keys of at least two judges of the study, none of them a jury.
        rule: "majority", "mean" (of numbers) or "weights" (a weighted majority).
        weights: One above 0 for each member, for that rule.
        note: Why.

    Raises:
        BadInput: The name, the members, the rule or the weights cannot be used, or the study is simulated.
        NotFound: There is no such study.
        Conflict: A jury of the study is exactly the same.
    """
    _refuse_wrong_rule(rule, members, weights)
    with workspace.database.writing() as session:
        edits.lock_study(study_id, session=session)
        refuse_simulated(study_id, session=session)
        known = {row.judge.id: row for row in stored.list_judges(study_id, session=session) if row.judge is not None}
        for member in members:
            if member not in known or known[member].kind == JURY:
                expected = "judges of this study that are no juries"
                raise BadInput(where="members of the jury", found=str(member), expected=expected)
        if rule == "mean":
            _refuse_mean_of_options(study_id, session)
        order = sorted(range(len(members)), key=lambda place: members[place])
        options: dict[str, object] = {"members": [members[place] for place in order], "rule": rule}
        if rule == "weights":
            options["weights"] = [weights[place] for place in order]
        spec = JudgeSpec(protocol=JURY, temperature=None, max_tokens=None, options=options).normal()
        judge_id = _add(workspace, visitor, study_id, name, spec, note=note, based_on=None, session=session)
    return read_judge_face(workspace, judge_id)


def _add(
    workspace: Workspace, visitor: Visitor, study_id: int, name: str, spec: JudgeSpec, *, note: str,
    based_on: int | None, session: Session,
) -> int:  # fmt: skip
    name = edits.checked_line(name, where="name of the judge", limit=NAME_LENGTH)
    note = edits.checked_text(note, where="note on the judge", limit=2_000)
    before = stored.versions_named(study_id, name, session=session)
    newest = before[-1].version if before else 0
    if based_on is not None and based_on != newest:
        raise Conflict(
            f"The judge {shortened(name)} was saved as version {newest} meanwhile; load the page again and repeat the"
            " change."
        )
    name = before[-1].name if before else name
    asks_model = spec.protocol in PROTOCOLS and PROTOCOLS[spec.protocol].asks_model
    judge = Judge(
        study_id=study_id,
        name=name,
        version=newest + 1,
        fingerprint=spec.fingerprint(),
        protocol=spec.protocol,
        model=spec.model,
        family=spec.family,
        prompt=spec.prompt,
        parameters=spec.to_json(),
        reference_mode=spec.reference_mode.value,
        rubric_id=spec.rubric_id,
        order_rule=spec.orders.value,
        repetition_rule=spec.repetition_rule.value,
        note=note,
        created_at=workspace.clock(),
        created_by=visitor.name,
    )
    kind = rater_kind(spec, asks_model=asks_model)
    called = rater_name(name, judge.version, spec.variant)
    return stored.add_judge(judge, rater_kind=kind, rater_name=called, session=session)


def _refuse_mean_of_options(study_id: int, session: Session) -> None:
    """A mean says nothing where no criterion is answered with a number."""
    rubric = stored.read_rubric_of(study_id, None, session=session)
    if not any(one.scale.is_numeric for one in rubric.criteria):
        found = "mean, and no criterion of the study is on a scale of free numbers"
        raise BadInput(where="rule of the jury", found=found, expected="majority or weights")


def _refuse_wrong_rule(rule: str, members: Sequence[int], weights: Sequence[float]) -> None:
    if rule not in JURY_RULES:
        raise BadInput(where="rule of the jury", found=shortened(rule), expected="majority, mean or weights")
    if len(set(members)) < max(FEWEST_MEMBERS, len(members)):
        raise BadInput(where="members of the jury", found=f"{list(members)}", expected="at least two, each once")
    if rule != "weights" and weights:
        raise BadInput(where="weights of the jury", found=f"some, with the rule {rule}", expected="none")
    if rule == "weights" and (len(weights) != len(members) or not all(isfinite(one) and one > 0 for one in weights)):
        raise BadInput(where="weights of the jury", found=f"{list(weights)}", expected="one above 0 for each member")


def judged_kinds(workspace: Workspace, study_id: int, spec: JudgeSpec) -> tuple[str, ...]:
    """The kinds of subjects ("item", "output", "pair") that a judge is asked about.

    Raises:
        BadInput: Its protocol can answer none of its criteria.
        NotFound: Its rubric is none of the study.
    """
    with workspace.database.reading() as session:
        return judged_kinds_in(study_id, spec, session=session)
