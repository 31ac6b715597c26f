"""Every command of the example workshops, pressed in order, does what its page says."""

from index_page import start
from lab import Lab
from playwright.sync_api import expect


def work_through(page, lab, expected):
    """Presses each button of each page and waits for what the page promises: {page title: [(terminal, text), …]}."""
    seen = []
    while True:
        title = lab.heading().inner_text()
        seen.append(title)
        buttons = page.locator("[data-action]")
        for index in range(buttons.count()):
            buttons.nth(index).click()
            page.wait_for_timeout(350)
        for fragment, terminal, text in expected:
            if fragment in title:
                lab.wait_for_text(text, terminal)
        following = page.locator("a[rel=next]")
        if following.count() == 0:
            return seen
        following.click()
        expect(lab.heading()).not_to_have_text(title)


def test_the_lamp_of_the_lighthouse_burns(visitor, portal):
    start(visitor, portal, "Find your way in a shell")
    lab = Lab(visitor).arrive().wait_for_prompt()
    pages = work_through(visitor, lab, [
        ("A thousand lines", 1, "Kittiwake"),
        ("Small tools, joined", 1, "128"),
        ("Light", 1, "All ships home."),
    ])
    assert len(pages) == 7


def test_the_recipe_survives(visitor, portal):
    start(visitor, portal, "Git without fear")
    lab = Lab(visitor).arrive().wait_for_prompt()
    pages = work_through(visitor, lab, [
        ("A snapshot", 1, "Melted butter in the batter"),
        ("Two cooks, one line", 1, "Three small eggs: peace"),
        ("Breakfast", 1, "Three small eggs: peace"),
    ])
    assert len(pages) == 7


def test_the_treasure_is_dug_up(visitor, portal):
    start(visitor, portal, "A small web server, and curl")
    lab = Lab(visitor).arrive().wait_for_prompt(1).wait_for_prompt(2)
    pages = work_through(visitor, lab, [
        ("Two terminals", 1, "Serving HTTP"),
        ("The treasure", 2, "The cat would like to go home now."),
        ("A server of your own", 1, "Listening at"),
    ])
    assert len(pages) == 7
