"""The grading routes as a browser sees them: what they take, what they refuse, and what they never say."""

import json
import sqlite3
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import anyio
import httpx
import pytest
from starlette.applications import Starlette

from core.models.items import Item, Reference
from core.scales import preference, yes_no
from core.store.database import Database
from core.workflow.grading import GradingDesk
from core.workflow.workspace import Workspace
from pages.routes.grading import routes
from tests.builders import AT, Built, add_rating, build_study
from tests.judges import add_judge, add_jury, add_verdict

HOST = "touchstone.test:8501"
OWN = {"Origin": f"http://{HOST}"}
WRITING = ("submit", "draft", "skip", "flag", "undo", "keep")
"""Acts that say under whose name the page is."""


class Browser:
    """One browser: keeps its cookie, sends what a page of ours would send."""

    def __init__(self, app: Starlette) -> None:
        self.app = app
        self.name = ""
        self.cookies = httpx.Cookies()

    def send(self, method: str, path: str, **request: Any) -> httpx.Response:
        async def exchange() -> httpx.Response:
            transport = httpx.ASGITransport(app=self.app)
            async with httpx.AsyncClient(
                transport=transport, base_url=f"http://{HOST}", cookies=self.cookies
            ) as client:
                return await client.request(method, f"/grading/{path}", **request)

        with ThreadPoolExecutor(1) as thread:  # the tests' own thread may belong to a browser's event loop
            response = thread.submit(anyio.run, exchange).result()
        self.cookies.update(response.cookies)
        return response

    def post(self, path: str, headers: Mapping[str, str] = OWN, **body: object) -> httpx.Response:
        signed = {"rater": self.name} if path in WRITING else {}
        response = self.send("POST", path, json=signed | body, headers=dict(headers))
        if path == "who" and response.status_code == 200:
            self.name = response.json()["name"]
        return response

    def get(self, path: str, **query: object) -> httpx.Response:
        return self.send("GET", path, params=query)

    def named(self, name: str) -> "Browser":
        assert self.post("who", name=name).status_code == 200
        return self


@pytest.fixture
def app(workspace: Workspace) -> Starlette:
    return Starlette(routes=routes(GradingDesk(workspace)))


@pytest.fixture
def built(workspace: Workspace) -> Built:
    return build_study(workspace.database)


@pytest.fixture
def ann(app: Starlette) -> Browser:
    return Browser(app).named("Ann")


def press(built: Built, card: Mapping[str, Any], nonce: str = "nonce-0001", **changes: object) -> dict[str, Any]:
    body = {
        "study": built.study, "subject": card["subject"], "nonce": nonce,
        "values": {str(key): {"option": "pass"} for key in card["criteria"]}, "comment": "", "confidence": None,
        "seconds": 2.5, "shown_ms_ago": 900, "order": card["order"], "rubric": built.rubric,
        "guideline": built.guideline, "act": "grade",
    }  # fmt: skip
    return body | changes


def first_card(browser: Browser, built: Built) -> dict[str, Any]:
    card: dict[str, Any] = browser.post("next", study=built.study, holding=[], count=1).json()["cards"][0]
    return card


def count(database: Database, table: str) -> int:
    with database.reading() as session:
        found: int = session.connection().exec_driver_sql(f"select count(*) from {table}").scalar_one()
        return found


# --- the whole way ---------------------------------------------------------------------------------------------------


