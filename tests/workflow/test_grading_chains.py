"""Any sequence of acts on one subject: what was said last stands, and every row ever written is still there."""

from itertools import count

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from core.errors import Conflict, NotFound
from core.workflow.grading import GradingDesk, next_cards, state
from core.workflow.grading_answers import Answer
from core.workflow.grading_saving import Grade, submit
from core.workflow.grading_undoing import set_aside, take_up, undo
from core.workflow.workspace import Visitor, Workspace
from tests.builders import build_study

ACTS = st.lists(st.sampled_from(["pass", "fail", "undo", "skip", "flag", "take up", "repeat"]), max_size=12)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ACTS)
def test_what_stands_is_what_was_said_last(workspace: Workspace, acts: list[str]) -> None:
    with workspace.database.reading() as session:
        known = session.connection().execute(text("select count(*) from study")).scalar_one()
    built = build_study(workspace.database, name=f"Study {known}", items=("q1",), systems=("alder",))
    desk, ann = GradingDesk(workspace), Visitor("Ann")
    study, subject, key = built.study, built.subjects["q1/alder"], str(built.criteria["acceptable"])
    nonces = (f"study-{known}-{number:04d}" for number in count())
    said: str | None = None  # what should stand
    where, last, written, repeat = "to do", 0, 0, None
    for act in acts:
        nonce = next(nonces)
        try:
            if act == "repeat":
                if repeat is not None:
                    assert submit(desk, ann, repeat).submission <= last
            elif act in ("pass", "fail"):
                press = Grade(study=study, subject=subject, nonce=nonce, values={key: Answer(option=act)},
                              shown_ms_ago=500, rubric=built.rubric)  # fmt: skip
                last, said, where, repeat = submit(desk, ann, press).submission, act, "submitted", press
                written += 1
            elif act == "undo":
                undo(desk, ann, study=study, submission=last or 10**9, nonce=nonce)
                assert where == "submitted"
                said, where = None, "draft"
                written += 1
            elif act == "take up":
                take_up(desk, ann, study=study, subject=subject, nonce=nonce)
                assert where in ("skipped", "flagged")
                where = "draft"
            else:
                aside = {"skip": "skipped", "flag": "flagged"}[act]
                set_aside(desk, ann, study=study, subject=subject, nonce=nonce, reason=act, state=aside)
                assert where != "submitted"
                where = aside
        except Conflict:
            assert (act, where) != ("undo", "submitted")
            assert act in ("undo", "take up", "skip", "flag")
        except NotFound:
            assert (act, last) == ("undo", 0)
    standing = (
        "select option, absence from rating r where r.study_id = :study"
        " and not exists (select 1 from rating n where n.supersedes_id = r.id)"
    )
    with workspace.database.reading() as session:
        connection = session.connection()
        found = [tuple(row) for row in connection.execute(text(standing), {"study": study})]
        rows = connection.execute(text("select count(*) from rating where study_id = :study"), {"study": study})
        assert rows.scalar_one() == written
    assert found == ([] if written == 0 else [(said, None)] if said else [(None, "withdrawn")])
    progress = state(desk, ann, study=study).progress
    told = (progress.mine, progress.skipped, progress.flagged)
    assert told == tuple(int(where == name) for name in ("submitted", "skipped", "flagged"))
    served = [card.subject for card in next_cards(desk, ann, study=study, holding=[], count=2).cards]
    assert served == ([subject] if where in ("to do", "draft") else [])
