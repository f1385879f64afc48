"""The columns of a long export, one row per rating; the import reads the same names back.

`A` is the output itself on a single-output row. Empty text means "not there".
"""

from typing import Literal

ColumnType = Literal["text", "integer", "number"]

RATING_COLUMNS = (
    "rating_id", "subject", "criterion", "criterion_name", "criterion_version", "meaning", "applies_to", "scale",
    "rater", "rater_kind", "rater_family", "rater_group", "value", "absence", "probabilities", "confidence",
    "rationale", "comment", "phase", "order_shown", "repetition", "supersedes", "seconds", "rubric_version",
    "guideline_version", "created_at",
)  # fmt: skip
"""What was said, by whom, when; stable ids."""

SUBJECT_COLUMNS = (
    "item", "subject_kind", "system_a", "sample_a", "system_b", "sample_b", "cluster", "split", "slices",
)  # fmt: skip
"""What it was said about."""

TEXT_COLUMNS = (
    "input",
    "context",
    "references",
    "output_a",
    "output_b",
    "family_a",
    "family_b",
    "question",
    "guidance",
)
"""The texts themselves; `input` and outputs are JSON lists of messages, `references` a JSON list."""

LONG_COLUMNS = SUBJECT_COLUMNS + RATING_COLUMNS + TEXT_COLUMNS
"""Every column of a long export, in order."""

_INTEGERS = {
    "rating_id", "criterion_version", "meaning", "repetition", "supersedes", "rubric_version", "guideline_version",
    "sample_a", "sample_b",
}  # fmt: skip
_NUMBERS = {"confidence", "seconds"}


def column_type(column: str) -> ColumnType:
    """What a column of an export holds."""
    return "integer" if column in _INTEGERS else "number" if column in _NUMBERS else "text"
