"""What went wrong with a call, in words that group, and without a key in them."""

import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from email.utils import parsedate_to_datetime
from typing import Any

HIDDEN = "[hidden]"
"""What stands in the place of a key."""

_SECRETS = re.compile(
    r"(?i)(bearer\s+|authorization['\"]?\s*[:=]\s*['\"]?(?:bearer\s+)?|api[-_ ]?key['\"]?\s*[:=]\s*['\"]?)[^\s'\",}]+"
    r"|\b(?:(?:sk|gsk|xai|hf|pplx)[-_]|AIza)[^\s'\",}]{6,}"
)
_WORDING = re.compile(r"^(?:litellm\.)?(?:\w+(?:Error|Timeout): )*(?:\w+Exception(?: \w+Error)? - )?")
_FILTERED = re.compile(
    r"content[_ ](?:filter|management policy|policy)|safety system|flagged|moderation", re.IGNORECASE
)
_NO_KEY = re.compile(
    r"api[_ ]key[_ ](?:not valid|invalid)|(?:invalid|incorrect) api[_ ]key|missing .{0,20}api key", re.IGNORECASE
)
_NO_CREDIT = re.compile(
    r"insufficient[_ ](?:quota|funds|balance|credit)|exceeded your current quota|billing", re.IGNORECASE
)
_NO_MODEL = re.compile(
    r"model[_ ]not[_ ]found|model\b.{0,80}(?:does not exist|not found|not a valid)|provider not provided",
    re.IGNORECASE | re.DOTALL,
)
_TOO_LONG = re.compile(
    r"context[_ ](?:length|window)|maximum context|too many tokens|prompt is too long", re.IGNORECASE
)
_NO_COMPLETION = re.compile(r"provider returned 'choices'|^Invalid response object")
"""What litellm says of an answer that it cannot take apart (the second with a traceback)."""
_TOO_LONG_CAUSE = "too long for the model"
_LONGEST = 500


class ProviderError(Exception):
    """A call that brought no reply.

    Args:
        cause: Kind of failure, to group by: "time-out", "rate limit", "connection", "server error", "bad request",
            "too long for the model", "key refused", "key missing", "no credit left", "model unknown",
            "no such address", "redirected" (a variable names another address than the judge's).
        message: In words; no key and no header is in it.
        retry_after: Seconds the provider asked to wait; None where it said nothing.
        is_transient: Whether the same call may succeed later.
        stops_run: Every other call of the run would fail alike: the run should stop, at once where the failure is not
            transient, else when the tries are used up.
    """

    def __init__(
        self,
        cause: str,
        message: str,
        *,
        retry_after: float | None = None,
        is_transient: bool = False,
        stops_run: bool = False,
    ) -> None:
        self.cause, self.message, self.retry_after = cause, message, retry_after
        self.is_transient, self.stops_run = is_transient, stops_run
        super().__init__(f"{cause}: {message}")


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        yield error
        seen.add(id(error))
        error = error.__cause__ or error.__context__


def _names(errors: Sequence[BaseException]) -> frozenset[str]:
    return frozenset(kind.__name__ for error in errors for kind in type(error).__mro__)


def _response(errors: Sequence[BaseException]) -> Any:
    """The HTTP response behind the error; None where there was none (litellm then invents one)."""
    return next(
        (one.response for one in errors if "HTTPStatusError" in _names([one]) and hasattr(one, "response")), None
    )


def held_back(error: BaseException, key: str | None) -> str | None:
    """The provider's words, if the error only says that its filter let nothing through; else None."""
    errors = list(_chain(error))
    status, words = getattr(_response(errors), "status_code", None), _words(error)
    codes = [getattr(one, "code", "") for one in errors]
    is_filter = status in (400, 403) and _FILTERED.search(f"{words} {codes}")
    return _shown(words, key) if is_filter or "ContentPolicyViolationError" in _names(errors) else None


def read_problem(error: BaseException, *, key: str | None, timeout: float, today: float) -> ProviderError:
    """What an error of litellm, or of the libraries under it, means for the call and for the run.

    Args:
        error: As it was raised.
        key: The key that was sent; hidden wherever it turns up.
        timeout: Seconds that were allowed.
        today: Seconds since 1970, for a Retry-After that is a date.
    """
    errors = list(_chain(error))
    response, words = _response(errors), _shown(_words(error), key)
    if response is None:
        return _without_answer(error, errors, words, timeout)
    status = int(response.status_code)
    wait = _retry_after(response.headers, today)
    return _told(status, words, _names(errors)) or _of_status(status, f"{status}: {words}", wait)


