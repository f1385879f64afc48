import json
from collections.abc import Callable
from math import isinf, isnan
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import FileProblem
from core.importing.readers import FileFormat, count_hint, detect_format, read_rows
from core.importing.readers.format import CELL_LIMIT, LINE_LIMIT
from core.importing.rows import SourceRow

Write = Callable[[str | bytes], Path]
JSONL = FileFormat("jsonl")


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def to_file(content: str | bytes) -> Path:
        path = tmp_path / "items.jsonl"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return to_file


def rows(path: Path) -> list[SourceRow]:
    return list(read_rows(path, JSONL))


def problem(path: Path) -> FileProblem:
    with pytest.raises(FileProblem) as caught:
        rows(path)
    assert caught.value.file == "items.jsonl"
    return caught.value


def test_every_line_is_an_object_with_its_line_number(write: Write) -> None:
    path = write('{"id": 1, "m": [{"role": "user"}]}\r\n\n  \n{"id": "b", "ok": true}')
    assert detect_format(path) == JSONL
    assert rows(path) == [SourceRow(1, {"id": 1, "m": [{"role": "user"}]}), SourceRow(4, {"id": "b", "ok": True})]
    assert count_hint(path, JSONL) == 2


def test_wrong_json_is_named_by_its_line_in_plain_words(write: Write) -> None:
    path = write('{"a": 1}\n' * 6 + '{"a": 1 "b": 2}\n{"a": 1}\n')
    found = problem(path)
    assert (found.line, found.found) == (7, "no comma, or a list or object that is not closed at character 9")


@pytest.mark.parametrize(
    ("line", "found"), [("[1, 2]", "a list"), ('"x"', 'the text "x"'), ("null", "null"), ("{}", "an empty object")]
)
def test_a_line_that_is_no_object_is_refused(write: Write, line: str, found: str) -> None:
    refused = problem(write(f'{{"a": 1}}\n{line}\n'))
    assert (refused.line, refused.found) == (2, found)


def test_an_object_over_several_lines_is_refused_at_its_first(write: Write) -> None:
    assert problem(write('{"a": 1}\n{\n"a": 2\n}\n')).line == 2


def test_a_key_given_twice_is_refused_at_any_depth(write: Write) -> None:
    found = problem(write('{"a": 1}\n{"a": {"b": 1, "b": 2}}\n'))
    assert (found.line, found.found) == (2, 'the key "b" twice in one object')


def test_nan_and_infinity_stay_floats(write: Write) -> None:
    values = rows(write('{"a": NaN, "b": -Infinity}\n'))[0].values
    assert isinstance(values["a"], float)
    assert isinstance(values["b"], float)
    assert isnan(values["a"])
    assert isinf(values["b"])


def test_a_mark_at_the_start_is_read_over(write: Write) -> None:
    assert rows(write(b'\xef\xbb\xbf{"a": 1}\n'))[0].values == {"a": 1}


def test_undecodable_bytes_a_nul_and_too_long_a_text_are_named_by_line(write: Write) -> None:
    assert problem(write(b'{"a": 1}\n{"a": "\xff"}\n')).line == 2
    assert problem(write('{"a": 1}\n{"a": "\0"}\n')).found == "a NUL character"
    assert problem(write('{"a": 1}\n{"a": "' + "x" * (CELL_LIMIT + 1) + '"}\n')).line == 2
    assert problem(write('{"a": 1}\n{"a": [' + '"x",' * (LINE_LIMIT // 4) + '"x"]}\n')).found == "a longer line"


def test_nesting_too_deep_is_named_by_line(write: Write) -> None:
    deep = '{"a": ' * 200 + "1" + "}" * 200
    found = problem(write(f'{{"a": 1}}\n{deep}\n'))
    assert (found.line, found.found) == (2, "lists and objects nested too deep")


def test_an_empty_file_and_blank_lines_alone_are_refused(write: Write) -> None:
    assert problem(write("")).found == "an empty file"
    assert problem(write("\n\n")).found == "blank lines only"


PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**15), 10**15)
    | st.floats(allow_nan=False)
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("xyz"), inner, max_size=3),
    max_leaves=8,
)


@given(
    records=st.lists(st.dictionaries(st.sampled_from(["a", "b", "ü"]), PLAIN, min_size=1), min_size=1, max_size=6),
    escaped=st.booleans(),
)
def test_what_the_json_module_writes_is_read_back(records: list[dict[str, object]], escaped: bool) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "items.jsonl"
        lines = "".join(json.dumps(record, ensure_ascii=escaped) + "\n" for record in records)
        path.write_bytes(lines.encode())
        assert [dict(row.values) for row in rows(path)] == records
        assert detect_format(path).kind == "jsonl"
