"""The app's own server, routes and headers, with the floor page beside the grading page."""

import streamlit as st
from starlette.middleware import Middleware
from streamlit.runtime.scriptrunner import get_script_run_ctx

from core.settings import ROOT
from pages.routes import all_routes, lifespan
from pages.routes.headers import SecurityHeaders

if get_script_run_ctx(suppress_warning=True) is None:
    app = st.App(__file__, routes=all_routes(), middleware=[Middleware(SecurityHeaders)], lifespan=lifespan)
else:
    grade = st.Page(ROOT / "pages" / "grade.py", title="Grade", url_path="grade", default=True)
    floor = st.Page(ROOT / "tests" / "bench" / "floor_page.py", title="Floor", url_path="floor")
    st.navigation([grade, floor]).run()