def test_a_person_says_who_they_are_grades_and_takes_back(app: Starlette, workspace: Workspace, built: Built) -> None:
    ann = Browser(app)
    state = ann.get("state", study=built.study).json()
    assert (state["rater"], state["dwell_ms"], state["progress"]["total"]) == (None, 300, 6)
    assert ann.post("who", name="  Ann ").json() == {"name": "Ann"}
    assert ann.get("state", study=built.study).json()["rater"] == {"name": "Ann"}
    card = first_card(ann, built)
    saved = ann.post("submit", **press(built, card)).json()
    assert (saved["saved"], saved["phase"], saved["reveal"], saved["progress"]["mine"]) == (True, "blind", None, 1)
    assert count(workspace.database, "rating") == 1
    listed = ann.get("mine", study=built.study, state="all").json()
    assert (listed["rows"][0]["subject"], listed["more"]) == (card["subject"], None)
    assert (
        ann.get("open", study=built.study, subject=card["subject"]).json()["card"]["submission"] == saved["submission"]
    )
    back = ann.post("undo", study=built.study, submission=saved["submission"], nonce="nonce-0002").json()
    assert (back["card"]["state"], back["card"]["draft"]["values"]) == (
        "draft", {str(card["criteria"][0]): {"option": "pass"}},
    )  # fmt: skip


def test_drafts_skips_and_flags_are_kept(ann: Browser, built: Built) -> None:
    card = first_card(ann, built)
    key = str(card["criteria"][0])
    draft = {"values": {key: {"option": "fail"}}, "comment": "hm", "confidence": None, "criterion": int(key)}
    assert ann.post("draft", study=built.study, subject=card["subject"], number=1, draft=draft).json() == {
        "saved": True
    }
    assert first_card(ann, built)["draft"] == draft
    for place, act in enumerate(("skip", "flag")):
        told = ann.post(act, study=built.study, subject=card["subject"], nonce=f"aside-000{place}", reason="Cut off")
        assert told.json()["progress"][{"skip": "skipped", "flag": "flagged"}[act]] == 1
        assert first_card(ann, built)["subject"] != card["subject"]
    back = ann.post("undo", study=built.study, subject=card["subject"], nonce="aside-0009").json()
    assert back["card"]["draft"]["values"] == {key: {"option": "fail"}}


def test_every_answer_is_json_that_no_cache_keeps(ann: Browser, built: Built) -> None:
    for response in (
        ann.get("state", study=built.study), ann.post("next", study=built.study, holding=[], count=1),
        ann.get("open", study=built.study, subject=999), ann.post("submit"),
    ):  # fmt: skip
        assert response.headers["content-type"] == "application/json; charset=utf-8"
        assert response.headers["cache-control"] == "no-store"


def test_two_browsers_that_press_the_same_at_once_save_once(app: Starlette, workspace: Workspace, built: Built) -> None:
    ann = Browser(app).named("Ann")
    body = press(built, first_card(ann, built))

    def again(_: int) -> Any:
        other = Browser(app)
        other.cookies, other.name = ann.cookies, ann.name
        return other.post("submit", **body).json()

    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(again, range(6)))
    assert {answer["submission"] for answer in answers} == {answers[0]["submission"]}
    assert (count(workspace.database, "submission"), count(workspace.database, "rating")) == (1, 1)


# --- who -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [
        "Ann",
        "Zoë",
        "李雷",
        "O'Hara; Path=/x",
        'a"b\\c',
        "<script>alert(1)</script>",
        "Ann/../Ben",
        "x" * 80,
        "=cmd|' /C",
    ],
)
def test_any_visible_name_comes_back_as_it_was_and_sets_one_cookie(app: Starlette, built: Built, name: str) -> None:
    browser = Browser(app)
    response = browser.post("who", name=name)
    assert response.json() == {"name": name}
    cookie = response.headers["set-cookie"]
    assert cookie.startswith("touchstone_name=")
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Path=/;" in cookie + ";"
    assert "Max-Age=31536000" in cookie
    assert browser.get("state", study=built.study).json()["rater"] == {"name": name}


@pytest.mark.parametrize("name", ["", "   ", "x" * 81, "a\r\nSet-Cookie: x=1", "a\0b", "a\u202eb", "a\u200bb"])
def test_a_name_that_cannot_be_seen_or_is_too_long_is_refused(app: Starlette, name: str) -> None:
    response = Browser(app).post("who", name=name)
    # A line break is white space like any other: it is closed up, and reaches no header.
    if "\r\n" in name:
        assert response.json() == {"name": "a Set-Cookie: x=1"}
        assert len(response.headers.get_list("set-cookie")) == 1
    else:
        assert (response.status_code, "set-cookie" in response.headers) == (422, False)
        assert response.json()["error"]["where"] == "name"


