"""Two versions of a judge side by side: what was chosen otherwise, and the words of the prompt that differ."""

from collections.abc import Mapping
from dataclasses import dataclass
from json import dumps

from core.judging.spec import JudgeSpec
from core.rendering import WordDiff, word_diff
from core.workflow.judging_listing import JudgeFace, read_judge_face
from core.workflow.workspace import Workspace


@dataclass(frozen=True, slots=True)
class SettingChange:
    """A setting that differs between two versions, as plain text."""

    name: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class VersionDifference:
    """Two versions of a judge side by side.

    Attributes:
        settings: What differs, beside the prompt.
        prompt: Both prompts with their differing words marked; None where they are the same.
    """

    older: JudgeFace
    newer: JudgeFace
    settings: tuple[SettingChange, ...]
    prompt: WordDiff | None


def compare_versions(workspace: Workspace, older: int, newer: int) -> VersionDifference:
    """How one judge differs from another, usually two versions of the same.

    Raises:
        NotFound: One of them does not exist.
    """
    left, right = read_judge_face(workspace, older), read_judge_face(workspace, newer)
    before, after = settings_in_words(left.spec), settings_in_words(right.spec)
    changes = tuple(
        SettingChange(name, before.get(name, ""), after.get(name, ""))
        for name in {**before, **after}
        if before.get(name) != after.get(name)
    )
    same = left.spec.prompt == right.spec.prompt
    return VersionDifference(left, right, changes, None if same else word_diff(left.spec.prompt, right.spec.prompt))


def settings_in_words(spec: JudgeSpec) -> Mapping[str, str]:
    """Every setting but the prompt, by name, as plain text; "" for what is not set."""
    data = spec.to_json()
    del data["prompt"]
    return {name.replace("_", " "): _written(value) for name, value in data.items()}


def _written(value: object) -> str:
    if value is None or value in ("", [], {}, ()):
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list) and all(isinstance(one, str | int) for one in value):
        return ", ".join(map(str, value))
    return f"{value:g}" if isinstance(value, float) else value if isinstance(value, str) else dumps(value)
