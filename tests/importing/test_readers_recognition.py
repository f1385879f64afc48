"""Every reader keeps one contract, and hostile files meet an error that names them."""

import gzip
import json
import tracemalloc
from collections.abc import Callable, Iterator
from os import urandom
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook

from core.errors import FileProblem
from core.importing.readers import READERS, FileFormat, Kind, columns, count_hint, detect_format, read_rows
from core.importing.rows import SourceRow


def save_csv(path: Path) -> None:
    path.write_text("row,value\n0,5\n1,6\n2,7\n")


def save_jsonl(path: Path) -> None:
    path.write_text("".join(json.dumps({"row": n, "value": n + 5}) + "\n" for n in range(3)))


def save_json(path: Path) -> None:
    path.write_text(json.dumps([{"row": n, "value": n + 5} for n in range(3)], indent=1))


def save_parquet(path: Path) -> None:
    pq.write_table(pa.table({"row": [0, 1, 2], "value": [5, 6, 7]}), path)


def save_xlsx(path: Path) -> None:
    book = Workbook()
    for row in [["row", "value"], [0, 5], [1, 6], [2, 7]]:
        book.worksheets[0].append(row)
    book.save(path)


def save_npy(path: Path) -> None:
    with path.open("wb") as stream:
        np.save(stream, np.array([5, 6, 7]))


SAVE: dict[Kind, Callable[[Path], None]] = {
    "csv": save_csv,
    "jsonl": save_jsonl,
    "json": save_json,
    "parquet": save_parquet,
    "xlsx": save_xlsx,
    "npy": save_npy,
}
EVERY_KIND = pytest.mark.parametrize("kind", sorted(READERS))


def refused(path: Path, name: str | None = None) -> FileProblem:
    with pytest.raises(FileProblem) as caught:
        list(read_rows(path, detect_format(path, name), name=name))
    return caught.value


def read_or_refused(path: Path, file_format: FileFormat | None) -> list[SourceRow] | FileProblem:
    try:
        return list(read_rows(path, file_format or detect_format(path)))
    except FileProblem as error:
        return error


@EVERY_KIND
def test_every_format_is_known_by_its_content_and_gives_the_same_records(tmp_path: Path, kind: Kind) -> None:
    path = tmp_path / "upload"
    SAVE[kind](path)
    found = detect_format(path)
    assert found.kind == kind
    rows = list(read_rows(path, found))
    assert [[int(str(value)) for value in row.values.values()] for row in rows] == [[0, 5], [1, 6], [2, 7]]
    assert columns(path, found) == ("row", "value")
    assert [row.line for row in rows] in ([1, 2, 3], [2, 3, 4])
    assert count_hint(path, found) in (3, None)


@EVERY_KIND
def test_a_misleading_name_does_not_mislead(tmp_path: Path, kind: Kind) -> None:
    path = tmp_path / "upload"
    SAVE[kind](path)
    for suffix in ("csv", "tsv", "txt", "parquet", "xlsx", "npy"):
        assert detect_format(path, f"x.{suffix}").kind == kind


@EVERY_KIND
def test_every_reader_names_the_file_as_it_was_handed_in(tmp_path: Path, kind: Kind) -> None:
    path = tmp_path / "upload"
    path.write_bytes(b"")
    with pytest.raises(FileProblem) as caught:
        list(read_rows(path, FileFormat(kind), name="../../etc/grades.x\n"))
    assert caught.value.file == "grades.x"


@EVERY_KIND
def test_every_reader_refuses_an_empty_file_a_folder_and_a_missing_file(tmp_path: Path, kind: Kind) -> None:
    empty = tmp_path / "empty"
    empty.touch()
    for path, found in ((empty, "an empty file"), (tmp_path, "a folder"), (tmp_path / "none", "no such file")):
        with pytest.raises(FileProblem) as caught:
            list(read_rows(path, FileFormat(kind)))
        assert caught.value.found == found
        assert refused(path).found == found


@EVERY_KIND
def test_every_reader_lets_go_of_a_file_it_does_not_finish(tmp_path: Path, kind: Kind) -> None:
    path = tmp_path / "upload"
    SAVE[kind](path)
    rows = read_rows(path, FileFormat(kind))
    assert isinstance(rows, Iterator)
    next(rows)
    rows.close()  # type: ignore[attr-defined]  # an unclosed file would be a warning, and that an error
    path.unlink()


@EVERY_KIND
def test_flipped_bytes_give_records_or_a_file_problem_and_nothing_else(tmp_path: Path, kind: Kind) -> None:
    path = tmp_path / "upload"
    SAVE[kind](path)
    sound = path.read_bytes()
    random = Random(7)
    problems: list[FileProblem] = []
    for _ in range(40):
        broken = bytearray(sound)
        for _ in range(random.choice([1, 3, 20])):
            broken[random.randrange(len(broken))] = random.randrange(256)
        path.write_bytes(broken)
        outcome = read_or_refused(path, FileFormat(kind))
        problems += [outcome] if isinstance(outcome, FileProblem) else []
    assert problems
    assert {error.file for error in problems} == {"upload"}


