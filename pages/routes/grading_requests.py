"""What the grading routes accept: every field named, nothing more, nothing of another type."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from core.workflow.grading_answers import Answer

Key = Annotated[int, Field(gt=0, lt=2**63)]
Nonce = Annotated[str, Field(max_length=64)]
Seconds = Annotated[float, Field(ge=0, le=1_000_000, allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Number = Annotated[int, Field(ge=0, lt=2**53)]
Finite = Annotated[float, Field(allow_inf_nan=False)]
Order = Literal["AB", "BA"]


class Asked(BaseModel):
    """Base of every request."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Value(Asked):
    """An answer: one of the three."""

    option: str | None = Field(default=None, max_length=64)
    number: Finite | None = None
    absence: str | None = Field(default=None, max_length=12)

    def answer(self) -> Answer:
        """The same for the floor below."""
        return Answer(self.option, self.number, self.absence)


Values = Annotated[dict[Annotated[str, Field(max_length=20)], Value], Field(max_length=500)]


class WhoRequest(Asked):
    """Who grades."""

    name: str = Field(max_length=400)


class Signed(Asked):
    """Base of what is written: with the name that the page shows, so that nothing is saved under another."""

    rater: str = Field(max_length=400)


class NextRequest(Asked):
    """What the card has, and how many more it wants."""

    rater: str | None = Field(default=None, max_length=400)

    study: Key
    holding: list[Key] = Field(default=[], max_length=200)
    count: int = Field(default=1, ge=1, le=20)


class SubmitRequest(Signed):
    """One press of "submit"."""

    study: Key
    subject: Key
    nonce: Nonce
    values: Values
    comment: str | None = ""
    confidence: Share | None = None
    seconds: Seconds | None = None
    shown_ms_ago: Annotated[float, Field(ge=0, le=10_000_000_000, allow_inf_nan=False)]
    order: Order | None = None
    rubric: Key
    guideline: Key | None = None
    act: Literal["grade", "revise"] = "grade"
    number: Number = 0


class Draft(Asked):
    """An unfinished answer, and where the person was."""

    values: Values = {}
    comment: str | None = ""
    confidence: Share | None = None
    criterion: Key | Annotated[str, Field(max_length=64)] | None = None


class DraftRequest(Signed):
    """A draft and its number."""

    study: Key
    subject: Key
    number: Number
    draft: Draft


class SetAsideRequest(Signed):
    """A skip or a flag."""

    study: Key
    subject: Key
    nonce: Nonce
    reason: str = ""


class UndoRequest(Signed):
    """What to take back: a submission, or the skip or flag of a subject."""

    study: Key
    submission: Key | None = None
    subject: Key | None = None
    nonce: Nonce


class KeepRequest(Signed):
    """Say the same again after a reveal."""

    study: Key
    subject: Key
    submission: Key
    nonce: Nonce


class StudyQuery(BaseModel):
    """`?study=`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    study: Key


class SubjectQuery(StudyQuery):
    """`?study=&subject=`."""

    subject: Key


class MineQuery(StudyQuery):
    """`?study=&state=&before=`."""

    state: str = Field(default="all", max_length=12)
    before: str | None = Field(default=None, max_length=80)
