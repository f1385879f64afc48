"""What a model costs and can do, from the table that litellm brings; read without importing litellm, and offline."""

from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import version
from importlib.util import find_spec
from json import loads
from math import ceil
from pathlib import Path
from typing import Any

from core.judging.pace import RunSettings
from core.judging.practice_rule import MODEL as PRACTICE

_TABLE = "model_prices_and_context_window_backup.json"
_CHATS = ("chat", "completion", "responses")
_MILLION = 1_000_000
_CHARACTERS_PER_TOKEN = 4
_KINDS = {"text-completion-openai": "openai", "cohere_chat": "cohere", "bedrock_converse": "bedrock"}
"""Kinds of a provider that the table tells apart, and the provider."""
_SCHEMA_ALWAYS = ("databricks", "fireworks_ai", "lm_studio", "nebius")
"""Providers that hold every model of theirs to a schema."""


@dataclass(frozen=True, slots=True)
class Price:
    """US dollars per million tokens.

    Attributes:
        source: Where it comes from, for people.
    """

    per_million_in: float
    per_million_out: float
    source: str

    def cost(self, tokens_in: int, tokens_out: int) -> float:
        """US dollars for so many tokens."""
        return (tokens_in * self.per_million_in + tokens_out * self.per_million_out) / _MILLION


_FREE = Price(0.0, 0.0, "the practice server is no model and costs nothing")


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """What the table knows about a model.

    Attributes:
        name: As it stands in the table.
        provider: As litellm names it, without the kinds it tells apart ("vertex_ai", not "vertex_ai-llama_models").
        per_token_in, per_token_out: US dollars; None: not priced by the token.
        has_schema: Whether it can be held to a JSON schema.
    """

    name: str
    provider: str
    per_token_in: float | None
    per_token_out: float | None
    has_schema: bool


def model_facts(model: str) -> ModelFacts | None:
    """What is known about a model, under the name given or without the provider before it; None: nothing.

    A name is only shortened where the table says that the shorter one is of the same provider: the same model elsewhere
    has another price.
    """
    table = _table()
    found = table.get(model)
    if found is None and "/" in model:
        provider, bare = model.split("/", 1)
        shorter = table.get(bare)
        if shorter is not None and shorter.provider == provider:
            return shorter
    return found


def price_of(model: str, settings: RunSettings | None = None) -> Price | None:
    """The price of a model: the one given for the run, else the table's; None: unknown.

    A price may be given for one direction alone; the other one is then the table's, and without it none is known.
    The table knows a model by its name, whatever address it is asked at.
    """
    listed = _FREE if model == f"openai/{PRACTICE}" else _listed(model_facts(model))
    given_in, given_out = (None, None) if settings is None else (settings.price_in, settings.price_out)
    if given_in is None and given_out is None:
        return listed
    if listed is not None:
        given_in = listed.per_million_in if given_in is None else given_in
        given_out = listed.per_million_out if given_out is None else given_out
    return None if given_in is None or given_out is None else Price(given_in, given_out, "given for this run")


def supports_schema(model: str) -> bool:
    """Whether the model's provider is known to hold its replies to a JSON schema."""
    facts = model_facts(model)
    return model.split("/", 1)[0] in _SCHEMA_ALWAYS or (facts is not None and facts.has_schema)


def estimated_tokens(characters: int) -> int:
    """About how many tokens a text of this length has: one for every four characters, rounded up.

    A rule of thumb for English prose. Code, numbers and most other languages take more tokens (Chinese about one for
    each character), so an estimate made with it is shown as one and never charged.
    """
    return ceil(characters / _CHARACTERS_PER_TOKEN)


def _listed(facts: ModelFacts | None) -> Price | None:
    if facts is None or facts.per_token_in is None or facts.per_token_out is None:
        return None
    source = f"price table of litellm {version('litellm')}"
    return Price(facts.per_token_in * _MILLION, facts.per_token_out * _MILLION, source)


@lru_cache(maxsize=1)
def _table() -> dict[str, ModelFacts]:
    found = find_spec("litellm")
    if found is None or found.origin is None:
        return {}
    table = loads(Path(found.origin).with_name(_TABLE).read_text(encoding="utf-8"))
    return {name: _facts(name, row) for name, row in table.items() if row.get("mode") in _CHATS}


def _facts(name: str, row: dict[str, Any]) -> ModelFacts:
    listed = str(row.get("litellm_provider", ""))
    return ModelFacts(
        name=name,
        provider=_KINDS.get(listed) or ("vertex_ai" if listed.startswith("vertex_ai") else listed),
        per_token_in=row.get("input_cost_per_token"),
        per_token_out=row.get("output_cost_per_token"),
        has_schema=bool(row.get("supports_response_schema")),
    )
