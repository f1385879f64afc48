"""Every shape on a row made by hand, and what holds for every registered shape."""

from collections.abc import Mapping
from typing import Any

import pytest

from core.errors import BadInput
from core.importing.book import CriteriaBook
from core.importing.content import SubjectNames
from core.importing.mapping import CriterionEntry, OutputNameEntry, RatingsEntry
from core.importing.problems import Tally
from core.importing.ratings import RatingsReader
from core.importing.records import RatingRecord
from core.importing.shapes import SHAPES, RowProblem, shape_of

LIKERT = {"preset": "likert", "low": 1, "high": 5}
CRITERIA = [
    CriterionEntry(key="quality", applies_to="item", scale=LIKERT),  # type: ignore[arg-type]
    CriterionEntry(key="style", applies_to="item", scale=LIKERT),  # type: ignore[arg-type]
    CriterionEntry(key="answer", applies_to="output", scale=LIKERT),  # type: ignore[arg-type]
    CriterionEntry(key="preference", applies_to="pair", scale={"preset": "preference"}),  # type: ignore[arg-type]
    CriterionEntry(key="label", applies_to="item", scale={"kind": "nominal", "options": ["cat", "dog", "fox"]}),  # type: ignore[arg-type]
]

EXAMPLES: dict[str, tuple[dict[str, Any], Mapping[str, object]]] = {
    "rows": ({"criterion": "quality", "rater": "{who}", "value": "{score}"}, {"id": "q1", "who": "ann", "score": "4"}),
    "columns": ({"criterion": "quality", "columns": ["ann", "bob"]}, {"id": "q1", "ann": "4", "bob": "2"}),
    "criteria": (
        {"columns": {"q": "quality", "s": "style"}, "rater": "{who}"},
        {"id": "q1", "who": "ann", "q": 4, "s": 2},
    ),
    "orders": (
        {"criterion": "preference", "columns": {"first": "AB", "second": "BA"}, "rater": "{who}",
         "values": {"1": "A", "2": "B"}, "outputs": [{"system": "alder"}, {"system": "birch"}]},
        {"id": "q1", "who": "gpt", "first": "1", "second": "2"},
    ),
    "scores": ({"criterion": "quality", "path": "scores"}, {"id": "q1", "scores": [4, 2, 5]}),
    "nested": ({"criterion": "quality", "path": "by", "rater": "{@key}"}, {"id": "q1", "by": {"ann": 4, "bob": 2}}),
    "counts": (
        {"criterion": "label", "columns": {"n.cat": "cat", "n.dog": "dog"}},
        {"id": "q1", "n": {"cat": 2, "dog": 1}},
    ),
    "probabilities": (
        {"criterion": "label", "columns": {"p0": "cat", "p1": "dog", "p2": "fox"}, "rater": "model"},
        {"id": "q1", "p0": 0.2, "p1": 0.7, "p2": 0.1},
    ),
}  # fmt: skip


def reader(shape: str, tally: Tally | None = None, **entry: Any) -> RatingsReader:
    entry = {"file": "f", "shape": shape} | entry
    parsed = RatingsEntry.model_validate(entry)
    outputs = [OutputNameEntry.model_validate(output) for output in entry.get("outputs") or ()]
    names = SubjectNames(entry.get("item", "{id}"), outputs)
    return RatingsReader(parsed, 0, names=names, book=CriteriaBook([], CRITERIA), tally=tally or Tally("f", 0))


def read(shape: str, entry: Mapping[str, Any], *rows: Mapping[str, object]) -> list[RatingRecord]:
    one = reader(shape, **entry)
    return [record for line, row in enumerate(rows, start=2) for record in one.read(row, line)]


def said(records: list[RatingRecord]) -> list[tuple[str, str, str | None]]:
    return [(record.rater.name, CRITERIA[record.criterion - 1].key, record.option) for record in records]


