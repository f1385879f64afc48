"""Under a chart of the agreement page: save it as PNG or SVG, and the numbers behind it as CSV."""

from collections.abc import Mapping
from html import escape

import streamlit as st

from core.charts.theme import theme
from core.rendering import snippet
from core.workflow.agreement_pictures import picture_words
from pages.parts.agreement_shown import Shown
from pages.parts.frame import workspace
from pages.parts.saving.face import saving_buttons
from pages.routes.agreement_tables import table_address


def saving_bar(
    shown: Shown,
    key: str,
    name: str,
    table: str | None = None,
    *,
    note: str = "",
    also: Mapping[str, str] | None = None,
    of_all_criteria: bool = False,
) -> None:
    """The bar; it stands right after the chart.

    Args:
        shown: What the page shows.
        key: Key of the `st.plotly_chart` that it saves.
        name: What the chart shows, in our words; it becomes the title and a part of the file's name.
        table: Name of the table of numbers behind it (see `core.workflow.agreement_csv.TABLES`); None for none.
        note: What a reader must know to read it, as text: which coefficient, what the lines are.
        also: What else the table is about: `by`, `beside`, `measure`, `reference`.
        of_all_criteria: Whether the chart is about every criterion of the study.
    """
    look = theme(st.context.theme.type)
    words = picture_words(
        shown.study, shown.view, name, today=workspace().clock().date(), of_all_criteria=of_all_criteria
    )
    saving_buttons(
        {
            "chart": key,
            "name": name,
            "title": words.title,
            "note": snippet(note, 400),
            "foot": words.foot,
            "file": words.file,
            "paper": look.paper,
            "ink": look.ink,
            "quiet": look.quiet,
            "table": table_address(table, shown.study.id, shown.view.asked, also) if table else "",
        }
    )


def table_link(shown: Shown, table: str, *, also: Mapping[str, str] | None = None) -> None:
    """The link to a table of numbers, where no chart stands above it.

    Args:
        shown: What the page shows.
        table: Its name, see `core.workflow.agreement_csv.TABLES`.
        also: What else it is about.
    """
    address = escape(table_address(table, shown.study.id, shown.view.asked, also))
    st.html(f'<p class="ag-csv"><a href="{address}" download aria-label="Save the numbers as CSV">CSV</a></p>')
