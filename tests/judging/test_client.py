"""Every call goes through litellm over real HTTP to a scripted server."""

import asyncio
import contextlib
import gc
import json
import math
import os
import subprocess
import sys
import traceback
from collections.abc import Mapping
from typing import Any

import pytest

from core.errors import BadInput
from core.judging.asked import Reply, Request
from core.judging.client import PLACEHOLDER, LiteLLMClient, ProviderError
from core.judging.pace import RunSettings
from core.judging.providers import own_variable
from core.settings import ROOT
from tests.llm_server import (
    LlmServer,
    ScriptedReply,
    drops,
    empty,
    fails,
    fenced,
    filtered,
    garbage,
    one_after_another,
    rate_limited,
    refuses,
    says,
    slow,
)

PATIENT = 30.0
MESSAGES = ({"role": "system", "content": "Be fair."}, {"role": "user", "content": "Is {{it}} good?"})


def request(base: str, model: str = "openai/judge", **parameters: Any) -> Request:
    return Request(model, MESSAGES, parameters, base)


def ask(
    asked: Request,
    *,
    keys: Mapping[str, str] | None = None,
    settings: RunSettings | None = None,
    timeout: float = PATIENT,
    today: float = 0.0,
) -> Reply:
    async def once() -> Reply:
        client = LiteLLMClient((keys or {}).get, settings=settings, today=lambda: today)
        try:
            return await client.complete(asked, timeout=timeout)
        finally:
            await client.close()

    return asyncio.run(once())


def failure(asked: Request, **how: Any) -> ProviderError:
    with pytest.raises(ProviderError) as caught:
        ask(asked, **how)
    return caught.value


# What is sent -------------------------------------------------------------------------------------------------------


def test_the_request_is_sent_as_it_stands_and_nothing_beside_it() -> None:
    schema = {"type": "json_schema", "json_schema": {"name": "verdict", "strict": True, "schema": {"type": "object"}}}
    with LlmServer(says("x")) as server:
        ask(request(server.api_base, temperature=0.0, max_tokens=50, seed=7, response_format=schema))
    [received] = server.requests
    assert received.body == {
        "model": "judge",
        "messages": list(MESSAGES),
        "temperature": 0.0,
        "max_tokens": 50,
        "seed": 7,
        "response_format": schema,
    }


def test_the_same_request_is_the_same_bytes_and_another_is_not() -> None:
    with LlmServer(says("x")) as server:
        ask(request(server.api_base, seed=1))
        ask(request(server.api_base, seed=1))
        ask(request(server.api_base, seed=2))
    assert server.repeats() == 1


@pytest.mark.parametrize("name", ["api_base", "api_key", "base_url", "num_retries", "n", "stream", "mock_response"])
def test_a_parameter_that_would_change_where_or_how_it_is_sent_is_refused_before_anything_is_sent(name: str) -> None:
    with LlmServer(says("x")) as server:
        error = failure(request(server.api_base, **{name: "http://elsewhere.invalid"}))
    assert (error.cause, error.stops_run, server.requests) == ("bad request", True, [])
    assert name in error.message


def test_a_parameter_the_model_does_not_know_is_an_error_and_not_dropped() -> None:
    with LlmServer(says("x")) as server:
        error = failure(request(server.api_base, model="openai/o3", temperature=0.0))
    assert (error.cause, error.stops_run, server.requests) == ("bad request", True, [])
    assert "temperature" in error.message


# What comes back ----------------------------------------------------------------------------------------------------


def test_a_reply_keeps_its_text_and_tells_tokens_and_latency() -> None:
    ticks = iter([10.0, 12.5])

    async def once(base: str) -> Reply:
        client = LiteLLMClient({}.get, now=lambda: next(ticks))
        try:
            return await client.complete(request(base), timeout=PATIENT)
        finally:
            await client.close()

    with LlmServer(says({"verdict": "yes"}, usage=(120, 8))) as server:
        reply = asyncio.run(once(server.api_base))
    assert reply == Reply('{"verdict": "yes"}', "stop", tokens_in=120, tokens_out=8, latency=2.5)


