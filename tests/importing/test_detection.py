import json
import os
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest

from core.errors import FileProblem
from core.importing.columns import VALUES_KEPT, type_of
from core.importing.detection import ROWS_SAMPLED, Detected, detect, guess_roles, guess_shape, plain
from core.importing.readers import FileFormat


def detected(tmp_path: Path, header: str, *rows: str) -> Detected:
    path = tmp_path / "upload.csv"
    path.write_text("\n".join([header, *(rows or [",".join("1" for _ in header.split(","))])]) + "\n")
    return detect(path)


def from_json(tmp_path: Path, records: object) -> Detected:
    path = tmp_path / "upload.json"
    path.write_text(json.dumps(records))
    return detect(path)


def test_a_file_is_described_with_its_hash_size_and_first_rows(tmp_path: Path) -> None:
    path = tmp_path / "upload"
    path.write_bytes(b"id,text\n" + b"".join(b"%d,abc\n" % n for n in range(30)))
    found = detect(path, "../grades.csv")
    assert (found.name, found.format, found.size) == ("grades.csv", FileFormat("csv"), path.stat().st_size)
    assert found.sha256 == sha256(path.read_bytes()).hexdigest()
    assert [row.line for row in found.first_rows] == list(range(2, 22))
    assert (found.rows_sampled, found.row_estimate, found.row_estimate_exact) == (30, 30, True)


def test_a_long_file_is_sampled_and_its_rows_are_estimated(tmp_path: Path) -> None:
    path = tmp_path / "long.csv"
    path.write_text("id,text\n" + "".join(f"{n:05},abcdef\n" for n in range(40_000)))
    found = detect(path)
    assert (found.rows_sampled, found.row_estimate_exact) == (ROWS_SAMPLED, False)
    assert found.row_estimate is not None
    assert abs(found.row_estimate - 40_000) < 100


def test_the_rows_of_a_json_document_and_an_array_are_counted(tmp_path: Path) -> None:
    found = from_json(tmp_path, [{"a": n} for n in range(ROWS_SAMPLED + 5)])
    assert (found.row_estimate, found.row_estimate_exact) == (ROWS_SAMPLED + 5, True)
    np.save(tmp_path / "x.npy", np.arange(9_000))
    found = detect(tmp_path / "x.npy")
    assert (found.row_estimate, found.row_estimate_exact) == (9_000, True)


def test_a_declared_format_is_used_instead_of_the_detected_one(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("a;b,c\n1;2,3\n")
    assert [column.name for column in detect(path, format=FileFormat("csv", delimiter=";")).columns] == ["a", "b,c"]


def test_a_problem_in_the_first_rows_is_raised_under_the_name_handed_in(tmp_path: Path) -> None:
    path = tmp_path / "upload"
    path.write_text("a,b\n1\n")
    with pytest.raises(FileProblem, match=r"^votes\.csv, line 2: found 1 field; expected 2"):
        detect(path, "votes.csv")


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("7", "integer"), (" -3 ", "integer"), (7, "integer"), ("4.0", "number"), (".5", "number"), ("1e-3", "number"),
        (0.5, "number"), ("true", "boolean"), ("FALSE", "boolean"), (True, "boolean"), ("", "empty"), ("  ", "empty"),
        (None, "empty"), ("x", "text"), ("1_000", "text"), ("nan", "text"), ("1,5", "text"), ("٣x", "text"),
        ([], "list"), ({}, "object"),
    ],
)  # fmt: skip
def test_a_cell_has_the_type_it_spells(value: object, kind: str) -> None:
    assert type_of(value) == kind


