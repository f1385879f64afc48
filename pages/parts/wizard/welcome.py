"""What the page says before there is a file: the shapes it understands, each with a tiny example."""

from html import escape

import streamlit as st

from pages.parts.frame import page_link, text_block
from pages.parts.wizard.words import heading

_EXAMPLES = (
    ("Two outputs a row", ("prompt", "model_a", "output_a", "model_b", "output_b"),
     (("Name a star", "north", "Vega", "south", "Mars"),)),
    ("One output a row", ("prompt", "model", "output", "reference"), (("2 + 2", "north", "4", "4"),)),
    ("One rating a row", ("item", "rater", "score"), (("q1", "Ada", "4"), ("q1", "Grace", "5"))),
    ("One column per rater", ("item", "annotator1", "annotator2"), (("q1", "yes", "no"), ("q2", "yes", "yes"))),
    ("One column per order", ("item", "judge", "winner_ab", "winner_ba"), (("q1", "gpt-4", "A", "B"),)),
    ("Votes per option", ("item", "votes"), (("q1", '{"spam": 3, "ham": 2}'),)),
    ("A probability per option", ("item", "prob_yes", "prob_no"), (("q1", "0.8", "0.2"),)),
    ("Scores listed inside", ("item", "scores"), (("q1", "[4, 5, 3]"),)),
)  # fmt: skip


def show_welcome() -> None:
    """Examples, and where to look around without a file."""
    heading("What a file may look like", "The names of columns don't matter; you say what they mean in the next step.")
    st.html(f'<div class="wz-examples">{"".join(_example(*one) for one in _EXAMPLES)}</div>')
    text_block("Several files can be joined by a key: texts in one, a judge's verdicts in another.")
    page_link("study", "No file at hand? Load the demo study")


def _example(title: str, header: tuple[str, ...], rows: tuple[tuple[str, ...], ...]) -> str:
    head = "".join(f"<th>{escape(name)}</th>" for name in header)
    body = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    table = f'<div class="ts-scroll"><table><tr>{head}</tr>{body}</table></div>'
    return f"<figure><figcaption>{escape(title)}</figcaption>{table}</figure>"
