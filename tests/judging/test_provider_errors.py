import traceback

from hypothesis import given
from hypothesis import strategies as st

from core.judging.provider_errors import ProviderError, read_problem

SIGNS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.+/="


def problem(error: Exception, key: str | None = None) -> ProviderError:
    return read_problem(error, key=key, timeout=5, today=0)


@given(key=st.text(SIGNS, min_size=8, max_size=80), before=st.text(max_size=600), after=st.text(max_size=60))
def test_a_key_is_in_no_message_wherever_it_stands(key: str, before: str, after: str) -> None:
    message = problem(ValueError(f"{before} {key} {after}"), key).message
    assert key not in message
    cut = message.rstrip("…")
    assert not any(cut.endswith(key[:length]) for length in range(8, len(key)))


@given(key=st.text(SIGNS, min_size=6, max_size=80))
def test_whatever_follows_bearer_or_looks_like_a_key_is_hidden_even_if_it_is_not_ours(key: str) -> None:
    assert key not in problem(ValueError(f"sent Authorization: Bearer {key}")).message.split("sent")[1]
    assert f"sk-{key}" not in problem(ValueError(f"wrong: sk-{key}")).message


def test_a_long_message_is_cut_and_says_so() -> None:
    message = problem(ValueError("word " * 1_000)).message
    assert len(message) < 520
    assert message.endswith("…")


def test_a_message_holds_only_characters_that_can_be_seen_and_kept() -> None:
    assert problem(ValueError("no\0 \x1b[2J \ud800 – é")).message == "no\ufffd \ufffd[2J \ufffd – é"


def test_the_words_of_a_json_body_are_taken_out_of_it() -> None:
    body = 'Hosted_vllmException - {"error": {"message": "The queue is full.", "code": 1}}'
    assert problem(ValueError(body)).message == "The queue is full."
    assert problem(ValueError('{"error": "busy"}')).message == "busy"


def test_a_failure_nobody_foresaw_may_pass_and_keeps_its_words() -> None:
    error = problem(ValueError("something odd"))
    assert (error.cause, error.message, error.is_transient) == ("server error", "something odd", True)


def test_an_answer_that_is_no_text_is_the_servers_fault_and_may_pass() -> None:
    try:
        b"\xff".decode()
    except UnicodeDecodeError as found:
        error = problem(found)
    assert (error.cause, error.is_transient) == ("server error", True)


def test_an_error_that_goes_around_in_a_circle_ends() -> None:
    one, other = ValueError("one"), ValueError("other")
    one.__context__, other.__context__ = other, one
    assert problem(one).message == "one"


def test_a_time_out_of_our_own_is_one() -> None:
    assert problem(TimeoutError()).cause == "time-out"


def test_the_error_reads_as_cause_and_message() -> None:
    error = ProviderError("rate limit", "429: slow down", retry_after=3)
    assert "".join(traceback.format_exception_only(error)).strip().endswith("rate limit: 429: slow down")
