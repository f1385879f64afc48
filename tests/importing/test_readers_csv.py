import csv
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import FileProblem
from core.importing.readers import FileFormat, columns, count_hint, detect_format, read_rows
from core.importing.readers.format import CELL_LIMIT, COLUMN_LIMIT, LINE_LIMIT
from core.importing.rows import SourceRow

Write = Callable[[str | bytes], Path]
CSV = FileFormat("csv")


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def to_file(content: str | bytes) -> Path:
        path = tmp_path / "reviews.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return to_file


def rows(path: Path, file_format: FileFormat | None = None) -> list[SourceRow]:
    return list(read_rows(path, file_format or detect_format(path)))


def problem(path: Path, file_format: FileFormat | None = None) -> FileProblem:
    with pytest.raises(FileProblem) as caught:
        rows(path, file_format)
    assert caught.value.file == path.name
    return caught.value


def test_cells_stay_text_and_empty_cells_are_empty_text(write: Write) -> None:
    path = write("id,value,note\n1,4.0,\n2,,ok\n")
    assert rows(path) == [
        SourceRow(2, {"id": "1", "value": "4.0", "note": ""}),
        SourceRow(3, {"id": "2", "value": "", "note": "ok"}),
    ]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_the_one_that_gives_every_record_the_same_number_of_cells(
    write: Write, delimiter: str
) -> None:
    lines = [["id", "text", "value"], ["1", "a, b; c", "1,5"], ["2", "line\nbreak | bar\ttab", "2,5"]]
    path = write("\n".join(delimiter.join(f'"{cell}"' for cell in line) for line in lines))
    assert detect_format(path).delimiter == delimiter
    assert [row.values["value"] for row in rows(path)] == ["1,5", "2,5"]


def test_decimal_commas_do_not_hide_a_semicolon(write: Write) -> None:
    assert detect_format(write("id;value\n1;1,5\n2;2,5\n")).delimiter == ";"


def test_a_row_that_differs_does_not_hide_the_delimiter(write: Write) -> None:
    assert detect_format(write("a;b;c\n1;2;3\n1;2\n4;5;6\n")).delimiter == ";"


def test_one_column_without_any_delimiter_is_a_table(write: Write) -> None:
    assert rows(write("prompt\nhello\nworld\n")) == [
        SourceRow(2, {"prompt": "hello"}),
        SourceRow(3, {"prompt": "world"}),
    ]


def test_a_quoted_line_break_belongs_to_its_cell_and_later_rows_keep_their_line(write: Write) -> None:
    path = write('id,text\n1,"one\ntwo\r\nthree"\n2,end\n')
    assert [(row.line, row.values["text"]) for row in rows(path)] == [(2, "one\ntwo\r\nthree"), (5, "end")]


def test_blank_lines_are_skipped_and_counted(write: Write) -> None:
    assert [row.line for row in rows(write("a,b\n\n1,2\n\n\n3,4\n\n"))] == [3, 6]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_all_three_kinds_of_line_ends_are_read(write: Write, end: str) -> None:
    assert [row.line for row in rows(write(end.join(["a,b", "1,2", "3,4", ""])))] == [2, 3]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_unicode_encodings_are_recognised_with_and_without_a_mark(write: Write, encoding: str) -> None:
    path = write("id,Größe\n1,groß\n2,klein\n".encode(encoding))
    assert [row.values["Größe"] for row in rows(path)] == ["groß", "klein"]


@pytest.mark.parametrize(
    ("encoding", "sentence"),
    [
        ("cp1252", "Le café était déjà fermé à Besançon"),
        ("cp1252", "Größer und schöner für die Übung"),
        ("cp1252", "It’s an answer – a good one"),
        ("cp1250", "Odpowiedź jest poprawna, ale zbyt długa i częściowo się powtarza"),
        ("cp1251", "Ответ модели верен, но слишком длинный и местами повторяется"),
        ("cp932", "これは日本語の回答です。とても良い。"),
        ("gb18030", "这个回答很好，但是太长了。"),
    ],
)
def test_a_legacy_encoding_is_recognised_and_reported(write: Write, encoding: str, sentence: str) -> None:
    path = write(("id;text\n" + f"1;{sentence}\n" * 20).encode(encoding))
    assert detect_format(path).encoding == encoding
    assert rows(path)[0].values["text"] == sentence