def test_a_column_is_described_by_all_its_sampled_cells(tmp_path: Path) -> None:
    found = detected(tmp_path, "n,t,e,x", "1,ab,,true", "2.5,abcd,,1", ",ab,,no", "-3,,,")
    n, t, e, x = found.columns
    # Four rows, one empty cell each in n and t: 1/4.
    assert (n.type, n.low, n.high, n.empty_share, n.values) == ("number", -3.0, 2.5, 0.25, ("1", "2.5", "-3"))
    # (2 + 4 + 2) / 3 characters.
    assert (t.type, t.values, t.mean_length, t.low) == ("text", ("ab", "abcd"), pytest.approx(8 / 3), None)
    assert (e.type, e.empty_share, e.values, e.mean_length) == ("empty", 1.0, (), 0.0)
    assert (x.type, x.low) == ("text", None)


def test_at_most_fifty_different_values_are_kept_and_the_rest_is_admitted(tmp_path: Path) -> None:
    exactly = detected(tmp_path, "a,b", *(f"{n % VALUES_KEPT},x" for n in range(200))).column("a")
    assert (len(exactly.values), exactly.more_values) == (50, False)
    more = detected(tmp_path, "a,b", *(f"{n % (VALUES_KEPT + 1)},x" for n in range(200))).column("a")
    assert (len(more.values), more.more_values) == (50, True)


def test_nested_columns_tell_their_keys_and_whether_they_hold_counts(tmp_path: Path) -> None:
    records = [
        {
            "votes": {"given": 3, "guessed": 0},
            "m": [{"role": "user"}, {"content": "x"}],
            "mixed": [1],
            "deep": {"a": -1},
        },
        {"votes": {"both": 1}, "m": [], "mixed": "x", "deep": {"a": 1}},
    ]
    found = from_json(tmp_path, records)
    assert [column.type for column in found.columns] == ["object", "list", "mixed", "object"]
    assert [column.holds_counts for column in found.columns] == [True, False, False, False]
    assert found.column("votes").keys == ("given", "guessed", "both")
    assert found.column("m").keys == ("role", "content")


def test_a_key_that_some_records_lack_counts_as_empty_there(tmp_path: Path) -> None:
    found = from_json(tmp_path, [{"a": 1}, {"a": 1, "b": 2}])
    assert found.column("b").empty_share == 0.5


def test_sampling_stops_at_long_texts(tmp_path: Path) -> None:
    path = tmp_path / "long.jsonl"
    with path.open("w") as stream:
        stream.writelines(json.dumps({"a": "x" * 900_000}) + "\n" for _ in range(40))
    # 20 million characters at 900,000 each: after row 23 (20,700,000).
    assert detect(path).rows_sampled == 23


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Response 1", "response_1"), ("response1", "response_1"), ("modelOutput", "model_output"),
        ("  A--b ", "a_b"), ("_id", "_id"), ("p10", "p_10"), ("Größe", "größe"),
    ],
)  # fmt: skip
def test_column_names_are_compared_in_one_spelling(name: str, expected: str) -> None:
    assert plain(name) == expected


LONG = "a text of more than twenty-five characters to be read"


def test_long_ratings_are_recognised(tmp_path: Path) -> None:
    header = "text_id,prompt,model,response,annotator_id,criterion,score,explanation,split"
    found = detected(tmp_path, header, f"t1,{LONG},m1,{LONG},7,fluency,4,{LONG},dev")
    assert guess_roles(found) == {
        "item_id": "text_id",
        "input": "prompt",
        "system": "model",
        "output": "response",
        "rater": "annotator_id",
        "criterion": "criterion",
        "value": "score",
        "rationale": "explanation",
        "split": "split",
    }
    assert guess_shape(found) == "ratings_long"


def test_one_column_a_rater_is_recognised_in_file_order(tmp_path: Path) -> None:
    found = detected(tmp_path, "id,annotator2,annotator10,Annotator 1", "1,0,1,1")
    roles = guess_roles(found)
    assert [roles[f"rater_{n}"] for n in (1, 2, 3)] == ["annotator2", "annotator10", "Annotator 1"]
    assert "value" not in roles
    assert guess_shape(found) == "ratings_wide"


