"""The import page without a browser: from files to a study, and everything that can be wrong on the way."""

import json
import os
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.workflow.demo import load_demo
from core.workflow.exporting import ExportRequest, start_export
from core.workflow.import_wizard import propose_mapping
from core.workflow.studies import StudySummary, create_study, list_studies
from core.workflow.workspace import Visitor, Workspace
from pages.parts.wizard.state import Wizard

MAPPINGS = Path(__file__).parents[2] / "data" / "mappings"
APP = str(Path(__file__).parents[2] / "app.py")
HOSTILE = "<img src=x onerror=alert(1)><script>alert(2)</script> ![p](http://example.org/p.png) :red-badge[fake]"
GRADES = b"""id,prompt,annotator1,annotator2
q1,Name a bright star of the northern sky,good,poor
q2,Name a moon of the planet Mars,good,good
q3,Name a sea on the Moon of the Earth,poor,oops
"""
SINGLE = b"id,prompt,score\nq1,Name a bright star of the northern sky,4\nq2,Name a moon of the planet Mars,2\n"

File = tuple[str, bytes, str]


def opened(workspace: Workspace, *files: tuple[str, bytes], visitor: str = "Ann", **address: str) -> AppTest:
    page = AppTest.from_file(APP, default_timeout=30)
    page.session_state["workspace"] = workspace
    page.session_state["visitor"] = Visitor(visitor)
    for name, value in address.items():
        page.query_params[name] = value
    page.run()
    shown(page.switch_page("pages/importing.py").run())
    return given(page, *files) if files else page


def given(page: AppTest, *files: tuple[str, bytes]) -> AppTest:
    uploads: list[File] = [(name, data, "application/octet-stream") for name, data in files]
    return shown(page.file_uploader[0].set_value(uploads).run())


def shown(page: AppTest) -> AppTest:
    assert not page.exception, page.exception
    return page


def words(page: AppTest) -> str:
    """Everything the page shows as HTML."""
    return "\n".join(element.proto.body for element in page.get("html"))


def pressed(page: AppTest, key: str) -> AppTest:
    return shown(page.button(key).click().run())


def wizard(page: AppTest) -> Wizard:
    found = page.session_state["import_wizard"]
    assert isinstance(found, Wizard)
    return found


def checked(page: AppTest) -> AppTest:
    """From the files to a finished check."""
    pressed(pressed(page, "to-mapping"), "to-check")
    task = wizard(page).checking
    assert task is not None
    assert task.wait(20)
    return shown(page.run())


def brought(page: AppTest) -> AppTest:
    """From a finished check to a finished import."""
    pressed(page, "run-import")
    task = wizard(page).importing
    assert task is not None
    assert task.wait(20)
    return shown(page.run())


def only_study(workspace: Workspace) -> StudySummary:
    (study,) = list_studies(workspace)
    return study


def choice(page: AppTest, label: str, place: int = 0) -> "object":
    return [box for box in page.selectbox if box.label == label][place]


def test_without_a_file_it_shows_what_files_may_look_like_and_the_way_to_the_demo(workspace: Workspace) -> None:
    page = opened(workspace)
    for example in ("Two outputs a row", "One column per rater", "Scores listed inside", "A probability per option"):
        assert example in words(page)
    assert "up to 200 MB" in words(page)
    assert "touchstone import" in words(page)
    assert [link.proto.label for link in page.get("page_link")] == ["No file at hand? Load the demo study"]


def test_a_file_is_detected_mapped_checked_and_imported(workspace: Workspace) -> None:
    page = opened(workspace, ("stars.csv", SINGLE))
    assert "CSV · columns between commas · UTF-8 · 2 records · 3 columns" in words(page)
    assert "item\u00a0id" in words(page)
    checked(page)
    assert "Ready: 2 items and 2 ratings to bring in, rated by 1 source." in words(page)
    assert not list_studies(workspace), "nothing is written before the last step"
    brought(page)
    assert "Brought into “stars”: 2 items and 2 ratings." in words(page)
    study = only_study(workspace)
    assert (study.name, study.n_items, study.n_ratings) == ("stars", 2, 2)
    links = {link.proto.label: link.proto.query_string for link in page.get("page_link")}
    assert links["Grade"] == links["See agreement"] == f"study={study.id}"