@pytest.mark.parametrize("name", SHAPES)
def test_every_shape_has_an_example_and_reads_it(name: str) -> None:
    entry, row = EXAMPLES[name]
    records = read(name, entry, row)
    assert records
    for record in records:
        assert record.subject.item == "q1"
        assert [record.option, record.number, record.absence].count(None) == 2
        assert record.rater.name
        assert record.line == 2


@pytest.mark.parametrize("name", SHAPES)
def test_every_shape_refuses_an_entry_without_what_it_needs(name: str) -> None:
    entry, _ = EXAMPLES[name]
    for need in SHAPES[name].needs:
        lacking = {key: value for key, value in entry.items() if key != need}
        with pytest.raises(BadInput, match=need):
            shape_of(RatingsEntry.model_validate({"file": "f", "shape": name} | lacking))


@pytest.mark.parametrize("name", SHAPES)
def test_every_shape_names_only_columns_that_its_example_has(name: str) -> None:
    entry, row = EXAMPLES[name]
    assert {path.split(".")[0] for path in reader(name, **entry).paths} <= set(row)


@pytest.mark.parametrize("name", SHAPES)
def test_every_shape_reads_a_row_without_values_as_no_ratings(name: str) -> None:
    entry, row = EXAMPLES[name]
    empty = {key: value if key in ("id", "who") else None for key, value in row.items()}
    assert read(name, entry, empty) == []


def test_an_unknown_shape_is_refused_with_those_there_are() -> None:
    with pytest.raises(BadInput, match="one of rows, columns"):
        shape_of(RatingsEntry(file="f", shape="sideways"))


def test_one_row_per_rating() -> None:
    rows = [{"id": "q1", "who": "ann", "score": "4"}, {"id": "q1", "who": "bob", "score": ""}]
    records = read("rows", EXAMPLES["rows"][0], *rows, {"id": "q2", "who": "bob", "score": 2})
    assert [(r.subject.item, r.rater.name, r.option) for r in records] == [("q1", "ann", "4"), ("q2", "bob", "2")]


def test_one_column_per_rater_with_names_of_their_own() -> None:
    entry = {"criterion": "quality", "columns": {"a1": "ann"}, "rater": "{@column} of {team}"}
    assert said(read("columns", entry, {"id": "q1", "a1": 3, "team": "red"})) == [("ann of red", "quality", "3")]


def test_one_column_per_criterion() -> None:
    entry, row = EXAMPLES["criteria"]
    assert said(read("criteria", entry, row)) == [("ann", "quality", "4"), ("ann", "style", "2")]


def test_one_column_per_order_names_the_output_whichever_stood_first() -> None:
    entry, row = EXAMPLES["orders"]
    assert [(r.order, r.option, r.rater.kind) for r in read("orders", entry, row)] == [
        ("AB", "A", "judge"),
        ("BA", "B", "judge"),
    ]


def test_one_column_per_order_whose_value_names_the_side_is_turned_in_the_second_order() -> None:
    entry, row = EXAMPLES["orders"]
    # Shown BA, the second place is A's.
    assert [r.option for r in read("orders", entry | {"names": "side"}, row)] == ["A", "A"]


def test_an_order_other_than_ab_and_ba_is_refused() -> None:
    with pytest.raises(BadInput, match="AB or BA"):
        reader("orders", **EXAMPLES["orders"][0] | {"columns": {"first": "XY"}})


def test_scores_without_names_become_numbered_seats() -> None:
    columns = {"Quality": "quality", "Style": "style"}
    row = {"id": "q1", "by": {"Quality": {"list": [4, 2]}, "Style": {"list": [5]}}}
    records = read("scores", {"path": "by.@column.list", "columns": columns, "group": "crowd"}, row)
    assert said(records) == [("seat 1", "quality", "4"), ("seat 2", "quality", "2"), ("seat 1", "style", "5")]
    assert {(record.rater.kind, record.rater.group) for record in records} == {("seat", "crowd")}


