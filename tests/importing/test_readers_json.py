import json
from collections.abc import Callable
from pathlib import Path

import pytest

from core.errors import FileProblem
from core.importing.readers import FileFormat, columns, count_hint, detect_format, read_rows
from core.importing.readers.format import CELL_LIMIT, DEPTH_LIMIT, WHOLE_FILE_LIMIT
from core.importing.rows import SourceRow

Write = Callable[[object], Path]
JSON = FileFormat("json")


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def to_file(content: object) -> Path:
        path = tmp_path / "items.json"
        raw = content if isinstance(content, bytes) else str(content).encode()
        path.write_bytes(raw if isinstance(content, bytes | str) else json.dumps(content).encode())
        return path

    return to_file


def rows(path: Path, file_format: FileFormat | None = None) -> list[SourceRow]:
    return list(read_rows(path, file_format or detect_format(path)))


def problem(path: Path, file_format: FileFormat | None = None) -> FileProblem:
    with pytest.raises(FileProblem) as caught:
        rows(path, file_format)
    return caught.value


def test_a_list_of_objects_gives_its_objects_with_their_position(write: Write) -> None:
    path = write([{"id": 1, "tags": ["a"]}, {"id": 2, "deep": {"x": None}}])
    assert rows(path) == [SourceRow(1, {"id": 1, "tags": ["a"]}), SourceRow(2, {"id": 2, "deep": {"x": None}})]
    assert columns(path, detect_format(path)) == ("id", "tags", "deep")
    assert count_hint(path, JSON) is None


def test_the_longest_list_of_objects_inside_an_object_is_found(write: Write) -> None:
    path = write({"name": "x", "annotations": [{"metric": "m"}], "instances": [{"id": 1}, {"id": 2}], "n": [1, 2, 3]})
    assert detect_format(path) == FileFormat("json", records="instances")
    assert [row.values for row in rows(path)] == [{"id": 1}, {"id": 2}]


def test_a_list_further_down_is_found_by_its_path(write: Write) -> None:
    path = write({"meta": {"by": "us"}, "n": 2, "data": {"v1.0": [{"id": 1}, {"id": 2}]}})
    assert detect_format(path).records == "data.v1.0"
    assert len(rows(path)) == 2


def test_an_object_of_objects_gives_its_ids_as_a_column(write: Write) -> None:
    path = write({"a": {"x": 1}, "b": {"x": 2}})
    assert detect_format(path) == JSON
    assert rows(path) == [SourceRow(1, {"_key": "a", "x": 1}), SourceRow(2, {"_key": "b", "x": 2})]


def test_a_record_with_a_key_of_the_reserved_name_is_refused(write: Write) -> None:
    assert '"_key"' in problem(write({"a": {"_key": 1}, "b": {"x": 2}})).found


def test_two_lists_of_one_length_are_not_guessed_between_but_can_be_declared(write: Write) -> None:
    path = write({"train": [{"id": 1}], "test": [{"id": 2}]})
    assert problem(path).found == "2 lists of 1 objects (train, test)"
    assert rows(path, FileFormat("json", records="test"))[0].values == {"id": 2}


def test_a_declared_place_without_records_is_refused(write: Write) -> None:
    found = problem(write({"a": [{"id": 1}]}), FileFormat("json", records="b.c"))
    assert (found.column, found.found) == ("b.c", "null")


@pytest.mark.parametrize("text", ['{"a": 1, "b": [1, 2]}', "{}", '{"a": []}'])
def test_an_object_without_records_is_refused(write: Write, text: str) -> None:
    assert problem(write(text)).found == "an object without a list of objects"


@pytest.mark.parametrize(("text", "found"), [("[]", "an empty list"), ('"x"', 'the text "x"'), ("12", "the number 12")])
def test_a_document_that_is_no_list_of_objects_is_refused(write: Write, text: str, found: str) -> None:
    assert problem(write(text), JSON).found == found


@pytest.mark.parametrize(
    ("record", "found"), [("3", "the number 3"), ("null", "null"), ("[1]", "a list"), ("{}", "an empty object")]
)
def test_a_record_that_is_no_object_is_named_by_its_position(write: Write, record: str, found: str) -> None:
    refused = problem(write(f'[{{"a": 1}}, {record}]'))
    assert (refused.line, refused.found) == (2, found)


def test_wrong_json_is_named_by_line_and_character_in_plain_words(write: Write) -> None:
    found = problem(write('[\n  {"a": 1},\n  {"a": }\n]'))
    assert (found.line, found.found) == (3, "a value that is missing or misspelt at character 9")


def test_wrong_json_in_an_object_is_already_named_when_the_format_is_detected(write: Write) -> None:
    with pytest.raises(FileProblem) as caught:
        detect_format(write('{\n "rows": [\n  {"a" 1}\n ]\n}'))
    assert (caught.value.line, caught.value.found) == (3, "a key without a colon after it at character 8")


def test_a_file_that_breaks_off_is_refused(write: Write) -> None:
    assert "not closed" in problem(write('[{"a": 1}, {"a": 2}')).found


def test_a_key_given_twice_is_refused(write: Write) -> None:
    assert problem(write('[{"a": 1, "b": 2, "a": 3}]')).found == 'the key "a" twice in one object'


def test_nesting_up_to_the_limit_is_read_and_beyond_is_refused(write: Write) -> None:
    def nested(depth: int) -> str:
        return '[{"a": ' + "[" * depth + "]" * depth + "}]"

    assert len(rows(write(nested(DEPTH_LIMIT - 2)))) == 1
    assert problem(write(nested(DEPTH_LIMIT + 1))).found == "lists and objects nested too deep"
    assert problem(write(nested(100_000))).found == "lists and objects nested too deep"


def test_a_text_above_the_limit_is_refused(write: Write) -> None:
    assert problem(write([{"a": "x" * (CELL_LIMIT + 1)}])).found == "a text of 1,000,001 characters"


def test_a_number_of_thousands_of_digits_is_refused(write: Write) -> None:
    assert problem(write('[{"a": ' + "9" * 5_000 + "}]")).expected == "a shorter number"


def test_characters_that_cannot_be_stored_are_refused(write: Write) -> None:
    assert problem(write('[{"a": "\\u0000"}]')).found == "a NUL character"
    assert "surrogate" in problem(write('[{"a": "\\ud83d"}]')).found
    assert rows(write('[{"a": "\\ud83d\\ude00 \\\\u0000"}]'))[0].values["a"] == "😀 \\u0000"


def test_a_mark_at_the_start_is_read_over(write: Write) -> None:
    assert rows(write(b'\xef\xbb\xbf[{"a": "\xc3\xa9"}]'))[0].values["a"] == "é"
    assert rows(write('[{"a": "é"}]'.encode("utf-16")))[0].values["a"] == "é"


def test_bytes_outside_the_declared_encoding_are_named_by_line(write: Write) -> None:
    found = problem(write(b'[\n{"a": "\xff"}]'), JSON)
    assert (found.line, found.found) == (2, "byte 0xff")


def test_a_file_too_large_to_hold_names_the_formats_that_stream(tmp_path: Path) -> None:
    path = tmp_path / "large.json"
    with path.open("wb") as stream:
        stream.truncate(WHOLE_FILE_LIMIT + 1)  # a sparse file: no disk used
    found = problem(path, JSON)
    assert "200,000,001 bytes" in found.found
    assert all(word in found.expected for word in ("JSON Lines", "CSV", "Parquet", "command line"))
