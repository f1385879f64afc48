"""The last used of many names, in bounded memory."""

from collections.abc import Callable
from typing import Generic, TypeVar

_Name = TypeVar("_Name")
_Known = TypeVar("_Known")


class Recent(Generic[_Name, _Known]):
    """What is known by name, of the names used last: between half of `size` and all of it.

    Args:
        size: How many names at most.
        before_forgetting: Called before names are forgotten, to put away what only memory holds.

    Attributes:
        whole: Whether nothing was forgotten so far: then a name that is not there was never put in.
    """

    __slots__ = ("_before_forgetting", "_half", "_older", "_younger", "whole")

    def __init__(self, size: int, before_forgetting: Callable[[], None] = lambda: None) -> None:
        self._half, self._before_forgetting = size // 2, before_forgetting
        self._younger: dict[_Name, _Known] = {}
        self._older: dict[_Name, _Known] = {}
        self.whole = True

    def get(self, name: _Name) -> _Known | None:
        """What is known of a name; None if nothing, or if it was forgotten."""
        known = self._younger.get(name)
        if known is None and self._older:
            known = self._older.get(name)
            if known is not None:
                self.put(name, known)
        return known

    def put(self, name: _Name, known: _Known) -> None:
        """Remember something, and where there is no room forget the half that was not used for longest."""
        if len(self._younger) >= self._half:
            if self._older:
                self.whole = False
                self._before_forgetting()
            self._older, self._younger = self._younger, {}
        self._younger[name] = known
