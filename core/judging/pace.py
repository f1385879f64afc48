"""How fast, how patient and at what price a run asks: nothing of it changes what is asked."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSettings:
    """Settings of a run that are no part of the judge's identity.

    Attributes:
        concurrency: Calls in flight at most.
        requests_per_minute, tokens_per_minute: Limits of the provider; None: none.
        timeout: Seconds until a call is given up.
        tries: How often one call is sent before it is left as a failure (a run never tries it again by itself).
        price_in, price_out: US dollars per million tokens; None: from the price table.
    """

    concurrency: int = 8
    requests_per_minute: int | None = None
    tokens_per_minute: int | None = None
    timeout: float = 60.0
    tries: int = 4
    price_in: float | None = None
    price_out: float | None = None

    def to_json(self) -> dict[str, Any]:
        """A JSON object that `from_json` reads back unchanged."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "RunSettings":
        """Read back what `to_json` wrote."""
        return cls(**data)