def test_a_damaged_utf8_file_is_refused_with_the_line_of_the_bad_byte(write: Write) -> None:
    path = write("id,text\n1,schön\n2,groß\n".encode() + b"3,\xff\n" + "4,süß\n".encode())
    found = problem(path)
    assert (found.line, found.found) == (4, "byte 0xff")


def test_bytes_outside_the_declared_encoding_are_named_by_line(write: Write) -> None:
    path = write(b"id,text\n" + b"1,abc\n" * 50_000 + b"2,\xe9\n")
    found = problem(path, CSV)
    assert (found.line, found.found) == (50_002, "byte 0xe9")


def test_an_unknown_encoding_is_refused(write: Write) -> None:
    assert "klingon" in problem(write("a\n1\n"), FileFormat("csv", encoding="klingon")).found


def test_an_empty_file_is_refused(write: Write) -> None:
    assert problem(write("")).found == "an empty file"
    assert problem(write(""), CSV).found == "an empty file"


def test_blank_lines_alone_are_refused(write: Write) -> None:
    assert problem(write("\n\n"), CSV).found == "blank lines only"
    assert problem(write("\n \n")).found == "white space only"


def test_a_header_without_rows_is_refused(write: Write) -> None:
    assert problem(write("id,text\n\n")).found == "a header and no rows"


def test_a_doubled_column_name_is_refused(write: Write) -> None:
    found = problem(write("id,value,value\n1,2,3\n"))
    assert (found.line, found.column, found.found) == (1, "value", "2 columns of this name")


def test_an_empty_column_name_is_refused(write: Write) -> None:
    found = problem(write("id, ,value\n1,2,3\n"))
    assert (found.line, found.found) == (1, "an empty name for column 2")


def test_too_many_columns_are_refused(write: Write) -> None:
    header = ",".join(f"c{n}" for n in range(COLUMN_LIMIT + 1))
    assert problem(write(f"{header}\n"), CSV).found == "10,001 columns"


@pytest.mark.parametrize(("row", "fields"), [("1,2,3,4,5", "5 fields"), ("1,2,3", "3 fields"), ("1", "1 field")])
def test_a_row_wider_or_narrower_than_the_header_is_refused(write: Write, row: str, fields: str) -> None:
    found = problem(write(f'a,b,c,d\n1,2,"x\ny",4\n{row}\n'))
    assert (found.line, found.found, found.expected) == (4, fields, "4, as in the header")
    assert str(found) == f"reviews.csv, line 4: found {fields}; expected 4, as in the header."


def test_a_nul_is_refused_with_its_line(write: Write) -> None:
    path = write("a,b\n1,2\n3,\0\n")
    assert (problem(path).line, problem(path).found) == (3, "a NUL byte")
    assert (problem(path, CSV).line, problem(path, CSV).found) == (3, "a NUL character")


def test_a_nul_far_into_the_file_is_refused_with_its_line(write: Write) -> None:
    found = problem(write("a,b\n" + "1,2\n" * 30_000 + "3,\0\n"))
    assert (found.line, found.found) == (30_002, "a NUL character")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('a,b\n1,2\n3,"open\n4,5\n6,7\n', 3),
        ('a,b\n"x\ny","open\n4,5\n', 3),
        ('a,b\n1,"say ""hi""\n4,5', 2),
    ],
)
def test_a_quote_that_is_never_closed_is_named_by_the_line_that_opens_it(write: Write, text: str, line: int) -> None:
    found = problem(write(text), CSV)
    assert (found.line, found.found) == (line, "a quote that is never closed")


