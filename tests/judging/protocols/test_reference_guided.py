"""Reference-guided judging: never without a reference."""

import pytest

from core.errors import BadInput
from core.judging.fencing import Fence
from core.judging.protocols.reference_guided import ReferenceGuided
from core.judging.spec import ReferenceMode
from tests.judged import judge, material, question

GUIDED, FENCE = ReferenceGuided(), Fence("key")


def test_a_judge_without_a_reference_is_refused() -> None:
    with pytest.raises(BadInput, match=r'found "none"; expected the item.s references'):
        GUIDED.check(judge("reference"), [question()])


def test_a_prompt_that_shows_no_reference_is_refused() -> None:
    spec = judge("reference", reference_mode=ReferenceMode.HUMAN)
    with pytest.raises(BadInput, match=r"\{\{references\}\} nowhere"):
        GUIDED.check(spec.changed(prompt=spec.prompt.replace("{{references}}", "")), [question()])


def test_a_preference_is_refused_here_too() -> None:
    with pytest.raises(BadInput, match="preference"):
        GUIDED.check(judge("reference", reference_mode=ReferenceMode.SELF), [question("preference")])


def test_an_output_without_a_reference_is_skipped_with_the_reason() -> None:
    spec = judge("reference", reference_mode=ReferenceMode.HUMAN)
    (ask,) = GUIDED.asks(spec, [question()])
    assert GUIDED.missing(spec, ask, material("4")) == "no reference"
    assert GUIDED.missing(spec.changed(reference_mode=ReferenceMode.SELF), ask, material("4")) == ""
    assert GUIDED.missing(spec, ask, material()) == "judges no items"


def test_one_reference_is_not_numbered_and_its_status_is_told() -> None:
    spec = judge("reference", reference_mode=ReferenceMode.HUMAN)
    (ask,) = GUIDED.asks(spec, [question()])
    subject = material("4", references=[("Four.", "unverified")])
    content = GUIDED.request(spec, ask, subject, fence=FENCE).messages[-1]["content"]
    assert "Reference answer (unverified):\n<reference " in content
    assert content.index("Four.") < content.index("<output ")


def test_the_own_answer_stands_where_the_reference_would() -> None:
    spec = judge("reference", reference_mode=ReferenceMode.SELF)
    (ask,) = GUIDED.asks(spec, [question()])
    subject = material("4", references=[("Four.", "verified")])
    content = GUIDED.request(spec, ask, subject, fence=FENCE, own_answer="Five.").messages[-1]["content"]
    assert "Five.\n</own-answer " in content
    assert "Four." not in content