def test_fences_and_cut_replies_come_as_they_are() -> None:
    with LlmServer(fenced({"verdict": 1})) as server:
        assert ask(request(server.api_base)).text == '```json\n{\n  "verdict": 1\n}\n```'
    with LlmServer(ScriptedReply(text='{"verd', finish="length")) as server:
        cut = ask(request(server.api_base))
    assert (cut.text, cut.finish) == ('{"verd', "length")


def test_an_empty_reply_is_empty_text() -> None:
    with LlmServer(empty()) as server:
        reply = ask(request(server.api_base))
    assert (reply.text, reply.finish, reply.refusal) == ("", "stop", "")


def test_the_providers_own_refusal_is_a_reply() -> None:
    with LlmServer(refuses("I won't.")) as server:
        reply = ask(request(server.api_base))
    assert (reply.text, reply.refusal) == ("", "I won't.")


@pytest.mark.parametrize(
    "reply", [filtered(), fails(400, "The prompt triggered the content management policy.", "content_filter")]
)
def test_what_a_content_filter_holds_back_is_a_refusal_and_no_error(reply: ScriptedReply) -> None:
    with LlmServer(reply) as server:
        got = ask(request(server.api_base))
    assert (got.text, got.finish) == ("", "content_filter")
    assert "content" in got.refusal


def test_token_probabilities_are_read_in_order() -> None:
    tokens = [('{"', {'{"': 1.0}), ("yes", {"yes": 0.75, "no": 0.25})]
    with LlmServer(says('{"yes', tokens=tokens)) as server:
        reply = ask(request(server.api_base, logprobs=True, top_logprobs=2))
    assert [one.token for one in reply.tokens] == ['{"', "yes"]
    assert reply.tokens[1].probability == pytest.approx(0.75)
    assert reply.tokens[1].likeliest == pytest.approx({"yes": 0.75, "no": 0.25})
    assert server.requests[0].body["top_logprobs"] == 2


@pytest.mark.parametrize("logprob", [9_999.0, math.nan])
def test_a_reply_survives_token_probabilities_that_are_none(logprob: float) -> None:
    token = {"token": "yes", "logprob": logprob, "bytes": None, "top_logprobs": []}
    message = {"role": "assistant", "content": "yes"}
    choice = {"index": 0, "message": message, "finish_reason": "stop", "logprobs": {"content": [token]}}
    body = {"id": "1", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice]}
    with LlmServer(garbage(json.dumps(body))) as server:
        reply = ask(request(server.api_base))
    assert [(one.token, one.probability) for one in reply.tokens] == [("yes", 0.0)]


# What it costs ------------------------------------------------------------------------------------------------------


def test_a_known_model_costs_what_the_price_table_says() -> None:
    # gpt-4o-mini: 0.15 USD per million in, 0.60 out: 1000 x 0.15e-6 + 100 x 0.60e-6 = 0.00021
    with LlmServer(says("x", usage=(1_000, 100))) as server:
        reply = ask(request(server.api_base, model="openai/gpt-4o-mini"))
    assert reply.cost == pytest.approx(0.00021)


def test_a_price_given_for_the_run_wins_over_the_table() -> None:
    # 1000 x 2e-6 + 100 x 30e-6 = 0.005
    with LlmServer(says("x", usage=(1_000, 100))) as server:
        asked = request(server.api_base, model="openai/gpt-4o-mini")
        reply = ask(asked, settings=RunSettings(price_in=2, price_out=30))
    assert reply.cost == pytest.approx(0.005)


def test_the_cost_of_an_unknown_model_is_unknown_and_not_nothing() -> None:
    with LlmServer(says("x")) as server:
        assert ask(request(server.api_base)).cost is None


