import json
import re
import signal
import subprocess
import sys
import urllib.request

from tests.conftest import free_port

COMMAND = [sys.executable, "-m", "core.cli", "practice-server"]


def test_the_server_says_how_to_use_it_answers_and_ends_with_ctrl_c() -> None:
    with subprocess.Popen(
        [*COMMAND, "--port", "0"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as server:
        assert server.stdout is not None
        said = ""
        while "Ctrl+C" not in said:
            line = server.stdout.readline()
            assert line, "it ended too soon"
            said += line
        assert "no LLM" in said
        assert "openai/practice-no-llm" in said
        [address] = re.findall(r"http://127\.0\.0\.1:\d+/v1", said)
        with urllib.request.urlopen(f"{address}/models", timeout=10) as answer:
            assert json.load(answer)["data"][0]["id"] == "practice-no-llm"
        server.send_signal(signal.SIGINT)
        try:
            _, complaints = server.communicate(timeout=10)
        finally:
            server.kill()
    assert (server.returncode, complaints) == (0, "")


def test_a_port_that_is_taken_is_said_in_one_line() -> None:
    import socket

    port = free_port()
    with socket.create_server(("127.0.0.1", port)):
        ran = subprocess.run([*COMMAND, "--port", str(port)], capture_output=True, text=True, timeout=30, check=False)
    assert ran.returncode == 2
    assert str(port) in ran.stderr
    assert len(ran.stderr.splitlines()) == 1
    assert ran.stdout == ""