def test_scores_that_are_no_list_are_a_problem_of_that_row() -> None:
    with pytest.raises(RowProblem, match="a list of scores"):
        read("scores", EXAMPLES["scores"][0], {"id": "q1", "scores": 4})


def test_objects_by_rater_then_item() -> None:
    # {"ann": {"q1": 4, "q2": 2}}: the reader gives a row per rater, its key as the column _key.
    entry = {"criterion": "quality", "rater": "{_key}", "item": "{@key}"}
    records = read("nested", entry, {"_key": "ann", "q1": 4, "q2": 2})
    assert [(r.subject.item, r.rater.name, r.option) for r in records] == [("q1", "ann", "4"), ("q2", "ann", "2")]


def test_objects_by_rater_then_criterion_inside_a_row() -> None:
    entry = {"path": "by", "rater": "{@key}", "columns": {"q": "quality", "s": "style"}}
    records = read("nested", entry, {"id": "q1", "by": {"ann": {"q": 4, "s": 1}, "bob": {"q": 2}}})
    assert said(records) == [("ann", "quality", "4"), ("ann", "style", "1"), ("bob", "quality", "2")]


def test_objects_whose_values_are_objects_with_a_rationale() -> None:
    entry = {
        "criterion": "quality",
        "path": "by",
        "rater": "{@key}",
        "value": "{@value.score}",
        "rationale": "{@value.why}",
    }
    (record,) = read("nested", entry, {"id": "q1", "by": {"ann": {"score": 4, "why": "clear"}}})
    assert (record.option, record.rationale) == ("4", "clear")


def test_counts_become_that_many_seats() -> None:
    entry, row = EXAMPLES["counts"]
    assert said(read("counts", entry, row)) == [
        ("seat 1", "label", "cat"),
        ("seat 2", "label", "cat"),
        ("seat 3", "label", "dog"),
    ]


def test_an_option_that_nobody_chose_may_be_left_out_of_the_counts() -> None:
    assert len(read("counts", EXAMPLES["counts"][0], {"id": "q1", "n": {"cat": "2.0"}})) == 2


@pytest.mark.parametrize("count", [-1, 1.5, "many", 10_001])
def test_a_count_that_is_none_is_a_problem_of_that_row(count: object) -> None:
    with pytest.raises(RowProblem, match="a count"):
        read("counts", EXAMPLES["counts"][0], {"id": "q1", "n": {"cat": count}})


def test_the_value_of_probabilities_is_the_highest() -> None:
    entry, row = EXAMPLES["probabilities"]
    (record,) = read("probabilities", entry, row)
    assert (record.option, record.probabilities) == ("dog", {"cat": 0.2, "dog": 0.7, "fox": 0.1})


def test_no_option_is_made_up_where_two_are_equally_likely() -> None:
    (record,) = read("probabilities", EXAMPLES["probabilities"][0], {"id": "q1", "p0": 0.5, "p1": 0.5, "p2": 0.0})
    assert (record.option, record.absence) == (None, "abstained")
    assert record.probabilities == {"cat": 0.5, "dog": 0.5, "fox": 0.0}


def test_probabilities_in_a_list_stand_in_the_order_of_the_options() -> None:
    entry = {"criterion": "label", "path": "p", "columns": ["cat", "dog", "fox"], "rater": "m", "value": "{said}"}
    (record,) = read("probabilities", entry, {"id": "q1", "p": [0.1, 0.2, 0.7], "said": "dog"})
    assert (record.option, record.probabilities) == ("dog", {"cat": 0.1, "dog": 0.2, "fox": 0.7})


@pytest.mark.parametrize("p", [[0.5, 0.5], [0.5, 0.6, 0.5], [1.2, -0.2, 0], ["x", 0, 1], "0.5", [float("nan"), 0, 1]])
def test_probabilities_that_are_none_are_a_problem_of_that_row(p: object) -> None:
    entry = {"criterion": "label", "path": "p", "columns": ["cat", "dog", "fox"], "rater": "m"}
    with pytest.raises(RowProblem):
        read("probabilities", entry, {"id": "q1", "p": p})