@pytest.mark.parametrize("cookie", ["%FF%FE", "%00", "x" * 500, "%E2%80%AE", "%20"])
def test_a_cookie_that_names_nobody_is_nobody(app: Starlette, built: Built, cookie: str) -> None:
    browser = Browser(app)
    browser.cookies.set("touchstone_name", cookie)
    assert browser.get("state", study=built.study).json()["rater"] is None
    response = browser.post("next", study=built.study, holding=[], count=1)
    assert (response.status_code, response.json()["error"]["criterion"]) == (401, None)


def test_everything_but_who_and_state_asks_for_a_name(app: Starlette, built: Built) -> None:
    nobody = Browser(app)
    card = {"subject": next(iter(built.subjects.values())), "criteria": [built.criteria["acceptable"]], "order": None}
    where = {"study": built.study, "subject": card["subject"]}
    for response in (
        nobody.post("next", study=built.study, holding=[], count=1),
        nobody.post("submit", **press(built, card)),
        nobody.post("draft", **where, number=1, draft={}),
        nobody.post("skip", **where, nonce="nonce-0001", reason=""),
        nobody.post("flag", **where, nonce="nonce-0001", reason=""),
        nobody.post("undo", **where, nonce="nonce-0001"),
        nobody.post("undo", study=built.study, submission=1, nonce="nonce-0001"),
        nobody.post("keep", **where, submission=1, nonce="nonce-0001"),
        nobody.get("open", **where),
        nobody.get("diff", **where),
        nobody.get("mine", study=built.study),
    ):
        assert response.status_code == 401, response.url


def test_a_page_saves_nothing_when_somebody_else_is_signed_in(ann: Browser, workspace: Workspace, built: Built) -> None:
    card, other = ann.post("next", study=built.study, holding=[], count=2).json()["cards"]
    saved = ann.post("submit", **press(built, card)).json()
    written = {table: count(workspace.database, table) for table in ("rater", "assignment", "submission", "rating")}
    ann.post("who", name="Ben")  # in another tab; this one still shows Ann
    where = {"rater": "Ann", "study": built.study, "subject": other["subject"], "nonce": "nonce-0002"}
    for response in (
        ann.post("submit", **press(built, other, nonce="nonce-0002", rater="Ann")),
        ann.post("draft", rater="Ann", study=built.study, subject=other["subject"], number=1, draft={}),
        ann.post("skip", **where, reason="Cut off"),
        ann.post("flag", **where, reason="Cut off"),
        ann.post("undo", rater="Ann", study=built.study, submission=saved["submission"], nonce="nonce-0002"),
        ann.post("undo", **where),
        ann.post("keep", **where, submission=saved["submission"]),
        ann.post("next", rater="Ann", study=built.study, holding=[], count=1),
        *(
            ann.send("GET", what, params=query, headers={"Touchstone-Rater": "%41nn"})
            for what, query in (
                ("mine", {"study": built.study}),
                ("open", {"study": built.study, "subject": card["subject"]}),
                ("diff", {"study": built.study, "subject": card["subject"]}),
            )
        ),
    ):
        error = response.json()["error"]
        assert (response.status_code, error["rater"]) == (409, "Ben"), response.url
        assert error["message"] == '"Ben" is signed in now, and this is the page of "Ann": nothing was saved.'
    assert written == {table: count(workspace.database, table) for table in written}
    ann.post("who", name="Ann")
    assert ann.post("submit", **press(built, other, nonce="nonce-0002")).status_code == 200


def test_an_answer_that_another_person_gave_before_is_no_reason_to_answer_the_same_press(
    ann: Browser, built: Built
) -> None:
    body = press(built, first_card(ann, built))
    assert ann.post("submit", **body).status_code == 200
    ann.post("who", name="Ben")
    assert ann.post("submit", **body | {"rater": "Ann"}).json()["error"]["rater"] == "Ben"
    ann.post("who", name="Ann")
    assert ann.post("submit", **body).json()["saved"] is True


