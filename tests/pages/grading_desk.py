"""A grader at the browser: what a person does with keys, and what they see."""

from playwright.sync_api import Locator, Page, expect
from sqlmodel import select

from core.models.ratings import Rater, Rating, Submission
from tests.browser import AppServer

DWELL = 330
"""A little longer than the 300 ms in which nothing is graded."""


class Grader:
    """One tab with the grading card."""

    def __init__(self, page: Page, server: AppServer, study: int, name: str = "Ada") -> None:
        self.page, self.server, self.study, self.name = page, server, study, name

    def come(self) -> "Grader":
        """Open the page, and say who grades if it asks."""
        self.page.goto(f"{self.server.url}/grade?study={self.study}")
        self.page.wait_for_selector(".card:not([data-mode=loading])", timeout=30_000)
        if self.mode == "name":
            self.page.keyboard.type(self.name)
            self.page.keyboard.press("Enter")
            self.page.wait_for_selector(".card:not([data-mode=name]):not([data-mode=loading])")
        return self

    @property
    def card(self) -> Locator:
        return self.page.locator(".card")

    @property
    def mode(self) -> str:
        return self.card.get_attribute("data-mode") or ""

    @property
    def subject(self) -> int:
        return int(self.card.get_attribute("data-subject") or 0)

    @property
    def notice(self) -> str:
        return self.page.locator(".notice").inner_text()

    @property
    def state(self) -> Locator:
        return self.page.locator(".state")

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def read(self) -> None:
        """Look at the subject for as long as the page asks."""
        self.page.wait_for_timeout(DWELL)

    def grade(self, *keys: str) -> int:
        """Answer the subject and submit; its id."""
        subject = self.subject
        self.press(*keys)
        self.read()
        self.press("Enter")
        return subject

    def wait_saved(self) -> None:
        expect(self.card).to_have_attribute("data-unsaved", "0", timeout=30_000)

    def checked(self) -> list[str]:
        """The options that are chosen, by their words."""
        return self.page.locator(".choice[aria-checked=true] .label").all_inner_texts()

    def ratings(self, phase: str = "blind") -> dict[int, list[str]]:
        """What stands in the database: subject -> options in force, without what a later row superseded."""
        with self.server.database.reading() as session:
            rows = session.exec(
                select(Rating)
                .join(Rater, Rating.rater_id == Rater.id)  # type: ignore[arg-type]
                .where(Rating.study_id == self.study, Rating.phase == phase, Rater.name == self.name)
            ).all()
            over = {row.supersedes_id for row in rows}
            found: dict[int, list[str]] = {}
            for row in rows:
                if row.id not in over:
                    found.setdefault(row.subject_id, []).append(row.option or row.absence or f"{row.number:g}")
            return found

    def submissions(self) -> list[Submission]:
        with self.server.database.reading() as session:
            return list(session.exec(select(Submission).where(Submission.study_id == self.study)).all())
