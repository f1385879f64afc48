"""The columns of a long export, one row per rating; the import reads the same names back.

`A` is the output itself on a single-output row. Empty text means "not there".
"""

from typing import Literal

ColumnType = Literal["text", "integer", "number"]

SUBJECT_COLUMNS = {
    "item": "Id of the item, as it came.",
    "subject": "Key of what was rated; stable, unique in the study.",
    "subject_kind": "item, output or pair.",
    "system_a": "System of the output; of a pair's output A.",
    "sample_a": "Which of the system's answers, from 0.",
    "system_b": "System of a pair's output B.",
    "sample_b": "Which of that system's answers.",
    "cluster": "Items that hang together share it.",
    "split": "train, dev or test.",
    "slices": "Metadata of the item, as a JSON object.",
}
"""What the rating is about."""

RATING_COLUMNS = {
    "rating_id": "Id of the row; stable in this database.",
    "criterion": "Stable key of the criterion through its versions.",
    "criterion_name": "Its name.",
    "criterion_version": "Its version.",
    "meaning": "Rises when an edit changed what is asked.",
    "applies_to": "item, output or pair.",
    "scale": "The declared scale, as JSON.",
    "rater": "Name of the rater.",
    "rater_kind": "person, judge, source, seat, baseline, jury or simulated.",
    "rater_family": "Model family of a judge.",
    "rater_group": "Anonymous group of a seat.",
    "value": "Key of the option, or the number. A pair's value names the output, A or B.",
    "absence": "Why there is no value: abstained, unreadable, refused, withdrawn.",
    "probabilities": "Probability of every option, as a JSON object.",
    "confidence": "0 to 1.",
    "rationale": "Why, in the rater's words.",
    "comment": "The person's comment on the subject.",
    "phase": "blind, exposed or revised.",
    "order_shown": "AB or BA: which output of a pair stood first.",
    "repetition": "0 for the first answer, 1 for the first repeat.",
    "supersedes": "The rating_id that this row replaces.",
    "seconds": "Active time on the subject.",
    "rubric_version": "Version of the rubric that was answered.",
    "guideline_version": "Version of the guidelines that were shown.",
    "created_at": "When it was recorded, with the time zone.",
}
"""What was said, by whom, when."""

TEXT_COLUMNS = {
    "input": "The item's messages, as a JSON list.",
    "context": "The item's context.",
    "references": "Expected answers, as a JSON list.",
    "output_a": "The output's messages, as a JSON list.",
    "output_b": "Of a pair's output B.",
    "family_a": "Model family of system_a.",
    "family_b": "Model family of system_b.",
    "question": "What the criterion asks.",
    "guidance": "How to decide it.",
}
"""The texts themselves."""

LONG_COLUMNS = SUBJECT_COLUMNS | RATING_COLUMNS | TEXT_COLUMNS
"""Every column of a long export, in order, with what it holds."""

_INTEGERS = {
    "rating_id", "criterion_version", "meaning", "repetition", "supersedes", "rubric_version", "guideline_version",
    "sample_a", "sample_b",
}  # fmt: skip
_NUMBERS = {"confidence", "seconds"}


def column_type(column: str) -> ColumnType:
    """What a column of an export holds."""
    return "integer" if column in _INTEGERS else "number" if column in _NUMBERS else "text"
