"""The demo study: read from the files of `data/demo`, loaded once and all at once, marked as illustrative."""

from pathlib import Path

from core.errors import NotFound
from core.settings import ROOT
from core.store import studies as stored
from core.store import study_edits as edits
from core.store.demo_writing import write_content
from core.store.study_edits import Signed
from core.workflow.demo_files import read_demo
from core.workflow.studies import StudySummary, fresh_seed, summarised
from core.workflow.workspace import Workspace

FOLDER = ROOT / "data" / "demo"
ORIGIN = "demo (illustrative)"
"""Who made the demo study, and the name of the import that everything in it hangs on."""


def load_demo(workspace: Workspace, *, folder: Path = FOLDER) -> StudySummary:
    """The demo study; loaded from its files if it is not there yet, in one transaction.

    Grades and verdicts go in as an import, not as submissions: nobody pressed a key for them. A person's comment is
    kept as the rationale of the rating; the seconds that the file gives only part the times of a person's grades.

    Raises:
        FileProblem: A file of the demo is missing or cannot be used.
        Conflict: A study that is not the demo has its name.
    """
    demo = read_demo(folder)
    with workspace.database.writing() as session:
        try:
            study = stored.find_study(demo.name, session=session)
        except NotFound:
            study = None
        if study is None or not study.illustrative:
            signed = Signed(workspace.clock(), ORIGIN)
            study = edits.add_study(
                name=demo.name,
                description=demo.description,
                seed=fresh_seed(workspace),
                illustrative=True,
                signed=signed,
                session=session,
            )
            write_content(study, demo.content, signed=signed, session=session)
        return summarised(study, stored.count_study(study.id or 0, session=session))