def test_one_column_a_criterion_is_recognised(tmp_path: Path) -> None:
    found = detected(tmp_path, "text_id,Q0,Q1,Q2,annotator_id", "t1,1,2,3,a", "t2,1,2,,b")
    roles = guess_roles(found)
    assert [roles[f"criterion_{n}"] for n in (1, 2, 3)] == ["Q0", "Q1", "Q2"]
    assert roles["rater"] == "annotator_id"
    assert guess_shape(found) == "ratings_wide"


@pytest.mark.parametrize(
    "names", [("response1", "response2"), ("output_a", "output_b"), ("Answer X", "Answer Y"), ("chosen", "rejected")]
)
def test_two_outputs_of_a_pair_are_recognised(tmp_path: Path, names: tuple[str, str]) -> None:
    found = detected(tmp_path, f"id,instruction,input,{names[0]},{names[1]},preference", f"1,{LONG},x,{LONG},{LONG},1")
    roles = guess_roles(found)
    assert (roles["output_a"], roles["output_b"], roles["value"]) == (*names, "preference")
    assert (roles["input"], roles["context"]) == ("instruction", "input")
    assert guess_shape(found) == "pairs"


def test_votes_for_left_and_right_speak_of_those_columns(tmp_path: Path) -> None:
    found = detected(tmp_path, "id,model_x,model_y,winner,left,right", "1,97,98,left,GPT 4,Claude")
    roles = guess_roles(found)
    assert (roles["system_a"], roles["system_b"], roles["value"]) == ("left", "right", "winner")
    assert guess_shape(found) == "pairs"


def test_a_verdict_in_both_orders_is_recognised(tmp_path: Path) -> None:
    found = detected(tmp_path, "item_index,judge,winner_order1,winner_order2", "0,gpt,1,2")
    assert guess_roles(found) == {
        "item_id": "item_index",
        "rater": "judge",
        "order_1": "winner_order1",
        "order_2": "winner_order2",
    }
    assert guess_shape(found) == "orders"


def test_shares_between_0_and_1_are_probabilities_and_other_numbers_are_not(tmp_path: Path) -> None:
    found = detected(tmp_path, "id,answer1_prob,answer2_prob", "1,0.25,0.75")
    assert guess_roles(found)["probability_2"] == "answer2_prob"
    assert guess_shape(found) == "probabilities"
    assert guess_shape(detected(tmp_path, "id,answer1_prob,answer2_prob", "1,25,75")) != "probabilities"


def test_votes_per_answer_and_scores_inside_an_item_are_recognised(tmp_path: Path) -> None:
    counts = from_json(tmp_path, [{"id": 1, "url": "https://x", "given_label": 3, "votes": {"given": 2, "both": 0}}])
    assert guess_roles(counts) == {"item_id": "id", "input": "url", "value": "given_label", "counts": "votes"}
    assert guess_shape(counts) == "counts"
    nested = from_json(tmp_path, [{"id": 1, "instance": LONG, "annotations": {"fluency": {"scores": [1, 2]}}}])
    assert guess_roles(nested) == {"item_id": "id", "input": "instance", "ratings": "annotations"}
    assert guess_shape(nested) == "nested"


def test_items_with_or_without_an_output_are_outputs(tmp_path: Path) -> None:
    for header in ("id,prompt,response,model", "id,prompt"):
        found = detected(tmp_path, header, ",".join([LONG] * len(header.split(","))))
        assert guess_shape(found) == "outputs"


def test_labels_alone_are_ratings(tmp_path: Path) -> None:
    found = detected(tmp_path, "id,text,label", f"1,{LONG},spam")
    assert guess_roles(found) == {"item_id": "id", "input": "text", "value": "label"}
    assert guess_shape(found) == "ratings_long"


def test_a_split_is_known_by_its_values_and_not_by_its_name_alone(tmp_path: Path) -> None:
    assert guess_roles(detected(tmp_path, "id,subset", "1,Natural")) == {"item_id": "id"}
    assert guess_roles(detected(tmp_path, "id,subset", "1,Test"))["split"] == "subset"


