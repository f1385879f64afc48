"""What exports tell of judges: identity and cost beside every verdict, juries as columns, and the calls themselves."""

import csv
import json
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest

from core.errors import BadInput
from core.models.exchange import CALL_COLUMNS, JUDGE_COLUMNS
from core.models.judging import CallAttempt
from core.workflow.exporting import SHAPES, ExportRequest, choices, column_guide, plan_export
from core.workflow.workspace import Workspace
from tests.builders import AT, Built, add_rating, build_study
from tests.judges import BuiltJudge, add_call, add_judge, add_jury, add_verdict


@pytest.fixture
def built(any_workspace: Workspace) -> Built:
    """Fir and Oak judged q1, Oak failed on q2; Ana graded; both judges sit in a jury."""
    built = build_study(any_workspace.database, described={"q2": {"split": "test"}})
    with any_workspace.database.writing() as session:
        fir = add_judge(session, built, "Fir", version=2, confidence="verbal")
        oak = add_judge(session, built, "Oak", kind="baseline", protocol="length")
        add_jury(session, built, "Both", (fir, oak))
        call = add_call(
            session, built, fir, "q1/alder", asked=[built.criteria["acceptable"]], tokens_in=310, cost=0.0042,
            request_hash="a" * 64, attempts=2, reply="=cmd", created_at=AT, changed_at=AT + timedelta(hours=2),
        )  # fmt: skip
        session.add(CallAttempt(call_id=call, run_id=1, number=1, status="provider error", cost=0.001, created_at=AT))
        add_verdict(session, built, "q1/alder", "acceptable", fir, "fail", call=call, confidence=0.9, rationale="Why")
        add_verdict(session, built, "q1/alder", "acceptable", oak, "fail")
        add_call(
            session, built, fir, "q2/alder", status="provider error", cause="time-out", error="No answer in 60 s",
            tokens_in=None, tokens_out=None, cost=None, latency=None, reply="", asked=[built.criteria["acceptable"]],
        )  # fmt: skip
        add_rating(session, built, "q1/alder", "acceptable", "Ana", "pass")
    return built


def rows(workspace: Workspace, built: Built, **request: Any) -> list[dict[str, str]]:
    export = plan_export(workspace, ExportRequest(study=str(built.study), **request))
    content = b"".join(export.pieces()).decode("utf-8-sig")
    found = list(csv.DictReader(StringIO(content, newline="")))
    assert len(found) == export.rows
    return found


def test_a_verdict_comes_with_the_judge_and_the_call_that_gave_it(any_workspace: Workspace, built: Built) -> None:
    by_rater = {row["rater"]: row for row in rows(any_workspace, built)}
    assert set(by_rater) == {"Ana", "Fir v2", "Oak v1"}  # the jury has no row
    fir = by_rater["Fir v2"]
    fingerprint = fir.pop("judge_fingerprint")
    assert len(fingerprint) == 64
    assert {name: fir[name] for name in JUDGE_COLUMNS if name in fir} == {
        "judge_protocol": "direct", "judge_model": "openai/gpt-4o-mini", "judge_version": "2", "reference_mode": "none",
        "confidence_source": "verbal", "call_id": fir["call_id"], "request_hash": "a" * 64, "tokens_in": "310",
        "tokens_out": "20", "cost": "0.0042", "latency": "0.8",
    }  # fmt: skip
    assert all(by_rater["Ana"][name] == "" for name in JUDGE_COLUMNS)
    assert (by_rater["Oak v1"]["judge_protocol"], by_rater["Oak v1"]["judge_model"]) == ("length", "")


def test_a_jury_is_a_column_of_the_wide_shape(any_workspace: Workspace, built: Built) -> None:
    row = next(row for row in rows(any_workspace, built, shape="wide", texts=False) if row["subject"] == "q1/alder")
    assert (row["judge:Fir v2"], row["baseline:Oak v1"], row["jury:Both v1"]) == ("fail", "fail", "fail")
    alone = rows(any_workspace, built, shape="wide", kinds=("jury",), texts=False)
    assert [row["jury:Both v1"] for row in alone] == ["fail"]
    assert "judge:Fir v2" not in alone[0]
    assert rows(any_workspace, built, kinds=("jury",)) == []