def _without_answer(error: BaseException, errors: Sequence[BaseException], words: str, timeout: float) -> ProviderError:
    """No answer of HTTP: nobody there, cut off, too late, not to be read, or never sent."""
    names = _names(errors)
    if any("Timeout" in name for name in names):
        found = ProviderError("time-out", f"No answer within {timeout:g} seconds.", is_transient=True)
    elif names & {"ConnectError", "ClientConnectorError", "gaierror", "ConnectionRefusedError"}:
        message = f"The address cannot be reached. {_reason(errors)}".strip()
        found = ProviderError("connection", message, is_transient=True, stops_run=True)
    elif names & {"NetworkError", "ProtocolError", "ClientError", "ConnectionError"}:
        found = ProviderError("connection", "The connection ended before an answer.", is_transient=True)
    elif names & {"JSONDecodeError", "UnicodeDecodeError"} or _NO_COMPLETION.search(words):
        found = ProviderError("server error", "The answer is not a chat completion.", is_transient=True)
    elif "UnsupportedParamsError" in names:
        found = ProviderError("bad request", words.partition(" To drop")[0], stops_run=True)
    elif "UnicodeError" in names:
        found = ProviderError("bad request", f"The text cannot be sent: {words}")
    else:
        status = int(getattr(error, "status_code", None) or 500)
        found = _told(status, words, names) or _of_status(status, words, None)
    return found


def _told(status: int, words: str, names: frozenset[str]) -> ProviderError | None:
    """What the status or the words say about every call alike, or about this one's length; None: nothing."""
    if status >= 500:
        return None
    signs = {
        "no credit left": status == 402 or _NO_CREDIT.search(words),
        "key refused": status in (401, 403) or "AuthenticationError" in names or _NO_KEY.search(words),
        "model unknown": _NO_MODEL.search(words) or (status == 404 and "model" in words.casefold()),
        "no such address": status == 404,
        _TOO_LONG_CAUSE: status == 413 or "ContextWindowExceededError" in names or _TOO_LONG.search(words),
    }
    cause = next((cause for cause, is_so in signs.items() if is_so), None)
    if cause is None:
        return None
    said = f"{status}: {words}"
    if cause == "no such address":
        said = f"Nothing answers at this address ({said}); those of one's own mostly end in /v1."
    return ProviderError(cause, said, stops_run=cause != _TOO_LONG_CAUSE)


def _of_status(status: int, said: str, retry_after: float | None) -> ProviderError:
    causes = {429: "rate limit", 408: "time-out", 409: "server error", 425: "server error"}
    cause = causes.get(status, "server error" if status >= 500 else "bad request")
    return ProviderError(cause, said, retry_after=retry_after, is_transient=cause != "bad request")


def _reason(errors: Sequence[BaseException]) -> str:
    """The operating system's words, where it has some."""
    return next((one.strerror + "." for one in reversed(errors) if isinstance(one, OSError) and one.strerror), "")


def _retry_after(headers: Mapping[str, str], today: float) -> float | None:
    """Seconds to wait, from `Retry-After` (seconds or an HTTP date) or `retry-after-ms`; None where unreadable."""
    milliseconds, written = headers.get("retry-after-ms"), headers.get("retry-after", "").strip()
    try:
        if milliseconds is not None:
            found = float(milliseconds) / 1_000
        elif written[:1].isalpha():
            found = parsedate_to_datetime(written).timestamp() - today
        else:
            found = float(written)
    except ValueError:
        return None
    return max(found, 0.0) if math.isfinite(found) else None


def _words(error: BaseException) -> str:
    """What the provider said: the message of a JSON body where there is one, on one line."""
    text = _WORDING.sub("", str(getattr(error, "message", None) or error), count=1).strip()
    if text.startswith("{"):
        try:
            body = json.loads(text)
            said = body.get("error", body)
            text = str(said.get("message") or text) if isinstance(said, dict) else str(said)
        except (ValueError, AttributeError):
            pass
    return " ".join(text.split())


def _shown(text: str, key: str | None) -> str:
    """The text without the key and whatever looks like one, not too long, in characters that can be seen and kept."""
    if key:
        text = text.replace(key, HIDDEN)
    text = "".join(one if one.isprintable() else "\ufffd" for one in _SECRETS.sub(HIDDEN, text)[: _LONGEST + 1])
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
