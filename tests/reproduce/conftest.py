"""The public sets, imported once a session for all tests of this folder."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.store.database import open_database
from core.workflow.workspace import Workspace
from tests.reproduce.sets import VARIABLE
from tests.reproduce.studies import ReferenceStudies


@pytest.fixture(scope="session")
def reference_folder() -> Path:
    named = os.environ.get(VARIABLE)
    if not named:
        pytest.skip(f"{VARIABLE} names no folder with the public data sets")
    return Path(named)


@pytest.fixture(scope="session")
def reference(
    reference_folder: Path, migrated_file: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ReferenceStudies]:
    file = tmp_path_factory.mktemp("reference") / "touchstone.db"
    shutil.copy(migrated_file, file)
    database = open_database(f"sqlite:///{file}")
    yield ReferenceStudies(Workspace(database), reference_folder)
    database.close()