# --- requests that are refused ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "null"},
        {"Origin": "http://evil.test"},
        {"Origin": "http://touchstone.test"},
        {"Origin": f"http://{HOST}.evil.test"},
        {"Origin": f"http://evil.test/{HOST}"},
        OWN | {"Sec-Fetch-Site": "cross-site"},
        OWN | {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_what_another_sites_page_sends_is_refused(
    ann: Browser, workspace: Workspace, built: Built, headers: dict[str, str]
) -> None:
    response = ann.post("submit", headers=headers, **press(built, first_card(ann, built)))
    assert response.status_code == 403
    assert ann.post("who", headers=headers, name="Eve").status_code == 403
    assert count(workspace.database, "submission") == 0


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])
def test_a_form_of_another_page_cannot_grade(ann: Browser, built: Built, kind: str) -> None:
    body = json.dumps(press(built, first_card(ann, built)))
    response = ann.send("POST", "submit", content=body, headers=OWN | {"Content-Type": kind})
    assert response.status_code == 415


def test_a_body_of_more_than_a_megabyte_is_refused_whatever_it_says_of_its_length(ann: Browser) -> None:
    json_headers = OWN | {"Content-Type": "application/json"}
    big = b'{"name": "' + b"x" * 1_000_000 + b'"}'
    assert ann.send("POST", "who", content=big, headers=json_headers).status_code == 413

    async def unsized() -> Any:
        for _ in range(20):
            yield b" " * 100_000

    assert ann.send("POST", "who", content=unsized(), headers=json_headers).status_code == 413
    lied = json_headers | {"Content-Length": "-5"}
    assert ann.send("POST", "who", content=b"{}", headers=lied).status_code == 413


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b'"text"',
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"name": NaN}',
        b'{"name": 5}',
        b'{"name": null}',
    ],
)
def test_what_is_no_such_json_is_refused_in_words(ann: Browser, body: bytes) -> None:
    response = ann.send("POST", "who", content=body, headers=OWN | {"Content-Type": "application/json"})
    assert response.status_code == 422
    assert set(response.json()["error"]) == {"message", "where", "found", "expected", "criterion", "rater"}


@pytest.mark.parametrize("wrong", ["\\ud800", "\\uDFFF", "\\u0000", "\\ud83d \\ude00"])
@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("submit", {"values": {}, "comment": "a?b"}, "comment"),
        ("submit", {"values": {"1": {"option": "?"}}}, "values.1.option"),
        ("submit", {"values": {"?": {"option": "pass"}}}, "values"),
        ("draft", {"number": 1, "draft": {"comment": "?", "values": {}}}, "draft.comment"),
        ("skip", {"nonce": "nonce-0001", "reason": "?"}, "reason"),
        ("flag", {"nonce": "nonce-0001", "reason": "so ?"}, "reason"),
        ("who", {"name": "A?"}, "name"),
        ("submit", {"rater": "?"}, "rater"),
        ("next", {"study": "?"}, "study"),
        ("next", {"holding": [1, "?"]}, "holding"),
    ],
)
def test_what_no_database_keeps_is_refused_and_its_field_named(
    ann: Browser, workspace: Workspace, built: Built, path: str, body: dict[str, Any], field: str, wrong: str
) -> None:
    whole = press(built, {"subject": 1, "criteria": [1], "order": None}) if path == "submit" else {}
    sent = json.dumps(whole | body).replace("?", wrong).encode()
    response = ann.send("POST", path, content=sent, headers=OWN | {"Content-Type": "application/json"})
    error = response.json()["error"]
    assert (response.status_code, error["where"]) == (422, field)
    found = wrong[:6].removeprefix("\\u").upper()
    assert error["found"] == f"the character U+{found}"
    assert count(workspace.database, "assignment") == 0


