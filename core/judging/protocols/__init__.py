"""The judge protocols by key."""

from collections.abc import Mapping
from typing import Final

from core.errors import BadInput, shortened
from core.judging.protocols.contains import Contains
from core.judging.protocols.direct import Direct
from core.judging.protocols.exact_match import ExactMatch
from core.judging.protocols.face import JudgeProtocol
from core.judging.protocols.length import Length
from core.judging.protocols.majority import Majority
from core.judging.protocols.pairwise import Pairwise
from core.judging.protocols.random_choice import RandomChoice
from core.judging.protocols.reference_guided import ReferenceGuided
from core.judging.protocols.reference_words import ReferenceWords
from core.judging.spec import WORDING, JudgeSpec

_ALL: tuple[JudgeProtocol, ...] = (
    Direct(),
    ReferenceGuided(),
    Pairwise(),
    ExactMatch(),
    Contains(),
    ReferenceWords(),
    Length(),
    Majority(),
    RandomChoice(),
)

PROTOCOLS: Final[Mapping[str, JudgeProtocol]] = {protocol.key: protocol for protocol in _ALL}
"""Every protocol that can be run; a new one is a module and a row here."""

JURY: Final = "jury"
"""The protocol of a judge that is never run: its verdicts follow from those of its members."""


def protocol_of(spec: JudgeSpec) -> JudgeProtocol:
    """The protocol of a judge.

    Raises:
        BadInput: There is none of this name that can be run, or its wording is another one.
    """
    return protocol_among(PROTOCOLS, spec)


def protocol_among(protocols: Mapping[str, JudgeProtocol], spec: JudgeSpec) -> JudgeProtocol:
    """The protocol of a judge among these.

    Raises:
        BadInput: See `protocol_of`.
    """
    if spec.protocol not in protocols:
        found, expected = shortened(spec.protocol), f"one of {', '.join(protocols)}"
        raise BadInput(where="protocol", found=found, expected=expected)
    protocol = protocols[spec.protocol]
    if protocol.asks_model and spec.wording != WORDING:
        raise BadInput(
            where="judge",
            found=f"one made when this program put its questions in other words (wording {spec.wording})",
            expected=f"a version saved with wording {WORDING}: save it once more, so that no version mixes two",
        )
    return protocol