@pytest.mark.parametrize("settings", [None, RunSettings(price_in=1, price_out=1)])
def test_tokens_that_the_provider_did_not_count_are_unknown_and_so_is_the_cost(settings: RunSettings | None) -> None:
    choice = {"index": 0, "message": {"role": "assistant", "content": "x"}, "finish_reason": "stop"}
    body = {"id": "1", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice]}
    with LlmServer(garbage(json.dumps(body))) as server:
        reply = ask(request(server.api_base, model="openai/gpt-4o-mini"), settings=settings)
    assert (reply.text, reply.tokens_in, reply.tokens_out, reply.cost) == ("x", None, None, None)


@pytest.mark.parametrize("usage", [(-10, -5), (-10, 20), (10, 10**12), (10**30, 10**30)])
def test_tokens_that_cannot_be_are_unknown_so_that_no_call_gives_money_back(usage: tuple[int, int]) -> None:
    with LlmServer(says("x", usage=usage)) as server:
        reply = ask(request(server.api_base, model="openai/gpt-4o-mini"))
    assert (reply.text, reply.tokens_in, reply.tokens_out, reply.cost) == ("x", None, None, None)


# What goes wrong ----------------------------------------------------------------------------------------------------

TOO_LONG = "This model's maximum context length is 8192 tokens. However, your messages resulted in 9000 tokens."
FAILURES = {
    "rate limit": (rate_limited(), "rate limit", True, False),
    "no credit": (fails(429, "You exceeded your current quota.", "insufficient_quota"), "no credit left", False, True),
    "server error": (fails(500), "server error", True, False),
    "overloaded": (fails(503, "Overloaded"), "server error", True, False),
    "bad request": (fails(400, "Unknown parameter: 'foo'."), "bad request", False, False),
    "not processable": (fails(422, "Bad value."), "bad request", False, False),
    "key refused": (fails(401, "Incorrect API key provided.", "invalid_api_key"), "key refused", False, True),
    "not allowed": (fails(403, "Not for you."), "key refused", False, True),
    "model unknown": (fails(404, "The model `x` does not exist.", "model_not_found"), "model unknown", False, True),
    "no such address": (fails(404, "Not Found"), "no such address", False, True),
    "too long": (fails(400, TOO_LONG, "context_length_exceeded"), "too long for the model", False, False),
    "dropped": (drops(), "connection", True, False),
    "not JSON": (garbage(), "server error", True, False),
    "JSON cut off": (garbage('{"choices": ['), "server error", True, False),
    "no choices": (garbage('{"choices": []}'), "server error", True, False),
    "parts that are none": (garbage('{"choices": [{"message": {"content": 5}}]}'), "server error", True, False),
    "something else": (garbage("{}"), "server error", True, False),
}


@pytest.mark.parametrize("name", FAILURES)
@pytest.mark.parametrize("model", ["openai/judge", "hosted_vllm/judge"])
def test_a_failure_says_its_cause_and_is_tried_once(name: str, model: str) -> None:
    reply, cause, is_transient, stops_run = FAILURES[name]
    with LlmServer(reply) as server:
        error = failure(request(server.api_base, model=model))
    assert (error.cause, error.is_transient, error.stops_run) == (cause, is_transient, stops_run)
    assert len(server.requests) == 1
    assert reply.status == 200 or reply.text.split("However")[0].strip() in error.message


def test_an_answer_that_cannot_be_taken_apart_is_told_without_a_traceback() -> None:
    choice = {"index": 0, "message": {"role": "assistant", "content": [{"type": "text", "text": "yes"}]}}
    body = {"id": "1", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice]}
    with LlmServer(garbage(json.dumps(body))) as server:
        assert failure(request(server.api_base)).message == "The answer is not a chat completion."


def test_a_slow_answer_is_a_time_out_and_asked_for_once() -> None:
    with LlmServer(one_after_another(says("x"), slow(says("x"), 20))) as server:
        ask(request(server.api_base))
        error = failure(request(server.api_base), timeout=0.5)
    assert (error.cause, error.is_transient, error.message) == ("time-out", True, "No answer within 0.5 seconds.")
    assert len(server.requests) == 2


