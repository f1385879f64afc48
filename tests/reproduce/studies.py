"""Studies made of the public sets, as the app sees them."""

from dataclasses import dataclass, field
from pathlib import Path

from core.workflow.agreement import AgreementView, Asked, LiveAgreement, LiveStudies
from core.workflow.importing import ImportResult
from core.workflow.studies import find_study
from core.workflow.workspace import Workspace
from tests.reproduce.sets import SETS


@dataclass(frozen=True)
class Imported:
    """Studies by the names of the sets they were made of."""

    workspace: Workspace
    _studies: LiveStudies = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_studies", LiveStudies(self.workspace))

    def live(self, name: str) -> LiveAgreement:
        live = self._studies.of(find_study(self.workspace, name).id)
        live.refresh()
        return live

    def view(self, name: str, question: str = "", coefficient: str = "") -> AgreementView:
        return self.live(name).view(Asked(question, coefficient=coefficient))


class ReferenceStudies:
    """The public sets, each imported on first use, once, all into one database."""

    def __init__(self, workspace: Workspace, folder: Path) -> None:
        self.workspace, self.folder = workspace, folder
        self.imported = Imported(workspace)
        self._results: dict[str, ImportResult] = {}

    def result(self, name: str) -> ImportResult:
        """What the import of a set did."""
        if name not in self._results:
            self._results[name] = SETS[name].bring(self.workspace, self.folder)
        return self._results[name]

    def again(self, name: str) -> ImportResult:
        """What a second import of a set into the same study does."""
        return SETS[name].bring(self.workspace, self.folder, study=self.result(name).study_id)
