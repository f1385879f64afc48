"""What a stored judge is: its specification, and what it is called among the raters."""

import re

from core.judging.spec import JudgeSpec
from core.models.judging import Judge
from core.models.ratings import RaterKind

FILE = "file"
"""The protocol of a judge whose verdicts were brought by a file: nothing more is known of it, and it cannot be run."""
JURY = "jury"
"""The protocol of a jury: derived from its members' verdicts, never run."""
NAME_LENGTH = 150
VARIANT_LENGTH = 40


def spec_of(judge: Judge) -> JudgeSpec:
    """The specification of a stored judge, as it was saved.

    A judge whose row holds no specification (one of the demo, say) gets one that cannot be run: its columns, and a
    protocol that may not be there.
    """
    try:
        return JudgeSpec.from_json(judge.parameters)
    except (TypeError, ValueError, KeyError):
        return JudgeSpec(
            protocol=judge.protocol or FILE,
            model=judge.model,
            family=judge.family,
            prompt=judge.prompt,
            temperature=None,
            max_tokens=None,
            rubric_id=judge.rubric_id,
        )


def has_spec(judge: Judge) -> bool:
    """Whether the row holds a specification."""
    return "protocol" in judge.parameters


def rater_name(name: str, version: int, variant: str = "") -> str:
    """What a version of a judge is called among the raters of its study: "helpfulness v2 (terse)"."""
    return f"{name} v{version}" + (f" ({variant})" if variant else "")


def rater_kind(spec: JudgeSpec, *, asks_model: bool) -> RaterKind:
    """What kind of rater a judge is."""
    if spec.protocol == JURY:
        return RaterKind.JURY
    return RaterKind.JUDGE if asks_model else RaterKind.BASELINE


_FAMILIES = {"gpt": "gpt", "chatgpt": "gpt", "claude": "claude", "gemini": "gemini", "gemma": "gemma", "llama": "llama",
             "mistral": "mistral", "mixtral": "mistral", "codestral": "mistral", "ministral": "mistral", "qwen": "qwen",
             "qwq": "qwen", "deepseek": "deepseek", "phi": "phi", "command": "command", "nova": "nova", "grok": "grok",
             "yi": "yi", "olmo": "olmo", "falcon": "falcon", "glm": "glm", "kimi": "kimi"}  # fmt: skip


def family_of(model: str) -> str:
    """The model family that a model's name tells ("openai/gpt-4o-mini" -> "gpt"); "" where it tells none."""
    last = model.strip().casefold().rsplit("/", 1)[-1]
    if re.match(r"o\d", last):
        return "gpt"
    words = re.split(r"[^a-z]+", last)
    return next((_FAMILIES[word] for word in words if word in _FAMILIES), "")