def test_whole_surrogate_pairs_and_escaped_backslashes_are_text_like_any_other(
    ann: Browser, workspace: Workspace, built: Built
) -> None:
    body = json.dumps(press(built, first_card(ann, built), rater="Ann", comment="?")).replace(
        "?", "\\ud83d\\ude00 \\\\ud800"
    )
    response = ann.send("POST", "submit", content=body, headers=OWN | {"Content-Type": "application/json"})
    assert response.status_code == 200
    with workspace.database.reading() as session:
        kept = session.connection().exec_driver_sql("select comment from submission").scalar_one()
    assert kept == "\N{GRINNING FACE} \\ud800"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("study", "1"), ("study", True), ("study", 0), ("study", 2**63), ("study", 1.5), ("subject", None),
        ("nonce", 12345678), ("nonce", "x" * 65), ("values", []), ("values", {"1": "pass"}),
        ("values", {"1": {"x": 1}}),
        ("values", {"1": {"option": 1}}), ("values", {"1": {"number": "1"}}), ("comment", 5), ("confidence", 1.5),
        ("confidence", "high"), ("seconds", -1), ("shown_ms_ago", -1), ("shown_ms_ago", "900"), ("order", "XY"),
        ("rubric", "1"), ("act", "undo"), ("act", "keep"), ("phase", "blind"), ("rater", 5), ("number", -1),
    ],
)  # fmt: skip
def test_a_field_of_another_kind_or_one_that_does_not_exist_is_refused_and_named(
    ann: Browser, workspace: Workspace, built: Built, field: str, value: object
) -> None:
    response = ann.post("submit", **press(built, first_card(ann, built), **{field: value}))
    assert response.status_code == 422
    assert response.json()["error"]["where"].startswith(field)
    assert count(workspace.database, "submission") == 0


@pytest.mark.parametrize("field", ["rater", "study", "subject", "nonce", "values", "shown_ms_ago", "rubric"])
def test_a_missing_field_is_named(ann: Browser, built: Built, field: str) -> None:
    body = press(built, first_card(ann, built)) | {"rater": "Ann"}
    del body[field]
    error = ann.send("POST", "submit", json=body, headers=OWN).json()["error"]
    assert (error["where"], error["found"]) == (field, "nothing")


def test_a_missing_or_wrong_answer_names_its_question(ann: Browser, built: Built) -> None:
    card = first_card(ann, built)
    key = card["criteria"][0]
    for values in ({}, {str(key): {"option": "perhaps"}}, {str(key): {}}):
        response = ann.post("submit", **press(built, card, values=values))
        assert (response.status_code, response.json()["error"]["criterion"]) == (422, key)


def test_each_error_has_its_status(ann: Browser, app: Starlette, built: Built) -> None:
    card = first_card(ann, built)
    assert ann.get("state", study=999).status_code == 404
    assert ann.get("state").status_code == 422
    assert ann.get("state", study="one").status_code == 422
    assert ann.get("open", study=built.study, subject=card["subject"]).status_code == 404
    assert ann.get("diff", study=built.study, subject=card["subject"]).status_code == 404
    assert ann.post("submit", **press(built, card, shown_ms_ago=120)).json()["error"]["where"] == "too soon"
    assert ann.post("submit", **press(built, card, order="AB")).status_code == 409
    assert ann.post("undo", study=built.study, nonce="nonce-0001").status_code == 422
    assert ann.post("undo", study=built.study, subject=1, submission=1, nonce="nonce-0001").status_code == 422
    assert ann.send("GET", "submit").status_code == 405
    saved = ann.post("submit", **press(built, card)).json()
    ben = Browser(app).named("Ben")
    assert ben.post("undo", study=built.study, submission=saved["submission"], nonce="nonce-0003").status_code == 404
    assert ben.post("submit", **press(built, card)).status_code == 409


