"""Public sets, as their authors published them, through the mappings that come along."""

import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest
from sqlalchemy import text

from core.importing.mapping import read_mapping_file
from core.settings import ROOT
from core.workflow.importing import ImportResult, input_files, run_import
from core.workflow.workspace import Visitor, Workspace

pytestmark = pytest.mark.reference


@pytest.fixture(scope="module")
def reference() -> Path:
    named = os.environ.get("TOUCHSTONE_REFERENCE_DATA")
    if not named:
        pytest.skip("TOUCHSTONE_REFERENCE_DATA names no folder with the public data sets")
    return Path(named)


def bring(workspace: Workspace, name: str, folder: Path, files: Sequence[str]) -> ImportResult:
    """Import a set; bringing it a second time must add nothing."""
    mapping = read_mapping_file(ROOT / "data" / "mappings" / f"{name}.toml")
    chosen = input_files([folder / file for file in files])
    result = run_import(workspace, Visitor(), chosen, mapping, new_name=name)
    again = run_import(workspace, Visitor(), chosen, mapping, study=result.study_id)
    assert again.import_id is None
    assert again.checked.ratings.known == result.checked.ratings.new
    return result


def options(workspace: Workspace, where: str) -> list[tuple[str, str, str]]:
    """Subject, rater, option or absence of ratings."""
    query = "select s.key, a.name, coalesce(r.option, r.absence) from rating r join subject s on s.id = r.subject_id "
    query += f"join rater a on a.id = r.rater_id join criterion c on c.id = r.criterion_id where {where} order by r.id"
    with workspace.database.reading() as session:
        return [(key, rater, value) for key, rater, value in session.execute(text(query))]


def test_pandalm_brings_three_people_and_two_judges_with_dirty_verdicts_counted(
    workspace: Workspace, reference: Path
) -> None:
    files = ("testset-v1.json", "gpt-3.5-turbo-testset-v1.json", "pandalm-7b-testset-v1.json")
    checked = bring(workspace, "pandalm", reference / "pandalm", files).checked
    assert (checked.items.new, checked.outputs.new, checked.ratings.new) == (999, 1998, 999 * 5)
    assert [(aside.value, aside.count, aside.treated) for aside in checked.set_aside] == [("garbage", 25, "unreadable")]
    votes: dict[str, Counter[str]] = {}
    for subject, _, option in options(workspace, "a.kind = 'person'"):
        votes.setdefault(subject, Counter())[option] += 1
    majority = Counter(
        option for counted in votes.values() for option, count in counted.items() if count * 2 > counted.total()
    )
    # The README prints 105 ties, 422 for the first, 472 for the second: 999 in all.
    assert majority == {"tie": 105, "A": 422, "B": 472}
    judges = Counter((rater, option) for _, rater, option in options(workspace, "a.kind = 'judge'"))
    assert judges["gpt-3.5-turbo", "unreadable"] == 25
    assert judges["gpt-3.5-turbo", "tie"] == 38
    assert judges["pandalm-7b", "tie"] == 107


def test_llmfao_joins_models_outputs_votes_and_verdicts(workspace: Workspace, reference: Path) -> None:
    files = ("pairs-crowd.jsonl", "models.jsonl", "crowd-comparisons.csv", "gpt4-crowd-comparisons.csv",
             "gpt3-crowd-comparisons.csv")  # fmt: skip
    checked = bring(workspace, "llmfao", reference / "llmfao", files).checked
    assert (checked.items.new, checked.systems.new, checked.subjects["pair"].new) == (13, 59, 2139)
    assert checked.raters == {"judge": 2, "person": 124}
    votes = Counter(option for _, _, option in options(workspace, "a.kind = 'person'"))
    # crowd-comparisons.csv: 2,911 left, 3,471 tie, 2,549 right; left is the first output of its pair throughout.
    assert votes == {"A": 2911, "tie": 3471, "B": 2549}
    verdicts = Counter(rater for _, rater, _ in options(workspace, "a.kind = 'judge'"))
    assert verdicts == {"GPT-4": 2139, "GPT-3": 2139}


