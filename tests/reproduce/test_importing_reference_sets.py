"""Public sets, as their authors published them, through the mappings that come along."""

from collections import Counter

import pytest
from sqlalchemy import text

from core.workflow.importing import CheckedImport
from tests.reproduce.studies import ReferenceStudies

pytestmark = [pytest.mark.reference, pytest.mark.xdist_group("reference")]


def brought(reference: ReferenceStudies, name: str) -> CheckedImport:
    """What came with a set; bringing it a second time must add nothing."""
    checked, again = reference.result(name).checked, reference.again(name)
    assert again.import_id is None
    assert again.checked.ratings.known == checked.ratings.new
    return checked


def options(reference: ReferenceStudies, name: str, where: str) -> list[tuple[str, str, str]]:
    """Subject, rater, option or absence of ratings."""
    query = "select s.key, a.name, coalesce(r.option, r.absence) from rating r join subject s on s.id = r.subject_id "
    query += "join rater a on a.id = r.rater_id join criterion c on c.id = r.criterion_id "
    query += f"where r.study_id = :study and {where} order by r.id"
    with reference.workspace.database.reading() as session:
        found = session.execute(text(query), {"study": reference.result(name).study_id})
        return [(key, rater, value) for key, rater, value in found]


def how_many(reference: ReferenceStudies, name: str, where: str) -> int:
    """Ratings of a set."""
    query = "select count(*) from rating r join criterion c on c.id = r.criterion_id "
    query += f"where r.study_id = :study and {where}"
    with reference.workspace.database.reading() as session:
        return int(session.execute(text(query), {"study": reference.result(name).study_id}).scalar_one())


def test_pandalm_brings_three_people_and_two_judges_with_dirty_verdicts_counted(reference: ReferenceStudies) -> None:
    checked = brought(reference, "pandalm")
    assert (checked.items.new, checked.outputs.new, checked.ratings.new) == (999, 1998, 999 * 5)
    assert [(aside.value, aside.count, aside.treated) for aside in checked.set_aside] == [("garbage", 25, "unreadable")]
    judges = Counter((rater, option) for _, rater, option in options(reference, "pandalm", "a.kind = 'judge'"))
    assert judges["gpt-3.5-turbo", "unreadable"] == 25
    assert judges["gpt-3.5-turbo", "tie"] == 38
    assert judges["pandalm-7b", "tie"] == 107


def test_llmfao_joins_models_outputs_votes_and_verdicts(reference: ReferenceStudies) -> None:
    checked = brought(reference, "llmfao")
    assert (checked.items.new, checked.systems.new, checked.subjects["pair"].new) == (13, 59, 2139)
    assert checked.raters == {"judge": 2, "person": 124}
    votes = Counter(option for _, _, option in options(reference, "llmfao", "a.kind = 'person'"))
    # crowd-comparisons.csv: 2,911 left, 3,471 tie, 2,549 right; left is the first output of its pair throughout.
    assert votes == {"A": 2911, "tie": 3471, "B": 2549}
    verdicts = Counter(rater for _, rater, _ in options(reference, "llmfao", "a.kind = 'judge'"))
    assert verdicts == {"GPT-4": 2139, "GPT-3": 2139}


def test_judge_bench_recipes_bring_ragged_lists_of_scores_without_names(reference: ReferenceStudies) -> None:
    checked = brought(reference, "judge_bench_recipes")
    assert (checked.items.new, checked.ratings.new, checked.raters) == (52, 6336, {"seat": 88})
    grammar = options(reference, "judge_bench_recipes", "c.lineage = 'grammar'")
    seats = Counter(subject for subject, _, _ in grammar)
    assert (min(seats.values()), max(seats.values())) == (15, 88)


def test_judge_bench_newsroom_brings_three_scores_on_four_scales(reference: ReferenceStudies) -> None:
    checked = brought(reference, "judge_bench_newsroom")
    assert (checked.items.new, checked.outputs.new, checked.ratings.new) == (420, 420, 420 * 3 * 4)


def test_llmbar_brings_verdicts_in_both_orders_and_a_gold_label(reference: ReferenceStudies) -> None:
    checked = brought(reference, "llmbar")
    assert (checked.items.new, checked.ratings.new) == (419, 419 + 54_470)
    assert [(aside.value, aside.count, aside.treated) for aside in checked.set_aside] == [("", 134, "unreadable")]
    assert [how_many(reference, "llmbar", f"r.order_shown = '{order}'") for order in ("AB", "BA")] == [27_235] * 2


def test_llm_rubric_brings_probabilities_and_leaves_out_what_does_not_apply(reference: ReferenceStudies) -> None:
    checked = brought(reference, "llm_rubric")
    # 223 dialogues x 9 questions by one person each, of which 306 are 0; as many verdicts.
    assert (checked.n_missing, checked.ratings.new) == (306, 2 * 223 * 9 - 306)
    assert how_many(reference, "llm_rubric", "r.probabilities is not null") == 223 * 9


def test_llm_rubric_synthetic_has_raters_who_saw_a_dialogue_twice(reference: ReferenceStudies) -> None:
    brought(reference, "llm_rubric_synthetic")
    assert how_many(reference, "llm_rubric_synthetic", "r.repetition = 1 and c.lineage = 'q6'") == 9


@pytest.mark.parametrize(
    ("name", "n_items", "n_flagged"),
    [("mnist", 100, 100), ("cifar10", 10_000, 275), ("imdb", 1310, 1310), ("20news", 7532, 93)],
)
def test_label_errors_bring_whole_test_sets_and_votes_on_what_was_flagged(
    reference: ReferenceStudies, name: str, n_items: int, n_flagged: int
) -> None:
    checked = brought(reference, f"label_errors_{name}")
    assert checked.items.new == n_items
    votes = options(reference, f"label_errors_{name}", "c.lineage = 'vote'")
    assert len({subject for subject, _, _ in votes}) == n_flagged
