import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.judging.pace import RunSettings
from core.judging.prices import Price, estimated_tokens, model_facts, price_of, supports_schema


def test_prices_are_known_without_importing_litellm() -> None:
    code = (
        "import sys; from core.judging.prices import price_of, supports_schema; from core.judging.pace import Pacer;"
        "from core.judging.providers import key_variable;"
        "assert price_of('openai/gpt-4o-mini') and supports_schema('gpt-4o-mini');"
        "key_variable('openai/gpt-4o-mini', '');"
        "print([name for name in sys.modules if name.split('.')[0] in ('litellm', 'openai', 'httpx')])"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"


def test_a_model_is_found_with_and_without_its_provider() -> None:
    # gpt-4o-mini: 0.15 and 0.60 US dollars per million tokens
    for name in ("gpt-4o-mini", "openai/gpt-4o-mini"):
        price = price_of(name)
        assert price is not None
        assert (price.per_million_in, price.per_million_out) == pytest.approx((0.15, 0.60))
        assert "litellm" in price.source


def test_the_same_name_at_another_provider_is_another_model() -> None:
    assert price_of("groq/gpt-4o-mini") is None
    assert price_of("hosted_vllm/gpt-4o-mini") is None


def test_an_unknown_model_has_no_price_and_not_the_price_nothing() -> None:
    assert price_of("openai/some-local-model") is None
    assert price_of("") is None
    assert model_facts("no such model") is None


def test_a_model_of_ones_own_machine_is_known_to_cost_nothing() -> None:
    price = price_of("ollama/llama3")
    assert price is not None
    assert (price.per_million_in, price.per_million_out) == (0, 0)


def test_the_practice_server_is_known_to_cost_nothing() -> None:
    price = price_of("openai/practice-no-llm")
    assert price is not None
    assert price.cost(1_000, 1_000) == 0


def test_a_price_given_for_a_run_wins() -> None:
    assert price_of("gpt-4o-mini", RunSettings(price_in=1, price_out=2)) == Price(1, 2, "given for this run")
    assert price_of("unknown", RunSettings(price_in=0, price_out=0)) == Price(0, 0, "given for this run")


def test_half_a_given_price_is_filled_from_the_table_or_unknown() -> None:
    half = RunSettings(price_in=1)
    assert price_of("unknown", half) is None
    filled = price_of("gpt-4o-mini", half)
    assert filled is not None
    assert (filled.per_million_in, filled.per_million_out) == pytest.approx((1, 0.60))


def test_a_cost_is_tokens_times_price() -> None:
    # 2,000,000 in at 3 USD and 500,000 out at 10 USD per million: 6 + 5
    assert Price(3, 10, "").cost(2_000_000, 500_000) == pytest.approx(11)


MODELS = ["gpt-4o", "openai/gpt-4o-mini", "gemini/gemini-2.5-flash", "mistral/mistral-small-latest", "ollama/llama3"]


@pytest.mark.parametrize("model", MODELS)
def test_litellm_itself_names_the_same_price(model: str) -> None:
    from core.judging.client import LiteLLMClient

    LiteLLMClient({}.get)  # imports litellm as the app does
    import litellm

    theirs = sum(litellm.cost_per_token(model=model, prompt_tokens=1_000, completion_tokens=300))
    ours = price_of(model)
    assert ours is not None
    assert ours.cost(1_000, 300) == pytest.approx(theirs)


def test_whether_a_model_is_held_to_a_schema_comes_from_the_table() -> None:
    assert supports_schema("openai/gpt-4o-mini")
    assert not supports_schema("ollama/llama3")
    assert not supports_schema("openai/some-local-model")
    assert supports_schema("lm_studio/anything")


@given(st.integers(0, 10**9))
def test_tokens_are_a_quarter_of_the_characters_rounded_up(characters: int) -> None:
    assert 4 * estimated_tokens(characters) - characters in range(4)
