"""Accounts as people use them: register, sign in, change the password, sign out; and the links that need no account."""

import itertools
import re

import pytest
from accounts_portal import AccountsPortal
from axe_playwright_python.sync_playwright import Axe
from index_page import expect_back
from lab import Lab
from playwright.sync_api import expect

PASSWORD = "ten of them and more"
names = (f"learner-{number}" for number in itertools.count(1))


@pytest.fixture(scope="module")
def school():
    portal = AccountsPortal()
    try:
        portal.wait_until_ready()
        yield portal
    finally:
        portal.stop()


@pytest.fixture(scope="module")
def gated():
    portal = AccountsPortal(code="high tide", visibility="public")
    try:
        portal.wait_until_ready()
        yield portal
    finally:
        portal.stop()


def register(page, school, name=None, start="/accounts/register/"):
    name = name or next(names)
    page.goto(school.url + start)
    if "/accounts/login/" in page.url:
        page.get_by_role("link", name="Create an account").click()
    page.get_by_label("User name").fill(name)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("The same password again").fill(PASSWORD)
    page.get_by_role("button", name="Create an account").click()
    return name


def sign_in(page, name, password=PASSWORD):
    page.get_by_label("User name").fill(name)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()


def test_registering_in_the_middle_of_a_launch_leads_into_the_lab_and_back(visitor, school):
    register(visitor, school, start="/workshops/environment/shell-lighthouse/create/?index_url=" + school.quoted_index)
    lab = Lab(visitor).arrive()
    lab.end()
    expect_back(visitor, school, "session-deleted")


def test_signing_in_in_the_middle_of_a_launch_leads_into_the_same_lab_from_another_computer(visitors, school):
    here, there = visitors.page(), visitors.page()
    name = register(here, school)
    expect(here.get_by_role("heading", name="Welcome")).to_be_visible()
    here.goto(school.launch("shell-lighthouse"))
    session = Lab(here).arrive().session
    there.goto(school.launch("shell-lighthouse"))
    sign_in(there, name)
    assert Lab(there).arrive().session == session


def test_a_session_page_and_a_dashboard_ask_for_a_login_and_come_back(visitors, school):
    here, there = visitors.page(), visitors.page()
    name = register(here, school, start="/workshops/environment/shell-lighthouse/")
    lab = Lab(here).arrive()
    dashboard = here.url
    there.goto(f"{school.url}/workshops/session/{lab.session}/")
    expect(there.get_by_role("heading", name="Sign in")).to_be_visible()
    sign_in(there, name)
    assert Lab(there).arrive().session == lab.session
    third = visitors.page()
    third.goto(dashboard)
    expect(third.get_by_role("heading", name="Sign in")).to_be_visible()
    sign_in(third, name)
    assert Lab(third).arrive().session == lab.session


def test_another_learner_does_not_get_in(visitors, school):
    here, there = visitors.page(), visitors.page()
    register(here, school, start="/workshops/environment/shell-lighthouse/")
    lab = Lab(here).arrive()
    register(there, school)
    there.goto(f"{school.url}/workshops/session/{lab.session}/")
    expect(there.get_by_text("does not exist any more, or it is not yours")).to_be_visible()


def test_a_wrong_password_is_told_and_the_name_stays(visitor, school):
    name = register(visitor, school)
    visitor.context.clear_cookies()
    visitor.goto(school.url + "/workshops/catalog/")
    sign_in(visitor, name, "wrong")
    expect(visitor.get_by_role("alert")).to_contain_text("do not belong together")
    expect(visitor.get_by_label("User name")).to_have_value(name)
    expect(visitor.get_by_label("Password")).to_have_value("")
    expect(visitor.get_by_label("Password")).to_be_focused()
    sign_in(visitor, name)
    expect(visitor).to_have_url(school.url + "/workshops/catalog/")
    expect(visitor.get_by_role("navigation", name="Account")).to_contain_text(name)


