"""Results kept for the texts asked for last, bounded by their number and by their total size."""

from collections import OrderedDict
from collections.abc import Callable
from threading import Lock


class Kept:
    """A function from text to text that computes each of its latest results once.

    Args:
        compute: The function; must give the same result for the same text.
        most: How many results are kept.
        room: How many characters, texts and results together, are kept. A single result above an eighth of it is not.
    """

    def __init__(self, compute: Callable[[str], str], *, most: int, room: int) -> None:
        self._compute, self._most, self._room = compute, most, room
        self._results: OrderedDict[str, str] = OrderedDict()
        self._size = 0
        self._lock = Lock()

    def __call__(self, text: str) -> str:
        """The function's result, computed or kept."""
        with self._lock:
            if text in self._results:
                self._results.move_to_end(text)
                return self._results[text]
        result = self._compute(text)
        size = len(text) + len(result)
        if size <= self._room // 8:
            with self._lock:
                self._store(text, result, size)
        return result

    def _store(self, text: str, result: str, size: int) -> None:
        if text in self._results:
            return
        self._results[text] = result
        self._size += size
        while len(self._results) > self._most or self._size > self._room:
            oldest, dropped = self._results.popitem(last=False)
            self._size -= len(oldest) + len(dropped)

    @property
    def size(self) -> int:
        """Characters kept now, texts and results together."""
        return self._size

    def __len__(self) -> int:
        """How many results are kept now."""
        return len(self._results)
