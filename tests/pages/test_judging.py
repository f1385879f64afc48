"""The judges page, run without a browser: what it offers, what it makes, what it never shows or loads."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from threading import Event

import pytest
from sqlmodel import select
from streamlit.testing.v1 import AppTest

from core.judging.pace import RunSettings
from core.models.judging import Run
from core.models.ratings import Exposure
from core.scales import pass_fail, yes_no
from core.settings import ROOT
from core.workflow.judging import JudgeFace, add_judge, add_jury, draft, list_judges, raters_beside
from core.workflow.judging_planning import RunPlan, plan_run
from core.workflow.judging_runs import cancel_run, list_runs, run_status, start_run
from core.workflow.judging_selection import Selection
from core.workflow.workspace import Visitor, Workspace
from pages.parts.wizard.task import Progress, Task
from tests.builders import Built, add_rater, build_study
from tests.judges import BuiltJudge, add_call, add_verdict

APP = str(Path(__file__).parents[2] / "app.py")
ZOE = Visitor("Zoe")
HOSTILE = "<img src=x onerror=alert(1)><script>alert(2)</script> ![p](http://example.org/p.png) :red-badge[fake]"


def opened(workspace: Workspace, built: Built, *, who: str = "Zoe", **address: str | int) -> AppTest:
    page = AppTest.from_file(APP, default_timeout=60)
    page.session_state["workspace"] = workspace
    page.session_state["visitor"] = Visitor(who)
    page.query_params["study"] = str(built.study)
    for name, value in address.items():
        page.query_params[name] = str(value)
    page.run()
    page.switch_page("pages/judging.py")
    return shown(page.run())


def shown(page: AppTest) -> AppTest:
    assert not page.exception, page.exception
    return page


def words(page: AppTest) -> str:
    """Everything the page shows as HTML."""
    return "\n".join(element.proto.body for element in page.get("html"))


def made(workspace: Workspace, built: Built, name: str = "helpful", *, model: str = "openai/gpt-4o-mini") -> JudgeFace:
    return add_judge(workspace, ZOE, built.study, name, draft(workspace, built.study, "direct", model=model))


def answered(workspace: Workspace, built: Built, face: JudgeFace, **call: object) -> None:
    """A run of the judge that was cancelled, with one verdict on q1/alder, or one call as told."""
    if not list_runs(workspace, built.study, face.id):
        cancel_run(workspace, start_run(workspace, ZOE, face.id, Selection(kind="output"), RunSettings()).id)
    with workspace.database.writing() as session:
        judge = BuiltJudge(face.id, face.rater_id, face.title)
        if call:
            add_call(session, built, judge, "q1/alder", **call)
        else:
            key = add_call(session, built, judge, "q1/alder", reply='{"verdict": "pass"}')
            add_verdict(session, built, "q1/alder", "acceptable", judge, "pass", rationale="It answers.", call=key)


def the_run(workspace: Workspace, built: Built) -> int:
    return list_runs(workspace, built.study)[0].id


def exposures(workspace: Workspace) -> list[int | None]:
    with workspace.database.reading() as session:
        return [one.subject_id for one in session.exec(select(Exposure))]


def test_a_study_without_judges_says_what_to_do_next(workspace: Workspace) -> None:
    page = opened(workspace, build_study(workspace.database))
    assert "no judge yet" in words(page)
    assert "touchstone practice-server" in words(page)
    assert page.button("new-jury").disabled, "a jury needs judges first"
    assert not page.button("new-direct").disabled


def test_a_protocol_opens_its_form_with_the_prompt_and_what_it_will_be_asked(workspace: Workspace) -> None:
    built = build_study(workspace.database)
    page = opened(workspace, built)
    shown(page.button("new-direct").click().run())
    assert page.query_params["view"] == "new"
    key = f"jd-{built.study}-direct"
    assert "{{questions}}" in str(page.text_area(f"{key}-prompt").value)
    assert page.button(f"{key}-save").disabled, "it needs a name and a model"
    assert "It still needs a name and a model" in words(page)
    assert "Question q1" in words(page), "the requests are shown before anything is saved"


def test_a_judge_is_saved_and_its_page_shows_what_it_is_asked(workspace: Workspace) -> None:
    built = build_study(workspace.database)
    page = opened(workspace, built, view="new", protocol="direct")
    key = f"jd-{built.study}-direct"
    page.text_input(f"{key}-name").input("helpful")
    page.text_input(f"{key}-model").input("openai/gpt-4o-mini").run()
    shown(page.button(f"{key}-save").click().run())
    (face,) = list_judges(workspace, built.study)
    assert (face.title, face.spec.model, face.created_by) == ("helpful v1", "openai/gpt-4o-mini", "Zoe")
    assert page.query_params["judge"] == str(face.id)
    assert "&lt;/input" in words(page), "the fences are visible"
    assert "Answer to q1" in words(page)


def test_the_practice_server_is_filled_in(workspace: Workspace) -> None:
    built = build_study(workspace.database)
    page = opened(workspace, built, view="new", protocol="direct")
    key = f"jd-{built.study}-direct"
    shown(page.button(f"{key}-practice").click().run())
    assert page.text_input(f"{key}-model").value == "openai/practice-no-llm"
    assert page.text_input(f"{key}-address").value == "http://127.0.0.1:8600/v1"


@pytest.mark.parametrize(
    ("prompt", "said"),
    [
        ("{{input}} {{output}} {{questions}} {{answer_format}} {{secret}}", "secret"),
        ("{{input}} {{output}} {{answer_format}}", "questions"),
    ],
)
def test_an_unknown_or_missing_field_is_refused_beside_the_prompt(workspace: Workspace, prompt: str, said: str) -> None:
    built = build_study(workspace.database)
    page = opened(workspace, built, view="new", protocol="direct")
    key = f"jd-{built.study}-direct"
    page.text_input(f"{key}-name").input("helpful")
    page.text_input(f"{key}-model").input("openai/gpt-4o-mini")
    shown(page.text_area(f"{key}-prompt").set_value(prompt).run())
    assert "prompt, line 1" in words(page)
    assert said in words(page)
    assert page.button(f"{key}-save").disabled


def test_further_parameters_that_are_no_json_are_refused_where_they_stand(workspace: Workspace) -> None:
    built = build_study(workspace.database)
    page = opened(workspace, built, view="new", protocol="direct")
    key = f"jd-{built.study}-direct"
    shown(page.text_input(f"{key}-extra").input("{top_k: 20}").run())
    assert "further parameters, character 2" in words(page)
    assert page.button(f"{key}-save").disabled


def test_a_key_among_the_parameters_is_refused(workspace: Workspace) -> None:
    built = build_study(workspace.database)
    page = opened(workspace, built, view="new", protocol="direct")
    key = f"jd-{built.study}-direct"
    page.text_input(f"{key}-model").input("openai/gpt-4o-mini")
    shown(page.text_input(f"{key}-extra").input('{"api_key": "sk-very-secret"}').run())
    assert "no keys" in words(page) or "expected" in words(page)
    assert "sk-very-secret" not in words(page)


def test_an_edit_makes_the_next_version_and_both_stand_as_a_diff(workspace: Workspace) -> None:
    built = build_study(workspace.database)
    face = made(workspace, built)
    page = opened(workspace, built, judge=face.id, view="edit")
    key = f"jd-{built.study}-{face.id}"
    prompt = face.spec.prompt.replace("careful", "meticulous")
    page.text_area(f"{key}-prompt").set_value(prompt).run()
    assert page.button(f"{key}-save").label == "Save as version 2"
    shown(page.button(f"{key}-save").click().run())
    newest = next(one for one in list_judges(workspace, built.study) if one.version == 2)
    assert (newest.name, newest.spec.prompt) == ("helpful", prompt)
    page = opened(workspace, built, judge=newest.id, view="versions")
    assert "<del>careful</del>" in words(page).replace(" careful", "careful")
    assert "meticulous</ins>" in words(page)


def test_saving_the_very_same_judge_again_is_refused_in_words(workspace: Workspace) -> None:
    built = build_study(workspace.database)
    face = made(workspace, built)
    page = opened(workspace, built, judge=face.id, view="edit")
    shown(page.button(f"jd-{built.study}-{face.id}-save").click().run())
    assert "exactly the same judge" in words(page)
    assert len(list_judges(workspace, built.study)) == 1


def test_a_baseline_has_its_settings_and_is_planned_without_cost(workspace: Workspace) -> None:
    built = build_study(workspace.database)
    page = opened(workspace, built, view="new", protocol="length")
    key = f"jd-{built.study}-length"
    page.text_input(f"{key}-name").input("long").run()
    assert "setting &quot;limit&quot;" in words(page), "pass or fail needs the length that makes a hit"
    page.number_input(f"{key}-option-limit").set_value(200).run()
    shown(page.button(f"{key}-save").click().run())
    (face,) = list_judges(workspace, built.study)
    assert (face.kind, dict(face.spec.options)) == ("baseline", {"limit": 200})
    page = opened(workspace, built, judge=face.id, view="run")
    # all six outputs are equally long, and length is all that this rule looks at
    assert "1 answer by rule" in words(page)
    assert not page.number_input, "nothing of a price or a pace is asked"


def test_a_jury_is_made_of_judges_that_are_there(workspace: Workspace) -> None:
    built = build_study(workspace.database)
    first, second = made(workspace, built, "one"), made(workspace, built, "two", model="openai/gpt-4.1-mini")
    page = opened(workspace, built, view="new", protocol="jury")
    key = f"jury-{built.study}-new"
    page.text_input(f"{key}-name").input("both")
    page.multiselect(f"{key}-members").set_value([first.id, second.id]).run()
    shown(page.button(f"{key}-save").click().run())
    jury = next(one for one in list_judges(workspace, built.study) if one.kind == "jury")
    assert list(jury.spec.options["members"]) == [first.id, second.id]
    assert "Majority of one v1, two v1" in words(page)


def test_the_plan_tells_calls_and_cost_and_starts_what_it_told(workspace: Workspace) -> None:
    built = build_study(workspace.database)
    face = made(workspace, built)
    page = opened(workspace, built, judge=face.id, view="run")
    # three items by two systems, one criterion: six calls, and both systems answered each item alike
    assert "3 requests to send" in words(page)
    assert "3 of 6 calls are answered already, or ask the very same" in words(page)
    assert "expected to cost" in words(page)
    page.radio(f"run-which-{face.id}-output").set_value("random").run()
    page.number_input(f"run-n-{face.id}-output").set_value(1)
    shown(page.number_input(f"run-seed-{face.id}-output").set_value(5).run())
    assert "1 request to send" in words(page)
    shown(page.button("start-run").click().run())
    (run,) = list_runs(workspace, built.study)
    assert (run.selection.which, run.selection.n, run.selection.seed, run.created_by) == ("random", 1, 5, "Zoe")
    assert page.query_params["run"] == str(run.id)
    assert "Waiting for a worker" in words(page)
    assert "touchstone worker" in words(page), "no worker runs here, and it says what to do"


def test_a_run_is_narrowed_by_split_and_slice(workspace: Workspace) -> None:
    described = {
        "q1": {"split": "dev", "slices": {"topic": "rail"}},
        "q2": {"split": "dev", "slices": {"topic": "air"}},
    }
    built = build_study(workspace.database, described=described)
    face = made(workspace, built)
    page = opened(workspace, built, judge=face.id, view="run")
    shown(page.multiselect(f"run-split-{face.id}-output").set_value(["dev"]).run())
    assert "4 outputs chosen" in words(page)
    shown(page.multiselect(f"run-slices-{face.id}-output").set_value([("topic", "rail")]).run())
    assert "2 outputs chosen" in words(page)
    shown(page.button("start-run").click().run())
    (run,) = list_runs(workspace, built.study)
    assert (run.selection.splits, dict(run.selection.slices)) == (("dev",), {"topic": ("rail",)})


def test_nothing_fits_where_nobody_graded(workspace: Workspace) -> None:
    built = build_study(workspace.database)
    face = made(workspace, built)
    page = opened(workspace, built, judge=face.id, view="run")
    shown(page.radio(f"run-which-{face.id}-output").set_value("graded").run())
    assert "Nothing fits this choice" in words(page)
    assert not [button for button in page.button if button.key == "start-run"]


def test_a_plan_that_takes_long_shows_how_far_it_is_and_can_be_stopped(workspace: Workspace) -> None:
    built = build_study(workspace.database)
    face = made(workspace, built)
    let_go = Event()

    def slow(tell: Progress, _stopped: Callable[[], bool]) -> RunPlan:
        tell(1_500, 6_000, "Looking at what is to be asked")
        let_go.wait(60)
        return plan_run(workspace, face.id, Selection(kind="output"), RunSettings())

    page = AppTest.from_file(APP, default_timeout=60)
    task = Task(slow)
    page.session_state["judging-plan"] = ((face.id, 0, Selection(kind="output"), None, None), task)
    page.session_state["workspace"], page.session_state["visitor"] = workspace, ZOE
    for name, value in {"study": built.study, "judge": face.id, "view": "run"}.items():
        page.query_params[name] = str(value)
    page.run()
    page.switch_page("pages/judging.py")
    shown(page.run())
    assert "1,500 of about 6,000 subjects" in words(page)
    assert not [button for button in page.button if button.key == "start-run"]
    shown(page.button(f"cancel-{task.token}").click().run())
    assert task.cancelling
    let_go.set()
    assert task.wait(10)
    assert "3 requests to send" in words(shown(page.run()))


def test_an_unknown_price_is_asked_for_and_a_budget_needs_it(workspace: Workspace) -> None:
    built = build_study(workspace.database)
    face = made(workspace, built, model="openai/of-nobody")
    page = opened(workspace, built, judge=face.id, view="run")
    assert "No price is known" in words(page)
    assert "at an unknown price" in words(page)
    page.number_input(f"run-budget-{face.id}").set_value(1.0).run()
    shown(page.button("start-run").click().run())
    assert "no price is known" in words(page)
    assert not list_runs(workspace, built.study)
    page.number_input(f"run-{face.id}-price-in").set_value(1.0)
    shown(page.number_input(f"run-{face.id}-price-out").set_value(2.0).run())
    assert "expected to cost" in words(page)
    shown(page.button("start-run").click().run())
    (run,) = list_runs(workspace, built.study)
    assert (run.budget, run.settings.price_in, run.settings.price_out) == (1.0, 1.0, 2.0)


def test_the_way_to_agreement_names_the_judge_and_people_and_nobody_else(workspace: Workspace) -> None:
    built = build_study(workspace.database)
    face, other = made(workspace, built), made(workspace, built, "other", model="openai/gpt-4o")
    assert raters_beside(workspace, built.study, face.rater_id) == (), "there is nobody to hold it against"
    with workspace.database.writing() as session:
        people = [add_rater(session, built.study, name) for name in ("Ann", "Ben")]
    beside = raters_beside(workspace, built.study, face.rater_id)
    assert beside == tuple(sorted([face.rater_id, *people]))
    assert other.rater_id not in beside


def test_a_number_goes_to_that_place_among_the_subjects(workspace: Workspace) -> None:
    built = build_study(workspace.database)
    face = made(workspace, built)
    page = opened(workspace, built, judge=face.id, view="asked")
    assert "Output 1: q1 · alder" in words(page)
    page = shown(page.number_input("item-number").set_value(3).run())
    assert "Output 3: q2 · alder" in words(page)


def test_a_jury_of_many_names_a_few(workspace: Workspace) -> None:
    built = build_study(workspace.database)
    members = [made(workspace, built, f"grader {n} {'x' * 60}", model=f"openai/{n}").id for n in range(5)]
    add_jury(workspace, ZOE, built.study, "panel", members=members)
    assert "Majority of grader 0 xxx" in words(opened(workspace, built))
    assert " and 2 more" in words(opened(workspace, built))


def test_a_run_is_paused_resumed_and_cancelled(workspace: Workspace) -> None:
    built = build_study(workspace.database)
    face = made(workspace, built)
    run = start_run(workspace, ZOE, face.id, Selection(kind="output"), RunSettings())
    page = opened(workspace, built, judge=face.id, view="run")
    for button, state in (
        (f"pause-{run.id}", "paused"),
        (f"resume-{run.id}", "queued"),
        (f"cancel-{run.id}", "cancelled"),
    ):
        shown(page.button(button).click().run())
        assert run_status(workspace, run.id).state == state


def test_what_somebody_else_did_meanwhile_is_said_beside_the_button(workspace: Workspace) -> None:
    built = build_study(workspace.database)
    face = made(workspace, built)
    run = start_run(workspace, ZOE, face.id, Selection(kind="output"), RunSettings())
    page = opened(workspace, built, judge=face.id, view="run")
    cancel_run(workspace, run.id)
    shown(page.button(f"pause-{run.id}").click().run())
    assert "cancelled meanwhile" in words(page)


def test_a_trial_is_started_for_the_subject_in_sight(workspace: Workspace) -> None:
    built = build_study(workspace.database)
    face = made(workspace, built)
    subject = built.subjects["q2/alder"]
    page = opened(workspace, built, judge=face.id, view="asked", item=subject)
    shown(page.button("try-it").click().run())
    (run,) = list_runs(workspace, built.study)
    assert (run.purpose, run.selection.subjects) == ("trial", (subject,))
    assert page.query_params["trial"] == str(run.id)
    assert "waiting for a worker" in words(page)


def test_the_missing_key_is_named_where_a_worker_runs_without_it(workspace: Workspace) -> None:
    built = build_study(workspace.database)
    face = made(workspace, built)
    assert "No worker is running" in words(opened(workspace, built, judge=face.id, view="asked"))
    from core.store import runs

    with workspace.database.writing() as session:
        runs.beat("1@here:abc", variables=(), now=workspace.clock(), started_at=workspace.clock(), session=session)
    page = opened(workspace, built, judge=face.id, view="asked")
    assert "No worker is running" not in words(page)
    assert "OPENAI_API_KEY" in words(page)


def test_replies_are_shown_on_demand_to_people_with_a_name_and_that_is_noted(workspace: Workspace) -> None:
    built = build_study(workspace.database)
    face = made(workspace, built)
    answered(workspace, built, face)
    page = opened(workspace, built, who="", judge=face.id, view="calls", open=1)
    assert "It answers." not in words(page)
    assert exposures(workspace) == []
    shown(page.text_input("judging-name-calls").input("Ann").run())
    assert "It answers." in words(page)
    assert exposures(workspace) == [built.subjects["q1/alder"]]


def test_of_a_reply_that_no_page_could_hold_both_ends_are_shown(workspace: Workspace) -> None:
    built = build_study(workspace.database)
    face = made(workspace, built)
    answered(workspace, built, face, reply=f"the beginning {'[' * 1_000_000} the end")
    text = words(opened(workspace, built, judge=face.id, view="calls", open=1))
    assert "the beginning [[[" in text
    assert "[[[ the end" in text
    # 14 + 1,000,000 + 8 characters, 20,000 shown at either end
    assert "960,022 characters are left out here" in text
    assert len(text) < 100_000


def test_opening_the_part_alone_shows_no_reply(workspace: Workspace) -> None:
    built = build_study(workspace.database)
    face = made(workspace, built)
    answered(workspace, built, face)
    page = opened(workspace, built, judge=face.id, view="calls")
    assert "It answers." not in words(page)
    assert exposures(workspace) == []
    shown(page.button("show-calls").click().run())
    assert "It answers." in words(page)


def test_failures_are_grouped_and_one_press_asks_them_again(workspace: Workspace) -> None:
    built = build_study(workspace.database)
    face = made(workspace, built)
    answered(workspace, built, face, status="provider error", cause="time-out", error="No answer in 60 s.", reply="")
    first = the_run(workspace, built)
    page = opened(workspace, built, judge=face.id, view="run", run=first)
    assert "Time-out" in words(page)
    assert "No answer in 60 s." in words(page)
    shown(page.button("again-0").click().run())
    newest = list_runs(workspace, built.study)[0]
    assert (newest.retry_of_id, newest.selection.statuses) == (first, ("provider error",))
    assert newest.selection.causes == ("time-out",)
    assert page.query_params["run"] == str(newest.id)
    assert exposures(workspace) == [], "a failure holds no verdict"


def test_the_table_marks_kinds_and_counts_open_their_calls(workspace: Workspace) -> None:
    built = build_study(workspace.database)
    face = made(workspace, built)
    other = made(workspace, built, "other", model="openai/gpt-4.1-mini")
    add_jury(workspace, ZOE, built.study, "both", members=[face.id, other.id])
    answered(workspace, built, face)
    answered(workspace, built, face, status="unreadable", cause="no verdict found", reply="Hm.")
    text = words(opened(workspace, built))
    assert "jury" in text
    assert "50 %" in text, "one of two calls was unreadable"
    assert f"judge={face.id}&amp;view=calls&amp;status=unreadable" in text


def test_names_prompts_and_replies_stay_text(workspace: Workspace) -> None:
    criteria = {"acceptable": ("output", pass_fail()), "polite": ("output", yes_no())}
    built = build_study(workspace.database, criteria=criteria, answers={("q1", "alder"): (HOSTILE,)})
    spec = draft(workspace, built.study, "direct", model="openai/gpt-4o-mini")
    spec = spec.changed(prompt=f"{spec.prompt}\n\n{HOSTILE}", persona="")
    face = add_judge(workspace, ZOE, built.study, HOSTILE[:100], spec, note=HOSTILE)
    with workspace.database.writing() as session:
        judge = BuiltJudge(face.id, face.rater_id, face.title)
        key = add_call(session, built, judge, "q1/alder", reply=HOSTILE, error=HOSTILE)
        add_verdict(session, built, "q1/alder", "acceptable", judge, "pass", rationale=HOSTILE, call=key)
    one: dict[str, str | int] = {"judge": face.id}
    for address in (
        {}, one, one | {"view": "calls", "open": 1}, one | {"view": "versions"}, one | {"view": "edit"},
        one | {"view": "run", "run": the_run(workspace, built)}, one | {"view": "calls", "cause": HOSTILE[:40]},
        {"judge": HOSTILE},
    ):  # fmt: skip
        page = opened(workspace, built, **address)
        assert "<img src=x" not in words(page), address
        assert "<script>alert" not in words(page), address
        assert not page.markdown, "untrusted text never reaches Streamlit's Markdown"
        labels = [
            one.label for kind in (page.button, page.selectbox, page.text_input, page.number_input) for one in kind
        ]
        assert not any("fake" in label for label in labels), address


def test_an_address_that_names_nothing_says_so(workspace: Workspace) -> None:
    built = build_study(workspace.database)
    face = made(workspace, built)
    assert "There is no judge" in words(opened(workspace, built, judge="nobody"))
    assert "There is no run" in words(opened(workspace, built, judge=face.id, view="run", run=999))
    assert "not asked about what the address names" in words(opened(workspace, built, judge=face.id, item=999))
    assert "no such way to judge" in words(opened(workspace, built, view="new", protocol="guessing"))


def test_the_web_process_never_loads_litellm() -> None:
    code = (
        "import sys\n"
        "from streamlit.testing.v1 import AppTest\n"
        "from tests.pages.test_judging import opened, made\n"
        "from tests.builders import build_study\n"
        "from tests.conftest import Clock, make_workspace\n"
        "from core.store.database import open_database\n"
        "from core.store.migrating import migrate\n"
        "from pathlib import Path\n"
        "import tempfile\n"
        "folder = Path(tempfile.mkdtemp())\n"
        "database = open_database(f'sqlite:///{folder}/x.db')\n"
        "migrate(database, backup_dir=folder, clock=Clock())\n"
        "space = make_workspace(database, Clock())\n"
        "built = build_study(database)\n"
        "face = made(space, built)\n"
        "for view in ('asked', 'run', 'calls', 'edit', 'versions'):\n"
        "    opened(space, built, judge=face.id, view=view)\n"
        "print([name for name in sys.modules if name.split('.')[0] in ('litellm', 'openai')])\n"
    )
    found = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert found.stdout.strip().endswith("[]"), found.stdout + found.stderr


def test_runs_of_the_page_are_the_ones_of_the_database(workspace: Workspace) -> None:
    built = build_study(workspace.database)
    face = made(workspace, built)
    answered(workspace, built, face)
    with workspace.database.reading() as session:
        stored = [run.id for run in session.exec(select(Run)).all()]
    text = words(opened(workspace, built, judge=face.id, view="run"))
    assert all(f"Run {key}" in text for key in stored)
