"""The first subjects of an import on the card: as graders will see them, and who saw more."""

from pathlib import Path

import pytest
from sqlmodel import select

from core.importing.checked import PreviewCriterion, PreviewRating, PreviewSubject
from core.models.ratings import Exposure
from core.scales import likert, pass_fail, preference
from core.workflow.import_preview import note_seen, preview_card, rating_words
from core.workflow.import_wizard import propose_mapping, see_file
from core.workflow.importing import ImportResult, InputFile, run_import
from core.workflow.workspace import Visitor, Workspace

BETTER = PreviewCriterion("better", "Better", "Which is better?", "", "pair", preference(both_bad=True))
GOOD = PreviewCriterion("good", "Good", "", "Look *closely*.", "pair", likert(1, 3, {1: "Poor"}))
PAIR = PreviewSubject(
    key="pair", kind="pair", item="q1", messages=({"role": "user", "content": "**Why** <script>x</script>?"},),
    context="Some context", references=("The answer",),
    outputs=(({"role": "assistant", "content": "Two words"},), ({"role": "assistant", "content": "One"},)),
    criteria=(BETTER, GOOD), ratings=(PreviewRating("Ada", "person", "Better", "A", "", "because"),),
)  # fmt: skip


def said(value: str = "", absence: str = "", criterion: str = "Better") -> str:
    return rating_words(PreviewRating("Ada", "person", criterion, value, absence, ""), PAIR.criteria)


def test_a_pair_stands_as_left_and_right_without_ratings_references_or_markup() -> None:
    drawn = preview_card(PAIR)
    card = drawn["card"]
    assert [(output["side"], output["words"]) for output in card["outputs"]] == [("left", 2), ("right", 1)]
    assert "<strong>Why</strong>" in card["messages_html"]
    assert "<script" not in card["messages_html"] + card["messages_raw_html"]
    assert card["reference_html"] is None
    assert "The answer" not in str(drawn)
    assert "because" not in str(drawn)


def test_questions_are_asked_as_the_card_asks_them() -> None:
    better, good = preview_card(PAIR)["criteria"]
    assert [option["key"] for option in better["options"]] == ["left", "tie", "right", "both_bad"]
    assert [option["label"] for option in good["options"]] == ["Poor", "2", "3"]
    assert "<em>closely</em>" in good["guidance_html"]
    assert good["numeric"] is None


@pytest.mark.parametrize(
    ("value", "absence", "criterion", "words"),
    [
        ("A", "", "Better", "Left"),
        ("B", "", "Better", "Right"),
        ("tie", "", "Better", "Tie"),
        ("1", "", "Good", "Poor"),
        ("", "unreadable", "Better", "unreadable"),
        ("", "abstained", "Better", "can't tell"),
        ("7", "", "Of another kind", "7"),
    ],
)
def test_what_was_said_is_told_as_the_card_would(value: str, absence: str, criterion: str, words: str) -> None:
    assert said(value, absence, criterion) == words


def test_an_option_is_told_by_its_label() -> None:
    criteria = (PreviewCriterion("ok", "Ok", "", "", "item", pass_fail()),)
    assert rating_words(PreviewRating("Ada", "person", "Ok", "pass", "", ""), criteria) == "Pass"


def imported(workspace: Workspace, folder: Path) -> ImportResult:
    path = folder / "grades.csv"
    rows = "".join(f"q{n},Question number {n},{n % 2 + 3}\n" for n in range(5))
    path.write_text(f"id,prompt,score\n{rows}", encoding="utf-8")
    file = see_file(path, path.name)
    files = [InputFile(path, path.name)]
    return run_import(workspace, Visitor("Ann"), files, propose_mapping([file]), new_name="Seen")


def test_who_saw_ratings_in_the_preview_is_no_longer_blind_on_these_subjects(
    any_workspace: Workspace, tmp_path: Path
) -> None:
    result = imported(any_workspace, tmp_path)
    previewed = result.checked.preview
    assert len(previewed) == 3
    assert all(subject.ratings for subject in previewed)
    note_seen(any_workspace, Visitor("Ann"), result.study_id, previewed)
    note_seen(any_workspace, Visitor("Ann"), result.study_id, previewed)
    with any_workspace.database.reading() as session:
        noted = session.exec(select(Exposure)).all()
        assert [row.shown_on for row in noted] == ["importing"] * 3
        assert len({row.subject_id for row in noted}) == 3


def test_who_has_no_name_leaves_no_trace(workspace: Workspace, tmp_path: Path) -> None:
    result = imported(workspace, tmp_path)
    note_seen(workspace, Visitor(), result.study_id, result.checked.preview)
    with workspace.database.reading() as session:
        assert session.exec(select(Exposure)).all() == []
