"""Asking models: one attempt per call, through litellm, which only this module knows and only when it is first used."""

import asyncio
import logging
import math
import os
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextvars import ContextVar
from types import ModuleType
from typing import Any, Protocol
from weakref import WeakSet

from core.errors import BadInput
from core.judging.asked import Reply, Request, TokenChoice
from core.judging.pace import RunSettings
from core.judging.prices import price_of
from core.judging.provider_errors import HIDDEN, ProviderError, held_back, read_problem
from core.judging.providers import check_sendable, key_variable, redirecting_variables

KeySource = Callable[[str], str | None]
"""The value of a variable, or None where it is not set."""

PLACEHOLDER = "no-key"
"""Sent as the key to addresses of one's own that have none."""

_QUIET = {
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    "LITELLM_LOCAL_ANTHROPIC_BETA_HEADERS": "True",
    "LITELLM_MODE": "PRODUCTION",
    "USE_LITELLM_PROXY": "False",
}
"""Unless these are set before it is imported, litellm fetches tables from the internet, takes keys and addresses from
any `.env` file it finds on its way up from its own folder, and may send every request to one proxy."""

_GRACE = 2.0
"""Seconds beyond a call's time-out, which litellm keeps, until one that trickles in or hangs is given up."""

_MAKING = 0.25
"""Seconds that litellm is given to make a call before it is cancelled."""

_MOST_TOKENS = 2**31 - 1
"""Of one call; what a column of the database holds."""

_ROUNDING = 0.01

_OPEN: "WeakSet[LiteLLMClient]" = WeakSet()
"""Clients that are not closed; litellm keeps the connections of all of them in one place."""


class LlmClient(Protocol):
    """Whoever answers requests."""

    async def complete(self, request: Request, *, timeout: float) -> Reply:
        """Send a request once and wait for its reply.

        Args:
            request: What is sent.
            timeout: Seconds until it is given up.

        Raises:
            ProviderError: There was none.
        """
        ...

    async def close(self) -> None:
        """Close every connection."""
        ...


class LiteLLMClient:
    """Asks any provider litellm knows, and any address that speaks the OpenAI chat API. One event loop owns it.

    Making the first one of a process imports litellm, which takes seconds.

    Args:
        read_key: Tells the value of a variable; keys are read for each call and not kept.
        settings: Of the run: a price given there decides what a call costs.
        now: Seconds, for latencies.
        today: The time, for a Retry-After that is a date.
    """

    def __init__(
        self,
        read_key: KeySource,
        *,
        settings: RunSettings | None = None,
        now: Callable[[], float] = time.monotonic,
        today: Callable[[], float] = time.time,
    ) -> None:
        self._litellm = _load()
        self._read_key, self._settings, self._now, self._today = read_key, settings, now, today
        self._unlogged = _log_switch()
        self._left: set[asyncio.Task[Any]] = set()
        _OPEN.add(self)

    async def complete(self, request: Request, *, timeout: float) -> Reply:
        """Send a request once and wait for its reply; see `LlmClient`."""
        sent, key = self._call(request, timeout)
        started = self._now()
        asking = asyncio.create_task(self._ask(sent))
        try:
            await asyncio.wait({asking}, timeout=timeout + _GRACE)
        finally:
            if not asking.done():
                self._leave(asking)
        if not asking.done():
            raise ProviderError("time-out", f"No answer within {timeout:g} seconds.", is_transient=True)
        error, latency = asking.exception(), self._now() - started
        if error is None:
            return self._reply(request, asking.result(), latency, key)
        words = held_back(error, key)
        if words is not None:
            return Reply("", "content_filter", words, latency=latency)
        raise read_problem(error, key=key, timeout=timeout, today=self._today())

    async def close(self) -> None:
        """Close every connection, if no other client of this process is open."""
        if self._left:
            await asyncio.wait(self._left, timeout=2 * _MAKING)
        _OPEN.discard(self)
        if not _OPEN:
            await self._litellm.close_litellm_async_clients()
            self._litellm.in_memory_llm_clients_cache.flush_cache()

    async def _ask(self, sent: Mapping[str, Any]) -> Any:
        self._unlogged.set(True)
        return await self._litellm.acompletion(**sent)

    def _leave(self, asking: asyncio.Task[Any]) -> None:
        """Give a call up, a moment later: litellm makes it in a thread, and one dropped there is left half-made."""
        self._left.add(asking)
        asking.add_done_callback(self._forget)
        asyncio.get_running_loop().call_later(_MAKING, asking.cancel)

    def _forget(self, asking: asyncio.Task[Any]) -> None:
        self._left.discard(asking)
        if not asking.cancelled():
            asking.exception()  # seen, so that asyncio does not complain: nobody waits for it any more

    def _call(self, request: Request, timeout: float) -> tuple[dict[str, Any], str | None]:
        try:
            check_sendable(request.model, request.api_base, request.parameters)
            need = key_variable(request.model, request.api_base)
        except BadInput as error:
            raise ProviderError("bad request", str(error), stops_run=True) from None
        self._refuse_redirection(request)
        key = next(filter(None, map(self._read_key, need.names)), None)
        if key is None and need.required:
            message = f"The variable {need.variable} is not set where the worker runs. Set it there and start it again."
            raise ProviderError("key missing", message, stops_run=True)
        sent: dict[str, Any] = {
            **request.parameters,
            "model": request.model,
            "messages": [dict(message) for message in request.messages],
            "timeout": timeout,
            "num_retries": 0,
            "max_retries": 0,
            "drop_params": False,
        }
        if request.api_base:
            sent |= {"api_base": request.api_base, "api_key": key or PLACEHOLDER}
        elif key is not None and not need.is_signed:
            sent["api_key"] = key
        return sent, key

    def _refuse_redirection(self, request: Request) -> None:
        """Only the judge says where its requests go; litellm would also heed variables that nobody chose for it."""
        for name in redirecting_variables(request.model, request.api_base):
            if self._read_key(name):
                message = (
                    f"The variable {name} is set where the worker runs, and would send this judge's requests to "
                    "another address. Give the judge that address, or unset the variable and start the worker again."
                )
                raise ProviderError("redirected", message, stops_run=True)

    def _reply(self, request: Request, response: Any, latency: float, key: str | None) -> Reply:
        if not response.choices:
            raise ProviderError("server error", "The answer has no choices in it.", is_transient=True)
        choice, usage = response.choices[0], getattr(response, "usage", None)
        message, finish = choice.message, str(choice.finish_reason or "")
        refusal = (message.provider_specific_fields or {}).get("refusal") or getattr(message, "refusal", None) or ""
        if finish == "content_filter" and not refusal:
            refusal = "The provider's content filter held the answer back."
        tokens_in, tokens_out = _counted(usage)
        return Reply(
            text=_without(key, message.content or ""),
            finish=finish,
            refusal=_without(key, str(refusal)),
            tokens=tuple(_choices(getattr(choice, "logprobs", None))),
            tokens_in=tokens_in,
            tokens_out=tokens_out,
            cost=self._cost(request.model, response, tokens_in, tokens_out),
            latency=latency,
        )

    def _cost(self, model: str, response: Any, tokens_in: int | None, tokens_out: int | None) -> float | None:
        if tokens_in is None or tokens_out is None:
            return None
        settings = self._settings
        is_given = settings is not None and (settings.price_in is not None or settings.price_out is not None)
        cost = None if is_given else response._hidden_params.get("response_cost")  # noqa: SLF001 - where litellm documents it
        if cost is not None:
            return float(cost)  # of cached tokens, too, which our own price does not know
        price = price_of(model, settings)
        return None if price is None else price.cost(tokens_in, tokens_out)


