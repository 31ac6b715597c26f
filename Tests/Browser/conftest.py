import os
import pathlib
import shutil

import pytest
from playwright.sync_api import sync_playwright

from lab import Terminals
from portal import Portal

SCREENSHOTS = pathlib.Path(os.environ.get("LECTERN_SCREENSHOTS", "/tmp/lectern-screenshots"))


@pytest.fixture(scope="session")
def portal():
    portal = Portal()
    try:
        portal.wait_until_ready()
        yield portal
    finally:
        portal.stop()


@pytest.fixture(scope="session")
def playwright_of_chromium():
    with sync_playwright() as playwright:
        yield playwright.chromium


@pytest.fixture(scope="session")
def chromium(playwright_of_chromium):
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    browser = playwright_of_chromium.launch(executable_path=shutil.which("chromium"), args=arguments)
    yield browser
    browser.close()


class Visitors:
    """Makes visitors: each a browser with cookies of its own, whose complaints fail the test."""

    def __init__(self, browser):
        self.browser = browser
        self.contexts = []
        self.complaints = []
        # What a server refuses is what some tests ask for; everything else (scripts, content security policy) is a
        # mistake.
        self.expected = ("Failed to load resource", "WebSocket connection to")

    def page(self, **options):
        options.setdefault("viewport", {"width": 1280, "height": 800})
        context = self.browser.new_context(**options)
        context.set_default_timeout(15_000)
        context.on("page", self._listen)
        self.contexts.append(context)
        page = context.new_page()
        page.terminals = Terminals(page)
        return page

    def _listen(self, page):
        page.on("pageerror", lambda error: self.complaints.append(f"{page.url}: {error}"))
        page.on("console", lambda message: self._hear(page, message))

    def _hear(self, page, message):
        if message.type == "error" and not message.text.startswith(self.expected):
            self.complaints.append(f"{page.url}: {message.text}")

    def close(self):
        for context in self.contexts:
            context.close()


@pytest.fixture
def visitors(chromium):
    visitors = Visitors(chromium)
    yield visitors
    visitors.close()
    assert not visitors.complaints, "\n".join(visitors.complaints)


@pytest.fixture
def visitor(visitors):
    return visitors.page()


@pytest.fixture(scope="session")
def screenshots():
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    return SCREENSHOTS
