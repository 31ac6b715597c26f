"""The right half of the room: tabs, frames, terminals of their own, and what keys do with them."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from lab import Lab
from playwright.sync_api import expect


def enter(page, portal, workshop="work-area"):
    page.goto(portal.launch(workshop))
    return Lab(page).arrive()


def tab(page, name):
    return page.get_by_role("tab", name=name, exact=True)


def test_the_first_tab_is_shown_and_the_others_load_when_they_are_wanted(visitor, portal):
    asked = []
    visitor.on("request", lambda request: asked.append(request.url))
    lab = enter(visitor, portal)
    lab.wait_for_prompt()
    expect(tab(visitor, "Map")).to_have_attribute("aria-selected", "true")
    expect(visitor.frame_locator("#work-panel-map iframe").get_by_role("heading")).to_have_text("The page of map")
    assert not any("notes.html" in url for url in asked)
    assert not lab.terminals.text("logs")
    tab(visitor, "Notes").click()
    expect(visitor.frame_locator("#work-panel-notes iframe").get_by_role("heading")).to_have_text("The page of notes")
    expect(visitor.locator("#work-panel-map")).to_be_hidden()
    tab(visitor, "Logs").click()
    lab.wait_for_prompt("logs")
    lab.type("echo in a terminal of its ow''n", "logs")
    lab.wait_for_text("in a terminal of its own", "logs")
    assert "of its own" not in lab.terminals.text(1)


def test_keys_walk_along_the_strip(visitor, portal):
    enter(visitor, portal)
    tab(visitor, "Map").focus()
    visitor.keyboard.press("ArrowRight")
    expect(tab(visitor, "Logs")).to_be_focused()
    expect(tab(visitor, "Logs")).to_have_attribute("aria-selected", "true")
    visitor.keyboard.press("End")
    expect(tab(visitor, "Tab 10")).to_be_focused()
    expect(tab(visitor, "Tab 10")).to_be_in_viewport()
    visitor.keyboard.press("ArrowRight")
    expect(tab(visitor, "Map")).to_be_focused()
    visitor.keyboard.press("ArrowLeft")
    visitor.keyboard.press("Home")
    expect(tab(visitor, "Map")).to_have_attribute("aria-selected", "true")
    assert visitor.locator("#work-tabs [role=tab][tabindex='0']").count() == 1


def test_the_divider_above_the_terminal_moves_and_is_remembered(visitor, portal):
    lab = enter(visitor, portal)
    lab.wait_for_prompt()
    lower = visitor.locator("#work-lower")
    before = lower.bounding_box()["height"]
    share = before / visitor.locator("#work").bounding_box()["height"]
    assert 0.27 < share < 0.33, share
    divider = visitor.locator("#lower-divider")
    divider.focus()
    visitor.keyboard.press("PageUp")
    visitor.keyboard.press("PageUp")
    grown = lower.bounding_box()["height"]
    assert grown > before * 1.4
    box = divider.bounding_box()
    visitor.mouse.move(box["x"] + 100, box["y"] + 4)
    visitor.mouse.down()
    visitor.mouse.move(box["x"] + 100, box["y"] + 104, steps=5)
    visitor.mouse.up()
    dragged = lower.bounding_box()["height"]
    assert abs(grown - dragged - 100) < 8
    visitor.reload()
    lab.arrive()
    assert abs(lower.bounding_box()["height"] - dragged) < 2


def test_who_loads_the_page_anew_sees_the_same_tab(visitor, portal):
    lab = enter(visitor, portal)
    tab(visitor, "Notes").click()
    visitor.reload()
    lab.arrive()
    expect(tab(visitor, "Notes")).to_have_attribute("aria-selected", "true")
    expect(visitor.frame_locator("#work-panel-notes iframe").get_by_role("heading")).to_have_text("The page of notes")


def test_a_frame_cannot_take_the_room_away_or_run_as_a_page_of_it(visitor, portal):
    enter(visitor, portal)
    frame = visitor.locator("#work-panel-map iframe")
    assert "allow-top-navigation" not in frame.get_attribute("sandbox")
    policy = visitor.evaluate("fetch(location.href).then((answer) => answer.headers.get('content-security-policy'))")
    assert "frame-src 'self';" in policy


LOOKS = [(scheme, width) for scheme in ("light", "dark") for width in (1280, 390)]


@pytest.mark.parametrize("scheme,width", LOOKS, ids=[f"{scheme}-{width}" for scheme, width in LOOKS])
def test_many_tabs_look_well_and_stay_usable(visitors, portal, screenshots, scheme, width):
    page = visitors.page(color_scheme=scheme, viewport={"width": width, "height": 800 if width > 600 else 844},
                         has_touch=width < 600, is_mobile=width < 600)
    lab = enter(page, portal)
    if width < 600:
        page.get_by_role("tab", name="Work area").click()
    lab.wait_for_prompt()
    page.wait_for_timeout(300)
    page.screenshot(path=screenshots / f"work-area-{scheme}-{width}.png")
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    last = tab(page, "Tab 10")
    last.scroll_into_view_if_needed()
    last.click()
    expect(last).to_have_attribute("aria-selected", "true")
    expect(last).to_be_in_viewport()
    tab(page, "Logs").click()
    lab.wait_for_prompt("logs")
    page.wait_for_timeout(300)
    page.screenshot(path=screenshots / f"work-area-terminal-{scheme}-{width}.png")
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
