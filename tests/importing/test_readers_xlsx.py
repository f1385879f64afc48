import zipfile
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest
from openpyxl import Workbook

from core.errors import FileProblem
from core.importing.readers import FileFormat, columns, count_hint, detect_format, read_rows
from core.importing.readers.format import WHOLE_FILE_LIMIT
from core.importing.readers.xlsx import UNPACKED_LIMIT
from core.importing.rows import SourceRow

XLSX = FileFormat("xlsx")


def saved(tmp_path: Path, rows: Sequence[Sequence[object]], **sheets: Sequence[Sequence[object]]) -> Path:
    book = Workbook()
    for number, (title, content) in enumerate({"Sheet": rows, **sheets}.items()):
        tab = book.worksheets[0] if number == 0 else book.create_sheet(title)
        for row in content:
            tab.append(list(row))
    path = tmp_path / "grades.xlsx"
    book.save(path)
    return path


def edited(path: Path, changes: Mapping[str, tuple[str, str]]) -> Path:
    """The same file with one piece of text replaced in some of its parts, as another program would write it."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            old, new = (side.encode() for side in changes.get(name, ("", "")))
            assert old in content
            archive.writestr(name, content.replace(old, new, 1) if old else content)
    return path


def rows(path: Path, file_format: FileFormat = XLSX) -> list[SourceRow]:
    return list(read_rows(path, file_format))


def problem(path: Path, file_format: FileFormat = XLSX) -> FileProblem:
    with pytest.raises(FileProblem) as caught:
        rows(path, file_format)
    return caught.value


SHEET = "xl/worksheets/sheet1.xml"


def test_cells_keep_their_type_and_empty_ones_are_none(tmp_path: Path) -> None:
    path = saved(tmp_path, [["id", "text", "share", "ok"], [1, "a", 0.5, True], [2, None, None, False]])
    assert detect_format(path) == XLSX
    assert rows(path) == [
        SourceRow(2, {"id": 1, "text": "a", "share": 0.5, "ok": True}),
        SourceRow(3, {"id": 2, "text": None, "share": None, "ok": False}),
    ]
    assert columns(path, XLSX) == ("id", "text", "share", "ok")
    assert count_hint(path, XLSX) is None


def test_times_become_iso_text(tmp_path: Path) -> None:
    cells = [date(2025, 1, 31), datetime(2025, 1, 31, 12, 30), time(9, 5), timedelta(hours=30)]  # noqa: DTZ001 - a cell has no zone
    values = rows(saved(tmp_path, [["day", "at", "clock", "lasted"], cells]))[0].values
    assert list(values.values()) == ["2025-01-31", "2025-01-31T12:30:00", "09:05:00", "1 day, 6:00:00"]


def test_empty_rows_and_columns_at_the_edges_are_dropped_and_row_numbers_stay(tmp_path: Path) -> None:
    path = saved(tmp_path, [[], ["a", "b", None], [1, 2, None], [None, None], [3, None], ["", ""], []])
    assert rows(path) == [SourceRow(3, {"a": 1, "b": 2}), SourceRow(5, {"a": 3, "b": None})]


def test_a_merged_cell_counts_once_at_its_top_left(tmp_path: Path) -> None:
    book = Workbook()
    tab = book.worksheets[0]
    for row in (["a", "b"], ["x", 1], [None, 2]):
        tab.append(row)
    tab.merge_cells("A2:A3")
    tab.merge_cells("A4:B6")
    book.save(tmp_path / "merged.xlsx")
    assert [dict(row.values) for row in rows(tmp_path / "merged.xlsx")] == [{"a": "x", "b": 1}, {"a": None, "b": 2}]


def test_the_first_sheet_is_read_unless_another_is_named(tmp_path: Path) -> None:
    path = saved(tmp_path, [["a"], [1]], Second=[["b"], [2]])
    assert rows(path)[0].values == {"a": 1}
    assert rows(path, FileFormat("xlsx", sheet="Second"))[0].values == {"b": 2}
    found = problem(path, FileFormat("xlsx", sheet="Third"))
    assert (found.found, found.expected) == ('no sheet "Third"', "one of Sheet, Second")


def test_a_formula_without_a_stored_value_is_refused_by_cell(tmp_path: Path) -> None:
    path = saved(tmp_path, [["a", "b", "sum"], [1, 2, 3], [1, 2, "=A3+B3"]])
    found = problem(path)
    assert (found.line, found.column, found.found) == (3, "C3", 'the formula "=A3+B3" without a stored value')


def test_a_formula_counts_with_its_stored_value(tmp_path: Path) -> None:
    path = saved(tmp_path, [["a", "b", "sum"], [1, 2, "=A2+B2"]])
    edited(path, {SHEET: ("<f>A2+B2</f>", "<f>A2+B2</f><v>3</v>")})
    assert rows(path)[0].values["sum"] == 3


def test_a_formula_with_a_stored_empty_text_is_empty_text(tmp_path: Path) -> None:
    path = saved(tmp_path, [["a", "b"], ['=IF(TRUE,"","x")', 2]])
    edited(path, {SHEET: ('<c r="A2">', '<c r="A2" t="str">')})
    assert rows(path)[0].values == {"a": "", "b": 2}


def test_an_error_cell_is_refused_by_cell(tmp_path: Path) -> None:
    found = problem(saved(tmp_path, [["a", "b"], [1, "#N/A"]]))
    assert (found.line, found.column, found.found) == (2, "B2", "the error #N/A")


def test_header_problems_are_those_of_any_table(tmp_path: Path) -> None:
    assert problem(saved(tmp_path, [["a", "b", "a"], [1, 2, 3]])).found == "2 columns of this name"
    found = problem(saved(tmp_path, [["a", None, "c"], [1, 2, 3]]))
    assert (found.line, found.found) == (1, "an empty name for column 2")


def test_a_value_beyond_the_header_is_refused(tmp_path: Path) -> None:
    found = problem(saved(tmp_path, [["a", "b"], [1, 2], [1, 2, None, 4]]))
    assert (found.line, found.found, found.expected) == (3, "a value in column D", "2 columns, as in the header")


def test_an_empty_sheet_and_a_header_alone_are_refused(tmp_path: Path) -> None:
    assert problem(saved(tmp_path, [])).found == "an empty sheet"
    assert problem(saved(tmp_path, [["a", "b"]])).found == "a header and no rows"


def test_a_file_that_breaks_off_is_refused(tmp_path: Path) -> None:
    path = saved(tmp_path, [["a"], [1]])
    path.write_bytes(path.read_bytes()[:-200])
    assert "damaged XLSX" in problem(path).found
    with pytest.raises(FileProblem, match="damaged"):
        detect_format(path)


@pytest.mark.parametrize("part", [SHEET, "xl/workbook.xml", "[Content_Types].xml"])
def test_a_file_with_a_damaged_part_is_refused(tmp_path: Path, part: str) -> None:
    path = edited(saved(tmp_path, [["a"], [1]]), {part: (">", "")})
    assert "damaged XLSX" in problem(path).found


def test_a_wrong_row_number_does_not_run_forever(tmp_path: Path) -> None:
    path = edited(saved(tmp_path, [["a"], [1]]), {SHEET: ('<row r="2"', '<row r="99999999999"')})
    assert problem(path).expected == "at most 1,048,576 rows"


def test_a_wrong_claim_about_the_size_of_the_sheet_is_not_believed(tmp_path: Path) -> None:
    path = saved(tmp_path, [["a", "b"], [1, 2]])
    edited(path, {SHEET: ('<dimension ref="A1:B2"', '<dimension ref="A1:A1"')})
    assert rows(path) == [SourceRow(2, {"a": 1, "b": 2})]


def test_a_zip_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    path = saved(tmp_path, [["a"], [1]])
    piece = b" " * 10_000_000
    with (
        zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
        archive.open("xl/media/x.xml", "w", force_zip64=True) as part,
    ):
        for _ in range(UNPACKED_LIMIT // len(piece) + 1):
            part.write(piece)
    assert path.stat().st_size < 10_000_000
    assert "when unpacked" in problem(path).found


def test_entities_that_expand_are_refused(tmp_path: Path) -> None:
    path = saved(tmp_path, [["a"], [1]])
    bomb = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><worksheet '
    edited(path, {SHEET: ("<worksheet ", bomb)})
    assert "document type definition" in problem(path).found


def test_a_file_too_large_names_the_formats_that_stream(tmp_path: Path) -> None:
    path = tmp_path / "large.xlsx"
    with path.open("wb") as stream:
        stream.truncate(WHOLE_FILE_LIMIT + 1)
    assert "Parquet" in problem(path).expected


def test_an_upload_without_its_ending_is_read_by_its_content(tmp_path: Path) -> None:
    path = saved(tmp_path, [["a"], [1]]).rename(tmp_path / "upload")
    assert detect_format(path, "grades.xlsx") == XLSX
    assert rows(path)[0].values == {"a": 1}
