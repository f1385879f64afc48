"""The first subjects on the grading card itself, with the ratings that came along beside them."""

from collections.abc import Sequence
from functools import cache
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from core.importing.checked import PreviewSubject
from core.workflow.import_preview import preview_card, rating_words
from pages.parts.card.face import card_style
from pages.parts.wizard.words import cut, heading

if TYPE_CHECKING:
    from streamlit.components.v2.types import ComponentRenderer

_HERE = Path(__file__).resolve().parent
_CARD = _HERE.parent / "card"
_PARTS = ("elements", "reading", "sheet", "form")
_HTML = (
    '<div class="card preview" data-theme="light"><div class="body"><main class="reading" aria-label="Preview"></main>'
    '<section class="form" aria-label="Questions"><div class="asks"></div></section></div></div>'
)
_SHOWN = 12
_KIND_CLASSES = {"person": "ts-person", "seat": "ts-person", "judge": "ts-judge"}


@cache
def _script() -> str:
    texts = [(_CARD / f"{name}.js").read_text(encoding="utf-8") for name in _PARTS]
    return "\n" + "\n".join([*texts, (_HERE / "preview.js").read_text(encoding="utf-8")])


def _renderer() -> "ComponentRenderer":
    css = card_style() + (_HERE / "preview.css").read_text(encoding="utf-8")
    return st.components.v2.component("touchstone_card_preview", html=_HTML, css=css, js=_script())


def show_preview(subjects: Sequence[PreviewSubject]) -> None:
    """Each subject as a grader will see it; under it what raters said, which graders don't see."""
    heading("As graders will see it", "The first subjects. Which output stands left is drawn anew for every grader.")
    for place, subject in enumerate(subjects):
        if subject.criteria:
            _renderer()(key=f"import-preview-{place}", data=preview_card(subject))
        else:
            st.html('<p class="wz-quiet">No question asks about this subject yet; add one on the study page.</p>')
            _renderer()(key=f"import-preview-{place}", data=preview_card(subject))
        st.html(_came_along(subject))


def _came_along(subject: PreviewSubject) -> str:
    name = f'<span class="wz-quiet">Item</span> <code>{escape(cut(subject.item, 80))}</code>'
    if not subject.ratings:
        return f'<p class="wz-along">{name}<span class="wz-quiet"> · no rating came along</span></p>'
    several = len({rating.criterion for rating in subject.ratings}) > 1
    said = []
    for rating in subject.ratings[:_SHOWN]:
        kind = _KIND_CLASSES.get(rating.kind, "")
        about = f' <span class="wz-quiet">on {escape(cut(rating.criterion, 40))}</span>' if several else ""
        value = escape(cut(rating_words(rating, subject.criteria), 60))
        said.append(f'<li><span class="{kind}">{escape(cut(rating.rater, 40))}</span>{about}: {value}</li>')
    more = len(subject.ratings) - _SHOWN
    if more > 0:
        said.append(f'<li class="wz-quiet">and {more} more</li>')
    note = '<span class="wz-quiet"> · came along, hidden from graders</span>'
    return f'<p class="wz-along">{name}{note}</p><ul class="wz-said">{"".join(said)}</ul>'
