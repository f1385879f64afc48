from pathlib import Path

import numpy as np
import pytest

from core.errors import FileProblem
from core.importing.readers import FileFormat, columns, count_hint, detect_format, read_rows
from core.importing.rows import SourceRow

NPY = FileFormat("npy")


def saved(tmp_path: Path, array: object, *, pickled: bool = False) -> Path:
    path = tmp_path / "labels.npy"
    np.save(path, np.asarray(array), allow_pickle=pickled)
    return path


def problem(path: Path) -> FileProblem:
    with pytest.raises(FileProblem) as caught:
        list(read_rows(path, NPY))
    return caught.value


@pytest.mark.parametrize(
    ("array", "kind"), [([7, 0], int), ([0.5, 1.5], float), ([True, False], bool), (["a", "b"], str)]
)
def test_one_dimension_gives_row_and_value(tmp_path: Path, array: list[object], kind: type) -> None:
    path = saved(tmp_path, array)
    assert detect_format(path) == NPY
    read = list(read_rows(path, NPY))
    assert read == [SourceRow(1, {"row": 0, "value": array[0]}), SourceRow(2, {"row": 1, "value": array[1]})]
    assert type(read[0].values["value"]) is kind


def test_two_dimensions_give_one_column_a_class(tmp_path: Path) -> None:
    path = saved(tmp_path, [[0.25, 0.75], [1.0, 0.0], [0.5, 0.5]])
    assert list(read_rows(path, NPY))[1] == SourceRow(2, {"row": 1, "p0": 1.0, "p1": 0.0})
    assert columns(path, NPY) == ("row", "p0", "p1")
    assert count_hint(path, NPY) == 3


def test_rows_go_on_over_many_blocks(tmp_path: Path) -> None:
    path = saved(tmp_path, np.arange(10_000))
    assert [row.values["value"] for row in read_rows(path, NPY)] == list(range(10_000))


def test_an_array_of_objects_is_refused_without_being_unpickled(tmp_path: Path) -> None:
    class Trap:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return (Path.touch, (tmp_path / "sprung",))  # type: ignore[return-value]

    path = saved(tmp_path, np.array([Trap()], dtype=object), pickled=True)
    assert problem(path).found == "an array of Python objects"
    assert not (tmp_path / "sprung").exists()


@pytest.mark.parametrize(
    ("array", "found"),
    [
        (np.zeros((2, 2, 2)), "2 x 2 x 2"),
        (np.float64(3), "a single value"),
        (np.zeros(0), "an array without entries"),
        (np.zeros((3, 0)), "an array without entries"),
        (np.zeros(2, dtype=complex), "the type complex128"),
        (np.zeros(2, dtype="M8[s]"), "the type datetime64[s]"),
        (np.zeros(2, dtype=[("a", int)]), "the type [('a', '<i8')]"),
        (np.zeros((2, 20_001), dtype=np.int8), "20,000 columns"),
        (np.array([["a", "b"]]), "the type <U1"),
    ],
)
def test_other_shapes_and_types_are_refused(tmp_path: Path, array: object, found: str) -> None:
    assert problem(saved(tmp_path, array)).found == found


@pytest.mark.parametrize("keep", [7, 60, 200])
def test_a_damaged_file_is_refused(tmp_path: Path, keep: int) -> None:
    path = saved(tmp_path, np.arange(1_000))
    path.write_bytes(path.read_bytes()[:keep])
    assert "damaged NPY" in problem(path).found