def test_judge_bench_recipes_bring_ragged_lists_of_scores_without_names(workspace: Workspace, reference: Path) -> None:
    checked = bring(
        workspace, "judge_bench_recipes", reference / "judge_bench", ("meta_evaluation_recipes.json",)
    ).checked
    assert (checked.items.new, checked.ratings.new, checked.raters) == (52, 6336, {"seat": 88})
    seats = Counter(subject for subject, _, _ in options(workspace, "c.lineage = 'grammar'"))
    assert (min(seats.values()), max(seats.values())) == (15, 88)


def test_judge_bench_newsroom_brings_three_scores_on_four_scales(workspace: Workspace, reference: Path) -> None:
    checked = bring(workspace, "judge_bench_newsroom", reference / "judge_bench", ("newsroom.json",)).checked
    assert (checked.items.new, checked.outputs.new, checked.ratings.new) == (420, 420, 420 * 3 * 4)


def test_llmbar_brings_verdicts_in_both_orders_and_a_gold_label(workspace: Workspace, reference: Path) -> None:
    checked = bring(workspace, "llmbar", reference / "llmbar", ("items.csv", "verdicts.csv")).checked
    assert (checked.items.new, checked.ratings.new) == (419, 419 + 54_470)
    assert [(aside.value, aside.count, aside.treated) for aside in checked.set_aside] == [("", 134, "unreadable")]
    rows = options(workspace, "a.name = 'ChatGPT-0301 CoT' and s.key like 'Adversarial\\/GPTInst%' escape '!'")
    both: dict[str, list[str]] = {}
    for subject, _, option in rows:
        both.setdefault(subject, []).append(option)
    # Published for this judge and prompt: both orders pick the same output in 37 of 92 pairs.
    assert (sum(first == second for first, second in both.values()), len(both)) == (37, 92)


def test_llm_rubric_brings_probabilities_and_leaves_out_what_does_not_apply(
    workspace: Workspace, reference: Path
) -> None:
    files = ("real_conversations.jsonl", "human_judges_real_convs_FIXED_ANON.tsv",
             "gpt-3.5-turbo-16k_real_evaluations_FIXED.tsv")  # fmt: skip
    checked = bring(workspace, "llm_rubric", reference / "llm_rubric", files).checked
    # 223 dialogues x 9 questions by one person each, of which 306 are 0; as many verdicts.
    assert (checked.n_missing, checked.ratings.new) == (306, 2 * 223 * 9 - 306)
    with workspace.database.reading() as session:
        query = "select count(*) from rating where probabilities is not null"
        assert session.execute(text(query)).scalar_one() == 223 * 9


def test_llm_rubric_synthetic_has_raters_who_saw_a_dialogue_twice(workspace: Workspace, reference: Path) -> None:
    files = ("human_judges_synth_all_FIXED_ANON.tsv", "gpt-3.5-turbo-16k_synth_evaluations_FIXED.tsv")
    bring(workspace, "llm_rubric_synthetic", reference / "llm_rubric", files)
    with workspace.database.reading() as session:
        query = "select count(*) from rating r join criterion c on c.id = r.criterion_id "
        query += "where r.repetition = 1 and c.lineage = 'q6'"
        assert session.execute(text(query)).scalar_one() == 9


@pytest.mark.parametrize(
    ("name", "n_items", "n_flagged", "published"),
    [("mnist", 100, 100, 15), ("cifar10", 10_000, 275, 54), ("imdb", 1310, 1310, 725), ("20news", 7532, 93, 82)],
)
def test_label_errors_bring_votes_that_confirm_as_many_errors_as_published(
    workspace: Workspace, reference: Path, name: str, n_items: int, n_flagged: int, published: int
) -> None:
    files = [f"mturk/{name}_mturk.json"]
    if name in ("cifar10", "20news"):
        files += [f"npy/{name}_test_set_pyx.npy", f"npy/{name}_test_set_original_labels.npy"]
    checked = bring(workspace, f"label_errors_{name}", reference / "label_errors", files).checked
    assert checked.items.new == n_items
    votes: dict[str, int] = {}
    for subject, _, option in options(workspace, "c.lineage = 'vote'"):
        votes[subject] = votes.get(subject, 0) + (option == "given")
    # Flagged items in which fewer than 3 of 5 votes confirm the given label.
    assert (len(votes), sum(n < 3 for n in votes.values())) == (n_flagged, published)
