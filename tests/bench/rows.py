"""One measured row."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Row:
    """A ratio of two measurements of the same run, and what was aimed at.

    Attributes:
        name: What was measured.
        ratio: Ours divided by the floor or peer (or the other way round, as `name` says); None for a plain figure.
        aim: The ratio aimed at; None where there is none.
        better: Which side of the aim is good.
        detail: The raw figures, with units.
    """

    name: str
    ratio: float | None
    aim: float | None
    better: Literal["lower", "higher"]
    detail: str

    @property
    def holds(self) -> bool | None:
        """Whether the aim was reached; None where there is none."""
        if self.ratio is None or self.aim is None:
            return None
        return self.ratio <= self.aim if self.better == "lower" else self.ratio >= self.aim

    def as_json(self) -> dict[str, object]:
        """The row as it stands in build/bench.json."""
        return {"name": self.name, "ratio": self.ratio, "aim": self.aim, "holds": self.holds, "detail": self.detail}
