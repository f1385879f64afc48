"""`touchstone practice-server`: try a whole run without a key."""

import signal
import threading
import time
from types import FrameType
from typing import Annotated

import typer

from core.errors import BadInput
from core.judging.practice import practice_server
from core.judging.practice_rule import MODEL


def practice(
    port: Annotated[int, typer.Option(help="Port; 0 takes a free one.", min=0, max=65_535)] = 8600,
    delay: Annotated[float, typer.Option(help="Seconds before every answer.", min=0, max=60)] = 0.0,
) -> None:
    """Answer judges by counting words, on this machine only. No LLM: for trying out how a run works."""
    is_over = threading.Event()

    def stop(_number: int, _frame: FrameType | None) -> None:
        is_over.set()

    for number in (signal.SIGINT, signal.SIGTERM):  # a shell lets what it starts in the background ignore Ctrl+C
        signal.signal(number, stop)
    try:
        with practice_server(port, delay=delay, clock=time.time, sleep=time.sleep) as address:
            typer.echo(
                "Practice server: no LLM. It answers by a rule that counts the words an output shares with the\n"
                "reference or the input, so its verdicts mean nothing. Give a judge\n\n"
                f"  Model    openai/{MODEL}\n"
                f"  Address  {address}\n\n"
                "It needs no key and costs nothing. Ctrl+C ends it."
            )
            is_over.wait()
    except OSError as error:
        found = f"{port}: {error.strerror or error}"
        raise BadInput(where="--port", found=found, expected="a free port, or 0") from None
