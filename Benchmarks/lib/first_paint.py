"""Prints the milliseconds from the beginning of a visit to the first content on the screen (Paint Timing), one visit a line.

Usage: first_paint.py PORTAL_URL PATH OTHER_URL VISITS, with the name and the password of staff on standard input, a line
each. The other URL is visited as often; its times follow after an empty line. Needs Playwright and Chromium.
"""
import shutil
import sys

from playwright.sync_api import sync_playwright

PAINT = """() => new Promise((done) => new PerformanceObserver((list) => {
    for (const entry of list.getEntriesByName("first-contentful-paint")) done(entry.startTime);
}).observe({type: "paint", buffered: true}))"""

portal, path, other, visits = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
name, password = sys.stdin.read().splitlines()
with sync_playwright() as playwright:
    browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
    context = browser.new_context()
    page = context.new_page()
    page.goto(portal + "/accounts/login/?next=" + path)
    page.get_by_label("User name").fill(name)
    page.get_by_label("Password", exact=True).fill(password)
    page.keyboard.press("Enter")
    page.wait_for_url("**" + path)
    page.close()
    for url in (portal + path, other):
        for _ in range(visits):
            page = context.new_page()
            page.goto(url)
            print(page.evaluate(PAINT))
            page.close()
        print()
    browser.close()
