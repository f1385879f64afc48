"""A page that draws pictures tells the browser at once to fetch what draws them, not when the first picture comes."""

from pathlib import Path

import streamlit
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_PARTS = {
    "/agreement": ("PlotlyChart", "StreamlitMarkdown", "BidiComponent", "ButtonGroup", "Multiselect", "Selectbox")
}
"""Page -> parts of Streamlit's front end that it needs; their file names carry a hash that changes with the version."""

_SCRIPTS = Path(streamlit.__file__).parent / "static" / "static" / "js"


class Preloading:
    """ASGI middleware that names the scripts a page needs in the answer to its address."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.links = {page: link_header(parts) for page, parts in _PARTS.items()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and add the header where the page is known."""
        link = self.links.get(scope["path"]) if scope["type"] == "http" else None
        if not link:
            await self.app(scope, receive, send)
            return

        async def send_with_link(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)["Link"] = link
            await send(message)

        await self.app(scope, receive, send_with_link)


def link_header(parts: tuple[str, ...], folder: Path = _SCRIPTS) -> str:
    """The header that preloads these parts; those that this version of Streamlit does not have are left out."""
    found = (next(iter(sorted(folder.glob(f"{part}.*.js"))), None) for part in parts)
    return ", ".join(f"</static/js/{file.name}>; rel=modulepreload" for file in found if file is not None)
