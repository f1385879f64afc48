"""One at a time for each thing: who comes second waits for the first, whoever wants something else does not."""

from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from threading import Lock, RLock


class OneAtATime:
    """Locks by name, kept only while somebody holds or awaits them."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._held: dict[Hashable, tuple[RLock, int]] = {}

    @contextmanager
    def holding(self, name: Hashable) -> Iterator[None]:
        """Alone with this name; the same thread may hold it again."""
        with self._lock:
            lock, waiting = self._held.get(name, (RLock(), 0))
            self._held[name] = (lock, waiting + 1)
        try:
            with lock:
                yield
        finally:
            with self._lock:
                _, waiting = self._held[name]
                if waiting == 1:
                    del self._held[name]
                else:
                    self._held[name] = (lock, waiting - 1)