def test_a_value_may_name_the_system() -> None:
    entry = {"criterion": "preference", "value": "{winner}", "rater": "ann", "names": "system", "values": {"=": "tie"},
             "outputs": [{"system": "{one}"}, {"system": "{two}"}]}  # fmt: skip
    rows = [{"id": "q1", "one": "alder", "two": "birch", "winner": winner} for winner in ("birch", "alder", "=")]
    assert [record.option for record in read("rows", entry, *rows)] == ["B", "A", "tie"]


def test_a_value_may_name_the_side_on_which_an_output_stood() -> None:
    entry = {"criterion": "preference", "value": "{winner}", "rater": "ann", "names": "side", "left": "{left}",
             "values": {"left": "A", "right": "B"}, "outputs": [{"system": "{one}"}, {"system": "{two}"}]}  # fmt: skip
    row = {"id": "q1", "one": "alder", "two": "birch", "winner": "left"}
    records = read("rows", entry, row | {"left": "alder"}, row | {"left": "birch"})
    assert [(record.option, record.order) for record in records] == [("A", "AB"), ("B", "BA")]
    with pytest.raises(RowProblem, match="on the left"):
        read("rows", entry, row | {"left": "cedar"})


def test_a_criterion_on_outputs_asks_which_of_two_it_is_about() -> None:
    outputs = [{"system": "alder"}, {"system": "birch"}]
    entry = {"criterion": "answer", "value": "{score}", "rater": "ann", "outputs": outputs}
    with pytest.raises(RowProblem, match="2 outputs"):
        read("rows", entry, {"id": "q1", "score": 3})
    (record,) = read("rows", entry | {"output": "second"}, {"id": "q1", "score": 3})
    assert record.subject.first == ("birch", 0)


def test_people_who_were_not_blind_are_exposed_and_judges_are_not() -> None:
    entry = EXAMPLES["rows"][0] | {"blind": "no"}
    row = EXAMPLES["rows"][1]
    assert read("rows", entry, row)[0].phase == "exposed"
    assert read("rows", entry | {"kind": "judge"}, row)[0].phase == "blind"
    assert read("rows", entry | {"blind": "unknown"}, row)[0].phase == "blind"


def test_values_set_aside_are_counted_one_by_one() -> None:
    tally = Tally("f", 0)
    one = reader("rows", tally, **EXAMPLES["rows"][0] | {"unmapped": "unreadable"})
    for line, score in enumerate(["4", "??", "", "??"], start=2):
        list(one.read({"id": "q1", "who": "ann", "score": score}, line))
    counted = [(aside.value, aside.count, aside.treated, aside.declared, aside.first_line) for aside in tally.result()]
    assert counted == [("??", 2, "unreadable", False, 3), ("", 1, "missing", True, 4)]


def test_a_rating_without_an_item_or_rater_is_a_problem_of_that_row() -> None:
    with pytest.raises(RowProblem, match="no item id"):
        read("rows", EXAMPLES["rows"][0], {"id": " ", "who": "ann", "score": 3})
    with pytest.raises(RowProblem, match="rater name"):
        read("rows", EXAMPLES["rows"][0], {"id": "q1", "who": "", "score": 3})


def test_a_time_is_kept_in_utc_and_what_is_none_is_a_problem_of_that_row() -> None:
    entry, row = EXAMPLES["rows"][0] | {"at": "{when}"}, EXAMPLES["rows"][1]
    times = [
        read("rows", entry, dict(row) | {"when": when})[0].at
        for when in ("2025-01-31T09:30:00+02:00", "2025-01-31", "")
    ]
    assert times == ["2025-01-31T07:30:00+00:00", "2025-01-31T00:00:00+00:00", ""]
    with pytest.raises(RowProblem, match="a time such as"):
        read("rows", entry, dict(row) | {"when": "yesterday"})