def test_an_answer_that_trickles_in_forever_is_given_up_too() -> None:
    async def trickle(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n{")
        with contextlib.suppress(ConnectionError), contextlib.closing(writer):
            while not writer.is_closing():
                writer.write(b" ")
                await writer.drain()
                await asyncio.sleep(0.1)
        is_over.set()

    async def once() -> float:
        server = await asyncio.start_server(trickle, "127.0.0.1", 0)
        port, client = server.sockets[0].getsockname()[1], LiteLLMClient({}.get)
        begin = asyncio.get_running_loop().time()
        with pytest.raises(ProviderError, match="time-out"):
            await client.complete(request(f"http://127.0.0.1:{port}/v1"), timeout=0.5)
        took = asyncio.get_running_loop().time() - begin
        await client.close()
        await asyncio.wait_for(is_over.wait(), timeout=5)  # our end is closed: its next words find nobody
        server.close()
        return took

    is_over = asyncio.Event()
    assert asyncio.run(once()) < 10


def test_an_address_where_nobody_listens_stops_the_run_after_its_tries() -> None:
    with LlmServer(says("x")) as server:
        base = server.api_base
    error = failure(request(base))
    assert (error.cause, error.is_transient, error.stops_run) == ("connection", True, True)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "7"}, 7.0),
        ({"Retry-After": "Thu, 01 Jan 1970 00:02:00 GMT"}, 20.0),  # today is 100 s after the beginning of 1970
        ({"Retry-After": "Thu, 01 Jan 1970 00:00:30 GMT"}, 0.0),
        ({"retry-after-ms": "1500", "Retry-After": "2"}, 1.5),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "inf"}, None),
        ({}, None),
    ],
)
def test_retry_after_is_read_in_seconds_or_as_a_date(headers: dict[str, str], seconds: float | None) -> None:
    with LlmServer(ScriptedReply(status=429, text="Slow down.", headers=headers)) as server:
        assert failure(request(server.api_base), today=100.0).retry_after == seconds


def test_a_name_without_a_provider_says_so_and_prints_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    error = failure(Request("nonsense", MESSAGES, {}))
    assert (error.cause, error.stops_run) == ("model unknown", True)
    assert capfd.readouterr() == ("", "")


# Keys ---------------------------------------------------------------------------------------------------------------

SECRET = "sk-proj-0123456789abcdefABCDEF"  # noqa: S105 - made up


def test_a_missing_key_is_named_and_nothing_is_sent() -> None:
    error = failure(Request("anthropic/claude-sonnet-4-5", MESSAGES, {}))
    assert (error.cause, error.stops_run) == ("key missing", True)
    assert "ANTHROPIC_API_KEY" in error.message


@pytest.mark.parametrize("name", ["OPENAI_BASE_URL", "OPENAI_API_BASE"])
def test_a_variable_with_an_address_neither_redirects_a_judge_nor_gets_its_key(name: str) -> None:
    with LlmServer(says("x")) as server:
        keys = {"OPENAI_API_KEY": SECRET, name: server.api_base}
        error = failure(Request("openai/gpt-4o-mini", MESSAGES, {}), keys=keys)
        assert (error.cause, error.stops_run, error.is_transient) == ("redirected", True, False)
        assert name in error.message
        assert server.requests == []
        ask(request(server.api_base, model="openai/gpt-4o-mini"), keys=keys | {name: "http://elsewhere.invalid"})
    assert len(server.requests) == 1


def test_no_setting_of_litellms_own_changes_what_is_sent_or_where() -> None:
    code = (
        "import asyncio, sys\n"
        "from core.judging.asked import Request\n"
        "from core.judging.client import LiteLLMClient\n"
        "messages = ({'role': 'user', 'content': 'x'},)\n"
        "asked = Request('openai/judge', messages, {}, sys.argv[1])\n"
        "print(asyncio.run(LiteLLMClient({}.get).complete(asked, timeout=20)).text)\n"
    )
    with LlmServer(says("not redirected")) as server, LlmServer(says("by the proxy")) as proxy:
        environment = os.environ | {
            "USE_LITELLM_PROXY": "true", "LITELLM_PROXY_API_BASE": proxy.api_base, "LITELLM_MODIFY_PARAMS": "True",
            "LITELLM_ROUTE_ALL_CHAT_OPENAI_TO_RESPONSES": "true",
        }  # fmt: skip
        command = [sys.executable, "-c", code, server.api_base]
        found = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert found.stdout.strip() == "not redirected", found.stderr
    assert proxy.requests == []
    [received] = server.requests
    assert received.body == {"model": "judge", "messages": [{"role": "user", "content": "x"}]}


