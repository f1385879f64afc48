import re

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from core.errors import BadInput
from core.judging.providers import (
    PROVIDERS,
    SENDABLE,
    check_sendable,
    checked_address,
    key_variable,
    own_variable,
    provider_of,
    redirecting_variables,
    set_variables,
)


@pytest.mark.parametrize(
    ("model", "provider"),
    [
        ("openai/gpt-4o-mini", "openai"),
        ("gpt-4o-mini", "openai"),
        ("anthropic/claude-sonnet-4-5", "anthropic"),
        ("openrouter/meta-llama/llama-3-70b", "openrouter"),
        ("bedrock/anthropic.claude-3-haiku-20240307-v1:0", "bedrock"),
        ("ollama/llama3", "ollama"),
        ("some-new-place/model", "some-new-place"),
        ("no-provider-at-all", ""),
        ("", ""),
    ],
)
def test_the_provider_of_a_model_is_read_from_its_name_or_the_table(model: str, provider: str) -> None:
    assert provider_of(model) == provider


def test_a_providers_key_is_named_with_where_to_make_one() -> None:
    need = key_variable("openai/gpt-4o-mini", "")
    assert (need.variable, need.required, need.title) == ("OPENAI_API_KEY", True, "OpenAI")
    assert need.link.startswith("https://")
    assert not need.is_met(())
    assert need.is_met(("OPENAI_API_KEY",))


def test_a_key_may_be_set_under_another_name() -> None:
    need = key_variable("gemini/gemini-2.5-flash", "")
    assert need.names == ("GEMINI_API_KEY", "GOOGLE_API_KEY")
    assert need.is_met(("GOOGLE_API_KEY",))


@pytest.mark.parametrize("model", ["ollama/llama3", "hosted_vllm/x", "lm_studio/x"])
def test_a_model_on_ones_own_machine_needs_no_key(model: str) -> None:
    assert key_variable(model, "").names == ()
    assert key_variable(model, "").is_met(())


def test_a_provider_we_do_not_know_is_asked_without_insisting_on_a_key() -> None:
    need = key_variable("newplace/model", "")
    assert (need.variable, need.required) == ("NEWPLACE_API_KEY", False)


def test_an_address_has_a_variable_of_its_own_whatever_the_model() -> None:
    for model in ("openai/gpt-4o-mini", "anthropic/claude-sonnet-4-5"):
        need = key_variable(model, "http://127.0.0.1:11434/v1")
        assert (need.variable, need.required) == ("TOUCHSTONE_API_KEY_127_0_0_1_11434", False)


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("https://llm.example.org/v1", "LLM_EXAMPLE_ORG_443"),
        ("http://llm.example.org", "LLM_EXAMPLE_ORG_80"),
        ("HTTP://LLM.Example.org:8000/v1/", "LLM_EXAMPLE_ORG_8000"),
        ("http://my-box:8000", "MY__BOX_8000"),
        ("http://[::1]:8000/v1", "__1_8000"),
    ],
)
def test_the_variable_of_an_address_carries_host_and_port(address: str, name: str) -> None:
    assert own_variable(address) == f"TOUCHSTONE_API_KEY_{name}"


LABEL = st.from_regex(r"[a-z0-9](?:[a-z0-9-]{0,5}[a-z0-9])?", fullmatch=True)
HOST = st.lists(LABEL, min_size=1, max_size=3).map(".".join)


@given(HOST, HOST, st.integers(1, 65_535), st.integers(1, 65_535))
def test_two_addresses_never_share_a_key(one: str, other: str, port: int, other_port: int) -> None:
    assume((one, port) != (other, other_port))
    first, second = own_variable(f"http://{one}:{port}/v1"), own_variable(f"http://{other}:{other_port}/v1")
    assert first != second
    assert re.fullmatch(r"[A-Z0-9_]+", first)


