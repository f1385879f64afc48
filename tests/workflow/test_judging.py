"""Judges: what one is, which can be made, which are the same, and how versions follow each other."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import select

from core.errors import BadInput, Conflict, NotFound
from core.judging.spec import AnswerFormat, ConfidenceSource, JudgeSpec, ReferenceMode, RepetitionRule
from core.models.items import Reference, System
from core.models.judging import Judge
from core.models.ratings import Rater
from core.models.study import Study, Target
from core.scales import DeclaredScale, ScaleKind, pass_fail, preference
from core.store.study_edits import CriterionDraft
from core.workflow.judging import (
    add_judge,
    add_jury,
    check_judge,
    compare_versions,
    draft,
    find_judge,
    judged_kinds,
    list_judges,
    spec_of,
    with_model,
)
from core.workflow.judging_identity import family_of
from core.workflow.study_changes import RubricPlace, add_criterion, change_criteria
from core.workflow.workspace import Visitor, Workspace
from tests.builders import AT, Built, add_rater, build_study

ANA = Visitor("Ana")
MODEL = "openai/gpt-4o-mini"


def drafted(workspace: Workspace, built: Built, **changes: object) -> JudgeSpec:
    return draft(workspace, built.study, "direct", model=MODEL).changed(**changes)


def test_a_draft_is_a_judge_that_can_be_saved_as_it_is(any_workspace: Workspace) -> None:
    built = build_study(any_workspace.database)
    spec = drafted(any_workspace, built)
    assert (spec.rubric_id, spec.criteria, spec.family) == (built.rubric, (), "gpt")
    assert spec.answer_format is AnswerFormat.SCHEMA  # the price table says that this model can be held to one
    assert check_judge(any_workspace, built.study, spec) == ()
    face = add_judge(any_workspace, ANA, built.study, "grader", spec)
    assert (face.title, face.version, face.kind, face.is_runnable) == ("grader v1", 1, "judge", True)
    assert face.spec == spec.normal()
    assert (face.n_verdicts, face.n_calls, face.spent, face.created_by) == (0, 0, 0.0, "Ana")


def test_a_model_nobody_knows_answers_in_words(workspace: Workspace) -> None:
    built = build_study(workspace.database)
    spec = with_model(drafted(workspace, built), "openai/practice-no-llm", api_base=" http://127.0.0.1:9/v1 ")
    assert (spec.answer_format, spec.api_base, spec.family) == (AnswerFormat.TEXT, "http://127.0.0.1:9/v1", "")


@pytest.mark.parametrize(
    "value", [float("nan"), float("inf"), date(2026, 1, 1), "a\0b", "\ud800", {"a\0": 1}, [{"deep": [float("nan")]}]]
)
def test_a_parameter_that_no_database_keeps_is_refused_by_its_name(any_workspace: Workspace, value: object) -> None:
    built = build_study(any_workspace.database)
    with pytest.raises(BadInput, match=r"further parameters, .*stop"):
        add_judge(any_workspace, ANA, built.study, "grader", drafted(any_workspace, built, extra={"stop": value}))
    assert not list_judges(any_workspace, built.study)


def test_a_parameter_that_is_nested_without_end_is_refused(workspace: Workspace) -> None:
    built = build_study(workspace.database)
    value: object = 1
    for _ in range(100):
        value = [value]
    with pytest.raises(BadInput, match="at most 20 levels"):
        add_judge(workspace, ANA, built.study, "grader", drafted(workspace, built, extra={"stop": value}))


def test_every_version_is_a_rater_of_its_own_and_the_newest_is_marked(any_workspace: Workspace) -> None:
    built = build_study(any_workspace.database)
    spec = drafted(any_workspace, built)
    add_judge(any_workspace, ANA, built.study, "grader", spec)
    newer = add_judge(any_workspace, ANA, built.study, " Grader ", spec.changed(temperature=1.0), note="less sure")
    assert (newer.title, newer.note) == ("grader v2", "less sure")
    faces = list_judges(any_workspace, built.study)
    assert [(face.title, face.is_newest) for face in faces] == [("grader v2", True), ("grader v1", False)]
    assert faces[0].rater_id != faces[1].rater_id
    with any_workspace.database.reading() as session:
        raters = session.exec(select(Rater).where(Rater.study_id == built.study)).all()
    assert [(rater.kind, rater.name, rater.family) for rater in raters] == [
        ("judge", "grader v1", "gpt"),
        ("judge", "grader v2", "gpt"),
    ]


def test_the_same_judge_under_another_name_is_refused_and_named(any_workspace: Workspace) -> None:
    built = build_study(any_workspace.database)
    spec = drafted(any_workspace, built)
    add_judge(any_workspace, ANA, built.study, "grader", spec)
    with pytest.raises(Conflict, match=r'"grader v1" is exactly the same judge'):
        add_judge(any_workspace, ANA, built.study, "other", spec.changed(temperature=0))
    assert len(list_judges(any_workspace, built.study)) == 1


def test_an_edit_made_on_an_older_version_is_refused(workspace: Workspace) -> None:
    built = build_study(workspace.database)
    spec = drafted(workspace, built)
    add_judge(workspace, ANA, built.study, "grader", spec, based_on=0)
    add_judge(workspace, ANA, built.study, "grader", spec.changed(temperature=0.5), based_on=1)
    with pytest.raises(Conflict, match=r"saved as version 2 meanwhile"):
        add_judge(workspace, ANA, built.study, "grader", spec.changed(temperature=0.7), based_on=1)


def test_a_variant_carries_its_label_among_the_raters(workspace: Workspace) -> None:
    built = build_study(workspace.database)
    face = add_judge(workspace, ANA, built.study, "grader", drafted(workspace, built, variant="terse"))
    assert face.title == "grader v1 (terse)"
    assert find_judge(workspace, built.study, "GRADER V1") == find_judge(workspace, built.study, face.id)
    assert find_judge(workspace, built.study, "grader").id == face.id
    with pytest.raises(NotFound, match=r"grader v1 \(terse\)"):
        find_judge(workspace, built.study, "greater")


def test_a_name_that_a_rater_from_a_file_has_is_refused(workspace: Workspace) -> None:
    built = build_study(workspace.database)
    with workspace.database.writing() as session:
        add_rater(session, built.study, "grader v1", "judge")
    face = list_judges(workspace, built.study)[0]
    assert (face.id, face.imported, face.is_runnable, face.spec.protocol) == (0, True, False, "file")
    with pytest.raises(Conflict, match="called"):
        add_judge(workspace, ANA, built.study, "grader", drafted(workspace, built))


def test_a_judge_without_a_specification_is_listed_and_cannot_be_run(workspace: Workspace) -> None:
    built = build_study(workspace.database)
    with workspace.database.writing() as session:
        judge = Judge(study_id=built.study, name="old", fingerprint="f", protocol="checklist", model="m", created_at=AT,
                      parameters={"illustrative": True})  # fmt: skip
        session.add(judge)
        session.flush()
        session.add(Rater(study_id=built.study, kind="judge", name="old", judge_id=judge.id, created_at=AT))
    (face,) = list_judges(workspace, built.study)
    assert (face.spec.protocol, face.is_runnable, spec_of(judge).model) == ("checklist", False, "m")


def test_simulated_studies_have_no_judges(workspace: Workspace) -> None:
    built = build_study(workspace.database)
    spec = drafted(workspace, built)
    with workspace.database.writing() as session:
        simulated = Study(name="Simulated", seed=1, simulated=True, closed=True, created_at=AT)
        session.add(simulated)
        session.flush()
        key = simulated.id or 0
    with pytest.raises(BadInput, match="simulated"):
        add_judge(workspace, ANA, key, "grader", spec)
    with pytest.raises(BadInput, match="simulated"):
        add_jury(workspace, ANA, key, "jury", members=(1, 2))


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"prompt": "## user\n{{input}} {{otuput}} {{questions}} {{answer_format}}"}, "prompt, line 2"),
        ({"prompt": "## user\n{{input}} {{questions}} {{answer_format}}"}, "prompt, line 2"),
        ({"model": ""}, "model"),
        ({"model": "gpt 4"}, "model"),
        ({"temperature": 2.5}, "temperature"),
        ({"top_p": -0.1}, "top p"),
        ({"max_tokens": 0}, "max tokens"),
        ({"repetitions": 0}, "repetitions"),
        ({"criteria": ("nothing",)}, "criteria"),
        ({"extra": {"api_key": "sk-1"}}, "parameters"),
        ({"api_base": "http://user:secret@host/v1"}, "address"),
        ({"repetitions": 3, "repetition_rule": RepetitionRule.MEAN}, "repetition"),
        ({"confidence": ConfidenceSource.VOTES}, "confidence"),
        ({"protocol": "astrology"}, "protocol"),
        ({"protocol": "jury"}, "protocol"),
        ({"protocol": "pairwise"}, "criteria"),
        ({"protocol": "reference"}, "reference"),
    ],
)
def test_a_judge_that_cannot_be_is_refused_with_the_place(
    workspace: Workspace, changes: dict[str, object], where: str
) -> None:
    built = build_study(workspace.database)
    with pytest.raises(BadInput) as refused:
        check_judge(workspace, built.study, drafted(workspace, built, **changes))
    assert refused.value.where.startswith(where)
    assert "secret" not in str(refused.value)
    assert "sk-1" not in str(refused.value)


def test_the_mean_is_for_scales_of_free_numbers(workspace: Workspace) -> None:
    numbers = DeclaredScale(ScaleKind.INTERVAL, low=0.0, high=10.0)
    built = build_study(workspace.database, criteria={"score": ("output", numbers), "ok": ("output", pass_fail())})
    spec = drafted(workspace, built, repetitions=3, repetition_rule=RepetitionRule.MEAN, temperature=1.0)
    with pytest.raises(BadInput, match="Ok"):
        check_judge(workspace, built.study, spec)
    assert check_judge(workspace, built.study, spec.changed(criteria=("score",))) == ()


def test_what_should_be_known_is_said(workspace: Workspace) -> None:
    built = build_study(workspace.database)
    spec = drafted(workspace, built)
    with workspace.database.writing() as session:
        alder = session.exec(select(System).where(System.name == "alder")).one()
        alder.family = "GPT"
        session.add(alder)

    def said(**changes: object) -> dict[str, str]:
        return {one.setting: one.text for one in check_judge(workspace, built.study, spec.changed(**changes))}

    assert "alder" in said()["model"]
    assert "too high" in said(confidence=ConfidenceSource.VERBAL)["confidence"]
    assert "nearly the same" in said(repetitions=2)["repetitions"]
    assert set(said(repetitions=2, temperature=1.0)) == {"model"}
    assert "No item has a reference" in said(reference_mode=ReferenceMode.HUMAN)["reference_mode"]
    with workspace.database.writing() as session:
        session.add(Reference(item_id=built.items["q1"], text="42", created_at=AT))
        session.add(Reference(item_id=built.items["q2"], text="43", status="verified", created_at=AT))
    told = said(reference_mode=ReferenceMode.HUMAN)["reference_mode"]
    # 3 items: one without a reference, one whose reference nobody verified
    assert "1 of 3 items has no reference and is skipped" in told
    assert "1 item were verified by nobody" in told
    face = add_judge(workspace, ANA, built.study, "grader", spec)
    assert face.same_family == ("alder",)


def test_a_rubric_that_changed_since_is_said_and_seen(workspace: Workspace) -> None:
    built = build_study(workspace.database)
    face = add_judge(workspace, ANA, built.study, "grader", drafted(workspace, built))
    assert face.rubric_is_current
    new = CriterionDraft(name="Tone", applies_to=Target.OUTPUT, scale=pass_fail())
    add_criterion(workspace, ANA, built.study, new)
    (face,) = list_judges(workspace, built.study)
    assert not face.rubric_is_current
    (warning,) = check_judge(workspace, built.study, face.spec)
    assert "version 2" in warning.text
    change_criteria(workspace, ANA, built.study, [RubricPlace("acceptable")])
    assert not list_judges(workspace, built.study)[0].rubric_is_current  # the same criteria, another version


def test_a_study_without_its_subjects_is_said(workspace: Workspace) -> None:
    built = build_study(workspace.database, criteria={"better": ("pair", preference())}, items=())
    spec = draft(workspace, built.study, "pairwise", model=MODEL)
    (warning,) = check_judge(workspace, built.study, spec)
    assert "no pair to judge" in warning.text
    assert judged_kinds(workspace, built.study, spec) == ("pair",)


def test_baselines_ask_no_model(workspace: Workspace) -> None:
    built = build_study(workspace.database)
    spec = draft(workspace, built.study, "length")
    assert (spec.model, spec.prompt, spec.temperature) == ("", "", None)
    face = add_judge(workspace, ANA, built.study, "long", draft(workspace, built.study, "random"))
    assert face.kind == "baseline"
    with pytest.raises(BadInput, match="asks no model"):
        check_judge(workspace, built.study, face.spec.changed(model=MODEL))


def test_a_jury_is_made_of_judges_that_are_there(workspace: Workspace) -> None:
    built = build_study(workspace.database)
    spec = drafted(workspace, built)
    ids = [add_judge(workspace, ANA, built.study, f"j{place}", spec.changed(seed=place)).id for place in range(3)]
    jury = add_jury(workspace, ANA, built.study, "three", members=ids[::-1], rule="weights", weights=(3, 2, 1))
    assert (jury.kind, jury.title, jury.is_runnable) == ("jury", "three v1", False)
    # Members rise; each keeps its weight
    assert jury.spec.options == {"members": ids, "rule": "weights", "weights": [1, 2, 3]}
    with pytest.raises(Conflict, match="three v1"):
        add_jury(workspace, ANA, built.study, "again", members=ids, rule="weights", weights=(1.0, 2.0, 3.0))
    for wrong in (
        {"members": ids[:1]},
        {"members": [ids[0], ids[0]]},
        {"members": [ids[0], jury.id]},
        {"members": [ids[0], 999]},
        {"members": ids, "rule": "loudest"},
        {"members": ids, "rule": "mean"},
        {"members": ids, "rule": "weights", "weights": (1.0, 2.0)},
        {"members": ids, "rule": "weights", "weights": (1.0, 2.0, 0.0)},
        {"members": ids, "rule": "majority", "weights": (1.0, 2.0, 3.0)},
    ):
        with pytest.raises(BadInput):
            add_jury(workspace, ANA, built.study, "wrong", **wrong)  # type: ignore[arg-type]


def test_two_versions_stand_side_by_side(workspace: Workspace) -> None:
    built = build_study(workspace.database)
    spec = drafted(workspace, built)
    first = add_judge(workspace, ANA, built.study, "grader", spec)
    changed = spec.changed(prompt=spec.prompt.replace("{{input}}", "{{input}}\n\nBe strict."), temperature=0.5)
    second = add_judge(workspace, ANA, built.study, "grader", changed)
    found = compare_versions(workspace, first.id, second.id)
    assert [(one.name, one.before, one.after) for one in found.settings] == [("temperature", "0", "0.5")]
    assert found.prompt is not None
    assert "<ins>" in found.prompt.right_html
    assert compare_versions(workspace, first.id, first.id).prompt is None


@pytest.mark.parametrize(
    ("model", "family"),
    [
        ("openai/gpt-4o-mini", "gpt"),
        ("o3-mini", "gpt"),
        ("bedrock/anthropic.claude-3-5-sonnet-20241022-v2:0", "claude"),
        ("ollama/llama3.1:8b", "llama"),
        ("openrouter/meta-llama/llama-3-70b", "llama"),
        ("mistral/codestral-latest", "mistral"),
        ("openai/practice-no-llm", ""),
        ("", ""),
    ],
)
def test_a_models_name_tells_its_family(model: str, family: str) -> None:
    assert family_of(model) == family


WORDS = st.text(st.characters(codec="ascii", categories=("L", "N", "P", "Zs")), max_size=20)
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**40), 2**40) | st.floats(allow_nan=False, allow_infinity=False) | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=6,
)
SPECS = st.builds(
    JudgeSpec,
    protocol=st.just("direct"),
    model=WORDS,
    prompt=WORDS,
    temperature=st.none() | st.floats(0, 2) | st.integers(0, 2),
    max_tokens=st.none() | st.integers(1, 9_999),
    extra=st.dictionaries(WORDS, PLAIN, max_size=3),
    options=st.dictionaries(WORDS, PLAIN, max_size=3),
    criteria=st.lists(WORDS, max_size=3).map(tuple),
    together=st.booleans(),
)


@given(SPECS)
def test_a_fingerprint_outlives_being_stored_and_read(spec: JudgeSpec) -> None:
    kept = spec.normal()
    assert kept.normal() == kept
    assert kept.fingerprint() == spec.fingerprint()
    assert JudgeSpec.from_json(kept.to_json()) == kept
    assert JudgeSpec.from_json(kept.to_json()).fingerprint() == spec.fingerprint()


@given(SPECS, st.sampled_from(["model", "prompt", "persona", "variant", "family", "api_base"]))
def test_whatever_is_changed_makes_another_judge(spec: JudgeSpec, setting: str) -> None:
    changed = spec.changed(**{setting: getattr(spec, setting) + "x"})
    assert changed.fingerprint() != spec.fingerprint()
    assert spec.changed(together=not spec.together).fingerprint() != spec.fingerprint()


def test_numbers_and_line_ends_written_in_two_ways_are_one_judge() -> None:
    one = JudgeSpec(protocol="direct", temperature=0, prompt="a\r\nb\n", extra={"top_k": 40.0, "stop": ("x",)})
    two = JudgeSpec(protocol="direct", temperature=0.0, prompt="a\nb", extra={"top_k": 40, "stop": ["x"]})
    assert one.fingerprint() == two.fingerprint()
    assert (
        JudgeSpec(protocol="direct", extra={"a": True}).fingerprint()
        != JudgeSpec(protocol="direct", extra={"a": 1}).fingerprint()
    )


def test_a_judge_is_bound_to_the_rubric_of_its_day(workspace: Workspace) -> None:
    built = build_study(workspace.database)
    face = add_judge(workspace, ANA, built.study, "grader", drafted(workspace, built, rubric_id=None))
    assert face.spec.rubric_id == built.rubric
    with pytest.raises(NotFound):
        add_judge(workspace, ANA, built.study, "grader", drafted(workspace, built, rubric_id=999))
