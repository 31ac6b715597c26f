"""The page of another site: where visitors come from and go back to."""

from playwright.sync_api import expect

BANNERS = {
    "session-deleted": "Your session has ended.",
    "session-unavailable": "All places are taken just now.",
    "session-invalid": "That session is no longer there.",
    "workshop-invalid": "There is no class behind that link.",
    "startup-timeout": "Your computer took too long to start.",
}


def expect_back(page, portal, reason, timeout=15_000):
    """The browser is on the index page, which says why, and the reason is out of the address bar."""
    # The room that is being left has announcements of its own: the page's own is asked for by its name.
    expect(page.locator("#banner[role=status]")).to_contain_text(BANNERS[reason], timeout=timeout)
    expect(page).to_have_url(portal.index)


def start(page, portal, title):
    page.goto(portal.index)
    page.get_by_role("link", name=f"Start {title}").click()
