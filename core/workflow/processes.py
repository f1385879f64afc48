"""Processes that note in the database what they do, and whether they still run."""

import os
import socket
from pathlib import Path


def this_process() -> str:
    """Who writes: this process, on this machine."""
    return f"{os.getpid()}@{socket.gethostname()}"[:64]


def is_gone(owner: str) -> bool:
    """Whether a process of this machine is known to have ended; of other machines nothing is known.

    Args:
        owner: As `this_process` names it; anything may follow after a colon.
    """
    pid, _, machine = owner.partition(":")[0].partition("@")
    return machine == this_process().partition("@")[2] and not _runs(pid)


def _runs(pid: str) -> bool:
    if not pid.isdigit():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OSError):
        return True
    return not _is_zombie(pid)


def _is_zombie(pid: str) -> bool:
    """Whether it ended and only nobody has asked how (on Linux; a container may have no process that does)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] == "Z"
    except (OSError, IndexError):
        return False