def test_text_after_a_closing_quote_is_refused_rather_than_guessed(write: Write) -> None:
    found = problem(write('a,b\n1,2\n3,"x" y\n'), CSV)
    assert (found.line, found.found) == (3, "text after a closing quote")


def test_a_cell_of_exactly_the_limit_is_read(write: Write) -> None:
    assert len(str(rows(write(f"a,b\n1,{'x' * CELL_LIMIT}\n"), CSV)[0].values["b"])) == CELL_LIMIT


def test_a_cell_above_the_limit_is_refused_with_its_line(write: Write) -> None:
    found = problem(write(f"a,b\n1,2\n3,{'x' * 2 * CELL_LIMIT}\n"))
    assert (found.line, found.found) == (3, "a cell of more than 1,000,000 characters")


def test_an_open_quote_in_a_large_file_stops_at_the_cell_limit_and_is_suspected(write: Write) -> None:
    found = problem(write('a,b\n1,"open\n' + "1,2\n" * 300_000), CSV)
    assert found.line == 2
    assert "quote opened in line 2" in found.expected


def test_a_line_above_the_limit_is_refused_before_it_is_held(write: Write) -> None:
    cell = "x" * 999_999
    found = problem(write("a\n" + ",".join([cell] * (LINE_LIMIT // len(cell) + 2)) + "\n"), CSV)
    assert (found.line, found.found) == (2, "a longer line")


def test_reading_stops_early_without_reading_the_rest(write: Write) -> None:
    path = write("a,b\n1,2\nbroken\n")
    assert next(iter(read_rows(path, CSV))).values == {"a": "1", "b": "2"}


def test_columns_are_named_in_file_order(write: Write) -> None:
    path = write("z,a,m\n1,2,3\n")
    assert columns(path, detect_format(path)) == ("z", "a", "m")


def test_the_hint_counts_records_and_not_lines(write: Write) -> None:
    path = write("a,b\n" + '1,"x\ny"\n' * 100)
    assert count_hint(path, CSV) == 100


def test_the_hint_of_a_large_file_is_near(write: Write) -> None:
    path = write("id,text\n" + "".join(f"{n:06},some text\n" for n in range(60_000)))
    hint = count_hint(path, CSV)
    assert hint is not None
    assert abs(hint - 60_000) < 100


CELLS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30)


def line_ends(text: str) -> int:
    return text.replace("\r\n", "\n").replace("\r", "\n").count("\n")


@given(
    records=st.integers(2, 4).flatmap(
        lambda width: st.lists(st.lists(CELLS, min_size=width, max_size=width), min_size=1, max_size=8)
    ),
    delimiter=st.sampled_from([",", ";", "\t", "|"]),
    # Ending lines with \n, the csv module leaves a lone \r unquoted unless it quotes all.
    style=st.sampled_from([("\r\n", csv.QUOTE_MINIMAL), ("\r\n", csv.QUOTE_ALL), ("\n", csv.QUOTE_ALL)]),
)
def test_what_the_csv_module_writes_is_read_back(
    records: list[list[str]], delimiter: str, style: tuple[str, int]
) -> None:
    header = [f"c{n}" for n in range(len(records[0]))]
    starts = []
    with TemporaryDirectory() as folder:
        path = Path(folder) / "table.csv"
        written = StringIO(newline="")
        writer = csv.writer(written, delimiter=delimiter, lineterminator=style[0], quoting=style[1])
        for record in [header, *records]:
            starts.append(line_ends(written.getvalue()) + 1)
            writer.writerow(record)
        path.write_bytes(written.getvalue().encode())
        read = rows(path, FileFormat("csv", delimiter=delimiter))
    assert [list(row.values.values()) for row in read] == records
    assert all(tuple(row.values) == tuple(header) for row in read)
    assert [row.line for row in read] == starts[1:]