def test_a_value_that_nothing_knows_stops_until_somebody_says_what_it_is(workspace: Workspace) -> None:
    page = opened(workspace, ("grades.csv", GRADES))
    pressed(page, "to-mapping")
    page.text_area[-1].input(page.text_area[-1].value.replace('"oops"', '"unused"').replace("oops", "unused")).run()
    (use,) = [button for button in page.button if button.key.startswith("use-toml-")]
    shown(use.click().run())
    pressed(page, "to-check")
    assert wizard(page).checking.wait(20)
    shown(page.run())
    assert "1 problem to solve" in words(page)
    assert "oops" in words(page)
    assert page.button("run-import").disabled
    shown(choice(page, "What becomes of them").set_value("missing").run())
    assert wizard(page).checking.wait(20)
    shown(page.run())
    assert "Ready: 3 items and 5 ratings" in words(page)
    brought(page)
    assert "1 value left no rating" in words(page)
    assert only_study(workspace).n_ratings == 5


@pytest.mark.parametrize(
    ("name", "data", "told"),
    [
        ("empty.csv", b"", "empty.csv"),
        ("broken.json", b'{"a": ', "broken.json"),
        ("broken.jsonl", b'{"a": 1}\n{"a": 2\n', "line 2"),
        ("photo.png", b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "photo.png"),
    ],
)
def test_a_broken_file_is_told_in_words_and_nothing_goes_on(
    workspace: Workspace, name: str, data: bytes, told: str
) -> None:
    page = opened(workspace, (name, data), ("stars.csv", SINGLE))
    assert 'class="ts-error"' in words(page)
    assert told in words(page)
    assert page.button("to-mapping").disabled
    pressed(page, "remove-0")
    assert not page.button("to-mapping").disabled
    assert not list_studies(workspace)


def test_hostile_names_headers_and_cells_stay_text(workspace: Workspace) -> None:
    header = f'id,prompt,score,"{HOSTILE}"'
    data = f'{header}\nq1,"{HOSTILE}",4,"{HOSTILE}"\n"{HOSTILE}",Name a moon of Mars,2,x\n'.encode()
    page = opened(workspace, (f"{HOSTILE}.csv", data))
    assert "&lt;img" in words(page)
    checked(page)
    brought(page)
    pages = words(page)
    assert "<img" not in pages
    assert "<script>alert" not in pages
    assert not page.markdown
    for widgets in (page.button, page.toggle, page.expander):
        assert all("onerror" not in widget.label for widget in widgets)


def test_hostile_text_is_markup_on_no_step(workspace: Workspace) -> None:
    data = f'id,prompt,"{HOSTILE}"\nq1,"{HOSTILE}","{HOSTILE}"\nq2,Name a moon of Mars,x\n'.encode()
    page = opened(workspace, ("a.csv", data))
    seen = [words(page)]
    seen.append(words(pressed(page, "to-mapping")))
    seen.append(words(checked_from_mapping(page)))
    for text in seen:
        assert "<img" not in text
        assert "<script>alert" not in text


def checked_from_mapping(page: AppTest) -> AppTest:
    pressed(page, "to-check")
    assert wizard(page).checking.wait(20)
    return shown(page.run())


def test_what_the_forms_say_is_what_the_mapping_says(workspace: Workspace) -> None:
    page = opened(workspace, ("stars.csv", SINGLE))
    pressed(page, "to-mapping")
    shown(choice(page, "Who rated").set_value("judge").run())
    shown(choice(page, "Context").set_value("{id}").run())
    shown(choice(page, "They are").set_value("all").run())
    mapping = wizard(page).mapping
    assert mapping.ratings[0].kind == "judge"
    assert mapping.content[0].item.context == "{id}"
    assert mapping.chosen.design == "all"
    assert 'kind = "judge"' in page.text_area[-1].value