def test_a_database_that_does_not_answer_is_503_and_tells_no_path(
    ann: Browser, workspace: Workspace, built: Built
) -> None:
    card = first_card(ann, built)
    file = workspace.database.file
    assert file is not None
    for _ in range(2):
        with workspace.database.reading() as session:
            session.connection().exec_driver_sql("pragma busy_timeout = 50")
    blocker = sqlite3.connect(file, isolation_level=None)
    blocker.execute("begin immediate")
    response = ann.post("submit", **press(built, card))
    blocker.execute("rollback")
    blocker.close()
    assert response.status_code == 503
    assert "nothing was saved" in response.json()["error"]["message"]
    assert str(file) not in response.text
    assert ann.post("submit", **press(built, card)).json()["saved"] is True


# --- what is never said ----------------------------------------------------------------------------------------------

SECRETS = (
    "secret-system", "secret-family", "secret-judge", "secret-source", "secret-rationale", "secret-person",
    "secret-comment", "secret-id", "secret-slice", "secret-reference", "secret-trap", "secret-cluster",
)  # fmt: skip


def _planted(database: Database, **settings: str) -> Built:
    systems = ("secret-system-one", "secret-system-two")
    criteria = {"better": ("pair", preference()), "same": ("pair", yes_no())}
    built = build_study(
        database, criteria=criteria, items=("secret-id-1", "secret-id-2"), systems=systems, settings=settings
    )
    with database.writing() as session:
        connection = session.connection()
        connection.exec_driver_sql("update system set family = 'secret-family'")
        for subject in built.subjects:
            rate = partial(add_rating, session, built, subject)
            for order, value in (("AB", "A"), ("BA", "A")):
                rate("better", "secret-judge", value, kind="judge", order=order, rationale="secret-rationale")
            rate("same", "secret-source", "yes", kind="source")
            rate("better", "secret-person", "B", rationale="secret-comment")
        for item in built.items.values():
            session.add(Reference(item_id=item, text="secret-reference", created_at=AT))
            session.add(Reference(item_id=item, text="secret-trap", kind="falsified", created_at=AT))
        # Contents never change, so a new item carries the metadata; its text must not say its own id.
        for place, item in enumerate(built.items.values()):
            found = session.get_one(Item, item)
            session.add(Item(study_id=built.study, external_id=f"secret-id-x{place}", messages=found.messages,
                             slices={"model": "secret-slice"}, cluster="secret-cluster", created_at=AT))  # fmt: skip
    return built


def _without_own_text(body: str) -> str:
    # The builder writes the item's id into its question and its answers: those texts are what is judged.
    for place in (1, 2):
        for text in (f"Question secret-id-{place}", f"Answer to secret-id-{place}"):
            body = body.replace(text, "text")
    return body


def test_nothing_that_is_sent_before_the_answer_tells_a_secret(app: Starlette, workspace: Workspace) -> None:
    built = _planted(workspace.database, reveal="after", reference="after")
    ann = Browser(app).named("Ann")
    card = first_card(ann, built)
    where = {"study": built.study, "subject": card["subject"]}
    values = {str(built.criteria["better"]): {"option": "tie"}, str(built.criteria["same"]): {"option": "no"}}
    before = [
        ann.get("state", study=built.study),
        ann.post("next", study=built.study, holding=[], count=5),
        ann.post("draft", **where, number=1, draft={"values": values}),
        ann.get("open", **where),
        ann.get("diff", **where),
        ann.get("mine", study=built.study),
        ann.post("skip", **where, nonce="nonce-0001", reason="no"),
        ann.post("undo", **where, nonce="nonce-0002"),
        ann.post("flag", **where, nonce="nonce-0003", reason="no"),
        ann.post("keep", **where, submission=1, nonce="nonce-0004"),
        ann.post("undo", study=built.study, submission=1, nonce="nonce-0005"),
        ann.post("submit", **press(built, card, values={})),
        ann.post("submit", **press(built, card, values=values, act="revise")),
        ann.get("open", study=built.study, subject=999),
    ]
    for response in before:
        told = _without_own_text(response.text)
        assert [secret for secret in SECRETS if secret in told] == [], response.url
        assert [secret for secret in SECRETS if secret in str(response.headers)] == []
    assert count(workspace.database, "exposure") == 0
    after = ann.post("submit", **press(built, card, values=values)).text
    # The reveal tells the judge, the source and the reference; never a person, a trap or the metadata.
    assert {secret for secret in SECRETS if secret in _without_own_text(after)} == {
        "secret-judge", "secret-source", "secret-rationale", "secret-reference",
    }  # fmt: skip
    assert count(workspace.database, "exposure") == 1
    rest = ann.post("next", study=built.study, holding=[], count=5)
    assert [secret for secret in SECRETS if secret in _without_own_text(rest.text)] == []


