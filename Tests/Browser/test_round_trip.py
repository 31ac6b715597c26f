"""From the index page to typing in the terminal, and back."""

import re

from index_page import expect_back, start
from lab import ROOM, Lab
from playwright.sync_api import expect


def test_a_click_leads_to_a_terminal_that_answers_and_back(visitor, portal):
    start(visitor, portal, "Find your way in a shell")
    lab = Lab(visitor).arrive().wait_for_prompt()
    lab.type("echo $((6 * 7)) is the answer")
    lab.wait_for_text("42 is the answer")
    lab.end()
    expect_back(visitor, portal, "session-deleted")


def test_from_click_to_dashboard_the_browser_makes_three_requests_at_most(visitor, portal):
    visitor.goto(portal.index)
    asked = []
    visitor.on("request", lambda request: asked.append(request.url) if request.is_navigation_request() else None)
    visitor.get_by_role("link", name="Start Find your way in a shell").click()
    Lab(visitor).arrive()
    assert len(asked) <= 3, asked


def test_a_second_click_leads_into_the_same_session(visitor, portal):
    start(visitor, portal, "Git without fear")
    first = Lab(visitor).arrive().session
    start(visitor, portal, "Git without fear")
    assert Lab(visitor).arrive().session == first


def test_two_visitors_get_two_sessions_and_cannot_enter_each_others(visitors, portal):
    one, other = visitors.page(), visitors.page()
    start(one, portal, "Git without fear")
    lab = Lab(one).arrive()
    start(other, portal, "Git without fear")
    assert Lab(other).arrive().session != lab.session
    other.goto(lab.origin + "/dashboard/")
    expect(other).not_to_have_url(ROOM)
    assert lab.session not in other.url


def test_launching_works_without_javascript(visitors, portal):
    page = visitors.page(java_script_enabled=False)
    start(page, portal, "Find your way in a shell")
    Lab(page).arrive()
    expect(page.get_by_text("The lamp is out").first).to_be_visible()


def test_what_was_typed_is_still_there_after_a_reload(visitor, portal):
    start(visitor, portal, "Find your way in a shell")
    lab = Lab(visitor).arrive().wait_for_prompt()
    lab.type("echo before the re''load")
    lab.wait_for_text("before the reload")
    lab.terminals.forget()
    visitor.reload()
    lab.wait_for_text("before the reload")


def test_a_screen_reader_can_read_the_terminal(visitor, portal):
    start(visitor, portal, "Find your way in a shell")
    lab = Lab(visitor).arrive().wait_for_prompt()
    reader = visitor.get_by_role("button", name="screen reader mode")
    reader.focus()
    visitor.keyboard.press("Enter")
    lab.type("echo $((6 * 7)) is the answer")
    expect(visitor.locator(".xterm-accessibility")).to_contain_text("42 is the answer")


def test_a_session_of_two_terminals_has_two_shells(visitor, portal):
    start(visitor, portal, "A small web server, and curl")
    lab = Lab(visitor).arrive().wait_for_prompt(1).wait_for_prompt(2)
    lab.type("echo shell $((1 + 0)) here", 1)
    lab.type("echo shell $((1 + 1)) here", 2)
    lab.wait_for_text("shell 1 here", 1).wait_for_text("shell 2 here", 2)
    assert "shell 2 here" not in lab.terminals.text(1)


def test_the_catalogue_of_an_open_portal_leads_into_a_session(visitor, portal):
    visitor.goto(portal.url + "/workshops/catalog/")
    expect(visitor.get_by_role("heading", name="Git without fear")).to_be_visible()
    visitor.get_by_role("link", name=re.compile("Git without fear")).first.click()
    Lab(visitor).arrive()


def test_a_session_can_be_ended_without_javascript(visitors, portal):
    page = visitors.page(java_script_enabled=False)
    start(page, portal, "Git without fear")
    Lab(page).arrive()
    page.get_by_role("link", name="End", exact=True).click()
    page.get_by_role("button", name="End the session").click()
    page.wait_for_url(portal.index + "?notification=session-deleted")


def test_pages_turn_without_losing_the_terminal(visitor, portal):
    start(visitor, portal, "Find your way in a shell")
    lab = Lab(visitor).arrive().wait_for_prompt()
    lab.type("echo be''fore")
    lab.wait_for_text("before")
    visitor.get_by_role("link", name="Next").click()
    expect(lab.heading()).to_have_text("Walking around")
    lab.type("echo af''ter")
    lab.wait_for_text("after")
    visitor.go_back()
    expect(lab.heading()).to_have_text("The lamp is out")


def test_a_terminal_comes_back_when_its_connection_was_lost(visitor, portal):
    start(visitor, portal, "Git without fear")
    lab = Lab(visitor).arrive().wait_for_prompt()
    lab.type("export KEPT=$((20 + 1))")
    portal.restart_front_door()
    lab.wait_for_text("$ ")
    visitor.wait_for_timeout(1500)
    lab.type("echo still $KEPT here")
    lab.wait_for_text("still 21 here", seconds=20)


def test_a_killed_portal_costs_the_learner_nothing(visitor, portal):
    start(visitor, portal, "Git without fear")
    lab = Lab(visitor).arrive().wait_for_prompt()
    portal.kill()
    lab.type("echo shell $((1 + 1)) lives")
    lab.wait_for_text("shell 2 lives")
    portal.begin()
    portal.wait_until_ready()
    visitor.reload()
    lab.arrive()
    lab.type("echo shell $((1 + 2)) lives")
    lab.wait_for_text("shell 3 lives")
    lab.end()
    expect_back(visitor, portal, "session-deleted")
