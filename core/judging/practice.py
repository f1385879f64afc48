"""A server that speaks the OpenAI chat API and answers by a rule, for a first run without a key. It is no LLM."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from threading import Thread
from typing import Any

from core.judging.practice_rule import MODEL, chat_completion

ADDRESS = "127.0.0.1"
"""The only address it listens at."""

_LARGEST = 16 * 2**20


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256

    def __init__(self, port: int, *, delay: float, clock: Callable[[], float], sleep: Callable[[float], None]) -> None:
        self.delay, self.clock, self.sleep, self.numbers = delay, clock, sleep, count(1)
        super().__init__((ADDRESS, port), _Answers)


class _Answers(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def do_GET(self) -> None:
        if self.path.rstrip("/") == "/v1/models":
            self._send(200, {"object": "list", "data": [{"id": MODEL, "object": "model", "owned_by": "no one"}]})
        else:
            self._refuse(404, f"There is nothing at {self.path}; ask POST /v1/chat/completions.")

    def do_POST(self) -> None:
        size = self.headers.get("Content-Length", "")
        if not size.isdigit() or int(size) > _LARGEST:
            self.close_connection = True
            self._refuse(413, f"A request needs a Content-Length of at most {_LARGEST} bytes.")
            return
        sent = self.rfile.read(int(size))
        if self.path.rstrip("/") != "/v1/chat/completions":
            self._refuse(404, f"There is nothing at {self.path}; ask POST /v1/chat/completions.")
            return
        body = _read_chat(sent)
        if body is None:
            self._refuse(400, 'A request is a JSON object with "messages", a list of objects.')
        elif body.get("stream"):
            self._refuse(400, 'Answers come in one piece: "stream" must be false.')
        else:
            self.server.sleep(self.server.delay)
            created = int(self.server.clock())
            self._send(200, chat_completion(body, number=next(self.server.numbers), created=created))

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name http.server gives it
        """Say nothing: a run asks thousands of times."""

    def _refuse(self, status: int, message: str) -> None:
        self._send(status, {"error": {"message": message, "type": "invalid_request_error", "code": None}})

    def _send(self, status: int, body: dict[str, Any]) -> None:
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)


def _read_chat(sent: bytes) -> dict[str, Any] | None:
    try:
        body = json.loads(sent)
    except ValueError:
        return None
    messages = body.get("messages") if isinstance(body, dict) else None
    is_chat = isinstance(messages, list) and all(isinstance(one, dict) for one in messages)
    return body if is_chat else None


@contextmanager
def practice_server(
    port: int, *, delay: float, clock: Callable[[], float], sleep: Callable[[float], None]
) -> Iterator[str]:
    """The server, in a thread, while the block lasts; yields the address to give to a judge.

    Args:
        port: 0: a free one.
        delay: Seconds before every answer.
        clock: Seconds since 1970.
        sleep: Waits that many seconds.

    Raises:
        OSError: The port is taken.
    """
    server = _Server(port, delay=delay, clock=clock, sleep=sleep)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, name="practice server", daemon=True)
    thread.start()
    try:
        yield f"http://{ADDRESS}:{server.server_port}/v1"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
