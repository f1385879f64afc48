"""Where a person stands in the wizard: files, mapping, target, task. Kept in the session."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import IntEnum

import streamlit as st

from core.errors import BadInput, TouchstoneError
from core.importing.mapping import RatingsEntry
from core.settings import ROOT
from core.workflow.import_wizard import FoundValues, bundled_mapping, found_values, known_mapping, propose_mapping
from core.workflow.import_wizard_seen import SeenFile
from core.workflow.importing import CheckedImport, FileMapping, ImportResult
from pages.parts.wizard.task import BOARD, Task
from pages.parts.wizard.uploads import Upload, UploadFolder

MAPPINGS = ROOT / "data" / "mappings"
_SLOT = "import_wizard"


class Step(IntEnum):
    """The steps, in their order."""

    FILES = 1
    MAPPING = 2
    CHECK = 3
    IMPORT = 4


STEP_NAMES = {Step.FILES: "Files", Step.MAPPING: "Mapping", Step.CHECK: "Check", Step.IMPORT: "Import"}


@dataclass
class Wizard:
    """One import on its way.

    Attributes:
        uploads: The files, in the order of coming.
        mapping: What they mean; None until it was proposed or brought.
        origin: Where the mapping came from, in words.
        generation: Goes up when the mapping was replaced as a whole, so that every form starts from it anew.
        uploaded: Goes up when the uploader was emptied.
        target: Id of the study to import into; None: a new one.
        checking, importing: What runs or ran last.
        checked_for: The mapping and target of `checking`.
        values: Raw values found, by the entry that finds them.
        name: Who imports, where the browser does not know it.
        ratings_seen: Whether the ratings that came along were shown.
        left_out: Places of `[[ratings]]` that are switched off.
    """

    folder: UploadFolder = field(default_factory=UploadFolder)
    uploads: list[Upload] = field(default_factory=list)
    step: Step = Step.FILES
    mapping: FileMapping | None = None
    origin: str = ""
    generation: int = 0
    uploaded: int = 0
    target: int | None = None
    new_name: str = ""
    note: str = ""
    checking: Task[CheckedImport] | None = None
    checked_for: object = None
    importing: Task[ImportResult] | None = None
    values: dict[str, FoundValues] = field(default_factory=dict)
    left_out: tuple[int, ...] = ()
    bundled: FileMapping | None = None
    name: str = ""
    ratings_seen: bool = False

    @property
    def seen(self) -> list[SeenFile]:
        """What was detected of the files that can be read."""
        return [upload.seen for upload in self.uploads if upload.seen is not None]

    @property
    def ready(self) -> bool:
        """Whether there are files, and all of them can be read."""
        return bool(self.uploads) and all(upload.seen is not None for upload in self.uploads)

    def upload_of(self, role: str) -> Upload | None:
        """The file that plays a part in the mapping."""
        if self.mapping is None or role not in self.mapping.files:
            return None
        name = self.mapping.files[role].name
        exact = [upload for upload in self.uploads if upload.name == name]
        others = {entry.name for entry in self.mapping.files.values()}
        free = [upload for upload in self.uploads if upload.name not in others]
        return exact[0] if exact else free[0] if free else None

    def mapping_to_use(self) -> FileMapping | None:
        """The mapping without what is switched off."""
        if self.mapping is None or not self.left_out:
            return self.mapping
        kept = tuple(entry for place, entry in enumerate(self.mapping.ratings) if place not in self.left_out)
        return self.mapping.model_copy(update={"ratings": kept})

    def take_mapping(self, mapping: FileMapping, origin: str) -> None:
        """Replace the mapping as a whole."""
        self.mapping, self.origin, self.left_out = mapping, origin, ()
        self.bundled = None
        self.generation += 1
        self.values.clear()
        self.forget_check()

    def edit_mapping(self, mapping: FileMapping, *, left_out: tuple[int, ...] = ()) -> None:
        """Replace the mapping by what the forms say; what is switched off stays in them."""
        if (mapping, left_out) != (self.mapping, self.left_out):
            self.mapping, self.left_out = mapping, left_out
            self.forget_check()

    def forget_check(self) -> None:
        """What was checked is not what would be imported any more."""
        if self.checking is not None:
            self.checking.cancel()
        self.checking, self.checked_for = None, None

    def propose(self) -> None:
        """Propose a mapping for the files as they are now.

        Raises:
            BadInput: Nothing in them can be brought in.
        """
        ours = known_mapping(self.seen, MAPPINGS / "touchstone.toml")
        if ours is not None:
            self.take_mapping(ours, "These are ratings that Touchstone exported; it knows what their columns mean.")
            return
        self.take_mapping(propose_mapping(self.seen), "")
        self.bundled = bundled_mapping(self.seen, MAPPINGS)

    def take_bundled(self) -> None:
        """Take the mapping that comes along instead of the proposal."""
        if self.bundled is not None:
            self.take_mapping(self.bundled, f"This is the mapping that comes along for them: {self.bundled.name}.")

    @property
    def usual_name(self) -> str:
        """What a new study may be called: the mapping's name, else as the file with the texts."""
        mapping = self.mapping
        if mapping is None:
            return ""
        content = self.upload_of(mapping.content[0].file) if mapping.content else None
        file = content or (self.uploads[0] if self.uploads else None)
        return mapping.name or (file.name.rsplit(".", 1)[0] if file else "")

    def found(self, entry: RatingsEntry) -> FoundValues | None:
        """The raw values that an entry finds, counted once."""
        key = repr((entry.file, entry.shape, entry.value, entry.columns, entry.path))
        upload = self.upload_of(entry.file)
        if upload is None or upload.seen is None:
            return None
        if key not in self.values:
            try:
                self.values[key] = found_values(upload.path, upload.name, upload.seen.detected.format, entry)
            except (TouchstoneError, ValueError):
                return None
        return self.values[key]

    def go(self, step: Step) -> None:
        """Go to a step."""
        self.step = step


def current_wizard() -> Wizard:
    """The session's import."""
    found = st.session_state.get(_SLOT)
    if not isinstance(found, Wizard):
        found = st.session_state[_SLOT] = Wizard(note=_interrupted())
        found.importing = _running()
        if found.importing is not None:
            found.step, found.note = Step.IMPORT, ""
    return found


def start_over() -> None:
    """Leave everything and begin with no file."""
    wizard = st.session_state.pop(_SLOT, None)
    if isinstance(wizard, Wizard):
        wizard.forget_check()
        wizard.folder.remove()
    for name in ("step", "task"):
        st.query_params.pop(name, None)


def _interrupted() -> str:
    if st.query_params.get("step") in (None, "1"):
        return ""
    return (
        "This page was loaded anew, so its files are gone from it: choose them again. "
        "Nothing is imported by halves; what was imported before is in its study."
    )


def _running() -> Task[ImportResult] | None:
    return BOARD.find(st.query_params.get("task", ""))  # type: ignore[return-value] # only imports are on the board


def guarded(change: Callable[[], None]) -> TouchstoneError | None:
    """Make a change; the error instead where it cannot be made."""
    try:
        change()
    except BadInput as error:
        return error
    return None
