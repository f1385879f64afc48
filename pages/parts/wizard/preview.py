"""The first subjects on the grading card itself, with the ratings that came along beside them."""

from collections.abc import Sequence
from functools import cache
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from core.errors import TouchstoneError
from core.importing.checked import PreviewSubject
from core.workflow.import_preview import preview_card, rating_words
from core.workflow.visitors import visitor_named
from core.workflow.workspace import Visitor
from pages.parts.card.face import card_style
from pages.parts.frame import show_error
from pages.parts.wizard.state import Wizard
from pages.parts.wizard.words import counted, cut, heading

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


def show_preview(wizard: Wizard, subjects: Sequence[PreviewSubject], who: Visitor) -> None:
    """Each subject as a grader will see it; under it, for who asks, what raters said, which graders don't see."""
    pairs = any(subject.kind == "pair" for subject in subjects)
    sides = " Which output stands left is drawn anew for every grader." if pairs else ""
    heading("As graders will see it", f"The first subjects.{sides}")
    shown = any(subject.ratings for subject in subjects) and _asks_for_ratings(wizard, who)
    for place, subject in enumerate(subjects):
        if not subject.criteria:
            st.html('<p class="wz-quiet">No question asks about this subject yet; add one on the study page.</p>')
        _renderer()(key=f"import-preview-{place}", data=preview_card(subject))
        st.html(_came_along(subject, shown=shown))


def _asks_for_ratings(wizard: Wizard, who: Visitor) -> bool:
    """Whether the ratings are to be seen; who saw them is no longer blind, so that they say who they are."""
    wanted = st.toggle("Show the ratings that came along", value=wizard.ratings_seen, key="show-ratings",
                       disabled=wizard.ratings_seen)  # fmt: skip
    if not wanted:
        return False
    st.html(
        '<p class="wz-quiet">Having seen them, your own first grades of these subjects will count as exposed, '
        "not as blind.</p>"
    )
    if not who.is_known and not wizard.name:
        name = st.text_input("Your name", key="import-name", max_chars=80)
        if not name:
            return False
        try:
            wizard.name = visitor_named(name).name
        except TouchstoneError as error:
            show_error(error)
            return False
    wizard.ratings_seen = True
    return True


def _came_along(subject: PreviewSubject, *, shown: bool) -> str:
    name = f'<span class="wz-quiet">Item</span> <code>{escape(cut(subject.item, 80))}</code>'
    if not subject.ratings:
        return f'<p class="wz-along">{name}<span class="wz-quiet"> · no rating came along</span></p>'
    if not shown:
        number = counted(len(subject.ratings), "rating")
        return f'<p class="wz-along">{name}<span class="wz-quiet"> · {number} came along</span></p>'
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
