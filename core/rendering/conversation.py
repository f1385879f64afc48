"""Messages of a conversation as HTML: our own role labels around each rendered content."""

import json
from collections.abc import Mapping, Sequence
from html import escape
from typing import Final

from core.rendering.characters import marked, with_marks
from core.rendering.prose import address_shown
from core.rendering.texts import plain, rendered

_ROLES: Final = {
    "user": "User",
    "assistant": "Assistant",
    "system": "System",
    "developer": "Developer",
    "tool": "Tool",
    "function": "Function",
}
#: Parts of a content that carry text, and the key it stands under.
_TEXTS: Final = {"text": "text", "input_text": "text", "output_text": "text", "refusal": "refusal"}


def messages_html(messages: Sequence[Mapping[str, object]], *, raw: bool = False) -> str:
    """Messages in the OpenAI form as sanitised HTML.

    One message is its content alone. Several are each `<section class="message ROLE">` with `<p class="role">`, ROLE
    being one of user, assistant, system, developer, tool, function, other.

    Args:
        messages: `{role, content}`; a content is a text, a list of parts (a part that is no text is named, as in
            `[image]`), or None. Tool calls are written out.
        raw: Show texts as they came (`plain`) instead of laid out (`rendered`).
    """
    if len(messages) == 1:
        return _content(messages[0], raw=raw)
    return "\n".join(_message(message, raw=raw) for message in messages)


def _message(message: Mapping[str, object], *, raw: bool) -> str:
    role = str(message.get("role", ""))
    name = role if role in _ROLES else "other"
    label = _ROLES.get(role, role or "No role")
    return f'<section class="message {name}"><p class="role">{_line(label)}</p>\n{_content(message, raw=raw)}</section>'


def _content(message: Mapping[str, object], *, raw: bool) -> str:
    content = message.get("content")
    calls = message.get("tool_calls")
    show = plain if raw else rendered
    if isinstance(content, str):
        shown = [show(content)] if content or not calls else []
    elif isinstance(content, Sequence):
        shown = [_part(part, raw=raw) for part in content]
    elif content is None:
        shown = [] if calls else [show("")]
    else:
        shown = [plain(_as_json(content))]
    if calls:
        shown.append(f'<p class="part">[tool calls]</p>\n{plain(_as_json(calls))}')
    return "\n".join(shown)


def _part(part: object, *, raw: bool) -> str:
    show = plain if raw else rendered
    if isinstance(part, str):
        return show(part)
    if not isinstance(part, Mapping):
        return plain(_as_json(part))
    kind = str(part.get("type", "part without a type"))
    text = part.get(_TEXTS.get(kind, ""))
    if isinstance(text, str):
        return show(text)
    return f'<p class="part">[{_line(_named(kind, part))}]</p>'


def _named(kind: str, part: Mapping[object, object]) -> str:
    name = kind.removeprefix("input_").removesuffix("_url")
    inside = part.get(kind)
    address = inside.get("url") if isinstance(inside, Mapping) else inside
    return f"{name} — {address_shown(address)}" if isinstance(address, str) and address else name


def _line(text: str) -> str:
    return with_marks(escape(" ".join(marked(text[:1_000]).split())))


def _as_json(value: object) -> str:
    try:
        return json.dumps(value, ensure_ascii=False, indent=1, default=str)
    except (TypeError, ValueError, RecursionError):  # keys that are no text, or a value that contains itself
        return repr(value)
