"""The columns of exports: long, one row per rating, whose names the import reads back; and calls, one row per call.

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
    "rater_kind": "person, judge, source, seat, baseline, jury or simulated."
    " A jury of judges has no rows here: it is computed from its members' verdicts, and is a column of the wide shape.",
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

JUDGE_COLUMNS = {
    "judge_protocol": "How the judge asks: direct, reference, pairwise, or a baseline without a model.",
    "judge_model": "The model it asks.",
    "judge_version": "Which version of the judge.",
    "judge_fingerprint": "Hash of everything that was chosen about it: the same judge has the same.",
    "reference_mode": "Which reference it was given: none, human, or self (its own answer).",
    "confidence_source": "Where its confidence comes from: none, verbal, vote share (of its repetitions, so that a "
    "single row has none) or token probabilities.",
    "call_id": "The call that gave the verdict; a call may give several, on the criteria and subjects it asked about.",
    "request_hash": "Hash of the request as sent: the same request is never paid for twice.",
    "tokens_in": "Tokens of the call's request. They are the whole call's, in every row it gave: add up the calls, "
    "not the rows.",
    "tokens_out": "Tokens of its reply; the whole call's.",
    "cost": "US dollars; the whole call's. 0 where another version had asked the very same.",
    "latency": "Seconds that the call took; the whole call's.",
}
"""Of a verdict: what the judge is made of, and the call that brought it. Empty for people and for imported verdicts;
an import leaves these columns alone, so that nothing pretends to have been paid for."""

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

LONG_COLUMNS = SUBJECT_COLUMNS | RATING_COLUMNS | JUDGE_COLUMNS | TEXT_COLUMNS
"""Every column of a long export, in order, with what it holds."""

CALL_COLUMNS = {
    "call_id": "Id of the call; stable in this database. Ratings of the long shape name it.",
    "run": "The run that asked last.",
    "run_purpose": "run, trial (on one item) or probe (with a text altered on purpose).",
    "judge": "Name of the judge.",
    "judge_version": JUDGE_COLUMNS["judge_version"],
    "judge_protocol": JUDGE_COLUMNS["judge_protocol"],
    "judge_model": JUDGE_COLUMNS["judge_model"],
    "judge_fingerprint": JUDGE_COLUMNS["judge_fingerprint"],
    "reference_mode": JUDGE_COLUMNS["reference_mode"],
    "item": SUBJECT_COLUMNS["item"],
    "subject": "Key of what was judged; of the first, where one call served several with the same request.",
    "split": SUBJECT_COLUMNS["split"],
    "kind": "verdict, answer (the judge's own, asked for before the verdict) or probe; only verdicts give ratings.",
    "variation": "How a probe altered the text.",
    "criteria": "Criteria it asked about, as a JSON list of stable keys.",
    "order_shown": RATING_COLUMNS["order_shown"],
    "repetition": RATING_COLUMNS["repetition"],
    "request_hash": JUDGE_COLUMNS["request_hash"],
    "copied_from": "The call_id of the call whose reply was taken, since it had asked the very same; nothing was paid.",
    "status": "ok, unreadable, refused, provider error or skipped.",
    "cause": "Kind of failure: time-out, rate limit, out of scale, ...",
    "error": "What went wrong, in words.",
    "attempts": "How often it was sent.",
    "n_ratings": "Ratings it gave, superseded ones among them.",
    "tokens_in": "Tokens of the request, of the last attempt.",
    "tokens_out": "Tokens of the reply, of the last attempt.",
    "cost": "US dollars, of the last attempt; empty where no price was known.",
    "earlier_cost": "US dollars paid for attempts before that.",
    "latency": "Seconds that the last attempt took.",
    "created_at": "When it was first recorded, with the time zone.",
    "changed_at": "When its last attempt was.",
}
"""One row per call: what was asked, what came of it, what it cost."""

REPLY_COLUMNS = {"reply": "What came back, word for word."}
"""The reply itself; of a call that is one of the texts."""

_INTEGERS = {
    "rating_id", "criterion_version", "meaning", "repetition", "supersedes", "rubric_version", "guideline_version",
    "sample_a", "sample_b", "judge_version", "call_id", "tokens_in", "tokens_out", "run", "copied_from", "attempts",
    "n_ratings",
}  # fmt: skip
_NUMBERS = {"confidence", "seconds", "cost", "earlier_cost", "latency"}


def column_type(column: str) -> ColumnType:
    """What a column of an export holds."""
    return "integer" if column in _INTEGERS else "number" if column in _NUMBERS else "text"
