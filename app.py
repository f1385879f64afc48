"""The ASGI application: routes, security headers, navigation. Nothing else."""

import streamlit as st
from starlette.middleware import Middleware
from streamlit.runtime.scriptrunner import get_script_run_ctx

from pages.parts.frame import navigation
from pages.routes import all_routes, lifespan
from pages.routes.headers import SecurityHeaders
from pages.routes.preloading import Preloading

if get_script_run_ctx(suppress_warning=True) is None:
    app = st.App(
        __file__,
        routes=all_routes(),
        middleware=[Middleware(SecurityHeaders), Middleware(Preloading)],
        lifespan=lifespan,
    )
else:
    navigation().run()
