"""axe finds nothing on any page, in light and in dark; a screenshot of each is left for people to look at."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from index_page import expect_back, start
from lab import Lab

LOOKS = [(scheme, width) for scheme in ("light", "dark") for width in (1280, 390)]


@pytest.fixture(params=LOOKS, ids=[f"{scheme}-{width}" for scheme, width in LOOKS])
def look(request, visitors, screenshots):
    scheme, width = request.param
    page = visitors.page(
        color_scheme=scheme, viewport={"width": width, "height": 800 if width > 600 else 844},
        has_touch=width < 600, is_mobile=width < 600)

    def check(name):
        page.wait_for_timeout(300)
        page.screenshot(path=screenshots / f"{name}-{scheme}-{width}.png", full_page=True)
        found = Axe().run(page)
        assert found.violations_count == 0, f"{name}, {scheme}, {width}:\n{found.generate_report()}"
        overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert overflow <= 0, f"{name}, {scheme}, {width}: {overflow} px wider than the screen"

    page.check = check
    return page


def test_the_index_page(look, portal):
    look.goto(portal.index)
    look.check("index")
    look.get_by_role("link", name="broken on purpose").click()
    expect_back(look, portal, "workshop-invalid")
    look.check("index-with-banner")


def test_the_catalogue(look, portal):
    look.goto(portal.url + "/workshops/catalog/")
    look.check("catalogue")
    look.goto(portal.url + "/workshops/catalog/?notification=session-unavailable")
    look.check("catalogue-with-banner")


def test_the_description_of_the_api(look, portal):
    look.goto(portal.url + "/docs/")
    look.get_by_role("link", name="Give a user a session").click()
    look.check("api")


def test_a_start_that_takes_long(look, portal):
    look.goto(portal.launch("slow-start"))
    look.check("starting")


def test_pages_for_what_cannot_be(look, portal):
    look.goto(portal.url + "/workshops/environment/shell-lighthouse/create/?index_url=https://elsewhere.example/")
    look.check("refused-index-url")
    look.goto(portal.url + "/nothing/here/")
    look.check("not-found")


def test_the_room(look, portal):
    start(look, portal, "Find your way in a shell")
    Lab(look).arrive()
    look.locator("[data-action]").first.click()
    look.check("room")


def test_the_room_with_two_terminals(look, portal):
    start(look, portal, "A small web server, and curl")
    Lab(look).arrive()
    look.check("room-two-terminals")


def test_the_question_before_the_end(look, portal):
    start(look, portal, "Git without fear")
    Lab(look).arrive()
    look.get_by_role("link", name="End", exact=True).click()
    look.check("room-end")


def test_a_host_of_a_session_that_never_was(look, portal):
    look.goto(portal.url.replace("//", "//labs-w99-s999.") + "/dashboard/")
    look.check("no-such-session")


def test_the_end_of_an_hour(look, portal):
    look.goto(portal.launch("brief"))
    lab = Lab(look).arrive()
    lab.wait_until_over()
    look.check("room-expired")
