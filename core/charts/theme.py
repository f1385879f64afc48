"""The look of every chart: the same few colours as the pages, each with one meaning; light and dark."""

from dataclasses import dataclass
from typing import Any, Literal

import plotly.graph_objects as go

Mode = Literal["light", "dark"]

FONT = '"Source Sans", "Source Sans 3", "Source Sans Pro", system-ui, sans-serif'


@dataclass(frozen=True, slots=True)
class Theme:
    """Colours of one mode; the names are those of the stylesheet.

    Attributes:
        ink, quiet, faint, line, paper, well: From text to background.
        person, judge, gold: What a person said, what a judge said, what was decided.
        differ: Raters differ here.
    """

    mode: Mode
    ink: str
    quiet: str
    faint: str
    line: str
    paper: str
    well: str
    person: str
    judge: str
    gold: str
    differ: str

    def of(self, kind: str) -> str:
        """The colour of a kind of rater; whoever is neither person nor judge has none."""
        return {"person": self.person, "seat": self.person, "judge": self.judge, "jury": self.judge,
                "baseline": self.judge}.get(kind, self.quiet)  # fmt: skip

    def mixed(self, colour: str, share: float) -> str:
        """A colour laid over the background with some strength (0 to 1), as an opaque colour."""
        over, under = _channels(colour), _channels(self.paper)
        mix = (round(u + (o - u) * share) for o, u in zip(over, under, strict=True))
        return "#" + "".join(f"{channel:02x}" for channel in mix)


LIGHT = Theme("light", "#1d2330", "#5c6675", "#6f7987", "#e2e6ec", "#ffffff", "#f6f7f9",
              "#0b6bb5", "#7a4fbf", "#8f5a00", "#b84a08")  # fmt: skip
DARK = Theme("dark", "#e8ebf0", "#a4adba", "#8d97a5", "#2d333d", "#12151a", "#1a1e25",
             "#5fb0ee", "#b79bec", "#e2ad4f", "#f0935a")  # fmt: skip


def theme(mode: str | None) -> Theme:
    """The theme of a mode; light for anything but "dark"."""
    return DARK if mode == "dark" else LIGHT


def _channels(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


CONFIG = {"displayModeBar": False, "scrollZoom": False, "doubleClick": False, "showTips": False}
"""What every chart is shown with: no tool bar, no zoom."""


def blank(look: Theme, *, height: int, left: int = 10, right: int = 10, top: int = 10, bottom: int = 10) -> go.Figure:
    """An empty figure in the look: no grid, no legend, no zoom, text in ink."""
    figure = go.Figure()
    figure.update_layout(
        height=height,
        margin={"l": left, "r": right, "t": top, "b": bottom, "pad": 0},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        showlegend=False,
        dragmode=False,
        hovermode="closest",
        font={"family": FONT, "size": 13, "color": look.ink},
        hoverlabel={
            "bgcolor": look.well,
            "bordercolor": look.line,
            "font": {"family": FONT, "size": 13, "color": look.ink},
        },
    )
    plain = {"showgrid": False, "zeroline": False, "showline": False, "ticks": "", "fixedrange": True,
             "tickfont": {"color": look.quiet, "size": 12.5}}  # fmt: skip
    figure.update_xaxes(**plain)
    figure.update_yaxes(**plain)
    return figure


class Sheet:
    """A figure while it is drawn: what is added is collected and put on it at the end.

    Plotly checks all shapes of a figure again whenever one is added, so that a hundred rows would take seconds.
    """

    def __init__(self, figure: go.Figure) -> None:
        self.figure = figure
        self._shapes: list[dict[str, Any]] = []
        self._words: list[dict[str, Any]] = []
        self._traces: list[go.Scatter] = []

    def trace(self, trace: go.Scatter) -> None:
        """Add points or lines, above those added before."""
        self._traces.append(trace)

    def shape(self, **shape: Any) -> None:
        """Add a shape, as `add_shape` takes it."""
        self._shapes.append(shape)

    def words(self, **words: Any) -> None:
        """Add words without an arrow, as `add_annotation` takes them."""
        self._words.append({"showarrow": False, **words})

    def finished(self) -> go.Figure:
        """The figure with everything on it."""
        self.figure.add_traces(self._traces)
        self.figure.update_layout(shapes=self._shapes, annotations=self._words)
        return self.figure
