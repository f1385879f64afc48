"""What of a subject stands in a prompt: the values of the fields of a template."""

import json
from collections.abc import Mapping, Sequence
from typing import Final

from core.judging.asked import Material, Messages
from core.judging.fencing import Fence
from core.judging.templates import PromptField

GUIDELINE: Final = PromptField("the study's guideline as people read it; nothing where there is none")
PERSONA: Final = PromptField("whom the judge stands for, as written in its settings")
INPUT: Final = PromptField("the item's messages, fenced", required=True)
CONTEXT: Final = PromptField("the item's context, fenced; nothing where there is none")
REFERENCES: Final = PromptField(
    "the item's reference answers, fenced and numbered, or the judge's own answer; nothing where none are used"
)
QUESTIONS: Final = PromptField("the criteria with their scales", required=True)
ANSWER_FORMAT: Final = PromptField("the form of the answer: a rationale, then the verdict", required=True)
BARE_ANSWER_FORMAT: Final = PromptField("instead of {{answer_format}}: the form of an answer without a rationale")
OUTPUT: Final = PromptField("the output to judge, fenced; nothing where the item itself is judged", required=True)
OUTPUT_FIRST: Final = PromptField("the output that is shown first, fenced", required=True)
OUTPUT_SECOND: Final = PromptField("the output that is shown second, fenced", required=True)

_ROLES: Final = ("user", "assistant", "system", "developer", "tool", "function")
_TEXTS: Final = {"text": "text", "input_text": "text", "output_text": "text", "refusal": "refusal"}


def guideline_text(guideline: str) -> str:
    """The researcher's guideline with a line that says what it is; "" for none."""
    text = guideline.strip()
    return f"The guideline of this study, which people who judge follow, too:\n\n{text}" if text else ""


def fenced_messages(name: str, messages: Messages, fence: Fence) -> str:
    """Messages between marks; of several, each between its own, with its role and number before."""
    if len(messages) == 1:
        return fence.around(name, text_of(messages[0]))
    return "\n\n".join(
        f"Message {number} of {len(messages)}, {_role(message)}:\n" + fence.around(f"{name}-{number}", text_of(message))
        for number, message in enumerate(messages, start=1)
    )


def fenced_context(context: str | None, fence: Fence, name: str = "context") -> str:
    """The item's context between marks; "" for none."""
    return fence.around(name, context) if context and context.strip() else ""


def fenced_references(material: Material, fence: Fence) -> str:
    """The item's references, numbered where there are several, each with its status; "" for none."""
    shown = []
    for number, reference in enumerate(material.references, start=1):
        name = "reference" if len(material.references) == 1 else f"reference-{number}"
        status = "verified" if reference.status == "verified" else "unverified"
        title = "Reference answer" if len(material.references) == 1 else f"Reference answer {number}"
        shown.append(f"{title} ({status}):\n{fence.around(name, reference.text)}")
    return "\n\n".join(shown)


def fenced_own_answer(answer: str, fence: Fence) -> str:
    """What the judge answered to the item itself."""
    return f"Your own answer to the input, given before you saw any output:\n{fence.around('own-answer', answer)}"


def text_of(message: Mapping[str, object]) -> str:
    """The text of a message; parts that are no text are named, tool calls are written out."""
    content, calls = message.get("content"), message.get("tool_calls")
    if isinstance(content, str):
        shown = [content] if content or not calls else []
    elif isinstance(content, Sequence):
        shown = [_part(part) for part in content]
    else:
        shown = [] if content is None else [_as_json(content)]
    return "\n".join([*shown, f"[tool calls]\n{_as_json(calls)}"] if calls else shown)


def _part(part: object) -> str:
    if isinstance(part, str):
        return part
    if not isinstance(part, Mapping):
        return _as_json(part)
    kind = str(part.get("type", "part without a type"))
    text = part.get(_TEXTS.get(kind, ""))
    return text if isinstance(text, str) else f"[{kind}]"


def _role(message: Mapping[str, object]) -> str:
    role = message.get("role")
    return f"role {role}" if role in _ROLES else "another role"


def _as_json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1, default=str)
