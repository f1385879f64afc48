"""A bar that follows a task, with a button that stops it."""

from html import escape
from typing import Any

import streamlit as st

from pages.parts.wizard.task import Task

_EVERY = 0.4


def watch(task: Task[Any], title: str, note: str, *, many: str = "rows") -> None:
    """Follow a task until it ends; then run the page again. `many` is what it counts."""

    @st.fragment(run_every=_EVERY)
    def bar() -> None:
        if task.finished:
            st.rerun()
        share = min(task.done / task.total, 1.0) if task.total else 0.0
        st.html(f'<p class="wz-doing" role="status">{_words(task, title, many)}</p>')
        st.progress(share)
        st.html(f'<p class="wz-quiet">{note}</p>')
        st.button("Stopping" if task.cancelling else "Cancel", key=f"cancel-{task.token}", on_click=task.cancel,
                  disabled=task.cancelling)  # fmt: skip

    bar()


def _words(task: Task[Any], title: str, many: str) -> str:
    so_far = f"{task.done:,} of about {task.total:,}" if task.total else f"{task.done:,}" if task.done else ""
    rows = f"{so_far} {many}" if so_far else ""
    doing = escape(task.doing or title)
    return f"{doing} <span>{rows}</span>"
