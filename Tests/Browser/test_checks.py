"""Checks beside their steps: passed or not yet, tried again, stopped, asked with a form; and the way on that waits."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from lab import Lab
from playwright.sync_api import expect

SIZES = {"wide": (1280, 800), "phone": (390, 844)}


@pytest.fixture
def lab(visitor, portal):
    visitor.goto(portal.launch("checks"))
    lab = Lab(visitor).arrive()
    go_on(visitor)
    return lab.wait_for_prompt()


def go_on(page):
    dialog = page.get_by_role("dialog", name="Something is missing in this lab")
    expect(dialog).to_be_visible()
    dialog.get_by_role("button", name="Go on").click()
    expect(dialog).to_be_hidden()


def block(page, title):
    return page.locator(".action", has=page.get_by_role("button", name=title, exact=True))


def press(page, title):
    block(page, title).get_by_role("button", name=title, exact=True).click()
    return block(page, title)


def result(page, title):
    return block(page, title).locator(".action-result")


def pass_the_cake(lab):
    lab.type("touch cake")
    lab.wait_for_text("touch cake")
    press(lab.page, "Is there a cake?")
    expect(result(lab.page, "Is there a cake?")).to_contain_text("There is a cake.")


def open_page(lab, title):
    lab.page.goto(lab.origin + "/dashboard/?page=" + title)
    expect(lab.heading()).to_be_visible()


def test_a_setup_that_failed_is_told_once_and_what_it_set_is_there(visitor, portal, lab):
    expect(visitor.get_by_text("The kitchen is blue.")).to_be_visible()
    visitor.reload()
    lab.wait_for_prompt()
    expect(visitor.get_by_role("dialog", name="Something is missing in this lab")).to_be_hidden()
    lab.type("echo in a $KITCHEN kitchen; cat .local/share/workshop/setup-scripts.log")
    lab.wait_for_text("in a blue kitchen").wait_for_text("The oven is cold")


def test_next_waits_until_the_check_has_passed(visitor, portal, lab):
    way = visitor.get_by_role("link", name="Next: Waiting")
    expect(way).to_have_attribute("aria-disabled", "true")
    expect(way).to_have_accessible_description("The next page opens when the check on this page has passed.")
    way.focus()
    visitor.keyboard.press("Enter")
    expect(lab.heading()).to_have_text("A cake")
    press(visitor, "Is there a cake?")
    expect(result(visitor, "Is there a cake?")).to_have_text(re.compile("Not yet\\s+There is no cake yet."))
    expect(block(visitor, "Is there a cake?")).to_have_attribute("data-state", "failed")
    # By its address neither.
    visitor.goto(lab.origin + "/dashboard/?page=02-waiting")
    expect(lab.heading()).to_have_text("This page is not open yet")
    visitor.get_by_role("link", name="Go to that page").click()
    expect(lab.heading()).to_have_text("A cake")
    pass_the_cake(lab)
    expect(block(visitor, "Is there a cake?")).to_have_attribute("data-state", "done")
    visitor.get_by_role("link", name="Next: Waiting").click()
    expect(lab.heading()).to_have_text("Waiting")
    visitor.reload()
    expect(lab.heading()).to_have_text("Waiting")


def test_a_check_is_tried_again_until_it_passes_by_keyboard(visitor, portal, lab):
    pass_the_cake(lab)
    open_page(lab, "02-waiting")
    visitor.get_by_role("button", name="Wait for the bread").focus()
    visitor.keyboard.press("Enter")
    waiting = block(visitor, "Wait for the bread")
    expect(waiting.locator(".check-progress [role=status]")).to_contain_text(re.compile("attempt [2-9]|in a moment"))
    lab.wait_for_prompt()
    lab.type("touch bread")
    expect(result(visitor, "Wait for the bread")).to_contain_text("There is a bread.")
    expect(waiting.locator(".check-progress")).to_have_count(0)


def test_a_check_that_runs_can_be_stopped_and_its_process_ends(visitor, portal, lab):
    pass_the_cake(lab)
    open_page(lab, "02-waiting")
    slow = press(visitor, "A slow one")
    slow.get_by_role("button", name="Stop").click()
    expect(result(visitor, "A slow one")).to_have_text("The check was stopped.")
    expect(visitor.get_by_role("button", name="A slow one")).to_be_focused()
    lab.wait_for_prompt()
    lab.type("until ! kill -0 $(cat slow-process) 2>/dev/null; do sleep 0.1; done; echo it is go''ne")
    lab.wait_for_text("it is gone")


def test_what_cannot_be_checked_is_said(visitor, portal, lab):
    pass_the_cake(lab)
    open_page(lab, "02-waiting")
    press(visitor, "One that is missing")
    expect(result(visitor, "One that is missing")).to_contain_text("no check with the name missing")
    press(visitor, "Somebody else's")
    expect(result(visitor, "Somebody else's")).to_contain_text("another host")
    press(visitor, "By its address")
    expect(result(visitor, "By its address")).to_contain_text("There is a cake.")


def test_a_form_says_what_is_wrong_beside_each_field_and_is_handed_to_the_check(visitor, portal, lab):
    pass_the_cake(lab)
    open_page(lab, "03-form")
    form = block(visitor, "Your answers")
    name = form.get_by_label("Your name")
    form.get_by_role("button", name="Hand in").click()
    expect(name).to_be_focused()
    expect(name).to_have_attribute("aria-invalid", "true")
    expect(name).to_have_accessible_description("As on the door Please fill this in.")
    expect(form.get_by_text("Please fill this in.")).to_have_count(2)
    name.fill("A")
    form.get_by_label("The answer").fill("4.5")
    form.get_by_label("A secret").fill("UPPER")
    visitor.keyboard.press("Enter")
    for text in ["at least 2 characters", "must be a whole number", "does not have the form"]:
        expect(form.get_by_text(text)).to_be_visible()
    name.fill("Ann")
    form.get_by_label("The answer").fill("41")
    form.get_by_label("A secret").fill("sesame")
    form.get_by_label("Size").select_option("big")
    form.get_by_label("Red as fire").check()
    form.get_by_label("A letter").fill("Dear\nBo")
    form.get_by_label("I am sure").check()
    form.get_by_role("button", name="Hand in").click()
    expect(result(visitor, "Your answers")).to_contain_text("That is not the answer.")
    expect(form.locator("[aria-invalid]")).to_have_count(0)
    form.get_by_label("The answer").fill("42")
    visitor.keyboard.press("Enter")
    expect(result(visitor, "Your answers")).to_contain_text("Right.")
    lab.wait_for_prompt()
    lab.type("cat form.json")
    lab.wait_for_text(
        '{"name":"Ann","answer":42,"size":"big","colour":"red","secret":"sesame","letter":"Dear\\nBo","sure":true}')
    press(visitor, "A form that is wrong")
    expect(result(visitor, "A form that is wrong")).to_contain_text("not one that can be shown")


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_how_it_looks(visitors, portal, screenshots, size, scheme):
    width, height = SIZES[size]
    page = visitors.page(viewport={"width": width, "height": height}, color_scheme=scheme)
    page.goto(portal.launch("checks"))
    lab = Lab(page).arrive()
    expect(page.get_by_role("dialog", name="Something is missing in this lab")).to_be_visible()
    page.screenshot(path=screenshots / f"checks-setup-{size}-{scheme}.png")
    go_on(page)
    press(page, "Is there a cake?")
    expect(result(page, "Is there a cake?")).to_contain_text("There is no cake")
    page.screenshot(path=screenshots / f"checks-not-yet-{size}-{scheme}.png")
    assert_accessible(page)
    if size == "phone":
        page.get_by_role("tab", name="Terminal", exact=True).click()
    lab.wait_for_prompt()
    lab.type("touch cake")
    lab.wait_for_text("touch cake")
    if size == "phone":
        page.get_by_role("tab", name="Instructions").click()
    press(page, "Is there a cake?")
    expect(result(page, "Is there a cake?")).to_contain_text("There is a cake.")
    page.screenshot(path=screenshots / f"checks-passed-{size}-{scheme}.png")
    assert_accessible(page)
    open_page(lab, "03-form")
    block(page, "Your answers").get_by_role("button", name="Hand in").click()
    page.screenshot(path=screenshots / f"checks-form-{size}-{scheme}.png")
    assert_accessible(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def assert_accessible(page):
    found = Axe().run(page).response["violations"]
    assert not found, [(each["id"], [node["target"] for node in each["nodes"]]) for each in found]
