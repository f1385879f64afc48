"""What every section of the agreement page is given."""

from dataclasses import dataclass

from core.workflow.agreement import AgreementView, LiveAgreement
from core.workflow.studies import StudySummary
from pages.parts.agreement_address import Address


@dataclass(frozen=True, slots=True)
class Shown:
    """What the page shows.

    Attributes:
        study: The study.
        live: Its agreement, followed.
        view: The view that the address asks for.
        address: The address.
    """

    study: StudySummary
    live: LiveAgreement
    view: AgreementView
    address: Address
