"""A learner's room as a person uses it."""

import re

from playwright.sync_api import expect

ROOM = re.compile(r"^http://labs-w\d+-s\d+\.lectern\.localhost:\d+/dashboard/")


class Lab:
    def __init__(self, page):
        self.page = page

    def arrive(self):
        self.page.wait_for_url(ROOM)
        return self

    @property
    def session(self):
        return re.match(r"http://([^.]+)\.", self.page.url)[1]

    @property
    def origin(self):
        return re.match(r"(http://[^/]+)", self.page.url)[1]

    def terminal(self, number=1):
        return self.page.locator(f"[data-terminal='{number}']")

    def screen(self, number=1):
        """What stands on the terminal's screen."""
        return self.terminal(number).locator(".xterm-rows")

    def wait_for_prompt(self, number=1):
        expect(self.screen(number)).to_contain_text("$", timeout=15_000)
        return self

    def type(self, text, number=1):
        self.terminal(number).locator("textarea").focus()
        self.page.keyboard.type(text)
        self.page.keyboard.press("Enter")

    def heading(self):
        return self.page.get_by_role("heading", level=1)

    def end(self):
        """Ends the session and answers the question whether that is meant."""
        self.page.get_by_role("link", name="End", exact=True).or_(
            self.page.get_by_role("button", name="End", exact=True)).first.click()
        self.page.get_by_role("button", name=re.compile("End (the|this) (lab|session)")).click()