def test_a_providers_key_is_never_sent_to_an_address_of_ones_own() -> None:
    keys = {"OPENAI_API_KEY": SECRET, own_variable("http://127.0.0.1:1/v1"): "of another port"}
    with LlmServer(says("x")) as server:
        ask(request(server.api_base), keys=keys)
    [received] = server.requests
    assert received.headers["Authorization"] == f"Bearer {PLACEHOLDER}"
    assert SECRET not in str(received)


def test_the_key_of_an_address_is_the_one_bound_to_its_host_and_port() -> None:
    with LlmServer(says("x")) as server:
        name = f"TOUCHSTONE_API_KEY_127_0_0_1_{server.port}"
        ask(request(server.api_base), keys={name: "mine"})
    assert server.requests[0].headers["Authorization"] == "Bearer mine"


@pytest.mark.parametrize("model", ["openai/judge", "hosted_vllm/judge", "mistral/judge"])
def test_a_server_that_sends_us_elsewhere_does_not_get_the_key_sent_there(model: str) -> None:
    with LlmServer(says("x")) as other:
        elsewhere = f"http://localhost:{other.port}/v1/chat/completions"
        with LlmServer(ScriptedReply(status=307, text="gone", headers={"Location": elsewhere})) as server:
            ask(request(server.api_base, model=model), keys={own_variable(server.api_base): SECRET})
    assert SECRET in str(server.requests)
    assert SECRET not in str(other.requests)


def test_credentials_of_an_account_are_refused_at_other_addresses() -> None:
    with LlmServer(says("x")) as server:
        error = failure(request(server.api_base, model="bedrock/anthropic.claude-3-haiku-20240307-v1:0"))
    assert (error.cause, server.requests) == ("bad request", [])


@pytest.mark.parametrize("key", [SECRET, "plain-words-only", "a.b.c/d+e=="])
@pytest.mark.parametrize("status", [400, 401, 404, 429, 500])
def test_a_key_that_the_server_repeats_is_in_no_part_of_the_error(key: str, status: int) -> None:
    said = f"Key {key} is bad; you sent Authorization: Bearer {key}. " * 20
    with LlmServer(fails(status, said)) as server:
        error = failure(request(server.api_base), keys={own_variable(server.api_base): key})
    shown = "".join(traceback.format_exception(error)) + repr(error) + str(vars(error))
    assert key not in shown
    assert "is bad" in error.message


# Connections --------------------------------------------------------------------------------------------------------


def test_a_key_that_the_server_repeats_is_in_no_reply() -> None:
    key = "own-server-key-1234"
    replies = (says(f"Bearer {key} says yes"), refuses(f"Not with {key}."))
    with LlmServer(one_after_another(*replies)) as server:
        keys = {own_variable(server.api_base): key}
        assert ask(request(server.api_base), keys=keys).text == "Bearer [hidden] says yes"
        assert ask(request(server.api_base), keys=keys).refusal == "Not with [hidden]."


def test_many_calls_at_once_are_each_answered_with_their_own_reply() -> None:
    def echo(body: Mapping[str, Any], _before: int) -> ScriptedReply:
        return says(body["messages"][0]["content"], delay=0.05)

    async def all_at_once(base: str) -> list[str]:
        client = LiteLLMClient({}.get)
        asked = [Request("openai/judge", ({"role": "user", "content": f"n{n}"},), {}, base) for n in range(64)]
        replies = await asyncio.gather(*(client.complete(one, timeout=PATIENT) for one in asked))
        await client.close()
        return [reply.text for reply in replies]

    with LlmServer(echo) as server:
        assert asyncio.run(all_at_once(server.api_base)) == [f"n{n}" for n in range(64)]
    assert server.most_in_flight > 8


