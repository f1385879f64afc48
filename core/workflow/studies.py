"""Studies: which there are, making one, and closing it for grading."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from core.errors import BadInput
from core.models.grading_rules import GradingRules
from core.models.study import Study
from core.store import studies as stored
from core.store import study_edits as edits
from core.workflow.templates import Template, drafts
from core.workflow.workspace import Visitor, Workspace


@dataclass(frozen=True, slots=True)
class StudySummary:
    """A study in one line.

    Attributes:
        n_subjects: By kind ("item", "output", "pair"); a kind without subjects is not there.
        simulated: Whether every rater in it is simulated; such a study is never graded nor imported into.
        n_ratings: Rows, of people, judges and all others, with those that were superseded.
        n_people, n_judges: Raters that have a place in the study, whether or not they have rated yet.
    """

    id: int
    name: str
    description: str
    illustrative: bool
    simulated: bool
    closed: bool
    n_items: int
    n_outputs: int
    n_subjects: Mapping[str, int]
    n_ratings: int
    n_people: int
    n_judges: int
    created_at: datetime


def list_studies(workspace: Workspace) -> tuple[StudySummary, ...]:
    """All studies, the newest first."""
    with workspace.database.reading() as session:
        return tuple(
            summarised(study, stored.count_study(_id(study), session=session))
            for study in stored.list_studies(session=session)
        )


def find_study(workspace: Workspace, name_or_id: str | int) -> StudySummary:
    """The study with this id (also as text), else with this name (without regard to case).

    Raises:
        NotFound: There is none; the message names those there are.
    """
    with workspace.database.reading() as session:
        study = stored.find_study(name_or_id, session=session)
        return summarised(study, stored.count_study(_id(study), session=session))


def create_study(
    workspace: Workspace,
    visitor: Visitor,
    name: str,
    description: str = "",
    template: Template = Template.EMPTY,
    *,
    labels: Sequence[str] = (),
) -> StudySummary:
    """A new study with the criteria of a template.

    Args:
        workspace: The outside world.
        visitor: Who makes it.
        name: 1 to 200 visible characters, unlike every other study's without regard to case.
        description: At most 2,000 characters.
        template: What it starts from.
        labels: The labels of a label audit.

    Raises:
        BadInput: The name, the description or the labels cannot be used.
        Conflict: A study has this name.
    """
    new = drafts(template, labels=labels)
    with workspace.database.writing() as session:
        signed = edits.Signed(workspace.clock(), visitor.name)
        study = edits.add_study(
            name=name, description=description, seed=fresh_seed(workspace), signed=signed, session=session
        )
        edits.add_settings(_id(study), GradingRules().to_json(), signed=signed, session=session)
        if new:
            note = f"Template: {template.value}"
            places = edits.add_new_criteria(_id(study), new, note=note, signed=signed, session=session)
            edits.add_rubric(_id(study), places, note=note, signed=signed, session=session)
        return summarised(study, stored.count_study(_id(study), session=session))


def close_study(workspace: Workspace, visitor: Visitor, study_id: int, *, closed: bool) -> None:
    """Close a study for grading, or open it again; kept in its history. Nothing happens where it is so already.

    Raises:
        NotFound: There is no such study.
        BadInput: It is simulated: nobody ever grades it.
    """
    with workspace.database.writing() as session:
        study = edits.lock_study(study_id, session=session)
        if study.closed == closed:
            return
        stored.refuse_simulated(study_id, session=session)
        study.closed = closed
        session.add(study)
        newest = stored.current_settings(study_id, session=session)
        settings = dict(newest.settings) if newest else GradingRules().to_json()
        signed = edits.Signed(workspace.clock(), visitor.name)
        edits.add_settings(study_id, settings | {"closed": closed}, signed=signed, session=session)


def fresh_seed(workspace: Workspace) -> int:
    """A seed nobody chose, 0 to 2**31 - 1."""
    return int.from_bytes(sha256(workspace.fresh_id().encode()).digest()[:4]) >> 1


def _id(study: Study) -> int:
    if study.id is None:
        raise BadInput(where="study", found="one that was never stored", expected="one that was read")
    return study.id


def summarised(study: Study, counts: stored.StudyCounts) -> StudySummary:
    """A study with its counts."""
    return StudySummary(
        id=_id(study),
        name=study.name,
        description=study.description,
        illustrative=study.illustrative,
        simulated=study.simulated,
        closed=study.closed,
        n_items=counts.n_items,
        n_outputs=counts.n_outputs,
        n_subjects=counts.n_subjects,
        n_ratings=counts.n_ratings,
        n_people=counts.n_people,
        n_judges=counts.n_judges,
        created_at=study.created_at,
    )
