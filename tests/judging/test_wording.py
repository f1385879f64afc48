"""The sentences that stand in code are part of a judge's identity."""

from hashlib import sha256

import pytest

from core.errors import BadInput
from core.judging.fencing import Fence
from core.judging.protocols import PROTOCOLS, protocol_of
from core.judging.spec import WORDING, AnswerFormat, ConfidenceSource, JudgeSpec, ReferenceMode
from tests.judged import SCALES, judge, material, question

WORDED = (1, "03bb57")
"""The wording, and the first digits of a hash of everything it says."""

PROMPT = """## user
{{guideline}}{{persona}}{{input}}{{context}}{{output}}{{references}}{{questions}}{{answer_format}}
"""
PAIRWISE = PROMPT.replace("{{output}}", "{{output_first}}{{output_second}}")
BARE = "{{answer_format}}", "{{bare_answer_format}}"


def _said() -> str:
    """Everything that the protocols put around a prompt's own words: all scales, references, orders, formats."""
    fence, said = Fence("key"), []
    for key, prompt in (("direct", PROMPT), ("reference", PROMPT), ("pairwise", PAIRWISE)):
        protocol = PROTOCOLS[key]
        outputs = ("first", "second") if key == "pairwise" else ("only",)
        shown = material(*outputs, context="more", references=[("4", "verified"), ("5", "unverified")])
        scales = [name for name in SCALES if ("preference" in name) <= (key == "pairwise")]
        questions = [question(name, f"Name {place}", place) for place, name in enumerate(scales, start=1)]
        for mode in (ReferenceMode.HUMAN, ReferenceMode.SELF):
            for form in AnswerFormat:
                for text in (prompt, prompt.replace(*BARE)):
                    spec = judge(key, reference_mode=mode, answer_format=form, together=True, persona="You are kind.",
                                 confidence=ConfidenceSource.VERBAL).changed(prompt=text)  # fmt: skip
                    own = protocol.answer_request(spec, shown, fence=fence)
                    said.append(repr(own.messages) if own else "")
                    for ask in protocol.asks(spec, questions):
                        request = protocol.request(spec, ask, shown, fence=fence, own_answer="42")
                        said += [repr(request.messages), repr(request.parameters)]
    return "\n".join(said)


def test_whoever_changes_a_sentence_that_judges_are_told_raises_the_wording() -> None:
    assert (WORDING, sha256(_said().encode()).hexdigest()[:6]) == WORDED, (
        "What judges are told has changed: raise WORDING in core/judging/spec.py, and note it here with the new digits."
    )


def test_a_judge_of_another_wording_is_not_asked_any_more() -> None:
    old = judge("direct").changed(wording=WORDING - 1)
    with pytest.raises(BadInput, match="save it once more"):
        protocol_of(old)
    assert old.fingerprint() != judge("direct").fingerprint()


def test_a_baseline_puts_nothing_into_words() -> None:
    assert protocol_of(judge("random").changed(wording=WORDING - 1)) is PROTOCOLS["random"]


def test_a_judge_that_says_no_wording_has_the_first() -> None:
    kept = judge("direct").to_json()
    del kept["wording"]
    assert JudgeSpec.from_json(kept).wording == 1
