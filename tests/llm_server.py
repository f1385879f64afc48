"""A real HTTP server that speaks the OpenAI chat API and answers by a script: in a thread, or as a process to kill.

In a test: `with LlmServer(script) as server:` and ask `openai/ANYTHING` at `server.api_base`. For tests that kill:
`python -m tests.llm_server --port 0 --log FILE --delay 0.05`, which prints its address and writes a line per request
to the file before it answers.
"""

import argparse
import asyncio
import contextlib
import json
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from importlib import import_module
from math import log
from pathlib import Path
from types import TracebackType
from typing import Any, TextIO

from aiohttp import web

Body = Mapping[str, Any]
"""A chat completion request as it was received."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptedReply:
    """What the server does with one request.

    Attributes:
        text: The message's content.
        finish: Why it ended.
        refusal: The provider's own refusal.
        tokens: `(token, {alternative: probability})` in order; the token's own probability is among them.
        usage: Tokens in and out; None: the words are counted.
        status: Of HTTP; other than 200, `text` is the error's message and `code` its code.
        headers: Sent beside the usual ones.
        delay: Seconds before the answer.
        raw: Sent as the whole body instead of all that.
        drop: Close the connection without an answer.
    """

    text: str = ""
    finish: str = "stop"
    refusal: str | None = None
    tokens: Sequence[tuple[str, Mapping[str, float]]] = ()
    usage: tuple[int, int] | None = None
    status: int = 200
    code: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    delay: float = 0.0
    raw: str | None = None
    drop: bool = False


Script = Callable[[Body, int], ScriptedReply]
"""Called with the request and how many came before it; several threads never call it at once."""


# What a script may answer -------------------------------------------------------------------------------------------


def says(answer: object, **more: Any) -> ScriptedReply:
    """A good reply: the text itself, or anything else as JSON."""
    return ScriptedReply(text=answer if isinstance(answer, str) else json.dumps(answer), **more)


def fenced(answer: object) -> ScriptedReply:
    """JSON in a code fence."""
    return ScriptedReply(text=f"```json\n{json.dumps(answer, indent=2)}\n```")


def prose(answer: object) -> ScriptedReply:
    """JSON with thoughts before and a remark after it."""
    thought = "<think>The options {a} and {b} both look plausible.</think>\nHere is my verdict:\n\n"
    return ScriptedReply(text=f"{thought}{json.dumps(answer)}\n\nI hope this helps.")


def truncated(answer: object) -> ScriptedReply:
    """JSON cut in the middle, for it reached the limit of tokens."""
    text = json.dumps(answer)
    return ScriptedReply(text=text[: len(text) // 2], finish="length")


def empty() -> ScriptedReply:
    """No text at all."""
    return ScriptedReply()


def refuses(words: str = "I can't help with that.") -> ScriptedReply:
    """The provider's own refusal."""
    return ScriptedReply(refusal=words)


def filtered() -> ScriptedReply:
    """An answer held back by a content filter."""
    return ScriptedReply(finish="content_filter")


def slow(reply: ScriptedReply, seconds: float) -> ScriptedReply:
    """The same, later."""
    return replace(reply, delay=seconds)


def rate_limited(retry_after: str | None = None) -> ScriptedReply:
    """429, with Retry-After in seconds or as a date where it is given."""
    headers = {} if retry_after is None else {"Retry-After": retry_after}
    return ScriptedReply(status=429, text="Rate limit reached.", code="rate_limit_exceeded", headers=headers)


def fails(status: int = 500, message: str = "The server had an error.", code: str = "") -> ScriptedReply:
    """An error of HTTP."""
    return ScriptedReply(status=status, text=message, code=code)


def drops() -> ScriptedReply:
    """The connection is closed before an answer."""
    return ScriptedReply(drop=True)


def garbage(body: str = "<html>not JSON</html>") -> ScriptedReply:
    """A body that is no chat completion."""
    return ScriptedReply(raw=body)


def one_after_another(*replies: ScriptedReply) -> Script:
    """The first reply to the first request, and so on; the last one to all that follow."""
    return lambda _body, before: replies[min(before, len(replies) - 1)]


# The server ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Received:
    """A request as it came in; `hash` is of its body."""

    body: Body
    headers: Mapping[str, str]
    at: float

    @property
    def hash(self) -> str:
        return body_hash(self.body)

    @property
    def prompt(self) -> str:
        """The text of all messages."""
        return "\n".join(str(message.get("content", "")) for message in self.body["messages"])


def body_hash(body: Body) -> str:
    """A hash of a request's body: the same for the same request."""
    return sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()


