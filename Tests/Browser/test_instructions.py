"""Pages of instructions as a learner turns them, and the time that is left."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from instructions_portal import InstructionsPortal
from lab import Lab
from playwright.sync_api import expect


@pytest.fixture(scope="module")
def portal():
    portal = InstructionsPortal()
    try:
        portal.wait_until_ready()
        yield portal
    finally:
        portal.stop()


def enter(page, portal, workshop="pages"):
    page.goto(portal.launch(workshop))
    return Lab(page).arrive()


def top(page):
    return page.evaluate("document.getElementById('instructions').scrollTop")


def scroll_to(page, place):
    """Scrolls and waits until the page has taken note of it."""
    page.evaluate("place => { document.getElementById('instructions').scrollTop = place; }", place)
    page.wait_for_function("place => history.state && Math.abs(history.state.scroll - place) < 2", arg=place)


def turn_to(page, title):
    page.locator(".contents summary").click()
    page.locator(".contents").get_by_role("link", name=title).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(title)


def clock(page):
    return page.locator("#clock").inner_text()


def seconds(text):
    value = 0
    for part in text.split(":"):
        value = value * 60 + int(part)
    return value


# ---- Pages ----------------------------------------------------------------------------------------------------------


def test_a_page_shows_everything_that_markdown_has(visitor, portal):
    lab = enter(visitor, portal)
    page = visitor.locator("#instructions-page")
    expect(page.locator(".callout")).to_have_count(3)
    expect(page.locator(".callout.warning .callout-title")).to_have_text("Mind the step")
    expect(page.get_by_role("checkbox", name="Done", exact=True)).to_be_checked()
    expect(page.get_by_role("checkbox", name="Not done")).not_to_be_checked()
    expect(page.get_by_role("table")).to_contain_text("Soup")
    expect(page).to_contain_text(lab.session)
    expect(page).to_contain_text("turquoise")
    page.get_by_text("More, for those who want it").click()
    expect(page.locator("kbd").first).to_be_visible()
    assert page.locator("script, style, [onerror], [style]").count() == 0
    assert visitor.title() == "How things look – Pages of all kinds"
    visitor.get_by_role("button", name=f"Copy {lab.session}").click()
    expect(visitor.locator("#notice")).to_have_text("Copied")


def test_code_has_colours_that_can_be_read_and_the_library_is_only_asked_for_where_there_is_code(visitor, portal):
    asked = []
    visitor.on("request", lambda request: asked.append(request.url))
    visitor.goto(portal.launch("pages"))
    Lab(visitor).arrive()
    expect(visitor.locator("code.language-python .hljs-keyword").first).to_have_text("def")
    expect(visitor.locator("code.language-yaml .hljs-attr").first).to_be_visible()
    assert visitor.locator("pre code:not([class]) span").count() == 0
    assert sum("highlight.js" in url for url in asked) == 1
    turn_to(visitor, "The last one")
    asked.clear()
    visitor.reload()
    expect(visitor.get_by_role("heading", level=1)).to_have_text("The last one")
    visitor.wait_for_load_state("networkidle")
    assert not any("highlight.js" in url for url in asked)


def test_back_and_forward_find_page_and_place_again(visitor, portal):
    lab = enter(visitor, portal)
    heading = lab.heading()
    visitor.locator("#instructions").focus()
    # By keys, for a click would scroll to the link.
    scroll_to(visitor, 200)
    visitor.keyboard.press("Alt+PageDown")
    expect(heading).to_have_text("A long page")
    assert top(visitor) == 0
    scroll_to(visitor, 500)
    visitor.keyboard.press("Alt+PageDown")
    expect(heading).to_have_text("A page in a folder")
    visitor.go_back()
    expect(heading).to_have_text("A long page")
    visitor.wait_for_function("() => document.getElementById('instructions').scrollTop === 500")
    visitor.go_back()
    expect(heading).to_have_text("How things look")
    visitor.wait_for_function("() => document.getElementById('instructions').scrollTop === 200")
    visitor.go_forward()
    expect(heading).to_have_text("A long page")
    visitor.wait_for_function("() => document.getElementById('instructions').scrollTop === 500")
    expect(visitor.locator("#step")).to_have_text("Step 2 of 4")


def test_anchors_lead_to_their_headings_whatever_these_are_called(visitor, portal):
    lab = enter(visitor, portal)
    lab.wait_for_prompt()
    visitor.get_by_role("link", name="the notes below").click()
    expect(visitor.locator("#at-work")).to_be_in_viewport()
    visitor.wait_for_function("() => location.hash === '#at-work'")
    visitor.go_back()
    visitor.wait_for_function("() => document.getElementById('instructions').scrollTop === 0")
    visitor.get_by_role("link", name="the middle").click()
    expect(lab.heading()).to_have_text("A long page")
    expect(visitor.locator("#at-the-middle")).to_be_in_viewport()
    # An address that somebody wrote by hand.
    visitor.goto(lab.origin + "/dashboard/?page=02-long#the-middle")
    expect(visitor.locator("#at-the-middle")).to_be_in_viewport()
    # The headings took nobody's place: terminal and clock still work.
    turn_to(visitor, "How things look")
    lab.type("echo st''ill")
    lab.wait_for_text("still")
    expect(visitor.locator("#clock")).to_have_text(re.compile(r"\d"))


def test_a_footnote_leads_there_and_back(visitor, portal):
    enter(visitor, portal)
    visitor.locator("a[href='#fn-1']").click()
    expect(visitor.locator("#fn-1")).to_be_in_viewport()
    visitor.locator("a[href='#fnref-1']").click()
    expect(visitor.locator("#fnref-1")).to_be_in_viewport()


def test_whoever_comes_back_is_where_they_were(visitors, portal):
    page = visitors.page()
    lab = enter(page, portal).wait_for_prompt()
    origin = lab.origin
    lab.type("export KEPT=$((40 + 2))")
    turn_to(page, "A long page")
    scroll_to(page, 700)
    page.goto("about:blank")
    lab.terminals.forget()
    page.goto(origin + "/dashboard/")
    expect(lab.heading()).to_have_text("A long page")
    page.wait_for_function("() => document.getElementById('instructions').scrollTop === 700")
    lab.type("echo still $KEPT")
    lab.wait_for_text("still 42")
    # By the link of the other site, too.
    page.goto(portal.launch("pages"))
    Lab(page).arrive()
    expect(lab.heading()).to_have_text("A long page")
    page.wait_for_function("() => document.getElementById('instructions').scrollTop === 700")


def test_two_tabs_keep_their_own_pages(visitors, portal):
    first = visitors.page()
    lab = enter(first, portal)
    turn_to(first, "A long page")
    scroll_to(first, 300)
    second = first.context.new_page()
    second.goto(lab.origin + "/dashboard/?page=04-last")
    expect(second.get_by_role("heading", level=1)).to_have_text("The last one")
    first.reload()
    expect(lab.heading()).to_have_text("A long page")
    first.wait_for_function("() => document.getElementById('instructions').scrollTop === 300")
    expect(second.get_by_role("heading", level=1)).to_have_text("The last one")


def test_keys_turn_pages(visitor, portal):
    lab = enter(visitor, portal)
    visitor.locator("#instructions").focus()
    visitor.keyboard.press("Alt+PageDown")
    expect(lab.heading()).to_have_text("A long page")
    visitor.keyboard.press("Alt+PageUp")
    expect(lab.heading()).to_have_text("How things look")


def test_a_picture_can_be_looked_at_closely(visitor, portal):
    enter(visitor, portal)
    picture = visitor.get_by_role("button", name="Show the picture larger: A lighthouse on a rock")
    assert picture.bounding_box()["width"] == pytest.approx(240, abs=1)
    picture.click()
    large = visitor.locator("#picture-dialog img")
    expect(large).to_be_visible()
    assert large.bounding_box()["width"] > 400
    visitor.keyboard.press("Escape")
    expect(large).to_be_hidden()
    picture.focus()
    visitor.keyboard.press("Enter")
    expect(large).to_be_visible()
    visitor.get_by_role("button", name="Close", exact=True).click()
    expect(large).to_be_hidden()


def test_a_page_in_a_folder_has_its_own_pictures_and_links_as_hugo_makes_them(visitor, portal):
    lab = enter(visitor, portal)
    turn_to(visitor, "A page in a folder")
    own = visitor.get_by_role("button", name="Show the picture larger: Its own picture")
    expect(own).to_be_visible()
    assert visitor.evaluate("document.querySelector('.zoomable').naturalWidth") == 320
    visitor.get_by_role("link", name="to the long page").click()
    expect(lab.heading()).to_have_text("A long page")
    expect(visitor.locator("#at-the-middle")).to_be_in_viewport()
    visitor.go_back()
    visitor.get_by_role("link", name="Back to the start").click()
    expect(lab.heading()).to_have_text("How things look")


def test_all_pages_can_be_printed(visitor, portal):
    enter(visitor, portal)
    visitor.locator(".contents summary").click()
    with visitor.expect_popup() as opened:
        visitor.get_by_role("link", name="All pages for printing").click()
    paper = opened.value
    expect(paper.locator(".printed-page")).to_have_count(4)
    expect(paper.get_by_role("heading", name="The last one")).to_be_visible()
    paper.evaluate("window.print = () => { document.title = 'printed'; }")
    paper.get_by_role("button", name="Print", exact=True).click()
    expect(paper).to_have_title("printed")


def test_the_classic_form_has_its_order_words_and_values(visitor, portal):
    lab = enter(visitor, portal, "classic").wait_for_prompt()
    expect(lab.heading()).to_have_text("Where it starts")
    page = visitor.locator("#instructions-page")
    expect(page).to_contain_text(f"Today there is soup in {lab.session}")
    expect(page).to_contain_text("Take a spoon.")
    assert "fork" not in page.inner_text()
    visitor.get_by_role("link", name="Off we go").click()
    expect(lab.heading()).to_have_text("Some work")
    visitor.locator("[data-action]").click()
    lab.wait_for_text("the dish is soup")
    visitor.get_by_role("link", name="Next: The end").click()
    visitor.get_by_role("link", name="Leave the table").click()
    visitor.get_by_role("link", name="Stay here").click()
    expect(lab.heading()).to_have_text("The end")
    visitor.get_by_role("link", name="Leave the table").click()
    visitor.get_by_role("button", name="End the session").click()
    visitor.wait_for_url(portal.index + "*")


def test_finish_works_without_a_page_to_go_back_to(visitor, portal):
    visitor.goto(portal.url + "/workshops/environment/pages/create/")
    Lab(visitor).arrive()
    turn_to(visitor, "The last one")
    visitor.get_by_role("link", name="Finish").click()
    visitor.get_by_role("button", name="End the session").click()
    visitor.wait_for_url(re.compile(re.escape(portal.url) + "/workshops/catalog/"))


def test_pages_turn_and_end_without_javascript(visitors, portal):
    page = visitors.page(java_script_enabled=False)
    lab = enter(page, portal)
    page.get_by_role("link", name="Next").click()
    expect(lab.heading()).to_have_text("A long page")
    # The server knows where this browser was.
    page.goto(lab.origin + "/dashboard/")
    expect(lab.heading()).to_have_text("A long page")
    page.goto(lab.origin + "/dashboard/?page=04-last")
    page.get_by_role("link", name="Finish").click()
    page.get_by_role("button", name="End the session").click()
    page.wait_for_url(portal.index + "*")


# ---- The divider ----------------------------------------------------------------------------------------------------


def test_a_double_click_on_the_divider_folds_the_instructions_away_and_back(visitor, portal):
    lab = enter(visitor, portal).wait_for_prompt()
    divider, pane = visitor.get_by_role("separator").first, visitor.locator("#instructions")
    width = pane.bounding_box()["width"]
    divider.dblclick()
    expect(pane).to_be_hidden()
    expect(divider).to_have_attribute("aria-valuenow", "0")
    visitor.reload()
    expect(pane).to_be_hidden()
    lab.terminals.forget()
    divider.dblclick()
    expect(pane).to_be_visible()
    assert pane.bounding_box()["width"] == pytest.approx(width, abs=2)
    divider.focus()
    visitor.keyboard.press("Enter")
    expect(pane).to_be_hidden()
    visitor.keyboard.press("ArrowRight")
    expect(pane).to_be_visible()
    visitor.keyboard.press("Enter")
    # Turning a page with keys brings them back.
    visitor.keyboard.press("Alt+PageDown")
    expect(pane).to_be_visible()
    expect(lab.heading()).to_have_text("A long page")


# ---- The time -------------------------------------------------------------------------------------------------------


def test_the_time_is_amber_then_red_warns_and_is_right_after_sleep(visitors, portal):
    page = visitors.page()
    page.clock.install()
    enter(page, portal)
    time = page.locator("#time")
    expect(time).to_be_visible()
    assert re.fullmatch(r"\d\d:\d\d", clock(page)) and 3500 < seconds(clock(page)) <= 3600, clock(page)
    expect(time).not_to_have_class(re.compile("soon|now"))
    # The portal's answer stays an hour from when it was asked: only what the page knows by itself counts here.
    page.route("**/session/schedule", lambda route: route.abort())
    page.clock.fast_forward("51:00")
    expect(time).to_have_class(re.compile("soon"))
    expect(page.locator("#notice")).to_contain_text(re.compile(r"\d minutes left\."))
    assert seconds(clock(page)) <= 9 * 60
    page.clock.fast_forward("07:30")
    expect(time).to_have_class(re.compile("now"))
    expect(page.locator("#notice")).to_contain_text("left.")
    assert seconds(clock(page)) <= 90
    # The laptop wakes up, and the portal tells how it really is.
    page.unroute("**/session/schedule")
    page.clock.fast_forward("00:10")
    expect(time).not_to_have_class(re.compile("soon|now"))
    assert seconds(clock(page)) > 3000


def test_more_than_an_hour_has_hours(visitors, portal):
    page = visitors.page()
    page.route("**/session/schedule", lambda route: route.fulfill(
        json={"status": "running", "countdown": 7325, "extendable": False},
        headers={"Lectern-Session": re.search(r"//([^.]+)\.", route.request.url)[1]}))
    enter(page, portal)
    expect(page.locator("#clock")).to_have_text(re.compile(r"2:02:0[0-5]"))
    expect(page.locator("#extend")).to_be_hidden()


def test_more_time_comes_with_a_click_and_the_end_is_told(visitor, portal):
    lab = enter(visitor, portal, "timed")
    time = visitor.locator("#time")
    expect(time).to_have_class(re.compile("soon|now"))
    expect(visitor.locator("#notice")).to_contain_text("seconds left.")
    left = seconds(clock(visitor))
    expect(visitor.locator("#extend")).to_be_visible(timeout=25_000)
    time.click()
    expect(visitor.locator("#notice")).to_contain_text("You have more time now.")
    assert seconds(clock(visitor)) > left
    lab.end()
    visitor.wait_for_url(portal.index + "*")


def test_a_room_that_nobody_sits_in_any_more_goes_back_by_itself(visitor, portal):
    enter(visitor, portal, "kiosk")
    expect(visitor.get_by_role("dialog", name="This session has ended")).to_be_visible(timeout=30_000)
    visitor.wait_for_url(portal.index + "*")


def test_a_tab_in_the_background_says_in_its_name_that_time_runs_out(visitors, portal):
    page = visitors.page()
    page.clock.install()
    enter(page, portal)
    expect(page.locator("#time")).to_be_visible()
    page.route("**/session/schedule", lambda route: route.abort())
    hide = """isHidden => {
        Object.defineProperty(document, "hidden", { value: isHidden, configurable: true });
        document.dispatchEvent(new Event("visibilitychange"));
    }"""
    page.evaluate(hide, True)
    page.clock.fast_forward("51:00")
    expect(page).to_have_title(re.compile(r"^\d minutes left"))
    page.evaluate(hide, False)
    expect(page).to_have_title("How things look – Pages of all kinds")


# ---- Looks ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_pages_look_right_and_axe_finds_nothing(visitors, portal, screenshots, scheme, width):
    page = visitors.page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    lab = enter(page, portal)
    expect(page.locator(".hljs-keyword").first).to_be_visible()
    page.get_by_text("More, for those who want it").click()
    if width > 1000:
        lab.wait_for_prompt()
    for name, place in [("top", 0), ("middle", 900), ("end", 100_000)]:
        page.evaluate("place => { document.getElementById('instructions').scrollTop = place; }", place)
        page.wait_for_timeout(100)
        page.screenshot(path=screenshots / f"instructions-{name}-{scheme}-{width}.png")
    results = Axe().run(page)
    assert results.violations_count == 0, results.generate_report()
    page.locator("img.zoomable").first.click()
    page.screenshot(path=screenshots / f"instructions-picture-{scheme}-{width}.png")
    assert Axe().run(page).violations_count == 0
    page.goto(lab.origin + "/workshop/print")
    page.screenshot(path=screenshots / f"instructions-print-{scheme}-{width}.png")
    results = Axe().run(page)
    assert results.violations_count == 0, results.generate_report()
