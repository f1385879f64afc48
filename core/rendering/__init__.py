"""Untrusted text as HTML that is safe to put into a page, and as cells that are safe in a spreadsheet.

Texts under judgement are hostile. They are laid out once, here, on the server:

    text -> unseen characters marked -> Markdown, code, LaTeX -> allow-list of tags, classes, schemes -> HTML

Classes in the results are written by this package only, so a text can't dress up as the page around it.
"""

from core.rendering.conversation import messages_html
from core.rendering.differences import WordDiff, word_diff
from core.rendering.spreadsheet import spreadsheet_safe, spreadsheet_unsafe
from core.rendering.texts import plain, rendered, snippet, word_count

__all__ = [
    "WordDiff",
    "messages_html",
    "plain",
    "rendered",
    "snippet",
    "spreadsheet_safe",
    "spreadsheet_unsafe",
    "word_count",
    "word_diff",
]