def test_guessing_has_to_wait_and_a_right_password_gets_in_afterwards(visitor, school):
    name = register(visitor, school)
    visitor.context.clear_cookies()
    visitor.goto(school.url + "/accounts/login/")
    for _ in range(4):
        sign_in(visitor, name, "wrong")
        expect(visitor.get_by_role("alert")).to_contain_text("do not belong together")
    sign_in(visitor, name)
    expect(visitor.get_by_role("alert")).to_contain_text(re.compile(r"Try again in \d seconds"))
    visitor.wait_for_timeout(4100)
    sign_in(visitor, name)
    expect(visitor).to_have_url(school.url + "/workshops/catalog/")


def test_signing_out_asks_and_then_forgets(visitor, school):
    register(visitor, school)
    visitor.goto(school.url + "/workshops/catalog/")
    visitor.get_by_role("link", name="Sign out").click()
    expect(visitor.get_by_role("heading", name="Sign out?")).to_be_visible()
    visitor.get_by_role("button", name="Sign out").click()
    expect(visitor.get_by_role("heading", name="Sign in")).to_be_visible()
    visitor.goto(school.url + "/workshops/catalog/")
    expect(visitor).to_have_url(re.compile("/accounts/login/"))


def test_a_changed_password_signs_out_everywhere_else(visitors, school):
    here, there = visitors.page(), visitors.page()
    name = register(here, school)
    there.goto(school.url + "/workshops/catalog/")
    sign_in(there, name)
    here.goto(school.url + "/workshops/catalog/")
    here.get_by_role("link", name="Password").click()
    here.get_by_label("The password that you have now").fill(PASSWORD)
    here.get_by_label("A new password").fill("eleven of them now")
    here.get_by_label("The same password again").fill("eleven of them then")
    here.get_by_role("button", name="Change the password").click()
    expect(here.get_by_text("The two are not the same")).to_be_visible()
    here.get_by_label("The password that you have now").fill(PASSWORD)
    here.get_by_label("A new password").fill("eleven of them now")
    here.get_by_label("The same password again").fill("eleven of them now")
    here.get_by_role("button", name="Change the password").click()
    expect(here.get_by_role("heading", name="The password is changed")).to_be_visible()
    there.reload()
    expect(there.get_by_role("heading", name="Sign in")).to_be_visible()
    sign_in(there, name, "eleven of them now")
    expect(there).to_have_url(school.url + "/workshops/catalog/")


def test_mistakes_of_a_registration_stand_beside_their_fields(visitor, school):
    visitor.goto(school.url + "/accounts/register/")
    for name, password, field, text in [
        ("admin", PASSWORD, "User name", "kept for the portal"),
        ("learner", "short", "Password", "at least 10 characters"),
        ("learner", "password2026", "Password", "first that anybody tries"),
    ]:
        visitor.get_by_label("User name").fill(name)
        visitor.get_by_label("Password", exact=True).fill(password)
        visitor.get_by_label("The same password again").fill(password)
        visitor.get_by_role("button", name="Create an account").click()
        field = visitor.get_by_label(field, exact=True)
        expect(field).to_have_attribute("aria-invalid", "true")
        expect(field).to_have_accessible_description(re.compile(text))
        expect(field).to_be_focused()


def test_everything_can_be_done_with_the_keyboard(visitor, school):
    name = next(names)
    visitor.goto(school.url + "/workshops/environment/shell-lighthouse/")
    expect(visitor.get_by_label("User name")).to_be_focused()
    link = visitor.get_by_role("link", name="Create an account")
    for _ in range(10):
        if link.evaluate("element => element === document.activeElement"):
            break
        visitor.keyboard.press("Tab")
    visitor.keyboard.press("Enter")
    expect(visitor.get_by_role("heading", name="Create an account")).to_be_visible()
    for text in [name, PASSWORD, PASSWORD]:
        visitor.keyboard.type(text)
        visitor.keyboard.press("Tab")
    visitor.keyboard.press("Enter")
    Lab(visitor).arrive()


def test_it_works_without_javascript(visitors, school):
    page = visitors.page(java_script_enabled=False)
    register(page, school, start="/workshops/environment/shell-lighthouse/create/?index_url=" + school.quoted_index)
    # The progress page turns by itself, too.
    Lab(page).arrive()


