"""Whether an unfinished import still runs, and what is done with one that does not."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from core.errors import Conflict, TouchstoneError
from core.models.ratings import ImportState
from core.store import imports
from core.store.imports import UnfinishedImport
from core.workflow.processes import is_gone, this_process
from core.workflow.workspace import Workspace

SILENT = timedelta(minutes=5)
"""An import that was not heard of for so long is dead; every batch tells that it lives."""

_REMOVED_AT_ONCE = 5_000
_active: set[int] = set()


@contextmanager
def active(import_id: int) -> Iterator[None]:
    """Note, in this process, that an import is being written."""
    _active.add(import_id)
    try:
        yield
    finally:
        _active.discard(import_id)


@contextmanager
def whole_or_nothing(workspace: Workspace, import_id: int) -> Iterator[None]:
    """Write an import inside: on any error what was written is removed, at the latest by the next start."""
    with active(import_id):
        try:
            yield
        except BaseException as error:
            try:
                remove_import(workspace, import_id)
            except TouchstoneError as second:
                error.add_note(f"What was written is removed at the next start: {second}")
            raise


def is_dead(workspace: Workspace, unfinished: UnfinishedImport) -> bool:
    """Whether nobody writes an unfinished import any more."""
    if unfinished.id in _active:
        return False
    if unfinished.owner == this_process() or imports.is_stale(unfinished, workspace.clock(), after=SILENT):
        return True
    return is_gone(unfinished.owner)


def clear_dead_imports(workspace: Workspace) -> int:
    """Remove what dead imports left; how many there were. Called at start."""
    with workspace.database.reading() as session:
        unfinished = imports.unfinished_imports(session=session)
    dead = [one for one in unfinished if is_dead(workspace, one)]
    for one in dead:
        remove_import(workspace, one.id)
    return len(dead)


def require_free(workspace: Workspace, study_id: int) -> None:
    """Refuse a second import into a study; a dead one is removed first.

    Raises:
        Conflict: One is running.
    """
    with workspace.database.reading() as session:
        unfinished = imports.unfinished_imports(session=session, study_id=study_id)
    for one in unfinished:
        if not is_dead(workspace, one):
            raise Conflict("Another import into this study is running; wait until it is done.")
        remove_import(workspace, one.id)


def remove_import(workspace: Workspace, import_id: int) -> None:
    """Delete everything an unfinished import brought, in short transactions."""
    with workspace.database.writing() as session:
        imports.end_import(import_id, ImportState.REMOVING, now=workspace.clock(), session=session)
    left = True
    while left:
        with workspace.database.writing() as session:
            left = imports.remove_some(import_id, limit=_REMOVED_AT_ONCE, session=session)
    with workspace.database.writing() as session:
        imports.end_import(import_id, ImportState.REMOVED, now=workspace.clock(), session=session)
