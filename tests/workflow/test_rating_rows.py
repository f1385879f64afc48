"""Rows as they were written: what is reduced elsewhere stands apart here."""

from core.models.ratings import Order
from core.scales import MISSING, preference
from core.store.following import ORDERS
from core.workflow.agreement import Asked, LiveStudies
from core.workflow.workspace import Workspace
from tests.builders import add_rating, build_study


def test_orders_and_repetitions_stand_apart_and_superseded_withdrawn_and_later_phases_are_left_out(
    any_workspace: Workspace,
) -> None:
    built = build_study(any_workspace.database, criteria={"better": ("pair", preference())}, items=("q1", "q2"))
    first, second = built.subjects
    with any_workspace.database.writing() as session:
        ids = [
            add_rating(session, built, first, "better", "J", "A", kind="judge", order="AB"),
            add_rating(session, built, first, "better", "J", None, kind="judge", order="BA", absence="unreadable"),
            add_rating(session, built, first, "better", "J", "B", kind="judge", order="AB", repetition=1),
        ]
        old = add_rating(session, built, second, "better", "Ana", "A")
        ids.append(add_rating(session, built, second, "better", "Ana", "tie", supersedes=old))
        add_rating(session, built, second, "better", "Ana", "B", phase="revised")
        add_rating(session, built, second, "better", "Bo", None, absence="withdrawn")
    live = LiveStudies(any_workspace).of(built.study)
    live.refresh()
    view = live.view(Asked())
    rows = live.rows(view)
    scale = view.question.scale
    assert rows.id.tolist() == ids
    assert rows.codes.tolist() == [scale.code("A"), MISSING, scale.code("B"), scale.code("tie")]
    assert [ORDERS[code] for code in rows.order] == [Order.AB, Order.BA, Order.AB, ""]
    assert rows.repetition.tolist() == [0, 0, 1, 0]
    assert rows.units_in(view.cells).tolist() == [0, 0, 0, 1]
    latest = live.rows(live.view(Asked(phase="latest")))
    assert len(latest.id) == 5


def test_rows_of_units_that_a_view_does_not_hold_have_no_unit(workspace: Workspace) -> None:
    built = build_study(workspace.database, criteria={"better": ("pair", preference())}, items=("q1", "q2"))
    live = LiveStudies(workspace).of(built.study)
    with workspace.database.writing() as session:
        add_rating(session, built, next(iter(built.subjects)), "better", "Ana", "A")
    live.refresh()
    before = live.view(Asked())
    with workspace.database.writing() as session:
        add_rating(session, built, list(built.subjects)[1], "better", "Ana", "A")
    live.refresh()
    assert live.rows(before).units_in(before.cells).tolist() == [0, -1]
