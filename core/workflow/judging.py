"""Judges of a study: which there are, making one, changing one (a new version), two versions side by side."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from json import dumps
from math import isfinite

from core.errors import BadInput, Conflict, NotFound, shortened
from core.judging.prices import supports_schema
from core.judging.protocols import PROTOCOLS, protocol_of
from core.judging.spec import AnswerFormat, JudgeSpec, ReferenceMode
from core.models.judging import Judge
from core.rendering import WordDiff, word_diff
from core.store import judging as stored
from core.store import study_edits as edits
from core.store.database import Session
from core.store.studies import current_rubric, refuse_simulated
from core.workflow.judging_checks import Warning_, checked_spec, judged_kinds_in, warnings_of
from core.workflow.judging_identity import (
    FILE,
    JURY,
    NAME_LENGTH,
    family_of,
    has_spec,
    rater_kind,
    rater_name,
    spec_of,
)
from core.workflow.workspace import Visitor, Workspace

__all__ = ["JURY", "JudgeFace", "Warning_", "add_judge", "add_jury", "check_judge", "draft", "list_judges", "spec_of"]

JURY_RULES = ("majority", "mean", "weights")
FEWEST_MEMBERS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeFace:
    """A version of a judge, as lists and pages show it.

    Attributes:
        id: Key of the judge; 0 for one whose verdicts a file brought (`rater_id` names it then).
        title: What it is called among the raters ("helpfulness v2").
        kind: "judge", "baseline" or "jury".
        is_newest: Whether no later version has its name.
        rubric_is_current: Whether it answers the rubric that people are asked now.
        n_verdicts: Its ratings that stand and have a value.
        n_unreadable, n_refused, n_calls: Calls; none for a judge from a file.
        spent: US dollars.
        same_family: Systems of the study that are of its model family.
        is_runnable: Whether it can be run here.
        imported: Whether a file brought it.
    """

    id: int
    rater_id: int
    study_id: int
    name: str
    version: int
    title: str
    kind: str
    spec: JudgeSpec
    fingerprint: str
    note: str
    created_at: datetime | None
    created_by: str
    is_newest: bool
    rubric_is_current: bool
    n_verdicts: int
    n_unreadable: int
    n_refused: int
    n_calls: int
    spent: float
    same_family: tuple[str, ...]
    is_runnable: bool
    imported: bool


def list_judges(workspace: Workspace, study_id: int) -> tuple[JudgeFace, ...]:
    """Every version of every judge, by name; of a name the newest version first."""
    with workspace.database.reading() as session:
        rows = stored.list_judges(study_id, session=session)
        facts = _StudyFacts.read(study_id, rows, session)
    faces = [_face(row, study_id, facts) for row in rows]
    first = {face.name.casefold(): place for place, face in reversed(list(enumerate(faces)))}
    return tuple(sorted(faces, key=lambda face: (first[face.name.casefold()], -face.version, face.rater_id)))


def find_judge(workspace: Workspace, study_id: int, name_or_id: str | int) -> JudgeFace:
    """The judge with this key, title ("helpfulness v2") or name (its newest version), without regard to case.

    Raises:
        NotFound: The study has none; names those it has.
    """
    faces = list_judges(workspace, study_id)
    wanted = str(name_or_id).strip().casefold()
    by_id = [face for face in faces if face.id and wanted == str(face.id)]
    by_title = [face for face in faces if wanted == face.title.casefold()]
    by_name = [face for face in faces if wanted in (face.name.casefold(), f"{face.name} v{face.version}".casefold())]
    for face in (*by_id, *by_title, *by_name):
        return face
    raise NotFound("judge", shortened(str(name_or_id)).strip('"'), tuple(face.title for face in faces))


def read_judge_face(workspace: Workspace, judge_id: int) -> JudgeFace:
    """The judge with this key.

    Raises:
        NotFound: There is none.
    """
    with workspace.database.reading() as session:
        study_id = stored.read_judge(judge_id, session=session).study_id
    return find_judge(workspace, study_id, judge_id)


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
        saved = checked_spec(study_id, spec, session=session)
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
        order = sorted(range(len(members)), key=lambda place: members[place])
        options: dict[str, object] = {"members": [members[place] for place in order], "rule": rule}
        if rule == "weights":
            options["weights"] = [weights[place] for place in order]
        spec = JudgeSpec(protocol=JURY, temperature=None, max_tokens=None, options=options).normal()
        judge_id = _add(workspace, visitor, study_id, name, spec, note=note, based_on=None, session=session)
    return read_judge_face(workspace, judge_id)


@dataclass(frozen=True, slots=True)
class SettingChange:
    """A setting that differs between two versions, as plain text."""

    name: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class VersionDifference:
    """Two versions of a judge side by side.

    Attributes:
        settings: What differs, beside the prompt.
        prompt: Both prompts with their differing words marked; None where they are the same.
    """

    older: JudgeFace
    newer: JudgeFace
    settings: tuple[SettingChange, ...]
    prompt: WordDiff | None


def compare_versions(workspace: Workspace, older: int, newer: int) -> VersionDifference:
    """How one judge differs from another, usually two versions of the same.

    Raises:
        NotFound: One of them does not exist.
    """
    left, right = read_judge_face(workspace, older), read_judge_face(workspace, newer)
    before, after = settings_in_words(left.spec), settings_in_words(right.spec)
    changes = tuple(
        SettingChange(name, before.get(name, ""), after.get(name, ""))
        for name in {**before, **after}
        if before.get(name) != after.get(name)
    )
    same = left.spec.prompt == right.spec.prompt
    return VersionDifference(left, right, changes, None if same else word_diff(left.spec.prompt, right.spec.prompt))


def settings_in_words(spec: JudgeSpec) -> Mapping[str, str]:
    """Every setting but the prompt, by name, as plain text; "" for what is not set."""
    data = spec.to_json()
    del data["prompt"]
    return {name.replace("_", " "): _written(value) for name, value in data.items()}


def _written(value: object) -> str:
    if value is None or value in ("", [], {}, ()):
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list) and all(isinstance(one, str | int) for one in value):
        return ", ".join(map(str, value))
    return f"{value:g}" if isinstance(value, float) else value if isinstance(value, str) else dumps(value)


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


def _refuse_wrong_rule(rule: str, members: Sequence[int], weights: Sequence[float]) -> None:
    if rule not in JURY_RULES:
        raise BadInput(where="rule of the jury", found=shortened(rule), expected="majority, mean or weights")
    if len(set(members)) < max(FEWEST_MEMBERS, len(members)):
        raise BadInput(where="members of the jury", found=f"{list(members)}", expected="at least two, each once")
    if rule != "weights" and weights:
        raise BadInput(where="weights of the jury", found=f"some, with the rule {rule}", expected="none")
    if rule == "weights" and (len(weights) != len(members) or not all(isfinite(one) and one > 0 for one in weights)):
        raise BadInput(where="weights of the jury", found=f"{list(weights)}", expected="one above 0 for each member")


@dataclass(frozen=True, slots=True)
class _StudyFacts:
    """What the faces of all judges of a study need."""

    rubric_id: int | None
    verdicts: Mapping[int, int]
    work: Mapping[int, stored.JudgeWork]
    families: Mapping[str, str]
    newest: Mapping[str, int]

    @classmethod
    def read(cls, study_id: int, rows: Sequence[stored.JudgeRow], session: Session) -> "_StudyFacts":
        rubric = current_rubric(study_id, session=session)
        newest: dict[str, int] = {}
        for row in rows:
            if row.judge is not None:
                name = row.judge.name.casefold()
                newest[name] = max(newest.get(name, 0), row.judge.version)
        return cls(
            rubric.id if rubric else None,
            stored.count_verdicts(study_id, session=session),
            stored.read_work_done(study_id, session=session),
            stored.families_of_systems(study_id, session=session),
            newest,
        )


def _face(row: stored.JudgeRow, study_id: int, facts: _StudyFacts) -> JudgeFace:
    judge = row.judge
    if judge is None:
        return _face_from_file(row, study_id, facts)
    spec = spec_of(judge)
    work = facts.work.get(judge.id or 0, stored.JudgeWork({}, 0.0))
    return JudgeFace(
        id=judge.id or 0,
        rater_id=row.rater_id,
        study_id=study_id,
        name=judge.name,
        version=judge.version,
        title=row.rater_name,
        kind=row.kind,
        spec=spec,
        fingerprint=judge.fingerprint,
        note=judge.note,
        created_at=judge.created_at,
        created_by=judge.created_by,
        is_newest=judge.version == facts.newest[judge.name.casefold()],
        rubric_is_current=spec.rubric_id in (None, facts.rubric_id),
        n_verdicts=facts.verdicts.get(row.rater_id, 0),
        n_unreadable=work.calls.get("unreadable", 0),
        n_refused=work.calls.get("refused", 0),
        n_calls=work.n_calls,
        spent=work.spent,
        same_family=same_family(spec, facts.families),
        is_runnable=has_spec(judge) and spec.protocol in PROTOCOLS,
        imported=row.imported,
    )


def _face_from_file(row: stored.JudgeRow, study_id: int, facts: _StudyFacts) -> JudgeFace:
    return JudgeFace(
        id=0,
        rater_id=row.rater_id,
        study_id=study_id,
        name=row.rater_name,
        version=1,
        title=row.rater_name,
        kind=row.kind,
        spec=JudgeSpec(protocol=FILE, temperature=None, max_tokens=None),
        fingerprint="",
        note="",
        created_at=None,
        created_by="",
        is_newest=True,
        rubric_is_current=True,
        n_verdicts=facts.verdicts.get(row.rater_id, 0),
        n_unreadable=0,
        n_refused=0,
        n_calls=0,
        spent=0.0,
        same_family=(),
        is_runnable=False,
        imported=True,
    )


def same_family(spec: JudgeSpec, families: Mapping[str, str]) -> tuple[str, ...]:
    """The systems (of those named with their family) that are of the judge's model family."""
    mine = {one.casefold() for one in (spec.family, family_of(spec.model)) if one}
    return tuple(system for system, family in families.items() if family.casefold() in mine)


def as_plain(face: JudgeFace) -> dict[str, object]:
    """A judge as JSON, for commands and exports."""
    plain = asdict(face)
    plain["spec"] = face.spec.to_json()
    plain["created_at"] = face.created_at.isoformat() if face.created_at else None
    return plain


def judged_kinds(workspace: Workspace, study_id: int, spec: JudgeSpec) -> tuple[str, ...]:
    """The kinds of subjects ("item", "output", "pair") that a judge is asked about.

    Raises:
        BadInput: Its protocol can answer none of its criteria.
        NotFound: Its rubric is none of the study.
    """
    with workspace.database.reading() as session:
        return judged_kinds_in(study_id, spec, session=session)