def _load() -> ModuleType:
    """Import litellm so that it neither calls home, nor writes a word, nor changes what is sent.

    It takes settings of its own from variables: some change messages, others the kind of request. A judge is what its
    identity says, wherever it is asked, so none of them holds.
    """
    for name in [name for name in os.environ if name.startswith("LITELLM_") and not name.endswith("_KEY")]:
        del os.environ[name]
    os.environ.update(_QUIET)
    import litellm

    litellm.suppress_debug_info = True
    litellm.disable_hf_tokenizer_download = True
    litellm.drop_params = False
    warnings.filterwarnings("ignore", message="Pydantic serializer warnings")  # it quotes replies
    for name in ("LiteLLM", "LiteLLM Router", "LiteLLM Proxy"):
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    return litellm


def _log_switch() -> ContextVar[bool]:
    """Keeps litellm from preparing a log entry for every call: nobody reads it, and it is a seventh of the work."""
    from litellm._internal_context import is_internal_call

    return is_internal_call


def _counted(usage: Any) -> tuple[int, int] | tuple[None, None]:
    """Tokens in and out; None for both where the provider did not count (litellm says 0) or counted what cannot be."""
    counts = getattr(usage, "prompt_tokens", None), getattr(usage, "completion_tokens", None)
    tokens_in, tokens_out = (one if isinstance(one, int) and 0 <= one <= _MOST_TOKENS else None for one in counts)
    if tokens_in is None or tokens_out is None or not tokens_in + tokens_out:
        return None, None
    return tokens_in, tokens_out


def _without(key: str | None, said: str) -> str:
    return said.replace(key, HIDDEN) if key else said


def _choices(logprobs: Any) -> Iterator[TokenChoice]:
    for token in getattr(logprobs, "content", None) or ():
        likeliest = {one.token: _probability(one.logprob) for one in token.top_logprobs or ()}
        yield TokenChoice(token.token, _probability(token.logprob), likeliest)


def _probability(logprob: object) -> float:
    """Its probability; 0 for what is the logarithm of none (not a number, or clearly above 0)."""
    return math.exp(min(logprob, 0.0)) if isinstance(logprob, int | float) and logprob < _ROUNDING else 0.0
