"""Builders for tests of judging: questions, material and judges, hiding what does not matter to a test."""

from collections.abc import Sequence
from typing import Any

from core.judging.asked import Ask, Material, Question, ReferenceText
from core.judging.protocols import PROTOCOLS
from core.judging.spec import JudgeSpec
from core.scales import DeclaredScale, Option, ScaleKind, likert, pass_fail, preference, yes_no

SCALES: dict[str, DeclaredScale] = {
    "yes or no": yes_no(),
    "yes, no or NA": yes_no(na=True),
    "pass or fail": pass_fail(),
    "colours": DeclaredScale(
        ScaleKind.NOMINAL,
        (Option("red", "Red", None, "like blood"), Option("dark-green", "Dark green"), Option("na", "Not applicable")),
    ),
    "one to five": likert(1, 5, {1: "Poor", 5: "Excellent"}),
    "one to ten": likert(1, 10),
    "weighted": DeclaredScale(
        ScaleKind.INTERVAL, (Option("low", "Low", -1.0), Option("mid", "Mid", 0.5), Option("high", "High", 2.0))
    ),
    "share": DeclaredScale(ScaleKind.INTERVAL, low=0.0, high=1.0),
    "half steps": DeclaredScale(ScaleKind.RATIO, low=0.0, high=10.0, step=0.5),
    "whole": DeclaredScale(ScaleKind.INTERVAL, low=0.0, high=100.0, step=1.0),
    "open": DeclaredScale(ScaleKind.RATIO),
    "preference": preference(),
    "preference without tie": preference(tie=False),
    "preference with both bad": preference(both_bad=True),
}
"""A scale of every kind, by what it is."""


def question(scale: DeclaredScale | str = "yes or no", name: str = "Correct", key: int = 1, **rest: str) -> Question:
    found = SCALES[scale] if isinstance(scale, str) else scale
    lineage = name.casefold().replace(" ", "-")
    return Question(key, lineage, name, rest.get("text", f"Is it {name.casefold()}?"), rest.get("guidance", ""), found)


def ask(*scales: DeclaredScale | str, order: str | None = None) -> Ask:
    """One question for each scale: Correct, Clear, Kind, Short."""
    names = ("Correct", "Clear", "Kind", "Short")
    asked = (question(scale, names[place], place + 1) for place, scale in enumerate(scales))
    return Ask(tuple(asked), order)


def material(
    *outputs: str,
    text: str = "What is 2 + 2?",
    context: str | None = None,
    references: Sequence[tuple[str, str]] = (),
    guideline: str = "Grade with care.",
    messages: Sequence[dict[str, Any]] | None = None,
) -> Material:
    """An item, an output or a pair, by the number of outputs."""
    return Material(
        subject_id=1,
        item_id=1,
        kind=("item", "output", "pair")[len(outputs)],
        messages=messages or [{"role": "user", "content": text}],
        context=context,
        outputs=tuple([{"role": "assistant", "content": output}] for output in outputs),
        references=tuple(ReferenceText(text, status) for text, status in references),
        guideline=guideline,
    )


def judge(protocol: str = "direct", *, variant: str = "", **settings: Any) -> JudgeSpec:
    """A judge with a prompt of its protocol."""
    prompts = PROTOCOLS[protocol].prompts
    chosen = {"model": "openai/test", "prompt": prompts.get(variant, "")} if prompts else {}
    return JudgeSpec(protocol=protocol, variant=variant, **{**chosen, **settings})
