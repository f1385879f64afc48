"""The studies whose agreement is followed in this process, shared by all visitors."""

from collections import OrderedDict
from threading import Lock

from core.workflow.agreement_live import LiveAgreement, Prepare
from core.workflow.workspace import Workspace


class LiveStudies:
    """The studies that are being followed in this process; the one used longest ago is let go.

    Args:
        workspace: The outside world.
        most: How many.
        prepare: See `LiveAgreement`.
    """

    def __init__(self, workspace: Workspace, *, most: int = 4, prepare: Prepare | None = None) -> None:
        self._workspace, self._most, self._prepare = workspace, most, prepare
        self._lock = Lock()
        self._live: OrderedDict[int, LiveAgreement] = OrderedDict()

    def of(self, study_id: int) -> LiveAgreement:
        """The study's agreement, followed from now on."""
        with self._lock:
            live = self._live.get(study_id)
            if live is None:
                live = self._live[study_id] = LiveAgreement(self._workspace, study_id, prepare=self._prepare)
            self._live.move_to_end(study_id)
            while len(self._live) > self._most:
                self._live.popitem(last=False)
            return live