def test_no_column_gets_two_roles_and_no_role_a_column_that_is_not_there(tmp_path: Path) -> None:
    header = "id,idx,label,labels,score,judge,rater,model,system,text,prompt,question,output,response,left,right"
    found = detected(tmp_path, header)
    given = list(guess_roles(found).values())
    assert len(given) == len(set(given))
    assert set(given) <= {column.name for column in found.columns}


def test_names_that_say_nothing_get_no_role(tmp_path: Path) -> None:
    found = detected(tmp_path, "foo,bar,lab,alibaba", "1,2,3,4")
    assert guess_roles(found) == {}


@pytest.fixture
def reference_data() -> Path:
    folder = os.environ.get("TOUCHSTONE_REFERENCE_DATA")
    if not folder:
        pytest.skip("TOUCHSTONE_REFERENCE_DATA is unset: it names the folder of the public data sets")
    return Path(folder)


@pytest.mark.reference
@pytest.mark.parametrize(
    ("file", "rows", "shape", "roles"),
    [
        ("pandalm/testset-v1.json", 999, "ratings_wide", {
            "item_id": "idx", "input": "instruction", "context": "input", "output_a": "response1",
            "output_b": "response2", "rater_1": "annotator1", "rater_3": "annotator3"}),
        ("pandalm/gpt-3.5-turbo-testset-v1.json", 999, "ratings_long", {
            "item_id": "idx", "value": "gpt_result", "rationale": "gpt_reason"}),
        ("llmfao/crowd-comparisons.csv", 8_931, "ratings_long", {
            "item_id": "id", "rater": "worker", "value": "winner", "system_a": "left", "system_b": "right"}),
        ("llmfao/gpt4-crowd-comparisons.csv", 2_139, "pairs", {"value": "winner"}),
        ("llmfao/pairs-crowd.jsonl", 2_139, "pairs", {
            "input": "text", "output_a": "result_x", "output_b": "result_y", "system_a": "model_x"}),
        ("llm_rubric/human_judges_real_convs_FIXED_ANON.tsv", 223, "ratings_wide", {
            "item_id": "text_id", "rater": "annotator_id", "criterion_1": "Q1", "criterion_9": "Q0"}),
        ("llm_rubric/gpt-3.5-turbo-16k_real_evaluations_FIXED.tsv", 2_007, "probabilities", {
            "item_id": "text_id", "criterion": "criterion", "probability_4": "answer4_prob"}),
        ("llm_rubric/real_conversations.jsonl", 223, "outputs", {"item_id": "_id", "input": "messages"}),
        ("llmbar/items.csv", 419, "pairs", {
            "input": "input", "output_a": "output_1", "output_b": "output_2", "value": "gold_label"}),
        ("llmbar/verdicts.csv", 27_235, "orders", {
            "item_id": "item_index", "rater": "judge", "order_1": "winner_order1", "order_2": "winner_order2"}),
        ("label_errors/mturk/cifar10_mturk.json", 275, "counts", {
            "item_id": "id", "counts": "mturk", "value": "given_original_label"}),
        ("label_errors/npy/imdb_test_set_pyx.npy", 25_000, "probabilities", {"item_id": "row", "probability_2": "p1"}),
        ("label_errors/npy/imdb_test_set_original_labels.npy", 25_000, "ratings_long", {
            "item_id": "row", "value": "value"}),
        ("judge_bench/meta_evaluation_recipes.json", 52, "nested", {
            "item_id": "id", "input": "instance", "ratings": "annotations"}),
        ("judge_bench/newsroom.json", 420, "nested", {"ratings": "annotations"}),
    ],
)  # fmt: skip
def test_published_data_sets_are_recognised(
    reference_data: Path, file: str, rows: int, shape: str, roles: dict[str, str]
) -> None:
    found = detect(reference_data / file)
    assert guess_shape(found) == shape
    assert roles.items() <= guess_roles(found).items()
    # Estimates of long files are within a fifth; counts are exact.
    assert found.row_estimate == pytest.approx(rows, rel=0 if found.row_estimate_exact else 0.2)
