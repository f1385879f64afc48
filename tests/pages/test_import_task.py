"""A long task in a thread: it tells how far it is, stops when asked, and ends in words; its folder is private."""

import gc
import logging
from collections.abc import Callable
from io import BytesIO
from threading import Event

import pytest

from core.errors import BadInput, Cancelled
from pages.parts.wizard.task import Progress, Task, TaskBoard
from pages.parts.wizard.uploads import UploadFolder, look_at, tidy_name

SOON = 10.0


def test_a_task_tells_how_far_it_is_and_keeps_its_result() -> None:
    told, go = Event(), Event()

    def work(progress: Progress, _cancelled: Callable[[], bool]) -> int:
        progress(3, 10, "Reading")
        told.set()
        go.wait(SOON)
        return 42

    task = Task(work)
    assert told.wait(SOON)
    assert (task.done, task.total, task.doing, task.finished) == (3, 10, "Reading", False)
    go.set()
    assert task.wait(SOON)
    assert (task.result, task.error) == (42, None)


def test_a_task_that_is_cancelled_ends_as_cancelled() -> None:
    def work(_progress: Progress, cancelled: Callable[[], bool]) -> None:
        tick = Event()
        while not cancelled():
            tick.wait(0.01)
        raise Cancelled("Stopped.")

    task = Task(work)
    assert not task.finished
    task.cancel()
    assert task.wait(SOON)
    assert isinstance(task.error, Cancelled)
    assert task.result is None


def test_an_expected_error_is_kept_as_it_is() -> None:
    def work(_progress: Progress, _cancelled: Callable[[], bool]) -> None:
        raise BadInput(where="here", found="this", expected="that")

    task = Task(work)
    assert task.wait(SOON)
    assert str(task.error) == "here: found this; expected that."


def test_an_unexpected_error_ends_the_task_in_words_without_its_details(caplog: pytest.LogCaptureFixture) -> None:
    def work(_progress: Progress, _cancelled: Callable[[], bool]) -> None:
        raise RuntimeError("a secret path")

    with caplog.at_level(logging.CRITICAL):
        task = Task(work)
        assert task.wait(SOON)
    assert task.finished
    assert "RuntimeError" in str(task.error)
    assert "secret" not in str(task.error)


def test_a_board_finds_tasks_by_their_token_only() -> None:
    board = TaskBoard()
    task = board.add(Task(lambda _progress, _cancelled: 1))
    assert board.find(task.token) is task
    assert board.find("") is None
    assert board.find(task.token + "x") is None


def test_an_upload_folder_is_private_and_goes_with_its_last_holder() -> None:
    folder = UploadFolder()
    path = folder.keep(BytesIO(b"a,b\n1,2\n"))
    assert path.read_bytes() == b"a,b\n1,2\n"
    assert folder.path.stat().st_mode & 0o077 == 0
    where = folder.path
    with folder.held():
        folder.remove()
        assert path.exists(), "a task still reads it"
    assert not where.exists()
    other = UploadFolder()
    where = other.path
    del other
    gc.collect()
    assert not where.exists()


@pytest.mark.parametrize(
    ("told", "kept"),
    [
        ("ratings.csv", "ratings.csv"),
        ("../../etc/passwd", "passwd"),
        (r"C:\data\ratings.csv", "ratings.csv"),
        ("a\u202egnp.csv", "agnp.csv"),
        ("\x00\n", "file"),
        ("", "file"),
        ("x" * 999, "x" * 200),
    ],
)
def test_names_lose_their_folders_and_unseen_characters(told: str, kept: str) -> None:
    assert tidy_name(told) == kept


def test_a_file_that_cannot_be_read_is_told_in_words() -> None:
    folder = UploadFolder()
    upload = look_at("broken.json", folder.keep(BytesIO(b'{"a": ')))
    assert upload.seen is None
    assert upload.error is not None
    assert "broken.json" in str(upload.error)