def test_staff_come_in_by_the_same_door(visitor, school):
    visitor.goto(school.url + "/accounts/login/")
    sign_in(visitor, "harbour-master", "lighthouse-secret")
    expect(visitor.get_by_role("navigation", name="Account")).to_contain_text("harbour-master")


def test_a_wrong_access_code_says_so_and_the_right_one_goes_on(visitor, gated):
    visitor.goto(gated.launch("shell-lighthouse"))
    expect(visitor.get_by_role("heading", name="Access code")).to_be_visible()
    visitor.get_by_label("Access code").fill("low tide")
    visitor.get_by_role("button", name="Continue").click()
    expect(visitor.get_by_role("alert")).to_contain_text("That is not the access code")
    expect(visitor.get_by_label("Access code")).to_have_attribute("aria-invalid", "true")
    visitor.get_by_label("Access code").fill("high tide")
    visitor.keyboard.press("Enter")
    # The launch goes on to the login, and through it into the lab.
    visitor.get_by_role("link", name="Create an account").click()
    name = next(names)
    visitor.get_by_label("User name").fill(name)
    visitor.get_by_label("Password", exact=True).fill(PASSWORD)
    visitor.get_by_label("The same password again").fill(PASSWORD)
    visitor.get_by_role("button", name="Create an account").click()
    Lab(visitor).arrive()


def test_a_link_from_another_system_leads_into_the_lab_once(visitors, school):
    here, there = visitors.page(), visitors.page()
    link = school.link("client-7", "shell-lighthouse")
    here.goto(link)
    Lab(here).arrive()
    there.goto(link)
    # Whoever comes too late is sent to where links are given out.
    expect_back(there, school, "session-invalid")
    # Whoever came in by it stays in.
    here.reload()
    Lab(here).arrive()


def test_a_session_is_made_longer_from_its_dashboard(visitor, school):
    register(visitor, school, start="/workshops/environment/brief/")
    Lab(visitor).arrive()
    button = visitor.get_by_role("button", name="More time")
    expect(button).to_be_visible(timeout=30_000)
    button.click()
    expect(visitor.get_by_text("You have more time now")).to_be_visible()
    expect(visitor.get_by_role("dialog", name="This session has ended")).to_be_hidden()


LOOKS = [(scheme, width) for scheme in ("light", "dark") for width in (1280, 390)]


@pytest.mark.parametrize("scheme, width", LOOKS)
def test_the_pages_look_right_and_axe_finds_nothing(visitors, school, gated, screenshots, scheme, width):
    page = visitors.page(
        color_scheme=scheme, viewport={"width": width, "height": 844}, has_touch=width < 600, is_mobile=width < 600)

    def check(name):
        page.wait_for_timeout(200)
        page.screenshot(path=screenshots / f"{name}-{scheme}-{width}.png", full_page=True)
        found = Axe().run(page)
        assert found.violations_count == 0, f"{name}, {scheme}, {width}:\n{found.generate_report()}"
        overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert overflow <= 0, f"{name}, {scheme}, {width}: {overflow} px wider than the screen"

    page.goto(school.url + "/accounts/login/")
    check("login")
    sign_in(page, "nobody-at-all", "wrong")
    check("login-wrong")
    page.goto(school.url + "/accounts/register/")
    check("register")
    page.get_by_label("User name").fill("admin")
    page.get_by_label("Password", exact=True).fill("short")
    page.get_by_label("The same password again").fill("short")
    page.get_by_role("button", name="Create an account").click()
    check("register-mistakes")
    page.goto(school.url + "/accounts/password_reset/")
    check("password-reset")
    register(page, school)
    check("register-complete")
    page.goto(school.url + "/workshops/catalog/")
    check("catalogue-signed-in")
    page.goto(school.url + "/accounts/password_change/")
    check("password-change")
    page.goto(school.url + "/accounts/logout/")
    check("logout")
    page.goto(school.url + "/accounts/login/?next=/admin/")
    check("login-as-another")
    page.goto(gated.url + "/workshops/catalog/")
    check("access-code")
    page.get_by_label("Access code").fill("low tide")
    page.keyboard.press("Enter")
    check("access-code-wrong")
