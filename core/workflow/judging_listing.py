"""The judges of a study, every version of them, with what they did and cost; those that files brought, too."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from core.errors import NotFound, shortened
from core.judging.protocols import PROTOCOLS
from core.judging.spec import JudgeSpec
from core.models.ratings import RaterKind
from core.store import judging as stored
from core.store.database import Session
from core.store.questions import read_raters
from core.store.studies import current_rubric
from core.workflow.judging_identity import FILE, family_of, has_spec, spec_of
from core.workflow.workspace import Workspace


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
    return find_among(list_judges(workspace, study_id), name_or_id)


def find_among(faces: Sequence[JudgeFace], name_or_id: str | int) -> JudgeFace:
    """The same among judges that were listed already.

    Raises:
        NotFound: None is called so; names those there are.
    """
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


MOST_BESIDE = 100


def raters_beside(workspace: Workspace, study_id: int, rater_id: int) -> tuple[int, ...]:
    """A judge with everybody it can be held against: the people of the study, named or anonymous.

    Returns:
        Rater ids, rising; none where there are no people, or more than an address can name.
    """
    with workspace.database.reading() as session:
        people = [row.id for row in read_raters(study_id, session=session) if row.kind in _PEOPLE]
    return tuple(sorted({*people, rater_id})) if 0 < len(people) <= MOST_BESIDE else ()


_PEOPLE = (RaterKind.PERSON.value, RaterKind.SEAT.value, RaterKind.SIMULATED.value)


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