def test_the_mapping_can_be_written_as_text_and_a_wrong_text_names_its_place(workspace: Workspace) -> None:
    page = opened(workspace, ("stars.csv", SINGLE))
    pressed(page, "to-mapping")
    text = page.text_area[-1].value
    page.text_area[-1].input(text.replace('shape = "rows"', 'shape = "rows"\ncolour = "red"')).run()
    (use,) = [button for button in page.button if button.key.startswith("use-toml-")]
    shown(use.click().run())
    assert "ratings[0].colour" in words(page)
    page.text_area[-1].input(text.replace('rater = "given"', 'rater = "Ada"')).run()
    (use,) = [button for button in page.button if button.key.startswith("use-toml-")]
    shown(use.click().run())
    assert choice(page, "Rater").value == "Ada"
    assert wizard(page).mapping.ratings[0].rater == "Ada"


def test_a_random_sample_needs_to_know_of_how_many(workspace: Workspace) -> None:
    page = opened(workspace, ("stars.csv", SINGLE))
    pressed(page, "to-mapping")
    shown(choice(page, "They are").set_value("random").run())
    assert "of how many it was drawn" in words(page)
    assert page.button("to-check").disabled
    shown(page.number_input[-1].set_value(500).run())
    assert not page.button("to-check").disabled
    assert wizard(page).mapping.chosen.population == 500


def test_ratings_can_be_left_out(workspace: Workspace) -> None:
    page = opened(workspace, ("stars.csv", SINGLE))
    pressed(page, "to-mapping")
    (toggle,) = page.toggle
    shown(toggle.set_value(False).run())
    checked_from_mapping(page)
    assert "Ready: 2 items to bring in." in words(page)
    brought(page)
    assert only_study(workspace).n_ratings == 0


def test_a_saved_mapping_is_taken_instead_of_a_proposal(workspace: Workspace) -> None:
    page = opened(workspace, ("stars.csv", SINGLE))
    pressed(page, "to-mapping")
    text = page.text_area[-1].value.replace('rater = "given"', 'rater = "Grace"')
    again = opened(workspace, ("stars.csv", SINGLE), ("mine.toml", text.encode()))
    assert "mine.toml" in words(again)
    brought(checked(again))
    assert only_study(workspace).n_ratings == 2


def test_files_named_as_in_a_mapping_that_comes_along_can_be_read_by_it(workspace: Workspace) -> None:
    votes = [{"id": 1, "url": "https://example.org/1.txt", "given_original_label": 0, "our_guessed_label": 1,
              "mturk": {"given": 1, "guessed": 3, "neither": 1, "both": 0}}]  # fmt: skip
    page = opened(workspace, ("imdb_mturk.json", json.dumps(votes).encode()))
    pressed(page, "to-mapping")
    mapping = wizard(page).mapping
    assert mapping is not None
    assert mapping.name != "Label errors: IMDb"
    pressed(page, "take-bundled")
    mapping = wizard(page).mapping
    assert mapping is not None
    assert mapping.name == "Label errors: IMDb"
    assert "comes along for them: Label errors: IMDb" in words(page)
    assert "take-bundled" not in [button.key for button in page.button]


def test_a_mapping_that_is_none_is_refused_in_words(workspace: Workspace) -> None:
    page = opened(workspace, ("bad.toml", b"version = "))
    assert "bad.toml" in words(page)
    assert wizard(page).mapping is None
    assert "no mapping" in words(given(page, ("worse.toml", b"\xff\xfe\x00")))


def test_a_study_that_is_there_takes_the_files_and_the_second_time_there_is_nothing_to_add(
    workspace: Workspace,
) -> None:
    study = create_study(workspace, Visitor("Ann"), "Stars")
    for round_, sentence in enumerate(("Ready: 2 items", "has everything in these files already")):
        page = opened(workspace, ("stars.csv", SINGLE), study=str(study.id))
        pressed(page, "to-mapping")
        assert choice(page, "Study").value == str(study.id)
        checked_from_mapping(page)
        assert sentence in words(page)
        assert page.button("run-import").disabled == bool(round_)
        if not round_:
            brought(page)
    assert only_study(workspace).n_items == 2


def test_our_own_export_comes_back_through_the_page_as_it_was(workspace: Workspace) -> None:
    demo = load_demo(workspace)
    request = ExportRequest(study=str(demo.id), shape="long", format="csv", texts=True)
    data = b"".join(start_export(workspace, Visitor("Ann"), request).pieces())
    page = opened(workspace, ("export.csv", data))
    pressed(page, "to-mapping")
    assert "ratings that Touchstone exported" in words(page)
    shown(page.text_input[-1].input("Again").run())
    checked_from_mapping(page)
    brought(page)
    again = next(study for study in list_studies(workspace) if study.name == "Again")
    assert again.n_ratings == demo.n_ratings


