"""The numbers of the agreement page as CSV: what is in them, which ratings they are about, and who may take them."""

import asyncio
import csv
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from io import StringIO
from urllib.parse import quote

import httpx
import pytest
from sqlmodel import select
from starlette.applications import Starlette

from core.models.ratings import Exposure
from core.scales import pass_fail
from core.workflow.agreement import asked_of
from core.workflow.agreement_csv import TABLES
from core.workflow.visitors import COOKIE
from core.workflow.workspace import Workspace
from pages.parts.live import live_studies
from pages.routes.agreement_tables import routes, table_address
from tests.builders import Built, add_rating, build_study

ITEMS = tuple(f"q{number}" for number in range(1, 26))
FORMULA = '=HYPERLINK("http://evil.example","x")'


def graded(workspace: Workspace, *, name: str = "Study", judge: str = "Fir") -> Built:
    """25 items: Ana fails every fifth, Bruno every fourth, the judge passes all; Chioma looked at q1 only."""
    built = build_study(workspace.database, name=name, items=ITEMS, systems=("alder", "birch"),
                        criteria={"acceptable": ("output", pass_fail())})  # fmt: skip
    with workspace.database.writing() as session:
        for place, item in enumerate(ITEMS):
            for who, step in (("Ana", 5), ("Bruno", 4)):
                value = "fail" if place % step == 0 else "pass"
                add_rating(session, built, f"{item}/alder", "acceptable", who, value)
            add_rating(session, built, f"{item}/alder", "acceptable", judge, "pass", kind="judge")
        add_rating(session, built, "q1/alder", "acceptable", "Chioma", None, absence="abstained")
    return built


class Browser:
    """A browser at the routes, in process, with the cookie of a name."""

    def __init__(self, workspace: Workspace, name: str = "") -> None:
        self.app = Starlette(routes=list(routes(workspace)))
        self.cookies = {COOKIE: quote(name)} if name else {}

    def get(self, address: str, headers: Mapping[str, str] | None = None) -> httpx.Response:
        async def exchange() -> httpx.Response:
            transport = httpx.ASGITransport(app=self.app)
            async with httpx.AsyncClient(
                transport=transport, base_url="http://touchstone.test", cookies=self.cookies
            ) as client:
                return await client.get(address, headers=dict(headers or {}))

        with ThreadPoolExecutor(1) as thread:  # the tests' own thread may belong to a browser's event loop
            return thread.submit(asyncio.run, exchange()).result()


def rows(answer: httpx.Response) -> list[dict[str, str]]:
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    text = answer.content.decode("utf-8-sig")
    return list(csv.DictReader(StringIO(text, newline="")))


def exposures(workspace: Workspace) -> int:
    with workspace.database.reading() as session:
        return len(session.exec(select(Exposure)).all())


def test_every_table_says_what_it_is_about_and_only_answers_by_item_expose(workspace: Workspace) -> None:
    built = graded(workspace)
    browser = Browser(workspace, "Zoe")
    for table, known in TABLES.items():
        before = exposures(workspace)
        answer = browser.get(f"/download/agreement/{table}.csv?study={built.study}")
        found = rows(answer)
        assert found, table
        assert {(row["study"], row["criterion"], row["meaning"], row["phase"]) for row in found} == {
            ("Study", "acceptable", "1", "blind")
        }
        about = "study" if known.of_all_criteria else "study-acceptable"
        assert answer.headers["content-disposition"] == f'attachment; filename="touchstone-{about}-{table}.csv"'
        assert (exposures(workspace) > before) == known.exposes


def test_numbers_are_those_of_the_page_in_full_precision(workspace: Workspace) -> None:
    built = graded(workspace)
    found = rows(Browser(workspace).get(f"/download/agreement/coefficients.csv?study={built.study}"))
    live = live_studies(workspace).of(built.study)
    view = live.view(asked_of(live))
    by_name = {(row["measure"], row["whose"]): row for row in found}
    assert len(by_name) == len(found) == 2 * len(view.people.estimates)
    percent = by_name["percent", "people"]
    # Ana fails places 0 5 10 15 20, Bruno 0 4 8 12 16 20 24: they differ on 5 10 15 and on 4 8 12 16 24
    assert float(percent["value"]) == pytest.approx(17 / 25)
    assert (percent["n_units"], percent["n_ratings"]) == ("25", "50")
    alpha = view.people["alpha_nominal"]
    assert alpha.interval is not None
    row = by_name["alpha_nominal", "people"]
    assert [float(row[name]) for name in ("value", "low", "high", "level")] == [
        alpha.value, alpha.interval.low, alpha.interval.high, 0.95
    ]  # fmt: skip
    assert (row["method"], row["resamples"], row["flags"]) == ("bca", "1000", "small_sample")
    undefined = by_name["alpha_ordinal", "people"]
    assert (undefined["value"], undefined["reason"]) == ("", "needs_order")


def test_the_live_study_is_the_one_that_the_pages_follow(workspace: Workspace) -> None:
    built = graded(workspace)
    live = live_studies(workspace).of(built.study)
    live.refresh()
    before = live.rows_fetched
    rows(Browser(workspace).get(f"/download/agreement/pairs.csv?study={built.study}"))
    assert live.rows_fetched == before, "nothing is read a second time"
    with workspace.database.writing() as session:
        add_rating(session, built, "q2/alder", "acceptable", "Chioma", "pass")
    found = rows(Browser(workspace).get(f"/download/agreement/answers.csv?study={built.study}"))
    assert next(row["n"] for row in found if row["rater"] == "Chioma" and row["measure"] == "ratings") == "1"
    assert live.rows_fetched == before + 1


