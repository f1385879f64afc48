"""Pictures: one function a chart, from a result to a plotly figure, in one theme."""
