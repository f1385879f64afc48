"""Bringing files in: first look at everything and write nothing, then write what nobody sees until it is whole.

```
check_import   pass one: reads and checks the whole of the files against the study
run_import     pass one again (files and study may have changed), then pass two
```
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.errors import BadInput, Conflict, FileProblem
from core.importing.book import KnownCriterion
from core.importing.checked import CheckedImport
from core.importing.comparing import KnownRating
from core.importing.mapping import Mapping as FileMapping
from core.importing.mapping import mapping_data, read_mapping, read_mapping_file, write_mapping
from core.importing.sources import InputFile
from core.importing.staging import Progress, Staged, staging
from core.importing.summary import summarise
from core.models.grading_rules import GradingRules
from core.models.ratings import Import, ImportState
from core.store import imported, imports, studies
from core.store import study_edits as edits
from core.store.database import Database
from core.workflow import import_liveness as liveness
from core.workflow.import_liveness import clear_dead_imports
from core.workflow.import_writing import write_staged
from core.workflow.processes import this_process
from core.workflow.studies import fresh_seed
from core.workflow.workspace import Visitor, Workspace

__all__ = [
    "CheckedImport",
    "FileMapping",
    "ImportResult",
    "InputFile",
    "Progress",
    "RefusedImport",
    "check_import",
    "clear_dead_imports",
    "input_files",
    "list_mappings",
    "read_mapping",
    "read_mapping_file",
    "run_import",
    "write_mapping",
]

Cancelling = Callable[[], bool]


@dataclass(frozen=True, slots=True)
class ImportResult:
    """What an import did.

    Attributes:
        import_id: None where the study had everything already and nothing was written.
        checked: What pass one found.
    """

    study_id: int
    study_name: str
    import_id: int | None
    checked: CheckedImport


class RefusedImport(FileProblem):
    """The files have problems; the message tells the first of them.

    Args:
        checked: What pass one found, with all of them.
    """

    def __init__(self, checked: CheckedImport) -> None:
        self.checked = checked
        first = checked.problems[0]
        super().__init__(
            file=first.file, line=first.line, column=first.column or None, found=first.found, expected=first.expected
        )


def input_files(paths: Sequence[Path]) -> tuple[InputFile, ...]:
    """Files by their own names.

    Raises:
        BadInput: Two have the same name.
    """
    files = tuple(InputFile(path, path.name) for path in paths)
    names = [file.name for file in files]
    for name in names:
        if names.count(name) > 1:
            raise BadInput(where="files", found=f"two files named {name}", expected="every name once")
    return files


def list_mappings(folder: Path) -> tuple[tuple[str, FileMapping], ...]:
    """The mappings in a folder: file name without ending, and what it says."""
    return tuple((path.stem, read_mapping_file(path)) for path in sorted(folder.glob("*.toml")))


def check_import(
    workspace: Workspace, files: Sequence[InputFile], mapping: FileMapping, *, study: int | None = None,
    progress: Progress = lambda _done, _total, _doing: None, cancelled: Cancelling = lambda: False,
) -> CheckedImport:  # fmt: skip
    """Read and check everything, and write nothing.

    Args:
        workspace: The outside world.
        files: What was handed in.
        mapping: What it means.
        study: The study it is meant for; None: a new one.
        progress: Told (done, total or None, what is being done) every few thousand rows.
        cancelled: Asked as often.

    Raises:
        BadInput: The mapping does not fit the files or the study, or the study is simulated.
        Cancelled: `cancelled` said so.
    """
    known = _Known(workspace.database, study)
    with staging(mapping, files, known, progress=progress, cancelled=cancelled) as staged:
        return summarise(staged, known)


def run_import(
    workspace: Workspace, visitor: Visitor, files: Sequence[InputFile], mapping: FileMapping, *,
    study: int | None = None, new_name: str = "",
    progress: Progress = lambda _done, _total, _doing: None, cancelled: Cancelling = lambda: False,
) -> ImportResult:  # fmt: skip
    """Check everything once more, then bring it in: all of it or nothing.

    Args:
        workspace: The outside world.
        visitor: Who imports.
        files: What was handed in.
        mapping: What it means.
        study: The study it goes into; None: one named `new_name` is made.
        new_name: Name of the new study; one that a removed import left empty is taken up.
        progress: Told (done, total or None, what is being done), in both passes.
        cancelled: Asked as often.

    Raises:
        RefusedImport: Something is wrong with the files; nothing was written.
        BadInput: The mapping does not fit the files or the study, or the name cannot be used.
        Conflict: Another import into the study is running, or the name is taken.
        Cancelled: `cancelled` said so; nothing is kept of the import.
        WrongDatabase: The database could not take it; nothing is kept of the import, at the latest from the next start.
    """
    if (study is None) == (not new_name.strip()):
        raise BadInput(where="study", found="both or neither", expected="a study, or the name of a new one")
    if study is not None:
        liveness.require_free(workspace, study)
    known = _Known(workspace.database, study)
    with staging(mapping, files, known, progress=progress, cancelled=cancelled) as staged:
        checked = summarise(staged, known)
        if not checked.can_run:
            raise RefusedImport(checked)
        if checked.adds_nothing and study is not None:
            return ImportResult(study, _name(workspace, study), None, checked)
        study_id = study if study is not None else _new_study(workspace, visitor, new_name, mapping)
        import_id = _begin(workspace, visitor, study_id, staged, mapping)
        with liveness.whole_or_nothing(workspace, import_id):
            write_staged(
                workspace, visitor, staged, mapping, checked, study_id=study_id, import_id=import_id,
                progress=progress, cancelled=cancelled,
            )  # fmt: skip
        return ImportResult(study_id, _name(workspace, study_id), import_id, checked)


def _begin(workspace: Workspace, visitor: Visitor, study_id: int, staged: Staged, mapping: FileMapping) -> int:
    described = [file.describe() for file in staged.files]
    now = workspace.clock()
    record = Import(
        study_id=study_id,
        files=described,
        mapping=mapping_data(mapping),
        state=ImportState.RUNNING.value,
        owner=this_process(),
        heartbeat_at=now,
        created_at=now,
        created_by=visitor.name,
    )
    with workspace.database.writing() as session:
        return imports.begin_import(record, session=session)


def _new_study(workspace: Workspace, visitor: Visitor, name: str, mapping: FileMapping) -> int:
    signed = edits.Signed(workspace.clock(), visitor.name)
    with workspace.database.writing() as session:
        for known in studies.list_studies(session=session):
            same = not known.simulated and known.name.casefold() == name.strip().casefold()
            if same and known.id is not None and imported.is_untouched(known.id, session=session):
                return known.id
        made = edits.add_study(
            name=name, description=mapping.description, seed=fresh_seed(workspace), signed=signed, session=session
        )
        if made.id is None:
            raise Conflict("The new study could not be stored.")
        edits.add_settings(made.id, GradingRules().to_json(), signed=signed, session=session)
        return made.id


def _name(workspace: Workspace, study_id: int) -> str:
    with workspace.database.reading() as session:
        return studies.find_study(study_id, session=session).name


class _Known:
    """What a study has, read in short transactions; nothing where there is no study yet."""

    def __init__(self, database: Database, study_id: int | None) -> None:
        self._database, self._study = database, study_id
        if study_id is not None:
            with database.reading() as session:
                studies.refuse_simulated(studies.find_study(study_id, session=session).id or 0, session=session)

    def criteria(self) -> list[KnownCriterion]:
        if self._study is None:
            return []
        with self._database.reading() as session:
            return [
                KnownCriterion(
                    row.id or 0, row.lineage, row.version, row.meaning, row.name, row.applies_to, scale
                )
                for row, scale in imported.known_criteria(self._study, session=session)
            ]  # fmt: skip

    def items(self) -> Iterator[tuple[int, str, Sequence[Mapping[str, object]], str | None]]:
        return self._stream(imported.known_items)

    def outputs(self) -> Iterator[tuple[int, int, str, int, Sequence[Mapping[str, object]]]]:
        return self._stream(imported.known_outputs)

    def references(self) -> Iterator[tuple[int, str, str]]:
        return self._stream(imported.known_references)

    def subjects(self) -> Iterator[tuple[str, int, str | None, int | None]]:
        return self._stream(imported.known_subjects)

    def systems(self) -> Iterator[tuple[int, str]]:
        return self._stream(imported.known_systems)

    def raters(self) -> Iterator[tuple[int, str, str]]:
        return self._stream(imported.known_raters)

    def ratings(self, rater_ids: Sequence[int]) -> Iterator[KnownRating]:
        if self._study is None:
            return
        with self._database.reading() as session:
            for row in imported.known_ratings(self._study, rater_ids, session=session):
                yield KnownRating(*row)

    def item_said(self, item_id: int) -> tuple[Sequence[Mapping[str, object]], str | None]:
        with self._database.reading() as session:
            return imported.item_said(item_id, session=session)

    def output_said(self, output_id: int) -> Sequence[Mapping[str, object]]:
        with self._database.reading() as session:
            return imported.output_said(output_id, session=session)

    def _stream(self, read: Callable[..., Iterator[Any]]) -> Iterator[Any]:
        if self._study is None:
            return
        with self._database.reading() as session:
            yield from read(self._study, session=session)