def test_confusion_counts_every_cell_of_every_pair(workspace: Workspace) -> None:
    built = graded(workspace)
    found = rows(Browser(workspace).get(f"/download/agreement/confusion.csv?study={built.study}"))
    cells = {
        (row["first_answer"], row["second_answer"]): int(row["n_units"])
        for row in found
        if (row["first"], row["second"]) == ("Ana", "Bruno")
    }
    assert cells == {("pass", "pass"): 15, ("pass", "fail"): 5, ("fail", "pass"): 3, ("fail", "fail"): 2}


def test_filters_of_the_address_hold(workspace: Workspace) -> None:
    built = graded(workspace)
    browser = Browser(workspace)
    address = f"/download/agreement/answers.csv?study={built.study}"
    assert {row["rater"] for row in rows(browser.get(f"{address}&kinds=judge"))} == {"Fir"}
    two = rows(browser.get(f"{address}&raters=Ana.Bruno"))
    assert {row["rater"] for row in two} == {"Ana", "Bruno"}
    assert {row["filters"] for row in two} == {"raters: Ana, Bruno"}
    assert rows(browser.get(f"{address}&since=2026-03-03")) == []
    assert rows(browser.get(f"{address}&phase=revised&kinds=person")) == []
    assert len(rows(browser.get(f"{address}&slice=system%3Dalder&since=2026-03-02&until=2026-03-02"))) == len(
        rows(browser.get(address))
    )


def test_the_address_of_a_view_asks_for_that_view(workspace: Workspace) -> None:
    built = graded(workspace)
    live = live_studies(workspace).of(built.study)
    live.refresh()
    asked = live.filled(
        asked_of(live, raters=["Ana", "Fir"], kinds=["judge", "person"], since="2026-03-01", until="2026-03-02")
    )
    found = rows(Browser(workspace).get(table_address("answers", built.study, asked)))
    assert {row["rater"] for row in found} == {"Ana", "Fir"}
    assert {row["filters"] for row in found} == {
        "raters: Ana, Fir; people, judges; written from 2026-03-01 up to 2026-03-02 (UTC)"
    }


def test_answers_by_item_need_a_name_and_note_it_first(workspace: Workspace) -> None:
    built = graded(workspace)
    address = f"/download/agreement/disagreements.csv?study={built.study}"
    refused = Browser(workspace).get(address)
    assert refused.status_code == 403
    assert "Give your name" in refused.json()["error"]["message"]
    assert exposures(workspace) == 0
    found = rows(Browser(workspace, "Zoe").get(address))
    # split: the 8 units on which Ana and Bruno differ, and the 2 they fail but the judge passes
    assert len({row["item"] for row in found}) == 10
    assert exposures(workspace) == 10
    first = [row for row in found if row["item"] == "q1"]
    assert {(row["rater"], row["answer"], row["no_answer"]) for row in first} == {
        ("Ana", "fail", ""), ("Bruno", "fail", ""), ("Fir", "pass", ""), ("Chioma", "", "abstained"),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("address", "status", "said"),
    [
        ("nothing.csv?study={study}", 404, 'There is no table "nothing"'),
        ("pairs.csv?study=999999", 404, "There is no study"),
        ("pairs.csv?study={study}&criterion=nix", 404, 'There is no criterion "nix"'),
        ("pairs.csv?study={study}&phase=later", 404, 'There is no phase "later"'),
        ("pairs.csv?study={study}&raters=Nobody", 404, 'There is no rater "Nobody"'),
        ("pairs.csv?study={study}&since=yesterday", 422, "since: found"),
        ("pairs.csv?study={study}&slices=a", 422, "address: found"),
    ],
)
def test_what_is_not_there_is_said(workspace: Workspace, address: str, status: int, said: str) -> None:
    built = graded(workspace)
    answer = Browser(workspace).get("/download/agreement/" + address.format(study=built.study))
    assert (answer.status_code, answer.json()["error"]["message"][: len(said)]) == (status, said)


def test_other_sites_get_nothing(workspace: Workspace) -> None:
    built = graded(workspace)
    address = f"/download/agreement/disagreements.csv?study={built.study}"
    for site in ("cross-site", "same-site"):
        answer = Browser(workspace, "Zoe").get(address, headers={"Sec-Fetch-Site": site})
        assert answer.status_code == 403
    assert exposures(workspace) == 0


def test_hostile_names_start_no_formula_and_name_no_file(workspace: Workspace) -> None:
    built = graded(workspace, name=f'{FORMULA}\r\nX: y"', judge=FORMULA)
    for table, known in TABLES.items():
        answer = Browser(workspace, "Zoe").get(f"/download/agreement/{table}.csv?study={built.study}")
        for row in rows(answer):
            assert not any(cell[:1] in ("=", "+", "@", "\t", "\r") for cell in row.values())
        about = "" if known.of_all_criteria else "acceptable-"
        assert answer.headers["content-disposition"] == (
            f'attachment; filename="touchstone-hyperlink-http-evil.example-x-x-y-{about}{table}.csv"'
        )