def test_the_guide_tells_where_juries_are_and_whose_tokens_are_counted(any_workspace: Workspace, built: Built) -> None:
    def guide(shape: Any) -> dict[str, str]:
        return dict(column_guide(plan_export(any_workspace, ExportRequest(study=str(built.study), shape=shape))))

    assert "jury of judges has no rows here" in guide("long")["rater_kind"]
    assert "whole call" in guide("long")["tokens_in"]
    assert "its members" in guide("wide")["jury:Both v1"]
    assert all(guide(shape)[name] for shape in SHAPES for name in guide(shape))
    assert list(guide("calls")) == [*CALL_COLUMNS, "reply"]


def test_every_call_is_a_row_with_what_came_of_it_and_what_it_cost(any_workspace: Workspace, built: Built) -> None:
    found = rows(any_workspace, built, shape="calls")
    told = [(row["judge"], row["subject"], row["status"], row["cause"], row["n_ratings"]) for row in found]
    assert told == [
        ("Fir", "q1/alder", "ok", "", "1"),
        ("Oak", "q1/alder", "ok", "", "1"),
        ("Fir", "q2/alder", "provider error", "time-out", "0"),
    ]
    first, _, failed = found
    assert json.loads(first["criteria"]) == ["acceptable"]
    assert (first["attempts"], first["cost"], first["earlier_cost"]) == ("2", "0.0042", "0.001")
    assert (first["judge_version"], first["request_hash"], first["run_purpose"]) == ("2", "a" * 64, "run")
    assert first["reply"] == "'=cmd"  # a spreadsheet must not run it
    assert (failed["cost"], failed["tokens_in"], failed["error"]) == ("", "", "No answer in 60 s")
    # The ratings of the long shape name the call.
    assert first["call_id"] in {row["call_id"] for row in rows(any_workspace, built, kinds=("judge",))}


def test_replies_stay_behind_without_texts(any_workspace: Workspace, built: Built) -> None:
    found = rows(any_workspace, built, shape="calls", texts=False)
    assert list(found[0]) == list(CALL_COLUMNS)
    assert not any("cmd" in value for row in found for value in row.values())


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        ({"raters": ("Oak v1",)}, 1),
        ({"kinds": ("judge",)}, 2),
        ({"kinds": ("person",)}, 0),
        ({"splits": ("test",)}, 1),
        ({"since": AT + timedelta(hours=1)}, 1),
        ({"until": AT + timedelta(hours=1)}, 2),
    ],
)
def test_calls_are_chosen_by_judge_split_and_time(
    any_workspace: Workspace, built: Built, chosen: dict[str, Any], expected: int
) -> None:
    assert len(rows(any_workspace, built, shape="calls", **chosen)) == expected


@pytest.mark.parametrize("wrong", [{"criteria": ("acceptable",)}, {"phases": ("blind",)}, {"history": True}])
def test_calls_refuse_what_only_ratings_have(any_workspace: Workspace, built: Built, wrong: dict[str, Any]) -> None:
    with pytest.raises(BadInput, match="calls"):
        rows(any_workspace, built, shape="calls", **wrong)


def test_calls_of_another_study_and_later_ones_are_not_in_it(any_workspace: Workspace, built: Built) -> None:
    other = build_study(any_workspace.database, name="Other")
    with any_workspace.database.writing() as session:
        judge = add_judge(session, other, "Elm")
        add_verdict(session, other, "q1/alder", "acceptable", judge, "pass")
    export = plan_export(any_workspace, ExportRequest(study=str(built.study), shape="calls"))
    with any_workspace.database.writing() as session:
        add_call(session, built, BuiltJudge(1, 1, "Fir v2"), "q3/alder")
    content = b"".join(export.pieces()).decode("utf-8-sig")
    assert len(list(csv.DictReader(StringIO(content, newline="")))) == export.rows == 3
    assert len(rows(any_workspace, other, shape="calls")) == 1


def test_no_column_holds_a_prompt_a_key_or_a_setting_of_the_run(any_workspace: Workspace, built: Built) -> None:
    with any_workspace.database.writing() as session:
        add_judge(session, built, "Elm", prompt="SECRET PROMPT", extra={"api_key": "SECRET KEY"})
    for shape in SHAPES:
        told = json.dumps(rows(any_workspace, built, shape=shape))
        assert "SECRET" not in told


def test_kinds_and_raters_to_choose_from_include_baselines_and_juries(any_workspace: Workspace, built: Built) -> None:
    found = choices(any_workspace, str(built.study))
    assert set(found.kinds) == {"person", "judge", "baseline", "jury"}
    assert "Both v1" in found.raters