@given(content=st.binary(max_size=300))
def test_any_bytes_give_records_or_a_file_problem_and_nothing_else(content: bytes) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "upload"
        path.write_bytes(content)
        outcome = read_or_refused(path, None)
    assert outcome.file == "upload" if isinstance(outcome, FileProblem) else outcome


@pytest.mark.parametrize("name", ["../../x.csv", "..\\..\\x.csv", "/etc/x.csv", "C:\\x.csv", "a/b/../x.csv", "x.csv/"])
def test_a_name_with_a_path_is_shown_without_it_and_opens_nothing_else(tmp_path: Path, name: str) -> None:
    path = tmp_path / "upload"
    path.write_text("a,b\n1\n")
    assert refused(path, name).file == "x.csv"


@pytest.mark.parametrize("name", ["", "..", "\n", "/"])
def test_a_name_of_nothing_is_still_shown(tmp_path: Path, name: str) -> None:
    path = tmp_path / "upload"
    path.write_text("a,b\n1\n")
    assert refused(path, name).file in ("upload", "..", "file")


def test_a_gzip_archive_sound_or_broken_is_refused_with_the_way_out(tmp_path: Path) -> None:
    path = tmp_path / "x.csv.gz"
    packed = gzip.compress(b"a,b\n1,2\n")
    for content in (packed, packed[:12], packed[:-4] + b"junk"):
        path.write_bytes(content)
        assert (refused(path).found, refused(path).expected) == ("a gzip archive", "the file unpacked")


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"%PDF-1.7\n...", "a PDF"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Excel or Word file"),
        (b"SQLite format 3\0", "an SQLite database"),
        (b"<!DOCTYPE html><html></html>", "an HTML or XML page"),
        (b"PK\x03\x04 and then nothing", "a damaged zip archive or XLSX file"),
        (b"   \n\t\n", "white space only"),
        (bytes(range(256)) * 10, "binary data"),
    ],
)
def test_what_is_not_supported_is_refused_by_what_it_is(tmp_path: Path, content: bytes, found: str) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(content)
    assert refused(path).found == found


def test_random_junk_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "junk.csv"
    path.write_bytes(urandom(200_000))
    assert refused(path).file == "junk.csv"


def test_another_zip_archive_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "arrays.npz"
    np.savez(path, a=np.arange(3))
    assert refused(path).found == "a zip archive"


@pytest.mark.parametrize(
    ("text", "name", "kind"),
    [
        ('{"a": 1}\n{"a": 2}\n', "x", "jsonl"),
        ('{"a": 1}\n{"a": oops}\n', "x", "jsonl"),
        ('{"a": 1}', "x.jsonl", "jsonl"),
        ('{"a": 1}', "x", "jsonl"),
        ('[{"a": 1}]', "x", "json"),
        ('[\n{"a": 1}]', "x.jsonl", "json"),
        ("[1]\n[2]\n", "x.jsonl", "jsonl"),
        ('{\n"rows": [{"a": 1}]}', "x.jsonl", "json"),
        ('{"a": {"x": 1}, "b": {"x": 2}}', "x.json", "json"),
        ("[id],text\n1,a\n", "x.csv", "csv"),
        ("oops\n", "x.jsonl", "jsonl"),
        ("oops", "x.json", "json"),
        ("a,b\n1,2\n", "x.json", "csv"),
    ],
)
def test_json_json_lines_and_tables_are_told_apart(tmp_path: Path, text: str, name: str, kind: str) -> None:
    path = tmp_path / "upload"
    path.write_text(text)
    assert detect_format(path, name).kind == kind


def test_a_tab_wins_in_a_file_named_tsv(tmp_path: Path) -> None:
    path = tmp_path / "upload"
    path.write_text("a,b\tc\n1,2\t3\n")
    assert detect_format(path, "x.tsv").delimiter == "\t"
    assert detect_format(path, "x.csv").delimiter == ","


@pytest.mark.parametrize("kind", ["csv", "jsonl"])
def test_a_large_file_is_recognised_and_streamed_in_bounded_memory(tmp_path: Path, kind: Kind) -> None:
    path = tmp_path / "large"
    text = "x" * 10_000
    line = f"1,{text}\n" if kind == "csv" else json.dumps({"a": 1, "b": text}) + "\n"
    path.write_text(("a,b\n" if kind == "csv" else "") + line * 3_000)
    tracemalloc.start()
    try:
        found = detect_format(path)
        assert (found.kind, sum(1 for _ in read_rows(path, found))) == (kind, 3_000)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    # 30 MB of file, at most a few blocks of 1 MB held at a time.
    assert peak < 8_000_000
