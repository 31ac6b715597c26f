"""Each of the five reasons why somebody is sent back."""

from index_page import expect_back, start
from lab import Lab
from playwright.sync_api import expect


def test_ending_a_session_says_session_deleted(visitor, portal):
    start(visitor, portal, "Find your way in a shell")
    Lab(visitor).arrive().end()
    expect_back(visitor, portal, "session-deleted")


def test_a_link_to_no_workshop_says_workshop_invalid(visitor, portal):
    visitor.goto(portal.index)
    visitor.get_by_role("link", name="broken on purpose").click()
    expect_back(visitor, portal, "workshop-invalid")


def test_a_full_workshop_says_session_unavailable_until_somebody_leaves(visitors, portal):
    first, second = visitors.page(), visitors.page()
    first.goto(portal.launch("crowded"))
    lab = Lab(first).arrive()
    second.goto(portal.launch("crowded"))
    expect_back(second, portal, "session-unavailable")
    lab.end()
    expect_back(first, portal, "session-deleted")


def test_coming_back_to_an_ended_session_says_session_invalid(visitor, portal):
    start(visitor, portal, "Find your way in a shell")
    lab = Lab(visitor).arrive()
    dashboard, session = visitor.url, lab.session
    lab.end()
    expect_back(visitor, portal, "session-deleted")
    visitor.goto(f"{portal.url}/workshops/session/{session}/")
    expect_back(visitor, portal, "session-invalid")
    visitor.goto(dashboard)
    expect_back(visitor, portal, "session-invalid")


def test_a_session_that_expires_while_it_is_open_says_so_and_leads_back(visitor, portal):
    visitor.goto(portal.launch("brief"))
    lab = Lab(visitor).arrive()
    lab.wait_until_over().get_by_role("link", name="Go back").click()
    expect_back(visitor, portal, "session-deleted")


def test_a_dashboard_reloaded_after_expiry_says_session_invalid(visitor, portal):
    visitor.goto(portal.launch("brief"))
    lab = Lab(visitor).arrive()
    lab.wait_until_over()
    # Its place is free again when its sandbox is gone; until then the page may still be served.
    for _ in range(40):
        visitor.reload()
        if visitor.url.startswith(portal.site):
            break
        visitor.wait_for_timeout(500)
    expect_back(visitor, portal, "session-invalid")


def test_a_session_that_does_not_get_ready_says_startup_timeout(visitor, portal):
    visitor.goto(portal.launch("slow-start"))
    expect(visitor.get_by_role("heading", level=1)).to_contain_text("starting")
    expect_back(visitor, portal, "startup-timeout", timeout=30_000)


def test_the_index_page_ignores_a_reason_that_it_does_not_know(visitor, portal):
    visitor.goto(portal.index + "?notification=<b>hello")
    expect(visitor).to_have_url(portal.index)
    expect(visitor.locator("#banner")).to_be_hidden()
