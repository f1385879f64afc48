"""A long task in a thread of the server: progress, cancel, result. It outlives the tab that started it."""

import logging
import time
from collections.abc import Callable
from secrets import token_urlsafe
from threading import Event, Lock, Thread
from typing import Generic, TypeVar

from core.errors import TouchstoneError

T = TypeVar("T")
Progress = Callable[[int, int | None, str], None]
Work = Callable[[Progress, Callable[[], bool]], T]

_KEPT_SECONDS = 6 * 3600.0


class Task(Generic[T]):
    """Starts at once.

    Args:
        work: Gets a function to tell progress and one to ask whether to stop.

    Attributes:
        token: Names the task in the page's address, so that a refreshed page finds it again.
        done, total, doing: As last told.
        result: Set when `finished` and nothing went wrong.
        error: What went wrong, in words for a person.
    """

    def __init__(self, work: Work[T]) -> None:
        self.token = token_urlsafe(12)
        self.done, self.total, self.doing = 0, None, ""
        self.result: T | None = None
        self.error: TouchstoneError | None = None
        self.ended_at: float | None = None
        self._stop = Event()
        self._work = work
        self._thread = Thread(target=self._run, name="touchstone-import", daemon=True)
        self._thread.start()

    total: int | None

    def _run(self) -> None:
        try:
            self.result = self._work(self._tell, self._stop.is_set)
        except TouchstoneError as error:
            self.error = error
        except Exception as error:
            logging.getLogger(__name__).exception("An import task failed")
            self.error = TouchstoneError(f"Stopped by an unexpected error ({type(error).__name__}). Nothing was kept.")
        finally:
            del self._work  # whatever it holds (uploaded files) may go
            self.ended_at = time.monotonic()

    def _tell(self, done: int, total: int | None, doing: str) -> None:
        self.done, self.total, self.doing = done, total, doing

    @property
    def finished(self) -> bool:
        """Whether it has ended, well or not."""
        return self.ended_at is not None

    @property
    def cancelling(self) -> bool:
        """Whether somebody asked it to stop."""
        return self._stop.is_set()

    def cancel(self) -> None:
        """Ask it to stop; it does at the next few thousand rows."""
        self._stop.set()

    def wait(self, seconds: float) -> bool:
        """Wait for its end; whether it came."""
        self._thread.join(seconds)
        return self.finished


class TaskBoard:
    """Tasks by token, for pages that come back to them; ended ones are forgotten after some hours."""

    def __init__(self) -> None:
        self._tasks: dict[str, Task[object]] = {}
        self._lock = Lock()

    def add(self, task: Task[T]) -> Task[T]:
        """Keep a task."""
        with self._lock:
            now = time.monotonic()
            old = [token for token, one in self._tasks.items() if one.ended_at and now - one.ended_at > _KEPT_SECONDS]
            for token in old:
                del self._tasks[token]
            self._tasks[task.token] = task  # type: ignore[assignment] # read back as an object
        return task

    def find(self, token: str) -> Task[object] | None:
        """The task of this token."""
        with self._lock:
            return self._tasks.get(token)


BOARD = TaskBoard()
"""Of the web process."""