def test_closing_one_client_leaves_the_calls_of_another_alone() -> None:
    async def two(base: str) -> str:
        first, second = LiteLLMClient({}.get), LiteLLMClient({}.get)
        await second.complete(request(base), timeout=PATIENT)
        asking = asyncio.create_task(first.complete(request(base), timeout=PATIENT))
        await asyncio.sleep(0.1)
        await second.close()
        reply = await asking
        await first.close()
        return reply.text

    with LlmServer(says("x", delay=0.4)) as server:
        assert asyncio.run(two(server.api_base)) == "x"


def test_a_call_that_is_cancelled_ends_at_once_and_leaves_nothing_behind() -> None:
    async def cancelled(base: str) -> float:
        client, loop = LiteLLMClient({}.get), asyncio.get_running_loop()
        calls = [asyncio.create_task(client.complete(request(base), timeout=PATIENT)) for _ in range(20)]
        await asyncio.sleep(0.01)
        before = loop.time()
        for call in calls:
            call.cancel()
        ends = await asyncio.gather(*calls, return_exceptions=True)
        took = loop.time() - before
        await client.close()
        assert all(isinstance(end, asyncio.CancelledError) for end in ends)
        return took

    with LlmServer(slow(says("x"), 30)) as server:
        took = asyncio.run(cancelled(server.api_base))
    gc.collect()  # what was left half-made would complain now, and fail this test
    assert took < 1.0


def test_a_client_can_be_closed_twice_and_another_one_opened() -> None:
    async def again(base: str) -> Reply:
        first = LiteLLMClient({}.get)
        await first.complete(request(base), timeout=PATIENT)
        await first.close()
        await first.close()
        second = LiteLLMClient({}.get)
        reply = await second.complete(request(base), timeout=PATIENT)
        await second.close()
        return reply

    with LlmServer(says("x")) as server:
        assert asyncio.run(again(server.api_base)).text == "x"
    gc.collect()


WATCHED = """
import asyncio, sys
seen = set()
def watch(event, arguments):
    if event == "socket.connect":
        seen.add(str(arguments[1][0]) if isinstance(arguments[1], tuple) else "a socket file")
    if event == "socket.getaddrinfo":
        seen.add(str(arguments[0]))
sys.addaudithook(watch)
from core.judging.asked import Request
from core.judging.client import LiteLLMClient, ProviderError
async def main():
    client = LiteLLMClient({}.get)
    for model in sys.argv[2:]:
        try:
            await client.complete(Request(model, ({"role": "user", "content": "x"},), {}, sys.argv[1]), timeout=30)
        except ProviderError as error:
            print(error.cause)
    await client.close()
asyncio.run(main())
print(sorted(seen))
"""


def test_nothing_but_the_call_touches_the_network() -> None:
    with LlmServer(says("x")) as server:
        arguments = [server.api_base, "openai/judge", "anthropic/claude-sonnet-4-5"]
        ran = subprocess.run([sys.executable, "-c", WATCHED, *arguments], capture_output=True, text=True, check=True)
    # The server does not speak Anthropic's API: it says 404, but it was asked, and nobody else was.
    assert ran.stdout.splitlines() == ["no such address", "['127.0.0.1']"]
    assert ran.stderr == ""


def test_litellm_reads_no_file_of_variables_and_keeps_no_log() -> None:
    LiteLLMClient({}.get)
    import litellm

    assert litellm.litellm_mode == "PRODUCTION"  # in its other mode it loads the nearest .env file when imported
    assert not (litellm.callbacks)
    assert not (litellm.success_callback)
    assert not (litellm.failure_callback)
    assert not (litellm.drop_params)


def test_an_address_with_a_password_in_it_is_refused() -> None:
    with pytest.raises(BadInput, match="user name"):
        own_variable("http://me:secret@127.0.0.1:1/v1")
    error = failure(Request("openai/judge", MESSAGES, {}, "http://me:secret@127.0.0.1:1/v1"))
    assert error.cause == "bad request"
    assert "secret" not in error.message
