"""The look of the agreement page's charts, and the headline picture."""

import streamlit as st
from plotly.graph_objects import Figure

from core.charts.agreement import Line, forest
from core.charts.theme import CONFIG, Theme, theme
from core.stats.coefficients import COEFFICIENTS
from core.workflow.agreement import AgreementView
from core.workflow.agreement_shown import measures
from pages.parts.estimate import heading


def look() -> Theme:
    """The theme of the reader's choice."""
    return theme(theme_mode())


def theme_mode() -> str:
    """Either "light" or "dark"."""
    return st.context.theme.type or "light"


def show_forest(view: AgreementView) -> None:
    """Each rater with the people, or the coefficients where there is nobody to compare."""
    kappa = COEFFICIENTS[view.coefficient].title
    if view.judges:
        heading(
            "Each rater with the people",
            f"{kappa}, mean over people, with its 95 % interval. The band is how people agree with each other.",
        )
        lines = [Line(view.rater(int(one.rater_id)).name, one.kappa, "person") for one in view.members]
        lines += [Line(view.rater(int(one.rater_id)).name, one.kappa, "judge") for one in view.judges]
        _chart(forest(lines, look(), band=view.people[view.coefficient], band_label="people with each other"), "forest",
               "Agreement of each rater with the people")  # fmt: skip
        return
    heading("How far they agree", "Each coefficient with its 95 % interval.")
    people = any(line.is_person for line in view.raters)
    rows = measures(view)
    lines = [
        Line(row.coefficient.title, row.people if people else row.everyone, "person" if people else "judge",
             percent=row.coefficient.proportion)
        for row in rows
    ]  # fmt: skip
    _chart(forest(lines, look()), "forest", "Agreement coefficients with intervals")


def _chart(figure: Figure, key: str, alt: str) -> None:
    st.plotly_chart(figure, width="stretch", theme=None, config=CONFIG, key=key, alt=alt)