@pytest.mark.parametrize(
    "address",
    [
        "llm.example.org/v1",
        "ftp://llm.example.org",
        "http://",
        "http://host:99999",
        "http://host:port",
        "http://ho st/v1",
        "http://user:hunter2@host/v1",
        "http://user@host/v1",
        "http://host/v1?key=1",
        "http://host/v1#there",
        "file:///etc/passwd",
        "",
    ],
)
def test_an_address_that_cannot_be_used_or_should_not_be_stored_is_refused(address: str) -> None:
    with pytest.raises(BadInput) as caught:
        checked_address(address)
    assert "hunter2" not in str(caught.value)


def test_spaces_around_an_address_are_taken_away() -> None:
    assert checked_address(" http://127.0.0.1:8000/v1\n") == "http://127.0.0.1:8000/v1"


def test_what_a_judge_sends_may_be_sent() -> None:
    parameters = {"temperature": 0, "top_p": 1, "max_tokens": 5, "seed": 1, "response_format": {}, "logprobs": True}
    check_sendable("openai/x", "http://127.0.0.1:1/v1", parameters | {"top_logprobs": 5, "extra_body": {"a": 1}})


def test_a_parameter_that_is_not_known_is_refused_by_name() -> None:
    with pytest.raises(BadInput, match="api_base, extra_headers"):
        check_sendable("openai/x", "", {"extra_headers": {}, "api_base": "x", "seed": 1})


def test_nothing_that_decides_where_a_request_goes_or_who_pays_may_be_sent() -> None:
    words = (
        "key",
        "base",
        "url",
        "header",
        "token",
        "client",
        "callback",
        "retries",
        "credential",
        "secret",
        "fallback",
    )
    assert {name for name in SENDABLE if any(word in name for word in words)} == {"max_tokens", "max_completion_tokens"}


def test_accounts_that_sign_requests_are_not_used_at_other_addresses() -> None:
    for name, provider in PROVIDERS.items():
        if provider.has_own_signing:
            with pytest.raises(BadInput, match="credentials"):
                check_sendable(f"{name}/model", "http://127.0.0.1:1/v1", {})
            check_sendable(f"{name}/model", "", {})


@pytest.mark.parametrize("name", [name for name in PROVIDERS if PROVIDERS[name].needs_address])
def test_a_provider_without_an_address_of_its_own_is_not_asked_at_one_that_litellm_makes_up(name: str) -> None:
    with pytest.raises(BadInput, match="address: found none"):
        check_sendable(f"{name}/model", "", {})
    check_sendable(f"{name}/model", "http://127.0.0.1:8000/v1", {})


@pytest.mark.parametrize(
    ("model", "variables"),
    [
        ("gpt-4o-mini", ("OPENAI_API_BASE", "OPENAI_BASE_URL")),
        ("mistral/x", ("MISTRAL_API_BASE", "MISTRAL_BASE_URL", "MISTRAL_AZURE_API_BASE")),
        ("newplace/x", ("NEWPLACE_API_BASE", "NEWPLACE_BASE_URL", "OPENAI_API_BASE", "OPENAI_BASE_URL")),
        ("bedrock/x", ("AWS_BEDROCK_RUNTIME_ENDPOINT",)),
        ("watsonx/x", ()),
    ],
)
def test_variables_that_would_send_a_judge_elsewhere_are_known(model: str, variables: tuple[str, ...]) -> None:
    assert redirecting_variables(model, "") == variables
    assert redirecting_variables(model, "http://127.0.0.1:8000/v1") == ()


def test_only_the_names_of_set_keys_are_told() -> None:
    environment = {
        "OPENAI_API_KEY": "sk-1",
        "ANTHROPIC_API_KEY": "  ",
        "TOUCHSTONE_API_KEY_HOST_80": "x",
        "STRIPE_API_KEY": "y",
        "HOME": "/root",
    }
    assert set_variables(environment) == ("OPENAI_API_KEY", "TOUCHSTONE_API_KEY_HOST_80")


@pytest.mark.parametrize("name", PROVIDERS)
def test_every_provider_has_a_title_and_where_it_wants_a_key_a_link(name: str) -> None:
    provider = PROVIDERS[name]
    assert provider.title
    assert all(re.fullmatch(r"[A-Z0-9_]+", variable) for variable in provider.variables)
    assert not provider.variables or provider.link.startswith("https://")
