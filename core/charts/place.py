"""A judge as one rater more: the vote of few people with and without it; results in, figure out."""

from math import floor

import plotly.graph_objects as go

from core.charts.labels import coloured, escaped, shortened
from core.charts.theme import Theme, blank
from core.charts.writing import estimate_text, percentage, tick_text
from core.stats.estimates import Estimate
from core.stats.extra_rater import ExtraRaterCurve

_HEIGHT = 300
_LONGEST = 26


def extra_rater_chart(curve: ExtraRaterCurve, judge: str, look: Theme) -> go.Figure:
    """Two lines over k people, with their intervals as bands: people alone blue, with the judge violet.

    Every point carries its k as custom data. The lines are named at the top, in their colours.

    Args:
        curve: The votes.
        judge: Name of the judge.
        look: Colours.
    """
    figure = blank(look, height=_HEIGHT, left=46, right=14, top=44, bottom=44)
    percent = curve.measure == "majority"
    sides = (
        ("people alone", [point.without for point in curve.points], look.person, -0.03),
        (f"with {shortened(judge, _LONGEST)}", [point.with_judge for point in curve.points], look.judge, 0.03),
    )
    for name, estimates, colour, aside in sides:
        _draw_line(figure, name, estimates, colour, look, aside=aside, percent=percent)
    words = "   ".join(coloured(f"● {escaped(name)}", colour, size=13) for name, _, colour, _ in sides)
    figure.add_annotation(xref="paper", x=0, xanchor="left", yref="paper", y=1, yanchor="bottom", yshift=16, text=words,
                          showarrow=False)  # fmt: skip
    ks = [point.k for point in curve.points]
    title = {"text": "people who vote", "font": {"size": 13, "color": look.quiet}, "standoff": 6}
    figure.update_xaxes(range=[0.6, max(ks, default=1) + 0.4], tickvals=ks, ticktext=[str(k) for k in ks], title=title)
    low = _lowest([estimate for _, estimates, _, _ in sides for estimate in estimates])
    ticks = [tick / 10 for tick in range(round(low * 10), 11, 1 if low > 0.55 else 2)]
    figure.update_yaxes(range=[low - 0.02, 1.02], tickvals=ticks, showgrid=True, gridcolor=look.line,
                        ticktext=[percentage(tick) if percent else tick_text(tick) for tick in ticks])  # fmt: skip
    return figure


def _lowest(estimates: list[Estimate]) -> float:
    """Where the axis begins: an even tenth below what is drawn."""
    low = [one.interval.low if one.interval else one.value for one in estimates if one.value is not None]
    return max(-1.0, floor(min([1.0, *low]) * 5 - 0.1) / 5)


def _draw_line(
    figure: go.Figure, name: str, estimates: list[Estimate], colour: str, look: Theme, *, aside: float, percent: bool
) -> None:
    known = [(k + aside, one) for k, one in enumerate(estimates, start=1) if one.value is not None]
    for x, one in known:
        if one.interval is not None:
            figure.add_trace(go.Scatter(
                x=[x, x], y=[one.interval.low, one.interval.high], mode="lines", name="interval", hoverinfo="skip",
                line={"color": colour, "width": 2.5}))  # fmt: skip
    hollow = [one.interval is None for _, one in known]
    figure.add_trace(go.Scatter(
        x=[x for x, _ in known], y=[one.value for _, one in known], mode="lines+markers", name=escaped(name),
        line={"color": look.mixed(colour, 0.5), "width": 1.5},
        marker={"size": 10, "color": [look.paper if empty else colour for empty in hollow],
                "line": {"color": colour, "width": 2}},
        customdata=[[round(x)] for x, _ in known],
        text=[f"{escaped(name)}<br>{estimate_text(one, percent=percent)}<br>n {one.n_units:,}" for _, one in known],
        hovertemplate="%{text}<extra></extra>"))  # fmt: skip
