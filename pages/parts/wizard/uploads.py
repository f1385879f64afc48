"""Uploaded files in a private folder that goes when nobody needs it any more."""

import os
import re
import shutil
import tempfile
import unicodedata
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import IO

from core.errors import TouchstoneError
from core.workflow.import_wizard import see_file
from core.workflow.import_wizard_seen import SeenFile
from core.workflow.importing import InputFile

_PREFIX = "touchstone-upload-"


class UploadFolder:
    """A folder only we can read; removed with the last reference to it, at the latest with the process."""

    def __init__(self) -> None:
        _clear_after_dead_processes()
        self.path = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-"))
        self._count = 0
        self._gone = weakref.finalize(self, shutil.rmtree, self.path, ignore_errors=True)
        self._lock, self._holders, self._unwanted = Lock(), 0, False

    def keep(self, stream: IO[bytes]) -> Path:
        """Write what a stream holds into a file of a name of ours."""
        self._count += 1
        path = self.path / f"upload-{self._count}"
        with path.open("xb") as file:
            shutil.copyfileobj(stream, file, 1 << 20)
        return path

    @contextmanager
    def held(self) -> Iterator[None]:
        """While a task reads the files they stay, even if the session that brought them ends meanwhile."""
        with self._lock:
            self._holders += 1
        try:
            yield
        finally:
            with self._lock:
                self._holders -= 1
                over = self._unwanted and not self._holders
            if over:
                self._gone()

    def remove(self) -> None:
        """Remove it now, or when the last task has read it."""
        with self._lock:
            self._unwanted = True
            over = not self._holders
        if over:
            self._gone()


def _clear_after_dead_processes() -> None:
    """Remove folders of processes that were killed."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        match = re.fullmatch(rf"{_PREFIX}(\d+)-\w+", folder.name)
        if match and not Path(f"/proc/{match[1]}").exists() and Path("/proc/self").exists():
            shutil.rmtree(folder, ignore_errors=True)


@dataclass
class Upload:
    """One file of the person's.

    Attributes:
        name: As the browser told it, without folders and unseen characters.
        seen: What was detected; None where the file cannot be read.
        error: Why it cannot.
    """

    name: str
    path: Path
    size: int
    seen: SeenFile | None = None
    error: TouchstoneError | None = None

    @property
    def as_input(self) -> InputFile:
        """As an import takes it."""
        return InputFile(self.path, self.name)


def tidy_name(name: str) -> str:
    """The last part of a name, without characters that are not seen."""
    last = re.split(r"[/\\]", name)[-1]
    seen = "".join(letter for letter in last if unicodedata.category(letter)[0] != "C").strip()
    return seen[:200] or "file"


def look_at(name: str, path: Path) -> Upload:
    """What an uploaded file is; its error where it is none that can be imported."""
    upload = Upload(name, path, path.stat().st_size)
    try:
        upload.seen = see_file(path, name)
    except TouchstoneError as error:
        upload.error = error
    return upload
