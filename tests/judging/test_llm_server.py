"""The scripted server itself: tests of runs and kills lean on what it counts."""

import http.client
import json
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.llm_server import LlmServer, body_hash, drops, one_after_another, says


def send(address: str, text: str) -> dict[str, Any]:
    connection = http.client.HTTPConnection(address, timeout=20)
    sent = {"model": "m", "messages": [{"role": "user", "content": text}]}
    connection.request("POST", "/v1/chat/completions", json.dumps(sent), {"Content-Type": "application/json"})
    answer: dict[str, Any] = json.loads(connection.getresponse().read())
    connection.close()
    return answer


def words(answer: Mapping[str, Any]) -> str:
    return str(answer["choices"][0]["message"]["content"])


def test_a_script_sees_each_request_with_how_many_came_before() -> None:
    with LlmServer(lambda body, before: says(f"{before}: {body['messages'][0]['content']}")) as server:
        assert [words(send(server.address, text)) for text in "ab"] == ["0: a", "1: b"]
    assert [one.prompt for one in server.requests] == ["a", "b"]


def test_repeats_are_counted() -> None:
    with LlmServer(says("x")) as server:
        for text in "abcab":
            send(server.address, text)
    assert server.repeats() == 2


def test_a_dropped_connection_is_dropped_and_the_next_is_answered() -> None:
    with LlmServer(one_after_another(drops(), says("x"))) as server:
        with pytest.raises((http.client.RemoteDisconnected, ConnectionResetError)):
            send(server.address, "a")
        assert words(send(server.address, "a")) == "x"


def test_an_answer_that_takes_long_does_not_hold_up_the_others_or_the_end() -> None:
    begin = time.monotonic()
    with LlmServer(says("x", delay=30)) as server, ThreadPoolExecutor(4) as pool:
        sent = [pool.submit(send, server.address, "a") for _ in range(4)]
        while len(server.requests) < 4:
            time.sleep(0.01)
        assert server.in_flight == 4
        server.stop()
        assert all(one.exception(timeout=10) for one in sent)
    assert time.monotonic() - begin < 15


@contextmanager
def process(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    command = [sys.executable, "-m", "tests.llm_server", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            yield server, server.stdout.readline().strip().split("/")[2]
        finally:
            server.kill()


def test_what_was_sent_can_be_counted_after_everything_is_killed(tmp_path: Path) -> None:
    log = tmp_path / "sent.txt"
    arguments = ["--log", str(log), "--delay", "30", "--reply", "x"]
    with process(*arguments) as (server, address), ThreadPoolExecutor(3) as pool:
        sent = [pool.submit(send, address, text) for text in "aab"]
        while not log.exists() or len(log.read_text().splitlines()) < 3:
            time.sleep(0.01)
        server.kill()
        assert all(one.exception(timeout=10) for one in sent)
    expected = [body_hash({"model": "m", "messages": [{"role": "user", "content": text}]}) for text in "aab"]
    assert sorted(log.read_text().split()) == sorted(expected)


def test_as_a_process_it_answers_by_the_practice_rule_unless_told_otherwise() -> None:
    with process() as (_, address):
        assert words(send(address, "one two")) == "A rule, no LLM: one two"
    with process("--reply", "said") as (_, address):
        assert words(send(address, "one two")) == "said"
