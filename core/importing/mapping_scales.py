"""Scales as a mapping declares them: spelt out, or one of the usual ones by name."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, model_validator

from core.errors import BadInput
from core.scales import DeclaredScale, Option, ScaleKind, likert, pass_fail, preference, yes_no


class OptionEntry(BaseModel):
    """One allowed value; the label is the key unless given."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    key: str
    label: str = ""
    value: float | None = None
    definition: str = ""


class ScaleEntry(BaseModel):
    """A declared scale.

    Attributes:
        preset: "preference" (with `tie`, `both_bad`), "yes_no" (with `na`), "pass_fail", or "likert" (`low` to `high`).
        kind, options, low, high, step, positive: Instead of a preset; as in `core.scales.DeclaredScale`. An option may
            be written as its key alone.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    preset: Literal["preference", "yes_no", "pass_fail", "likert"] | None = None
    tie: bool = True
    both_bad: bool = False
    na: bool = False
    kind: ScaleKind | None = None
    options: tuple[str | OptionEntry, ...] = ()
    low: float | None = None
    high: float | None = None
    step: float | None = None
    positive: str | None = None

    @model_validator(mode="after")
    def _can_be_rated_on(self) -> "ScaleEntry":
        try:
            self.declared()
        except BadInput as error:
            raise ValueError(str(error)) from error
        return self

    def declared(self) -> DeclaredScale:
        """The scale.

        Raises:
            BadInput: It cannot be rated on.
        """
        if self.preset == "preference":
            return preference(tie=self.tie, both_bad=self.both_bad)
        if self.preset == "yes_no":
            return yes_no(na=self.na)
        if self.preset == "pass_fail":
            return pass_fail()
        if self.preset == "likert":
            return self._likert()
        if self.kind is None:
            raise BadInput(where="scale", found="neither preset nor kind", expected="one of them")
        options = tuple(
            Option(option, option)
            if isinstance(option, str)
            else Option(option.key, option.label or option.key, option.value, option.definition)
            for option in self.options
        )
        return DeclaredScale(self.kind, options, self.low, self.high, self.step, self.positive)

    def _likert(self) -> DeclaredScale:
        low, high = self.low, self.high
        if low is None or high is None or not low < high or low % 1 or high % 1 or high - low > 1000:
            raise BadInput(where="scale", found=f"{low} to {high}", expected="whole numbers: low below high")
        labels = {
            int(o.key): o.label for o in self.options if isinstance(o, OptionEntry) and o.key.lstrip("-").isdigit()
        }
        return likert(int(low), int(high), labels, kind=self.kind or ScaleKind.ORDINAL)
