"""Prompts as templates: Markdown with `{{named}}` fields and a heading line for every message."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from core.errors import BadInput, shortened

ROLES: Final = ("system", "user", "assistant")

_FIELD: Final = re.compile(r"\{\{[ \t]*([a-z][a-z0-9_]*)[ \t]*\}\}")
_OPENING: Final = re.compile(r"\{\{[^{}\n]*\}?\}?")
_HEADING: Final = re.compile(rf"^##[ \t]+({'|'.join(ROLES)})[ \t]*$", re.MULTILINE)
_LONE_FIELDS: Final = re.compile(r"[ \t]*(?:\{\{[ \t]*[a-z][a-z0-9_]*[ \t]*\}\}[ \t]*)+")


@dataclass(frozen=True, slots=True)
class PromptField:
    """A named field of a prompt template, written `{{name}}`.

    Attributes:
        about: What stands there, in words for whoever writes prompts.
        required: Whether a template without it is refused.
    """

    about: str
    required: bool = False


def field_names(template: str) -> tuple[str, ...]:
    """The fields of a template in the order of their first use, each once."""
    return tuple(dict.fromkeys(_FIELD.findall(template)))


def check_template(template: str, fields: Mapping[str, PromptField]) -> None:
    """Refuse a template that cannot become a prompt.

    Args:
        template: Markdown; see `split_messages`.
        fields: The fields it may have, and must have.

    Raises:
        BadInput: A field is unknown, unfinished or missing, or no user message is left; with the line and what is
            known.
    """
    known = ", ".join(f"{{{{{name}}}}}" for name in fields)
    for opening in _OPENING.finditer(template):
        line = template.count("\n", 0, opening.start()) + 1
        whole = _FIELD.fullmatch(opening.group())
        if whole is None or whole[1] not in fields:
            where = f"prompt, line {line}"
            raise BadInput(where=where, found=f"the field {shortened(opening.group())}", expected=f"one of {known}")
    used = field_names(template)
    for name, about in fields.items():
        if about.required and name not in used:
            where = f"prompt, line {_last_line(template)}"
            found = f"the end, and {{{{{name}}}}} nowhere ({about.about})"
            raise BadInput(where=where, found=found, expected=f"{{{{{name}}}}} somewhere; known fields are {known}")
    if not any(message["role"] == "user" and message["content"] for message in split_messages(template)):
        where = f"prompt, line {_last_line(template)}"
        raise BadInput(where=where, found="no text for the user message", expected='text below a line "## user"')


def filled(template: str, values: Mapping[str, str]) -> str:
    """The template with its fields replaced.

    A value is never looked into for further fields. A line that holds nothing but fields without a value goes, and
    with it the empty line it would leave.

    Raises:
        BadInput: A field has no entry in `values`.
    """
    for name in field_names(template):
        if name not in values:
            line = template.count("\n", 0, _first_use(template, name)) + 1
            found, expected = f"the field {{{{{name}}}}}", f"one of {', '.join(values)}"
            raise BadInput(where=f"prompt, line {line}", found=found, expected=expected)
    kept = [line for line in template.splitlines() if not _vanishes(line, values)]
    spaced = re.sub(r"\n(?:[ \t]*\n){2,}", "\n\n", "\n".join(kept)).strip()
    return _FIELD.sub(lambda field: values[field[1]], spaced)


def split_messages(text: str) -> tuple[Mapping[str, str], ...]:
    """The messages of a template: a line `## system`, `## user` or `## assistant` starts one.

    Only templates are split, never what was filled in: a text that contains such a line stays where it is. A template
    without any such line is one user message.

    Raises:
        BadInput: Text stands before the first of these lines.
    """
    headings = list(_HEADING.finditer(text))
    if not headings:
        return ({"role": "user", "content": text.strip()},)
    before = text[: headings[0].start()].strip()
    if before:
        found = f"{shortened(before)} before the first message"
        raise BadInput(where="prompt, line 1", found=found, expected='a line "## system" or "## user" first')
    ends = [heading.start() for heading in headings[1:]] + [len(text)]
    return tuple(
        {"role": heading[1], "content": text[heading.end() : end].strip()}
        for heading, end in zip(headings, ends, strict=True)
    )


def filled_messages(template: str, values: Mapping[str, str]) -> tuple[Mapping[str, str], ...]:
    """The messages of a template with their fields replaced; those that would be empty are left out.

    Raises:
        BadInput: See `filled` and `split_messages`.
    """
    messages = (
        {"role": message["role"], "content": filled(message["content"], values)} for message in split_messages(template)
    )
    return tuple(message for message in messages if message["content"].strip())


def _vanishes(line: str, values: Mapping[str, str]) -> bool:
    return bool(_LONE_FIELDS.fullmatch(line)) and not any(values[name] for name in field_names(line))


def _first_use(template: str, name: str) -> int:
    return next(field.start() for field in _FIELD.finditer(template) if field[1] == name)


def _last_line(template: str) -> int:
    return template.rstrip("\n").count("\n") + 1