class LlmServer:
    """The server, in a thread of its own while the `with` block lasts.

    Args:
        script: What it answers.
        delay: Seconds before every answer, beside what the script says.
        log: Where a line `HASH` is written and flushed for every request, before it is answered.
        port: 0: a free one.
    """

    def __init__(
        self, script: Script | ScriptedReply, *, delay: float = 0.0, log: TextIO | None = None, port: int = 0
    ) -> None:
        self.script: Script = one_after_another(script) if isinstance(script, ScriptedReply) else script
        self.delay, self.port = delay, port
        self.requests: list[Received] = []
        self.in_flight = self.most_in_flight = 0
        self._log, self._count = log, 0
        self._started, self._problem = threading.Event(), ""
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="llm server", daemon=True)

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def api_base(self) -> str:
        return f"http://{self.address}/v1"

    def repeats(self) -> int:
        """How many requests had been received before."""
        return sum(times - 1 for times in Counter(one.hash for one in self.requests).values())

    def __enter__(self) -> "LlmServer":
        self._thread.start()
        if not self._started.wait(timeout=10) or self._problem:
            raise RuntimeError(f"The server did not start: {self._problem or 'no sign of life'}")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """Stop at once, whatever is under way."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(timeout=10)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        app = web.Application(client_max_size=64 * 2**20)
        app.router.add_post("/v1/chat/completions", self._answer)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.05, handler_cancellation=True)
        try:
            self._loop.run_until_complete(self._listen(runner))
        except OSError as error:
            self._problem = str(error)
        self._started.set()
        try:
            if not self._problem:
                self._loop.run_forever()
        finally:
            self._loop.run_until_complete(runner.cleanup())
            self._loop.run_until_complete(self._loop.shutdown_asyncgens())
            self._loop.close()

    async def _listen(self, runner: web.AppRunner) -> None:
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", self.port, backlog=1024)
        await site.start()
        self.port = runner.addresses[0][1]

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        body = json.loads(await request.read())
        before, self._count = self._count, self._count + 1
        received = Received(body, dict(request.headers), time.monotonic())
        if self._log is None:
            self.requests.append(received)
        else:
            self._log.write(received.hash + "\n")
            self._log.flush()
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        try:
            reply = self.script(body, before)
            if self.delay or reply.delay:
                await asyncio.sleep(self.delay + reply.delay)
        finally:
            self.in_flight -= 1
        if reply.drop:
            if request.transport is not None:
                request.transport.abort()
            return web.Response(status=204)
        return web.Response(
            text=reply.raw if reply.raw is not None else json.dumps(_rendered(reply, body, before)),
            status=reply.status,
            headers=dict(reply.headers),
            content_type="application/json",
        )


def _rendered(reply: ScriptedReply, body: Body, before: int) -> dict[str, Any]:
    if reply.status != 200:
        kind = "invalid_request_error" if reply.status < 500 else "server_error"
        return {"error": {"message": reply.text, "type": kind, "code": reply.code or None, "param": None}}
    words_in = sum(len(str(message.get("content", "")).split()) for message in body["messages"])
    tokens_in, tokens_out = reply.usage or (words_in, len(reply.text.split()))
    choice: dict[str, Any] = {
        "index": 0,
        "message": {"role": "assistant", "content": reply.text or None, "refusal": reply.refusal},
        "finish_reason": reply.finish,
        "logprobs": {"content": [_token(*one) for one in reply.tokens]} if reply.tokens else None,
    }
    return {
        "id": f"chatcmpl-{before}",
        "object": "chat.completion",
        "created": 1_767_225_600,
        "model": body.get("model", ""),
        "choices": [choice],
        "usage": {
            "prompt_tokens": tokens_in,
            "completion_tokens": tokens_out,
            "total_tokens": tokens_in + tokens_out,
        },
    }


def _token(token: str, likeliest: Mapping[str, float]) -> dict[str, Any]:
    def shown(text: str, probability: float) -> dict[str, Any]:
        return {"token": text, "logprob": log(probability), "bytes": list(text.encode())}

    return shown(token, likeliest[token]) | {"top_logprobs": [shown(*one) for one in likeliest.items()]}


# As a process -------------------------------------------------------------------------------------------------------


def by_rule(body: Body, _before: int) -> ScriptedReply:
    """A good verdict in whatever format is asked for, by the practice server's rule."""
    from core.judging.practice_rule import completion

    return says(completion(body))


def main(arguments: Sequence[str]) -> None:
    """Serve until killed; the first line printed is the address for `api_base`."""
    parser = argparse.ArgumentParser(description="A scripted chat server for tests.")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--log", type=Path, help="A line with its hash for every request received.")
    parser.add_argument("--delay", type=float, default=0.0, help="Seconds before every answer.")
    parser.add_argument("--reply", help="Say this to everything.")
    parser.add_argument("--script", default="tests.llm_server:by_rule", help="MODULE:FUNCTION that answers.")
    given = parser.parse_args(arguments)
    module, _, name = given.script.partition(":")
    script = one_after_another(says(given.reply)) if given.reply is not None else getattr(import_module(module), name)
    with contextlib.ExitStack() as open_files:
        log_file = open_files.enter_context(given.log.open("a")) if given.log else None
        server = open_files.enter_context(LlmServer(script, delay=given.delay, log=log_file, port=given.port))
        print(server.api_base, flush=True)
        with contextlib.suppress(KeyboardInterrupt):
            threading.Event().wait()


if __name__ == "__main__":
    main(sys.argv[1:])
