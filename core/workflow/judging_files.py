"""A judge as a TOML file: everything that is chosen about it, to be kept beside a paper or carried to another study."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

import tomli_w

from core.errors import BadInput, FileProblem, shortened
from core.judging.spec import JudgeSpec
from core.workflow.judging import JudgeFace

NOT_SENT = "not_sent"
"""Lists the settings that are left to the provider; TOML has no word for nothing."""
_OWN = ("name", "note", NOT_SENT)
_SETTINGS: Mapping[str, Any] = {field.name: field.type for field in fields(JudgeSpec) if field.name != "wording"}
_NULLABLE = ("temperature", "top_p", "max_tokens", "seed", "rubric_id")
_TABLES = ("extra", "options")


@dataclass(frozen=True, slots=True)
class JudgeFile:
    """What a file says of a judge.

    Attributes:
        name, note: "" where it does not say.
        settings: Setting -> value, only those that it names.
    """

    name: str
    note: str
    settings: Mapping[str, Any]

    def applied_to(self, spec: JudgeSpec) -> JudgeSpec:
        """The judge with what the file says, and otherwise as it is.

        Raises:
            BadInput: A value cannot be used.
        """
        data = spec.to_json() | dict(self.settings)
        try:
            return JudgeSpec.from_json(data)
        except (ValueError, TypeError) as error:
            raise BadInput(
                where="judge file", found=shortened(str(error)), expected="values that settings have"
            ) from None


def written(face: JudgeFace) -> str:
    """A judge as TOML; `read` gives it back. Its rubric is named only where it is not the study's newest."""
    return spec_written(face.spec, name=face.name, note=face.note, with_rubric=not face.rubric_is_current)


def spec_written(spec: JudgeSpec, *, name: str, note: str, with_rubric: bool) -> str:
    """The same, of a specification."""
    data = spec.to_json()
    del data["wording"]  # a file is read by this program, in its words
    if not with_rubric:
        del data["rubric_id"]
    defaults = JudgeSpec(protocol="").to_json()
    empty = [key for key in _NULLABLE if key in data and data[key] is None and defaults[key] is not None]
    kept = {key: value for key, value in data.items() if value is not None and value not in ("", [], {})}
    tables = {key: kept.pop(key) for key in _TABLES if key in kept}
    head: dict[str, Any] = {"name": name} | ({"note": note} if note else {})
    head |= kept | ({NOT_SENT: empty} if empty else {}) | tables
    return tomli_w.dumps(head, multiline_strings=True)


def read(text: str, *, file: str = "judge.toml") -> JudgeFile:
    """What a TOML file says of a judge.

    Raises:
        FileProblem: It is no TOML, names a setting that does not exist, or gives one a value of another kind.
    """
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise FileProblem(file=file, found=shortened(str(error), 120), expected="TOML") from None
    unset = data.pop(NOT_SENT, [])
    name, note = data.pop("name", ""), data.pop("note", "")
    for key in data:
        if key not in _SETTINGS:
            expected = f"one of {', '.join((*_OWN, *_SETTINGS))}"
            raise FileProblem(file=file, column=key, found="an unknown setting", expected=expected)
    settings = {key: _checked(key, value, file) for key, value in data.items()}
    for key in unset if isinstance(unset, list) else [unset]:
        if key not in _NULLABLE:
            raise FileProblem(
                file=file, column=NOT_SENT, found=shortened(key), expected=f"some of {', '.join(_NULLABLE)}"
            )
        settings[key] = None
    for key, value in (("name", name), ("note", note)):
        if not isinstance(value, str):
            raise FileProblem(file=file, column=key, found=shortened(value), expected="text")
    return JudgeFile(name, note, settings)


_KINDS: Mapping[str, tuple[tuple[type, ...], str]] = {
    "temperature": ((int, float), "a number"),
    "top_p": ((int, float), "a number"),
    "max_tokens": ((int,), "a whole number"),
    "seed": ((int,), "a whole number"),
    "rubric_id": ((int,), "a whole number"),
    "repetitions": ((int,), "a whole number"),
    "together": ((bool,), "true or false"),
    "criteria": ((list,), "a list of texts"),
    "extra": ((dict,), "a table"),
    "options": ((dict,), "a table"),
}


def _checked(key: str, value: object, file: str) -> Any:
    kinds, expected = _KINDS.get(key, ((str,), "text"))
    is_right = isinstance(value, kinds) and (bool in kinds or not isinstance(value, bool))
    if key == "criteria" and isinstance(value, list):
        is_right = all(isinstance(one, str) for one in value)
    if not is_right:
        raise FileProblem(file=file, column=key, found=shortened(value), expected=expected)
    return value