@pytest.mark.parametrize("name", sorted(path.stem for path in MAPPINGS.glob("*.toml")))
def test_every_mapping_that_comes_along_can_be_looked_at(workspace: Workspace, name: str) -> None:
    mapping = (MAPPINGS / f"{name}.toml").read_bytes()
    page = opened(workspace, ("stars.csv", SINGLE), (f"{name}.toml", mapping))
    before = wizard(page).mapping
    assert before is not None
    pressed(page, "to-mapping")
    assert 'class="ts-error"' not in words(page)
    assert wizard(page).mapping == before, "looking at it changes nothing"


def test_a_name_that_is_taken_is_told_after_nothing_happened(workspace: Workspace) -> None:
    create_study(workspace, Visitor("Ann"), "stars")
    page = opened(workspace, ("stars.csv", SINGLE))
    checked(page)
    brought(page)
    assert "The import did not happen; the study is as it was." in words(page)
    assert only_study(workspace).n_items == 0
    pressed(page, "back-to-check")
    assert wizard(page).uploads


def test_ratings_that_came_along_are_shown_to_who_asks_and_says_who_they_are(workspace: Workspace) -> None:
    page = checked(opened(workspace, ("stars.csv", SINGLE), visitor=""))
    assert "1 rating came along" in words(page)
    assert "given</span>" not in words(page)
    shown(page.toggle("show-ratings").set_value(True).run())
    assert "given</span>" not in words(page), "first a name"
    shown(page.text_input("import-name").input("Zoe").run())
    assert "given</span>" in words(page)
    assert wizard(page).name == "Zoe"


def test_a_page_loaded_anew_says_that_files_must_be_chosen_again(workspace: Workspace) -> None:
    page = opened(workspace, step="3")
    assert "choose them again" in words(page)
    assert page.query_params["step"] in ("1", ["1"])
    given(page, ("stars.csv", SINGLE))
    assert "choose them again" not in words(page)


def test_a_page_loaded_anew_finds_the_import_that_it_started(workspace: Workspace) -> None:
    page = brought(checked(opened(workspace, ("stars.csv", SINGLE))))
    token = wizard(page).importing.token
    again = opened(workspace, step="4", task=token)
    assert "Brought into “stars”" in words(again)
    pressed(again, "import-more")
    assert "What a file may look like" in words(again)


def test_uploads_go_when_the_import_is_done(workspace: Workspace) -> None:
    page = checked(opened(workspace, ("stars.csv", SINGLE)))
    folder = wizard(page).folder.path
    assert list(folder.iterdir())
    brought(page)
    assert not folder.exists()


PUBLIC = {
    "pandalm": ("pandalm/*.json",),
    "judge_bench": ("judge_bench/meta_evaluation_recipes.json",),
    "llmbar": ("llmbar/items.csv", "llmbar/verdicts.csv"),
    "llm_rubric": ("llm_rubric/gpt*real*.tsv", "llm_rubric/human*real*.tsv", "llm_rubric/*.jsonl"),
    "label_errors": ("label_errors/mturk/imdb_mturk.json",),
    "arrays": ("label_errors/npy/cifar10*.npy",),
    "llmfao": ("llmfao/crowd-comparisons.csv", "llmfao/pairs-crowd.jsonl"),
}


@pytest.mark.reference
@pytest.mark.parametrize("name", PUBLIC)
def test_looking_at_a_proposal_for_a_public_set_changes_nothing(workspace: Workspace, name: str) -> None:
    folder = os.environ.get("TOUCHSTONE_REFERENCE_DATA")
    if not folder:
        pytest.skip("TOUCHSTONE_REFERENCE_DATA is unset: it names the folder of the public data sets")
    paths = sorted(path for pattern in PUBLIC[name] for path in Path(folder).glob(pattern))
    page = opened(workspace, *((path.name, path.read_bytes()) for path in paths))
    proposed = propose_mapping(wizard(page).seen)
    pressed(page, "to-mapping")
    assert 'class="ts-error"' not in words(page)
    assert wizard(page).mapping == proposed