MADE_OF = ("secret-jury", "secret-model", "secret-protocol", "secret-order", "secret-prompt")


def _judged(database: Database, built: Built) -> None:
    """A judge that ran, unstable, and a jury; everything that a verdict is made of is a secret."""
    with database.writing() as session:
        judge = add_judge(session, built, "secret-jury-member", model="x/secret-model", protocol="secret-protocol",
                          prompt="secret-prompt", confidence="verbal")  # fmt: skip
        add_jury(session, built, "secret-jury", (judge,))
        for subject in built.subjects:
            for order, value in (("AB", "A"), ("BA", "B")):
                add_verdict(
                    session, built, subject, "better", judge, value, order=order, confidence=0.625,
                    rationale="secret-order",
                )  # fmt: skip


def test_what_a_verdict_is_made_of_is_told_after_the_answer_and_never_before(
    app: Starlette, workspace: Workspace
) -> None:
    built = _planted(workspace.database, reveal="after", reference="after")
    _judged(workspace.database, built)
    ann = Browser(app).named("Ann")
    card = first_card(ann, built)
    where = {"study": built.study, "subject": card["subject"]}
    values = {str(built.criteria["better"]): {"option": "tie"}, str(built.criteria["same"]): {"option": "no"}}
    blind = [
        ann.get("state", study=built.study),
        ann.post("next", study=built.study, holding=[], count=5),
        ann.get("open", **where),
        ann.get("mine", study=built.study),
        ann.post("submit", **press(built, card, values={})),
    ]
    for response in blind:
        assert [secret for secret in (*MADE_OF, "0.625") if secret in response.text] == [], response.url
    after = ann.post("submit", **press(built, card, values=values)).text
    assert {secret for secret in MADE_OF if secret in after} == set(MADE_OF) - {"secret-prompt"}
    rest = ann.post("next", study=built.study, holding=[], count=5)
    assert [secret for secret in MADE_OF if secret in rest.text] == []


def test_where_nothing_is_revealed_nothing_is_told_afterwards_either(app: Starlette, workspace: Workspace) -> None:
    built = _planted(workspace.database, reveal="never", reference="never")
    ann = Browser(app).named("Ann")
    card = first_card(ann, built)
    values = {str(built.criteria["better"]): {"option": "tie"}, str(built.criteria["same"]): {"option": "no"}}
    for response in (
        ann.post("submit", **press(built, card, values=values)),
        ann.get("open", study=built.study, subject=card["subject"]),
        ann.get("mine", study=built.study),
    ):
        assert [secret for secret in SECRETS if secret in _without_own_text(response.text)] == []


def test_hostile_text_is_told_escaped(app: Starlette, built: Built) -> None:
    hostile = "</script><script>alert(1)</script><img src=http://evil.test/x onerror=alert(1)>"
    eve = Browser(app).named(hostile[:80])
    card = first_card(eve, built)
    eve.post("flag", study=built.study, subject=card["subject"], nonce="nonce-0001", reason=hostile)
    # Names and reasons are text for the card (it never takes them for markup); what is markup is made by the server.
    row = eve.get("mine", study=built.study).json()["rows"][0]
    assert row["reason"] == hostile
    assert "<script" not in card["messages_html"] + card["outputs"][0]["html"] + card["outputs"][0]["raw_html"]
